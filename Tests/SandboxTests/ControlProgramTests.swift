// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Sandbox

extension SandboxTests {
    /// A broken compiler must not look like a broken program.
    @Suite struct ControlProgramTests {
        @Test("the known program of every language runs", arguments: ProgramLanguage.all)
        func controlsRun(language: ProgramLanguage) async throws {
            try await Shared.sandbox(.standard).check(language)
        }

        @Test(
            "with a compiler that fails, good and bad programs have no verdict",
            arguments: ["/usr/bin/false", "/usr/bin/true", "/usr/bin/no-such-compiler"])
        func brokenCompiler(path: String) async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.compilerPath = path
            configuration.pythonPath = path
            let sandbox = try await Sandbox.start(configuration)

            for language in ProgramLanguage.all where path != "/usr/bin/true" || language != .python
            {
                for source: ByteString in ["int main() {}", "print(1)", "syntax error ("] {
                    await #expect(throws: SandboxError.self) {
                        try await sandbox.compile(language: language, source: source)
                    }
                }
                await #expect(throws: SandboxError.self) { try await sandbox.check(language) }
            }
            await sandbox.shutDown()
        }

        @Test("proven on demand, a language that does not work is found before its first program")
        func provenOnDemand() async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.pythonPath = "/usr/bin/true"
            configuration.provesLanguages = true
            let sandbox = try await Sandbox.start(configuration)

            for _ in 0..<2 {
                await #expect(throws: SandboxError.self) {
                    try await sandbox.compile(language: .python, source: "print(1)")
                }
            }
            let good = try await sandbox.compile(language: .c, source: "int main() { return 0; }")
            #expect(good.program != nil)
            await sandbox.shutDown()
        }

        @Test("a program that a working compiler refuses has its verdict")
        func faultyProgram() async throws {
            let sandbox = try await Shared.sandbox(.standard)

            let result = try await sandbox.compile(language: .cpp, source: "int main() { return }")

            #expect(result.failure == .diagnosed)
        }
    }
}
