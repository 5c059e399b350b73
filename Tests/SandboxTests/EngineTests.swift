// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CSandbox
import Glibc
import Testing

@testable import Sandbox

extension SandboxTests {
    /// Compile cache, limits, and what results say.
    @Suite(.serialized) struct EngineTests {
        @Test("twins compile once, and the cache keeps programs and diagnosed errors only")
        func cache() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let source = ByteString("// \(UInt64.random(in: 0 ... .max))\nint main() {}\n")
            let results = try await withThrowingTaskGroup(of: CompileResult.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await sandbox.compile(language: .cpp, source: source) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.filter { !$0.cached }.count == 1)
            #expect(results.allSatisfy { $0.program === results[0].program && $0.program != nil })
            let wrong = ByteString("// \(UInt64.random(in: 0 ... .max))\nint main( {}\n")
            #expect(try await !sandbox.compile(language: .cpp, source: wrong).cached)
            #expect(try await sandbox.compile(language: .cpp, source: wrong).cached)
            var tight = CompileLimits()
            tight.cpuSeconds = 0.01
            for _ in 0..<2 {
                let result = try await sandbox.compile(
                    language: .cpp, source: "#include <bits/stdc++.h>\nint main() {}\n",
                    limits: tight)
                #expect(result.failure == .timeLimit && !result.cached)
            }
        }

        @Test("a run that has the machine to itself gets more wall time, and no more CPU time")
        func wallFactor() throws {
            let empty = try MemoryFile(sealing: "", name: "empty")
            var request = BoxRequest(
                arguments: ["x"], environment: [], program: empty, input: empty,
                limits: RunLimits())
            let message = UnsafeMutablePointer<sbx_run>.allocate(capacity: 1)
            defer { message.deallocate() }
            #expect(request.encode(into: message, id: 1, generation: 1))
            #expect(message.pointee.wall_ns == 11_000_000_000)
            request.wallFactor = 16
            #expect(request.encode(into: message, id: 1, generation: 1))
            #expect(message.pointee.wall_ns == 176_000_000_000)
            #expect(message.pointee.cpu_ns == 4_000_000_000)
        }

        @Test("the cache is bounded in number, since each program holds a descriptor")
        func cacheCount() async throws {
            let cache = CompileCache(capacity: 64 << 20)
            let before = Host.openDescriptors
            for index in 0..<CompileCache.resultsMax + 200 {
                let source = ByteString("print(\(index))\n")
                let key = CompileCache.Key(
                    language: .python, source: source, limits: CompileLimits())
                _ = try await cache.result(for: key) { () throws(SandboxError) in
                    CompileResult(
                        program: Program(
                            language: .python,
                            file: try MemoryFile(sealing: source, name: "source"),
                            byteCount: source.count),
                        failure: nil, diagnostics: "", cached: false, cpuSeconds: 0,
                        wallSeconds: 0, queueSeconds: 0, peakMemoryBytes: 0, nearLimit: false)
                }
            }
            #expect(Host.openDescriptors - before <= CompileCache.resultsMax + 50)
        }

