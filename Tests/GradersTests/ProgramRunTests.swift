// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Sandbox
import Testing

@testable import Graders

@Suite("Program run") struct ProgramRunTests {
    @Test("the runs of a request share one budget of output, which decides no verdict")
    func sharedBudget() {
        var left = 10
        var runs = [("123456", "78"), ("abc", "de"), ("f", "")].map { stdout, stderr in
            var run = RunResult.unrun(nearLimit: false)
            run.outcome = .finished
            (run.stdout, run.stderr) = (ByteString(stdout), ByteString(stderr))
            return run
        }
        for index in runs.indices { ProgramRun.keepOutput(of: &runs[index], within: &left) }
        #expect(runs.map(\.stdout.string) == ["123456", "ab", ""])
        #expect(runs.map(\.stderr.string) == ["78", "", ""])
        #expect(runs.map(\.stdoutTruncated) == [false, true, true])
        #expect(runs.map(\.stderrTruncated) == [false, true, false])
        #expect(runs.allSatisfy { $0.outcome == .finished })
        #expect(left == 0)
    }
}
