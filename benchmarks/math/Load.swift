// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Foundation
import MathEquivalence

/// A pair as it is compared again and again.
struct Pair: Sendable {
    let reference: ByteString
    let answer: ByteString
}

/// Compares `count` pairs, taken from `pairs` in turn, on threads as a service has them; returns the
/// outcomes.
func compareAll(
    _ pairs: [Pair], count: Int, engine: MathEngine, threads: [BlockingPool]
) async -> [String: Int] {
    let next = Locked(0)
    return await withTaskGroup(of: [String: Int].self) { group in
        for thread in threads {
            group.addTask(executorPreference: thread) {
                var outcomes: [String: Int] = [:]
                while true {
                    let start = next.withLock { next in
                        defer { next += 8 }
                        return next
                    }
                    if start >= count { return outcomes }
                    for index in start..<min(count, start + 8) {
                        let pair = pairs[index % pairs.count]
                        let result = await engine.compare(
                            reference: expression(in: pair.reference),
                            answer: expression(in: pair.answer))
                        outcomes[name(result.outcome), default: 0] += 1
                    }
                }
            }
        }
        return await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
}

private func name(_ outcome: Comparison.Outcome) -> String {
    switch outcome {
    case .equivalent: "equivalent"
    case .different: "different"
    case .unparsableAnswer: "unparsable answer"
    case .invalidReference: "invalid reference"
    case .undecided(let cause): "undecided by \(cause.rawValue)"
    case .failed(let cause): "failed by \(cause.rawValue)"
    }
}

/// Compares `count` mixed pairs: in turn a case, a random pair of references, a hostile answer.
///
/// One pair in twenty is hostile. Prints resident memory of this process and of its workers.
func runSoak(_ paths: [String], _ count: Int) async throws {
    var state = SystemRandom(seed: 7)
    // Fixtures say "reference" where case files say "gold"; hostile files are told by their name.
    let references = paths.filter { !$0.hasSuffix("dos.jsonl") }.flatMap { lines($0) }
        .map { ($0["gold"].isEmpty ? $0["reference"] : $0["gold"], $0["answer"]) }
        .filter { !$0.0.isEmpty }
    let hostile = paths.filter { $0.hasSuffix("dos.jsonl") }.flatMap { lines($0) }
        .map { $0["answer"] }
    guard !references.isEmpty else { return print("soak: no cases") }
    let pairs = (0..<50_000).map { index in
        let (reference, own) = references[state.below(references.count)]
        var answer = own.isEmpty ? reference : own
        if index % 3 == 0 { answer = references[state.below(references.count)].0 }
        if index % 20 == 0, !hostile.isEmpty { answer = hostile[state.below(hostile.count)] }
        return Pair(reference: ByteString(reference), answer: ByteString(answer))
    }
    let engine = try makeEngine(workers: 2)
    let threads = (0..<2).map { _ in BlockingPool(name: "bench", width: 1) }
    var outcomes: [String: Int] = [:]
    var clock = ProcessorClock()
    let begin = clock.seconds()
    let step = max(1, count / 20)
    var done = 0
    while done < count {
        let start = now()
        let part = min(step, count - done)
        let offset = done % pairs.count
        let turned = Array(pairs[offset...] + pairs[..<offset])
        outcomes.merge(
            await compareAll(turned, count: part, engine: engine, threads: threads),
            uniquingKeysWith: +)
        done += part
        let workers = ProcessorClock.findChildren().map(residentMebibytes)
        print(
            "\(done) pairs, \(Int(Double(part) / (now() - start))) a second, resident MiB: engine "
                + "\(residentMebibytes(getpid())), workers \(workers)")
        fflush(nil)
    }
    print("outcomes", outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
    print("\(done) pairs, \(Int(clock.seconds() - begin)) s of CPU time")
    for thread in threads { thread.shutDown() }
    await engine.shutDown()
}

private struct SystemRandom {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}

private func residentMebibytes(_ process: pid_t) -> Int {
    let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
    let kilobytes = line.split(separator: " ").compactMap { Int($0) }.first ?? 0
    return kilobytes / 1024
}
