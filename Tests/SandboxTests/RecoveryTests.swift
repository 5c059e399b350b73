// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Testing

@testable import Sandbox

extension SandboxTests {
    /// What happens when our own processes die, and what stays behind.
    @Suite(.serialized) struct RecoveryTests {
        /// Waits on stdin that never speaks: idle until its limit.
        private static let sleeper: ByteString = "import time\ntime.sleep(100)\n"

        private func sleeperLimits() -> RunLimits {
            var limits = RunLimits(cpuSeconds: 1, memoryBytes: 64 << 20)
            limits.idleSeconds = 0.5
            return limits
        }

        /// A sandbox of one slot, and a program that idles in it.
        private func start() async throws -> (Sandbox, Program) {
            let sandbox = try await Sandbox.start(Shared.configuration(workers: 1))
            let compiled = try await sandbox.compile(language: .python, source: Self.sleeper)
            return (sandbox, try #require(compiled.program))
        }

        /// Waits for a process to appear below the helper, or to vanish.
        private func wait(
            _ sandbox: Sandbox, for name: String, other: pid_t = 0
        ) async throws -> pid_t {
            for _ in 0..<5000 {
                if let found = Host.process(named: name, below: sandbox.helperProcess),
                    found != other
                {
                    return found
                }
                usleep(1000)
            }
            throw SandboxError.failure("no \(name) appeared")
        }

        @Test(
            "a run whose helper process is killed once is silently run again",
            arguments: ["box-supervisor", "box-worker", "box-keeper", "box-init"])
        func oneDeath(_ victim: String) async throws {
            let (sandbox, program) = try await start()
            async let run = sandbox.run(program, stdin: "", limits: sleeperLimits())
            _ = try await wait(sandbox, for: "box-init")
            kill(try await wait(sandbox, for: victim), SIGKILL)
            let result = try await run
            #expect(result.outcome == .timeLimit(.idle))
            #expect(result.attempts == 2)
            await sandbox.shutDown()
        }

        @Test("a second attempt reads its input from the start")
        func inputOfSecondAttempt() async throws {
            let (sandbox, _) = try await start()
            let compiled = try await sandbox.compile(
                language: .cpp,
                source: """
                    #include <cstdio>
                    #include <sys/prctl.h>
                    #include <unistd.h>
                    int main() {
                        for (int byte; (byte = getchar()) != EOF;) putchar(byte);
                        fflush(stdout);
                        prctl(PR_SET_NAME, "all-is-read");
                        pause();
                    }
                    """)
            let program = try #require(compiled.program)
            async let run = sandbox.run(program, stdin: "1 2 3\n", limits: sleeperLimits())
            _ = try await wait(sandbox, for: "all-is-read")
            kill(try await wait(sandbox, for: "box-init"), SIGKILL)
            let result = try await run
            #expect(result.attempts == 2)
            #expect(result.stdout == "1 2 3\n")
            await sandbox.shutDown()
        }

        @Test("a supervisor killed twice in one run is a failure of ours")
        func twoDeaths() async throws {
            let (sandbox, program) = try await start()
            let limits = sleeperLimits()
            let run = Task { try await sandbox.run(program, stdin: "", limits: limits) }
            var last: pid_t = 0
            for _ in 0..<2 {
                last = try await wait(sandbox, for: "box-init", other: last)
                kill(try await wait(sandbox, for: "box-supervisor"), SIGKILL)
            }
            await #expect(
                throws: SandboxError.failure("the sandbox helper died twice during one run")
            ) { try await run.value }
            // And it serves again.
            let after = try await sandbox.run(program, stdin: "", limits: limits)
            #expect(after.outcome == .timeLimit(.idle))
            await sandbox.shutDown()
        }

        @Test("a killed monitor leaves no process and no control group, and is replaced")
        func monitorDeath() async throws {
            let (sandbox, program) = try await start()
            let limits = sleeperLimits()
            let run = Task { try await sandbox.run(program, stdin: "", limits: limits) }
            _ = try await wait(sandbox, for: "box-init")
            let monitor = sandbox.helperProcess
            let family = Host.descendants(of: monitor)
            kill(monitor, SIGKILL)
            let result = try await run.value
            #expect(result.outcome == .timeLimit(.idle))
            #expect(result.attempts == 2)
            #expect(sandbox.helperProcess != monitor)
            let left = family.filter { Host.isAlive($0) && Host.name(of: $0).hasPrefix("box-") }
            #expect(left == [])
            #expect(Host.controlGroups(of: monitor) == [])
            await sandbox.shutDown()
        }

        @Test("shutting down ends every process and removes every control group")
        func shutDown() async throws {
            let (sandbox, program) = try await start()
            let limits = sleeperLimits()
            let run = Task { try await sandbox.run(program, stdin: "", limits: limits) }
            _ = try await wait(sandbox, for: "box-init")
            let monitor = sandbox.helperProcess
            let family = Host.descendants(of: monitor)
            if getuid() == 0 && sandbox.layers.memoryMode == "cgroup1" {
                #expect(Host.controlGroups(of: monitor) != [])
            }
            await sandbox.shutDown()
            await #expect(throws: SandboxError.self) { try await run.value }
            #expect(!family.contains { Host.isAlive($0) })
            #expect(!Host.isAlive(monitor))
            #expect(Host.controlGroups(of: monitor) == [])
            await #expect(throws: SandboxError.shutDown) {
                try await sandbox.run(program, stdin: "")
            }
        }

        @Test("cancelling a task kills its program at once")
        func cancellation() async throws {
            let (sandbox, program) = try await start()
            var limits = sleeperLimits()
            limits.idleSeconds = 60
            let patient = limits
            let run = Task { try await sandbox.run(program, stdin: "", limits: patient) }
            _ = try await wait(sandbox, for: "box-init")
            // A second one waits for the only slot.
            let queued = Task { try await sandbox.run(program, stdin: "", limits: patient) }
            while sandbox.waitingCount == 0 { usleep(1000) }
            queued.cancel()
            await #expect(throws: SandboxError.cancelled) { try await queued.value }
            run.cancel()
            await #expect(throws: SandboxError.cancelled) { try await run.value }
            #expect(Host.process(named: "box-init", below: sandbox.helperProcess) == nil)
            #expect(sandbox.busyCount == 0)
            await sandbox.shutDown()
        }

        @Test("two hundred runs leave no descriptor, process, mount or control group behind")
        func manyRuns() async throws {
            let sandbox = try await Shared.sandbox(.standard)
            let compiled = try await sandbox.compile(
                language: .cpp, source: "#include <cstdio>\nint main() { puts(\"x\"); }\n")
            let program = try #require(compiled.program)
            func count() -> [Int] {
                let family = Host.descendants(of: sandbox.helperProcess)
                let helperFiles = family.map { Host.descriptors(of: $0) }
                return [Host.openDescriptors, family.count, Host.mountCount] + helperFiles
            }
            for _ in 0..<4 { _ = try await sandbox.run(program, stdin: "") }
            let before = count()
            try await withThrowingTaskGroup(of: RunResult.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        try await sandbox.run(
                            program, stdin: ByteString("\(index)"), group: "\(index % 3)")
                    }
                }
                for try await result in group { #expect(result.stdout == "x\n") }
            }
            // A worker closes its files just after it has answered.
            for _ in 0..<1000 where count() != before { usleep(1000) }
            #expect(count() == before)
        }
    }
}
