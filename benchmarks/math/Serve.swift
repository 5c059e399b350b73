// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Foundation
import MathEquivalence

/// Answers lines, each an array of `{"gold","answer"}`, with arrays of outcome, step, explanation,
/// policies and microseconds.
///
/// The CPU time of this process and its worker, or the wall time if that is less, covers finding both
/// answers, reading them and comparing; neither JSON nor the pipe. What reading the clock of CPU time
/// itself costs is taken off.
func runServe() async throws {
    let engine = try makeEngine(workers: 1)
    // Where graders run, too.
    let thread = BlockingPool(name: "grade", width: 1)
    while let line = readLine() {
        guard
            let pairs = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [[String: Any]]
        else { continue }
        let texts = pairs.map { pair in
            (
                gold: ByteString(pair["gold"] as? String ?? ""),
                answer: ByteString(pair["answer"] as? String ?? "")
            )
        }
        // Replies are written after the block: Foundation's work would leave each pair cold caches.
        let results = await withTaskExecutorPreference(thread) {
            await compare(texts, engine: engine)
        }
        let replies: [[String: Any]] = results.map { result, type, microseconds in
            [
                "outcome": "\(result.outcome)", "step": result.decidedBy.rawValue,
                "proof": result.proof.rawValue, "policies": result.policies,
                "explanation": result.explanation, "microseconds": microseconds,
                "type": type?.rawValue ?? "",
            ]
        }
        let data = try JSONSerialization.data(withJSONObject: replies, options: [.sortedKeys])
        FileHandle.standardOutput.write(data + Data([10]))
    }
    thread.shutDown()
    await engine.shutDown()
}

/// Result, type of the reference and microseconds of CPU time of each pair.
private func compare(
    _ texts: [(gold: ByteString, answer: ByteString)], engine: MathEngine
) async -> [(Comparison, ExpressionType?, Double)] {
    var clock = ProcessorClock()
    let clockSeconds = clock.ownSeconds()
    var results: [(Comparison, ExpressionType?, Double)] = []
    results.reserveCapacity(texts.count)
    for (gold, said) in texts {
        let (start, begin) = (clock.seconds(), now())
        let reference = expression(in: gold)
        let candidate = expression(in: said)
        let result = await engine.compare(reference: reference, answer: candidate)
        let wall = now() - begin
        // Neither is less than what was used, as thread and worker take turns; the first is without the
        // system calls of the second, which cost more than a short pair, the second without waiting.
        let seconds = min(wall, max(0, clock.seconds() - start - clockSeconds))
        let microseconds = seconds * 1e6
        results.append((result, reference.type, microseconds))
    }
    return results
}

/// CPU seconds used so far by this process and its children that live.
struct ProcessorClock {
    private var clocks: [clockid_t] = []

    mutating func seconds() -> Double {
        if clocks.isEmpty {
            clocks = Self.findChildren().compactMap { child in
                var clock = clockid_t()
                return clock_getcpuclockid(child, &clock) == 0 ? clock : nil
            }
        }
        var total = Self.read(CLOCK_PROCESS_CPUTIME_ID) ?? 0
        for clock in clocks {
            guard let used = Self.read(clock) else {
                // A worker was replaced; the time of the dead one is lost.
                clocks = []
                break
            }
            total += used
        }
        return total
    }

    /// What one reading costs in the time between two: the smallest of many.
    mutating func ownSeconds() -> Double {
        (0..<1000).map { _ in
            let start = seconds()
            return seconds() - start
        }.min() ?? 0
    }

    private static func read(_ clock: clockid_t) -> Double? {
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    static func findChildren() -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { process in
            let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            let fields = stat?.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && pid_t(fields[1]) == getpid()
        }
    }
}
