// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Sandbox

extension SandboxTests {
    /// Runs of one process, as in a container that allows no namespaces.
    @Suite(.serialized, .enabled(if: Mode.available.contains(.restricted), "no Landlock"))
    struct OneProcessTests {
        private func start(
            options: [String] = [], allowing: Set<String> = []
        ) async throws -> Sandbox {
            var configuration = Shared.restrictedConfiguration(workers: 1, options: options)
            configuration.allowDegraded = allowing
            return try await Sandbox.start(configuration)
        }

        private func folder(of helper: pid_t) -> Bool {
            FileManager.default.fileExists(atPath: "/tmp/assay-sandbox-\(helper)")
        }

        @Test("the steps of a compiler's plan are read as a shell would, collect2's by ld")
        func plan() {
            let steps = CompilePlans.parse(
                """
                Using built-in specs.
                COLLECT_GCC_OPTIONS='-O2'
                 /usr/lib/gcc/cc1plus -quiet "-std=gnu++20" "a b\\"c" -o ./ccA.s
                 as --64 -o ./ccB.o ./ccA.s
                 /usr/lib/collect2 -plugin /x.so "-plugin-opt=-y" -o program ./ccB.o "-lstdc++"
                """)
            #expect(
                steps == [
                    "/usr/lib/gcc/cc1plus", "-quiet", "-std=gnu++20", "a b\"c", "-o", "./ccA.s",
                    "", "/usr/bin/as", "--64", "-o", "./ccB.o", "./ccA.s",
                    "", "/usr/bin/ld", "-o", "program", "./ccB.o", "-lstdc++",
                ])
            #expect(CompilePlans.parse("clang version 1\n") == [])
        }

        @Test("every language compiles, runs, and says what is wrong with a program")
        func languages() async throws {
            let sandbox = try await Shared.sandbox(.restricted)
            for language in ProgramLanguage.all {
                try await sandbox.prepare(language)
                try await sandbox.check(language)
                let wrong = try await sandbox.compile(language: language, source: "int main( {")
                #expect(wrong.failure == .diagnosed)
                let text = wrong.diagnostics.string
                #expect(text.contains(language.sourceName) && !text.contains("/"), "\(text)")
            }
            let unlinked = try await sandbox.compile(
                language: .cpp, source: "int nobody(); int main() { return nobody(); }")
            #expect(unlinked.failure == .diagnosed)
            #expect(unlinked.diagnostics.string.contains("nobody"))
        }