        @Test("a diagnostic names line and column, without folders")
        func diagnostics() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let result = try await sandbox.compile(
                language: .cpp,
                source: "#include <bits/stdc++.h>\nint main() { std::sort(1, 2); }\n")
            #expect(result.failure == .diagnosed)
            let text = result.diagnostics.string
            #expect(text.contains("main.cpp:2:") || text.contains("stl_algo.h:"), "\(text)")
            #expect(!text.contains("/usr") && !text.contains("/cache"))
        }

        @Test("CPU time near its limit is marked, because another node may judge otherwise")
        func nearLimit() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let compiled = try await sandbox.compile(
                language: .cpp,
                source: """
                    #include <ctime>
                    int main() { while (clock() < CLOCKS_PER_SEC * 9 / 40) continue; }
                    """)
            let program = try #require(compiled.program)
            let close = try await sandbox.run(
                program, stdin: "", limits: RunLimits(cpuSeconds: 0.25, memoryBytes: 64 << 20))
            #expect(close.nearLimit)
            let far = try await sandbox.run(
                program, stdin: "", limits: RunLimits(cpuSeconds: 4, memoryBytes: 64 << 20))
            #expect(!far.nearLimit && far.outcome == .finished)
        }

        @Test("outputs come back whole at every size around the message and the cap")
        func outputSizes() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let compiled = try await sandbox.compile(
                language: .python,
                source: """
                    import os, sys
                    out, err = map(int, input().split())
                    sys.stdout.write("o" * out)
                    sys.stderr.write("e" * err)
                    """)
            let program = try #require(compiled.program)
            var limits = RunLimits(cpuSeconds: 2, memoryBytes: 128 << 20)
            limits.stdoutBytes = 100_000
            for (out, err) in [
                (0, 0), (2048, 2048), (2049, 10), (10, 2049), (70_000, 70_000),
                (99_999, 0), (100_000, 1),
            ] {
                let result = try await sandbox.run(
                    program, stdin: ByteString("\(out) \(err)"), limits: limits)
                #expect(result.outcome == .finished)
                #expect(result.stdout == ByteString(String(repeating: "o", count: out)))
                #expect(result.stderr == ByteString(String(repeating: "e", count: err)))
            }
            let cut = try await sandbox.run(program, stdin: "100001 0", limits: limits)
            #expect(cut.outcome == .outputLimit(.stdout))
            #expect(cut.stdoutTruncated && cut.stdout.count == 100_000)
        }

        @Test("one program runs many times at once, each with its own input")
        func concurrency() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let compiled = try await sandbox.compile(
                language: .python, source: "print(int(input()) * 2)\n")
            let program = try #require(compiled.program)
            try await withThrowingTaskGroup(of: (Int, RunResult).self) { group in
                for value in 0..<20 {
                    group.addTask {
                        (value, try await sandbox.run(program, stdin: ByteString("\(value)\n")))
                    }
                }
                for try await (value, result) in group {
                    #expect(result.stdout == ByteString("\(value * 2)\n"))
                }
            }
        }

        @Test("arguments reach the program")
        func arguments() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let compiled = try await sandbox.compile(
                language: .python, source: "import sys\nprint(sys.argv[1:])\n")
            let program = try #require(compiled.program)
            let result = try await sandbox.run(program, stdin: "", arguments: ["a b", "", "é"])
            #expect(result.stdout == "['a b', '', 'é']\n")
        }
    }
}

/// Fair shares of the slots.
@Suite struct SlotQueueTests {
    @Test("a free slot goes to the group that holds the fewest")
    func fairness() async throws {
        let queue = SlotQueue(slots: 2)
        try await queue.acquire(group: "greedy")
        try await queue.acquire(group: "greedy")
        let order = Order()
        let waiters = ["greedy", "greedy", "modest"]
        var tasks: [Task<Void, any Error>] = []
        for (index, group) in waiters.enumerated() {
            tasks.append(
                Task {
                    try await queue.acquire(group: group)
                    await order.note("\(group) \(index)")
                })
            while queue.waiting != index + 1 { await Task.yield() }
        }
        queue.release(group: "greedy")
        try await tasks[2].value
        #expect(await order.names == ["modest 2"])
        queue.release(group: "greedy")
        try await tasks[0].value
        queue.release(group: "modest")
        try await tasks[1].value
        #expect(await order.names == ["modest 2", "greedy 0", "greedy 1"])
    }

    @Test("a single program waits for one run of a large batch, not for all of them")
    func requesters() async throws {
        let queue = SlotQueue(slots: 1)
        try await queue.acquire(group: "0", requester: 1)
        let order = Order()
        // A batch whose rollouts are groups of their own, then one program.
        let batch = (1...20).map { (group: "\($0)", requester: UInt64(1)) }
        let waiters = batch + [(group: "curl", requester: 2)]
        var tasks: [Task<Void, any Error>] = []
        for (index, waiter) in waiters.enumerated() {
            tasks.append(
                Task {
                    try await queue.acquire(group: waiter.group, requester: waiter.requester)
                    await order.note(waiter.group)
                    queue.release(group: waiter.group, requester: waiter.requester)
                })
            while queue.waiting != index + 1 { await Task.yield() }
        }

        queue.release(group: "0", requester: 1)
        for task in tasks { try await task.value }

        #expect(await order.names == ["curl"] + (1...20).map { "\($0)" })
    }

