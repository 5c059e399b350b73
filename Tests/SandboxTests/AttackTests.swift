// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Testing

@testable import Sandbox

/// Tests that look at the host between runs: one after the other.
@Suite(.serialized) struct SandboxTests {}

extension SandboxTests {
    /// Programs that try to harm, to peek or to stay, each with the verdict it must get.
    @Suite(.serialized) struct AttackTests {
        @Test("an attack gets its verdict and leaves nothing", arguments: AttackCase.load("run"))
        func attack(_ attack: AttackCase) async throws {
            // A program is a sealed file: compiled once, it runs in every sandbox.
            let compiled = try await Shared.sandbox(.standard).compile(
                language: attack.language, source: try attack.source)
            let program = try #require(compiled.program, "\(compiled.diagnostics)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for mode in Mode.available {
                    group.addTask {
                        let sandbox = try await Shared.sandbox(mode)
                        for _ in 0..<(attack.times ?? 1) {
                            let result = try await sandbox.run(
                                program, stdin: attack.input, limits: testLimits(attack))
                            check(result, attack.expected(under: sandbox.layers), mode)
                        }
                        try await checkHost(sandbox)
                    }
                }
                try await group.waitForAll()
            }
        }

        /// A compiler is the same everywhere: without ASSAY_EXHAUSTIVE only these are tried in a user
        /// namespace, and step by step as in a container.
        private static let representative: Set<String> = [
            "syntax", "link", "constexpr", "incbin", "incbin environ", "include zero", "macro bomb",
            "include passwd", "line of host file", "line of zero", "assembler include",
            "giant diagnostics", "C++ in C",
        ]

        @Test("a compile-time attack gets its failure", arguments: AttackCase.load("compile"))
        func compileAttack(_ attack: AttackCase) async throws {
            let isExhaustive = getenv("ASSAY_EXHAUSTIVE") != nil
            for mode in Mode.available {
                let isTried =
                    isExhaustive || mode == .standard
                    || Self.representative.contains(attack.name)
                guard isTried else { continue }
                let sandbox = try await Shared.sandbox(mode)
                var limits = CompileLimits()
                limits.cpuSeconds = 0.6
                limits.memoryBytes = 384 << 20
                let result = try await sandbox.compile(
                    language: attack.language, source: try attack.source, limits: limits)
                let failure = try #require(result.failure, "\(mode)")
                let failures = attack.expected(under: sandbox.layers).failures
                #expect(failures?.contains(failure.rawValue) == true, "\(mode): \(result)")
                #expect(result.program == nil)
                #expect(result.diagnostics.count <= limits.diagnosticsBytes)
                let text = result.diagnostics.string
                #expect(!text.contains("/usr/") && !text.contains("root:"), "\(text)")
                try await checkHost(sandbox)
            }
        }

        private func check(_ result: RunResult, _ attack: AttackCase, _ mode: Mode) {
            let said = "\(mode): \(result)"
            #expect(attack.outcomes?.contains(result.outcome.word) == true, "\(said)")
            if let cause = attack.cause { #expect(result.outcome.cause == cause, "\(said)") }
            if let stdout = attack.stdout {
                #expect(result.stdout.boxed == ByteString(stdout), "\(said)")
            }
            if let signal = attack.signal { #expect(result.signal == signal, "\(said)") }
            if let code = attack.exit_code { #expect(result.exitCode == code, "\(said)") }
            #expect(result.attempts == 1, "\(said)")
        }

        /// What a helper has when nothing runs, by which to see what a corpus left.
        private struct Holding: Equatable {
            var descriptors: [String: [Int]] = [:]
            var groups: [String] = []
            var mounts = 0
            var files: [String] = []

            init(of sandbox: Sandbox) {
                for process in Host.descendants(of: sandbox.helperProcess) {
                    // Of the supervisor only: a worker that was replaced has inherited others.
                    let name = Host.name(of: process)
                    guard name == "box-supervisor" else { continue }
                    descriptors[name, default: []].append(Host.descriptors(of: process))
                }
                groups = Host.controlGroups(of: sandbox.helperProcess)
                mounts = Host.mountCount
                files = Host.scratch(of: sandbox.helperProcess).filter { $0.contains("/") }
            }
        }

        @Test("twenty of the worst leave no descriptor, mount, control group or file behind")
        func nothingHeld() async throws {
            let worst = AttackCase.load("run").filter {
                [
                    "fork bomb", "daemon", "litter", "disk fill", "inode fill", "thread bomb",
                    "descriptor exhaustion", "memory heap", "stop self", "ptrace",
                ].contains($0.name)
            }
            #expect(worst.count == 10)
            for mode in Mode.available {
                let sandbox = try await Shared.sandbox(mode)
                let before = Holding(of: sandbox)
                for attack in worst + worst {
                    let compiled = try await Shared.sandbox(.standard).compile(
                        language: attack.language, source: try attack.source)
                    let program = try #require(compiled.program)
                    _ = try await sandbox.run(
                        program, stdin: attack.input, limits: testLimits(attack))
                }
                try await checkHost(sandbox)
                #expect(Holding(of: sandbox) == before, "\(mode)")
            }
        }

        /// Nothing but the helper's own processes, once a worker that was replaced is back: proven
        /// by a run on each slot at the same time.
        private func checkHost(_ sandbox: Sandbox) async throws {
            let check = try await sandbox.compile(language: .python, source: "print(1)")
            let program = try #require(check.program)
            _ = try await sandbox.run(program, stdin: "")
            // The keeper of a worker that was replaced asks its interpreter a question first.
            var names: [String] = []
            for _ in 0..<2000 {
                names = Host.descendants(of: sandbox.helperProcess).map { Host.name(of: $0) }
                guard names.contains("python3") else { break }
                usleep(1000)
            }
            let foreign = names.filter {
                !["box-supervisor", "box-worker", "box-keeper", "box-zygote"].contains($0)
            }
            #expect(foreign == [])
            #expect(names.count <= 1 + 3 * sandbox.workers, "\(names)")
            #expect(Host.escapes == [])
            #expect(Host.scratch(of: sandbox.helperProcess).count <= sandbox.workers)
        }
    }
}
