// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Sandbox
import Wire

/// How one test ended.
struct TestRun: Sendable {
    /// Its place in the task's tests.
    let index: Int
    /// `accepted`, or why not.
    let verdict: Verdict
    /// What the sandbox measured; without its output, which may be large and is compared by now.
    let result: RunResult
    /// Where the output first differs, for `wrong_answer`.
    let difference: OutputDifference?

    var isAccepted: Bool { verdict == "accepted" }

    /// Whether the tests after it are pointless: a limit failure costs a slot for long.
    var endsTheSolution: Bool {
        switch result.outcome {
        case .timeLimit, .memoryLimit, .outputLimit, .forbiddenSyscall: true
        case .runtimeError, .finished: false
        }
    }

    /// Longest quotation of standard error, in bytes.
    private static let quotedBytesMax = 512

    init(index: Int, result: RunResult, test: StandardIOTest, compare: OutputComparison) {
        self.index = index
        var measured = result
        measured.stdout = ""
        measured.stderr = ByteString(result.stderr.array.suffix(Self.quotedBytesMax))
        self.result = measured
        guard result.outcome == .finished else {
            verdict = Verdict(result.outcome.word)
            difference = nil
            return
        }
        difference = OutputComparator.firstDifference(
            result.stdout, expected: test.stdout, by: compare)
        verdict = difference == nil ? "accepted" : "wrong_answer"
    }

    /// The run as it is written under `details`.
    var json: JSONValue {
        var object = JSONObject([
            "index": .integer(index), "verdict": .string(verdict.word),
            "cpu_s": .number(result.cpuSeconds), "wall_s": .number(result.wallSeconds),
            "peak_memory_bytes": .integer(result.peakMemoryBytes),
        ])
        if let cause = result.outcome.cause { object.append("cause", .string(cause)) }
        if let code = result.exitCode, code != 0 { object.append("exit_code", .integer(Int(code))) }
        if let signal = result.signal { object.append("signal", .integer(Int(signal))) }
        if let difference {
            object.append("line", .integer(difference.line))
            object.append("position", .integer(difference.position))
            object.append("found", .text(difference.found))
            object.append("expected_bytes", .integer(difference.expectedBytes))
            if showsExpected { object.append("expected", .text(difference.expected)) }
        }
        if !isAccepted && !result.stderr.isEmpty {
            object.append("stderr", .text(result.stderr))
        }
        return .object(object)
    }
}