    @Test("a newcomer waits for two runs of sixty requesters before it, and they for it only")
    func newcomer() async throws {
        let queue = SlotQueue(slots: 1)
        try await queue.acquire(group: "0", requester: 1000)
        let order = Order()
        var tasks: [Task<Void, any Error>] = []
        for index in 1...60 {
            tasks.append(
                Task {
                    try await queue.acquire(group: "\(index)", requester: UInt64(index))
                    await order.note("\(index)")
                    queue.release(group: "\(index)", requester: UInt64(index))
                })
            while queue.waiting != index { await Task.yield() }
        }
        queue.release(group: "0", requester: 1000)
        for task in tasks { try await task.value }
        let names = await order.names
        #expect(names.prefix(2).contains("60") && names.prefix(3).contains("1"))
        #expect(Set(names).count == 60)
    }

    @Test("a requester that holds slots waits for one that holds none")
    func requestersWithSlots() async throws {
        let queue = SlotQueue(slots: 2)
        try await queue.acquire(group: "a", requester: 1)
        try await queue.acquire(group: "b", requester: 1)
        let order = Order()
        let waiters: [(String, UInt64)] = [("c", 1), ("d", 1), ("curl", 2), ("e", 1)]
        var tasks: [Task<Void, any Error>] = []
        for (index, waiter) in waiters.enumerated() {
            tasks.append(
                Task {
                    try await queue.acquire(group: waiter.0, requester: waiter.1)
                    await order.note(waiter.0)
                })
            while queue.waiting != index + 1 { await Task.yield() }
        }

        queue.release(group: "a", requester: 1)
        try await tasks[2].value
        #expect(await order.names == ["curl"])
        queue.release(group: "curl", requester: 2)
        queue.release(group: "b", requester: 1)
        for task in tasks[0..<2] { try await task.value }
        queue.release(group: "c", requester: 1)
        try await tasks[3].value
        let names = await order.names
        #expect(names.first == "curl" && names.count == 4)
    }

    @Test("a run alone waits for all slots and holds newcomers back; cancelling lets them in")
    func alone() async throws {
        let queue = SlotQueue(slots: 2)
        try await queue.acquire(group: "a")
        let alone = Task { try await queue.acquire(group: "b", alone: true) }
        while queue.waiting != 1 { await Task.yield() }
        let newcomer = Task { try await queue.acquire(group: "c") }
        while queue.waiting != 2 { await Task.yield() }
        alone.cancel()
        await #expect(throws: SandboxError.cancelled) { try await alone.value }
        try await newcomer.value
        queue.release(group: "a")
        queue.release(group: "c")
        try await queue.acquire(group: "b", alone: true)
        #expect(queue.inUse == 2)
        queue.release(group: "b", alone: true)
        #expect(queue.inUse == 0)
    }

    @Test("a closed queue turns everyone away")
    func closed() async throws {
        let queue = SlotQueue(slots: 1)
        try await queue.acquire(group: "a")
        let waiting = Task { try await queue.acquire(group: "b") }
        while queue.waiting != 1 { await Task.yield() }
        queue.close()
        await #expect(throws: SandboxError.shutDown) { try await waiting.value }
        await #expect(throws: SandboxError.shutDown) { try await queue.acquire(group: "c") }
    }

    private actor Order {
        var names: [String] = []
        func note(_ name: String) { names.append(name) }
    }
}

/// Compiler output made fit to show.
@Suite struct DiagnosticsTests {
    @Test(
        "folders of absolute paths go, the rest stays",
        arguments: [
            ("/usr/include/c++/12/vector:3: x", "vector:3: x"),
            ("main.cpp:1:2: a / b, a/b, // note", "main.cpp:1:2: a / b, a/b, // note"),
            ("'/tmp/cc1.o'", "'cc1.o'"), ("<file:///usr/share/x>", "<file://x>"), ("/", "/"),
            ("\u{1b}[31mred\u{7f}", "[31mred"),
            ("größe /a/b/ü", "größe ü"), ("", ""),
        ])
    func cleaned(_ given: String, _ expected: String) {
        #expect(Diagnostics.cleaned(ByteString(given)) == ByteString(expected))
    }
}
