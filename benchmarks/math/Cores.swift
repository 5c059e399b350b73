// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Foundation
import MathEquivalence

/// The cases on one core with one thread and one worker, then on two with two of each, `rounds`
/// times by turns.
///
/// A core is a CPU that this process is bound to, and so its workers, which follow their callers. Of two threads each has its own CPU, since the
/// kernel may leave both on one for longer than a round takes. Prints the median of the ratios of wall time,
/// which a busy machine lowers, and of CPU time, which tells what the second core costs.
func runCores(_ path: String, rounds: Int) async throws {
    let pairs = lines(path).map {
        Pair(reference: ByteString($0["gold"]), answer: ByteString($0["answer"]))
    }
    let processors = Affinity.usable()
    guard processors.count >= 2 else { return print("second core: this process may use one CPU") }
    var stands: [Stand] = []
    for width in 1...2 {
        stands.append(
            try Stand(
                engine: makeEngine(workers: width),
                threads: processors.prefix(width).map {
                    BlockingPool(name: "\(Affinity.threadName) \(width) \($0)", width: 1)
                }, processors: Array(processors.prefix(width))))
    }
    for stand in stands { _ = try await stand.run(pairs, count: pairs.count * 2) }
    var ratios: [(wall: Double, processor: Double)] = []
    let count = pairs.count * 12
    for _ in 0..<rounds {
        let one = try await stands[0].run(pairs, count: count)
        let two = try await stands[1].run(pairs, count: count)
        ratios.append((one.wall / two.wall, two.processor / one.processor))
        print(
            "one core \(Int(Double(count) / one.wall)) pairs/s (busy \(show(one.busy))), two "
                + "\(Int(Double(count) / two.wall)) (busy \(show(two.busy))), ratio "
                + "\(show(one.wall / two.wall)), CPU time \(show(two.processor / one.processor))")
        fflush(nil)
    }
    let walls = ratios.map(\.wall).sorted()
    let times = ratios.map(\.processor).sorted()
    print(
        "second core: median ratio \(show(walls[walls.count / 2])) [\(show(walls[0]))–"
            + "\(show(walls[walls.count - 1]))], CPU time of a pair "
            + "\(show(times[times.count / 2])) times that on one")
    for stand in stands { await stand.shutDown() }
}

private func show(_ value: Double) -> String { String(format: "%.2f", value) }

/// An engine, threads that ask it, and the CPUs that all of them are bound to.
private struct Stand {
    let engine: MathEngine
    let threads: [BlockingPool]
    let processors: [Int]

    func run(
        _ pairs: [Pair], count: Int
    ) async throws -> (wall: Double, processor: Double, busy: Double) {
        try Affinity.bind(to: processors)
        var clock = ProcessorClock()
        let (used, start) = (clock.seconds(), now())
        _ = await compareAll(
            pairs, count: count, engine: engine, threads: threads)
        let wall = now() - start
        let processor = clock.seconds() - used
        return (wall, processor, processor / wall / Double(processors.count))
    }

    func shutDown() async {
        for thread in threads { thread.shutDown() }
        await engine.shutDown()
    }
}

/// The CPUs that the threads of this process and of its workers may use.
private enum Affinity {
    /// Numbers from a list such as `0-3,8`.
    static func usable() -> [Int] {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        let list = line?.split(whereSeparator: \.isWhitespace).last ?? ""
        return list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let low = ends.first, let high = ends.last else { return [] }
            return Array(low...high)
        }
    }

    /// Starts the names of threads that have a CPU of their own, whose number ends them.
    static let threadName = "core"

    /// Binds each thread without a CPU of its own to all of `processors`.
    static func bind(to processors: [Int]) throws {
        for thread in contents("/proc/self/task").compactMap({ pid_t($0) }) {
            let path = "/proc/self/task/\(thread)/comm"
            let name = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let words = name.split(whereSeparator: \.isWhitespace)
            let own = words.first == threadName[...] ? words.last.flatMap { Int($0) } : nil
            try bind(thread, to: own.map { [$0] } ?? processors)
        }
    }

    private static func contents(_ path: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    }

    private static func bind(_ thread: pid_t, to processors: [Int]) throws {
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/taskset")
        let list = processors.map(String.init).joined(separator: ",")
        tool.arguments = ["--cpu-list", "--pid", list, "\(thread)"]
        tool.standardOutput = FileHandle.nullDevice
        // A thread that ended meanwhile needs none.
        tool.standardError = FileHandle.nullDevice
        try tool.run()
        tool.waitUntilExit()
    }
}
