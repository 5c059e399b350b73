// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Sandbox
import Wire

/// How far a verdict can be believed.
enum Trust: String, Sendable {
    /// Nothing of the solution ran where the verdict was made.
    case outside
    /// The test ran beside the solution, which may have forged its ending.
    case inProcess = "in_process"
}

/// How a test other than by standard input ended.
struct FunctionRun: Sendable {
    /// `accepted`, or why not.
    private(set) var verdict: Verdict = "runtime_error"
    /// What was found, for `details`.
    private(set) var notes = JSONObject()
    /// What the sandbox measured of the solution's process.
    private(set) var result: RunResult
    var trust = Trust.outside

    /// Longest quotation of a returned value, in bytes.
    static let quotedBytesMax = 200

    init(result: RunResult) { self.result = result }

    var isAccepted: Bool { verdict == "accepted" }

    /// The same run with its verdict.
    func ending(
        _ verdict: Verdict, _ notes: KeyValuePairs<String, JSONValue> = [:]
    ) -> FunctionRun {
        var run = self
        run.verdict = verdict
        for (name, value) in notes { run.notes.append(name, value) }
        return run
    }

    /// Adds what an earlier round used.
    mutating func take(_ earlier: RunResult?) {
        guard let earlier else { return }
        result.cpuSeconds = max(result.cpuSeconds, earlier.cpuSeconds)
        result.wallSeconds += earlier.wallSeconds
        result.peakMemoryBytes = max(result.peakMemoryBytes, earlier.peakMemoryBytes)
        result.nearLimit = result.nearLimit || earlier.nearLimit
    }
}