        @Test("two units are compiled, with files beside them and a wrapped main")
        func twoUnits() async throws {
            let sandbox = try await Shared.sandbox(.restricted)
            let file = try #require(
                BoxFile(
                    name: "completion.cpp",
                    content: "extern \"C\" int __wrap_main() { return 42; } int unused;"))
            let compiled = try await sandbox.compile(
                language: .cppTest(usesCrypto: false), source: "int main() { return 1; }",
                files: [file])
            let program = try #require(compiled.program, "\(compiled.diagnostics)")
            #expect(try await sandbox.run(program, stdin: "").exitCode == 42)
        }

        @Test(
            "a run whose helper process is killed once is silently run again",
            arguments: ["box-supervisor", "box-worker", "box-keeper"])
        func oneDeath(_ victim: String) async throws {
            let sandbox = try await start()
            let compiled = try await sandbox.compile(
                language: .cpp,
                source: """
                    #include <pthread.h>
                    #include <sys/prctl.h>
                    #include <unistd.h>
                    // Executed by a thread it is no longer bound to its maker's life.
                    void *again(void *) {
                        return execl("/proc/self/exe", "again", "x", nullptr), nullptr;
                    }
                    int main(int count, char **) {
                        pthread_t thread;
                        if (count == 1) pthread_create(&thread, nullptr, again, nullptr);
                        else prctl(PR_SET_NAME, "sleeper");
                        for (;;) pause();
                    }
                    """)
            let program = try #require(compiled.program)
            var limits = RunLimits(cpuSeconds: 1, memoryBytes: 64 << 20)
            limits.idleSeconds = 0.5
            async let run = sandbox.run(program, stdin: "", limits: limits)
            let first = try await Host.wait(for: "sleeper", below: sandbox.helperProcess)
            kill(try await Host.wait(for: victim, below: sandbox.helperProcess), SIGKILL)
            let result = try await run
            #expect(result.outcome == .timeLimit(.idle))
            #expect(result.attempts == 2)
            #expect(!Host.isAlive(first))
            await sandbox.shutDown()
        }

        @Test("a killed monitor leaves no process and no folder, and is replaced")
        func monitorDeath() async throws {
            let sandbox = try await start()
            let compiled = try await sandbox.compile(language: .python, source: "print(1)")
            let program = try #require(compiled.program)
            let monitor = sandbox.helperProcess
            #expect(folder(of: monitor))
            let family = Host.descendants(of: monitor)
            kill(monitor, SIGKILL)
            let result = try await sandbox.run(program, stdin: "")
            #expect(result.outcome == .finished)
            #expect(sandbox.helperProcess != monitor)
            #expect(family.filter { Host.isAlive($0) } == [])
            #expect(!folder(of: monitor))
            let last = sandbox.helperProcess
            await sandbox.shutDown()
            #expect(!folder(of: last))
        }

        @Test("two hundred runs leave no descriptor, process or file behind")
        func nothingLeft() async throws {
            let sandbox = try await start()
            let compiled = try await sandbox.compile(
                language: .python,
                source: "import os\nos.mkdir('d', 0)\nopen('f', 'w').write('x' * 99999)\nprint(1)\n"
            )
            let program = try #require(compiled.program)
            func run() async throws {
                let result = try await sandbox.run(program, stdin: "1 2\n")
                #expect(result.stdout == "1\n", "\(result)")
            }
            try await run()
            let family = Host.descendants(of: sandbox.helperProcess)
            let descriptors = family.map { Host.descriptors(of: $0) }
            for _ in 0..<200 { try await run() }
            #expect(Host.descendants(of: sandbox.helperProcess) == family)
            #expect(family.map { Host.descriptors(of: $0) } == descriptors)
            #expect(Host.scratch(of: sandbox.helperProcess) == ["slot-0"])
            await sandbox.shutDown()
        }

        @Test(
            "what cannot be removed costs the slot its folder, not its time",
            .enabled(if: getuid() == 0, "root makes a file that the helper cannot remove"))
        func unremovable() async throws {
            let sandbox = try await start()
            let compiled = try await sandbox.compile(
                language: .python, source: "import os, time\nos.mkdir('d')\ntime.sleep(60)\n")
            let program = try #require(compiled.program)
            var limits = RunLimits(cpuSeconds: 1, memoryBytes: 64 << 20)
            limits.idleSeconds = 0.5
            let folder = "/tmp/assay-sandbox-\(sandbox.helperProcess)/slot-0/d"
            async let run = sandbox.run(program, stdin: "", limits: limits)
            while access(folder, F_OK) != 0 { usleep(1000) }
            // As root's, it is empty to nobody else.
            try FileManager.default.createDirectory(
                atPath: folder + "/foreign", withIntermediateDirectories: false)
            try "x".write(toFile: folder + "/foreign/file", atomically: false, encoding: .utf8)
            #expect(try await run.outcome == .timeLimit(.idle))
            let next = try await sandbox.compile(language: .python, source: "print(1)")
            let other = try #require(next.program)
            #expect(try await sandbox.run(other, stdin: "").stdout == "1\n")
            #expect(Host.scratch(of: sandbox.helperProcess).contains("slot-0/d/foreign/file"))
            let helper = sandbox.helperProcess
            await sandbox.shutDown()
            try FileManager.default.removeItem(atPath: "/tmp/assay-sandbox-\(helper)")
        }

        @Test("without Landlock it does not start, and says what to change")
        func belowMinimum() async throws {
            do {
                let sandbox = try await start(options: ["--no-landlock"])
                await sandbox.shutDown()
                Issue.record("it started")
            } catch let error as SandboxError {
                for word in ["file_isolation", "Landlock", "Docker", "Kubernetes", "sysctl"] {
                    #expect(error.description.contains(word), "\(error.description)")
                }
                #expect(error.description.hasSuffix("--allow-degraded=file_isolation"))
            }
            await #expect(throws: SandboxError.self) {
                try await start(options: ["--no-landlock"], allowing: ["memory", "network"])
            }
        }

        @Test("a layer that is named may be missing, and the report says so")
        func degraded() async throws {
            let sandbox = try await start(options: ["--no-landlock"], allowing: ["file_isolation"])
            #expect(sandbox.layers.mode == "degraded")
            #expect(sandbox.layers.missing.map(\.name) == ["file_isolation"])
            #expect(!sandbox.layers.active.contains("file_isolation"))
            #expect(sandbox.layers.active.contains("seccomp"))
            let warnings = sandbox.layers.warnings(allowing: ["file_isolation", "memory"])
            #expect(warnings.count == 2)
            #expect(warnings[0].contains("without file_isolation ("))
            #expect(warnings[1].contains("names memory,"))
            let compiled = try await sandbox.compile(language: .python, source: "print(1)")
            let program = try #require(compiled.program)
            #expect(try await sandbox.run(program, stdin: "").stdout == "1\n")
            await sandbox.shutDown()
        }

        @Test("Docker's root becomes a user of its own", .enabled(if: getuid() == 0, "not root"))
        func dockerRoot() async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.helperWrapper = [
                Locations.products + "/restricted-host", "--docker-root",
            ]
            let sandbox = try await Sandbox.start(configuration)
            #expect(sandbox.layers.mode == "one_process")
            #expect(sandbox.layers["uid_switch"]?.isActive == true)
            try await sandbox.check(.cpp)
            try await sandbox.check(.python)
            await sandbox.shutDown()
        }
    }
}
