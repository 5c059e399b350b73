// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Foundation
import MathEquivalence

/// A pair as it is compared again and again.
struct Pair: Sendable {
    let reference: ByteString
    let answer: ByteString
}

/// Hands out indices to several tasks.
actor Counter {
    private var next = 0
    private let end: Int

    init(end: Int) { self.end = end }

    /// The next `size` indices; empty at the end.
    func take(_ size: Int) -> Range<Int> {
        let range = next..<min(end, next + size)
        next = range.upperBound
        return range
    }
}

/// Compares `count` pairs, taken from `pairs` in turn, on `width` tasks; returns the outcomes.
func compareAll(
    _ pairs: [Pair], count: Int, width: Int, engine: MathEngine
) async -> [String: Int] {
    let counter = Counter(end: count)
    return await withTaskGroup(of: [String: Int].self) { group in
        for _ in 0..<width {
            group.addTask {
                var outcomes: [String: Int] = [:]
                while true {
                    let range = await counter.take(16)
                    if range.isEmpty { return outcomes }
                    for index in range {
                        let pair = pairs[index % pairs.count]
                        let result = await engine.compare(
                            reference: expression(in: pair.reference),
                            answer: expression(in: pair.answer))
                        outcomes["\(result.outcome)", default: 0] += 1
                    }
                }
            }
        }
        return await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
    }
}

/// The cases on one thread and one worker, then on two of each, `rounds` times by turns.
///
/// Prints the median of the ratios of wall time, which a busy machine lowers, and of CPU time,
/// which tells what the second thread costs.
func runCores(_ path: String, rounds: Int) async throws {
    let pairs = lines(path).map {
        Pair(reference: ByteString($0["gold"]), answer: ByteString($0["answer"]))
    }
    let engines = try (1...2).map { try makeEngine(workers: $0) }
    var clocks = [ProcessorClock(), ProcessorClock()]
    let count = pairs.count * 4
    for width in 1...2 {
        _ = await compareAll(pairs, count: pairs.count, width: width, engine: engines[width - 1])
    }
    var ratios: [(wall: Double, processor: Double)] = []
    for _ in 0..<rounds {
        var wall: [Double] = []
        var processor: [Double] = []
        for width in 1...2 {
            let (start, used) = (now(), clocks[0].seconds())
            _ = await compareAll(pairs, count: count, width: width, engine: engines[width - 1])
            wall.append(now() - start)
            processor.append(clocks[0].seconds() - used)
        }
        ratios.append((wall[0] / wall[1], processor[1] / processor[0]))
        print(
            "one core \(Int(Double(count) / wall[0])) pairs/s, two \(Int(Double(count) / wall[1])), "
                + "ratio \(two(wall[0] / wall[1])), CPU time \(two(processor[1] / processor[0]))")
        fflush(nil)
    }
    clocks = []
    let walls = ratios.map(\.wall).sorted()
    let processors = ratios.map(\.processor).sorted()
    print(
        "second core: median ratio \(two(walls[walls.count / 2])) [\(two(walls[0]))–"
            + "\(two(walls[walls.count - 1]))], CPU time of a pair "
            + "\(two(processors[processors.count / 2])) times that on one")
    for engine in engines { await engine.shutDown() }
}

private func two(_ value: Double) -> String { String(format: "%.2f", value) }

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
            await compareAll(turned, count: part, width: 2, engine: engine), uniquingKeysWith: +)
        done += part
        let workers = ProcessorClock.findChildren().map(residentMebibytes)
        print(
            "\(done) pairs, \(Int(Double(part) / (now() - start))) a second, resident MiB: engine "
                + "\(residentMebibytes(getpid())), workers \(workers)")
        fflush(nil)
    }
    print("outcomes", outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })
    print("\(done) pairs, \(Int(clock.seconds() - begin)) s of CPU time")
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
