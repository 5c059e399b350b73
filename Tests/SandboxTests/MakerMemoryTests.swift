// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import TestSupport
import Testing

@testable import Sandbox

extension SandboxTests {
    /// The init of a box lives in the memory of its maker, which outlives it.
    @Suite(.serialized) struct MakerMemoryTests {
        private func program(_ source: ByteString) throws -> Program {
            Program(
                language: .python, file: try MemoryFile(sealing: source, name: "source"),
                byteCount: source.count)
        }

        /// Counts in its own memory, which is a copy of the zygote's, what another program was made of.
        private static let search: ByteString = """
            import re
            count = 0
            with open('/proc/self/mem', 'rb', 0) as memory:
                for line in open('/proc/self/maps'):
                    where, mode = line.split()[:2]
                    first, last = (int(part, 16) for part in where.split('-'))
                    if 'w' not in mode or last - first > 1 << 28:
                        continue
                    try:
                        memory.seek(first)
                        count += len(re.findall(b'[a]cornACORN', memory.read(last - first)))
                    except OSError:
                        pass
            print(count)
            """

        @Test("a program whose run was cancelled while it was placed is not found by the next one")
        func cancelledWhilePlaced() async throws {
            let sandbox = try await Sandbox.start(Shared.configuration(workers: 1))
            let secret = try program(
                ByteString("#" + String(repeating: "acornACORN", count: 400_000)))
            let search = try program(Self.search)
            for attempt in 0..<24 {
                let run = Task { try await sandbox.run(secret, stdin: "") }
                usleep(UInt32(attempt) * 150)
                run.cancel()
                _ = try? await run.value
                let result = try await sandbox.run(search, stdin: "")
                #expect(result.stdout == "0\n", "attempt \(attempt): \(result.stderr)")
            }
            await sandbox.shutDown()
        }

        @Test("init takes no signal, since its handlers are those of the zygote's interpreter")
        func signals() async throws {
            let sandbox = try await Sandbox.start(Shared.configuration(workers: 1))
            let sleeper = try program("import time\ntime.sleep(100)\n")
            let run = Task { try await sandbox.run(sleeper, stdin: "") }
            let initial = try await Host.wait(for: "box-init", below: sandbox.helperProcess)
            let status = try Host.text("/proc/\(initial)/status")
            let line = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
            let blocked = try #require(
                line.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" }, radix: 16) })
            #expect(blocked & (1 << UInt64(SIGINT - 1)) != 0)
            run.cancel()
            _ = try? await run.value
            await sandbox.shutDown()
        }

        @Test(
            "where memory is sampled, the zygote's is not taken for the program's",
            .enabled(if: Mode.available.contains(.unprivileged), "no user namespace here"))
        func sampledMemory() async throws {
            let sandbox = try await Shared.sandbox(.unprivileged)
            let result = try await sandbox.run(
                program(
                    """
                    import time
                    time.sleep(0.2)
                    pages = int(open('/proc/self/statm').read().split()[1])
                    print(pages * 4096 + (2 << 20))
                    """), stdin: "")
            let most = try #require(Int(result.stdout.string.dropLast()), "\(result.stderr)")
            #expect(result.peakMemoryBytes > 0)
            #expect(result.peakMemoryBytes <= most)
        }

        @Test(
            "a box is killed at its limit where /proc hides its processes from the helper",
            .enabled(if: getuid() == 0, "mounts a /proc of its own, which takes root"))
        func hiddenProcesses() async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.userID = 65534
            configuration.usesControlGroups = false
            configuration.allowDegraded = ["memory", "cpu_accounting"]
            configuration.helperWrapper = [
                "/usr/bin/unshare", "-m", "/bin/sh", "-c",
                "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"", "sh",
            ]
            let sandbox = try await Sandbox.start(configuration)
            var limits = RunLimits(cpuSeconds: 1, memoryBytes: 64 << 20)
            limits.idleSeconds = 0.5
            for _ in 0..<2 {
                let result = try await sandbox.run(
                    program("import time\ntime.sleep(100)\n"), stdin: "", limits: limits)
                #expect(result.outcome == .timeLimit(.idle))
            }
            await sandbox.shutDown()
        }

        @Test("a worker that is replaced while runs wait has no descriptor of theirs")
        func waitingRuns() async throws {
            let connection = HelperConnection(
                command: [Locations.products + "/assay-sandbox"], arguments: ["--workers", "1"])
            try connection.start()
            _ = try await connection.ready()
            let keeper = try await Host.wait(for: "box-keeper", below: connection.process)
            let supervisor = try await Host.wait(for: "box-supervisor", below: connection.process)
            let before = (Host.descriptors(of: keeper), Host.descriptors(of: supervisor))
            var limits = RunLimits(cpuSeconds: 1, memoryBytes: 64 << 20)
            limits.idleSeconds = 0.5
            let request = BoxRequest(
                arguments: ["/usr/bin/sleep", "100"], environment: [],
                program: try MemoryFile(sealing: "", name: "program"),
                input: try MemoryFile(sealing: "", name: "input"), limits: limits)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { _ = try await connection.perform(request) } }
                for _ in 0..<5000 where Host.descriptors(of: supervisor) < before.1 + 4 {
                    usleep(1000)
                }
                kill(try await Host.wait(for: "box-worker", below: connection.process), SIGKILL)
                try await group.waitForAll()
            }
            let next = try await Host.wait(for: "box-keeper", below: connection.process)
            #expect(next != keeper)
            #expect(Host.descriptors(of: next) == before.0)
            await connection.close()
        }
    }
}
