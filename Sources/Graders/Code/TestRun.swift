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
    /// What was found of its output; nil if it did not finish.
    let judgement: OutputJudgement?
    /// How far the verdict can be believed.
    let trust: Trust
    /// What was found of a test other than by standard input.
    private let notes: JSONObject
    /// Whether details may quote what was expected.
    private let showsExpected: Bool

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

    init(index: Int, result: RunResult, judgement: OutputJudgement?, showsExpected: Bool) {
        self.index = index
        self.result = Self.measures(of: result)
        self.judgement = judgement
        self.showsExpected = showsExpected
        (trust, notes) = (.outside, JSONObject())
        guard result.outcome == .finished else {
            verdict = Verdict(result.outcome.word)
            return
        }
        verdict = judgement?.share == 1 ? "accepted" : "wrong_answer"
    }

    /// Share of the test's worth, 0 to 1.
    var share: Double { judgement?.share ?? (isAccepted ? 1 : 0) }

    /// The run in the list of all runs.
    var summary: JSONValue {
        var object = JSONObject([
            "index": .integer(index), "verdict": .string(verdict.word),
            "cpu_s": .number(result.cpuSeconds), "wall_s": .number(result.wallSeconds),
            "peak_memory_bytes": .integer(result.peakMemoryBytes),
        ])
        if share > 0 && share < 1 { object.append("points", .number(share)) }
        return .object(object)
    }

    /// A test other than by standard input.
    init(index: Int, _ run: FunctionRun) {
        self.index = index
        verdict = run.verdict
        result = Self.measures(of: run.result)
        judgement = nil
        (trust, notes, showsExpected) = (run.trust, run.notes, false)
    }

    private static func measures(of result: RunResult) -> RunResult {
        var measured = result
        measured.stdout = ""
        measured.stderr = ByteString(result.stderr.array.suffix(quotedBytesMax))
        return measured
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
        appendJudgement(to: &object)
        for note in notes.members { object.append(note.name, note.value) }
        if !isAccepted && !result.stderr.isEmpty {
            object.append("stderr", .text(result.stderr))
        }
        return .object(object)
    }

    private func appendJudgement(to object: inout JSONObject) {
        if let difference = judgement?.difference {
            object.append("line", .integer(difference.line))
            object.append("position", .integer(difference.position))
            object.append("found", .text(difference.found))
            object.append("expected_bytes", .integer(difference.expectedBytes))
            if showsExpected { object.append("expected", .text(difference.expected)) }
        }
        guard let checker = judgement?.checker else { return }
        object.append("checker", .string(checker.word.rawValue))
        if !checker.isJudged { object.append("checker_ending", .string(checker.ending)) }
        if checker.word == .points { object.append("points", .number(checker.share)) }
        // Checkers quote what they expected.
        if showsExpected { object.append("checker_message", .text(checker.message)) }
    }
}
