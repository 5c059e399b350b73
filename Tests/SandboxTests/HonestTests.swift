// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import Sandbox

extension SandboxTests {
    /// Programs as contestants write them; none may be hurt by the isolation.
    @Suite(.serialized) struct HonestTests {
        @Test("an honest program runs to its end", arguments: AttackCase.load("honest"))
        func honest(_ honest: AttackCase) async throws {
            if let module = honest.needs, try await !Shared.hasModule(module) {
                #expect(Shared.python == nil, "ASSAY_PYTHON was named, and has no \(module)")
                print("skipped: \(honest.name), because \(module) is not installed")
                return
            }
            let compiled = try await Shared.sandbox(.standard).compile(
                language: honest.language, source: try honest.source)
            let program = try #require(compiled.program, "\(compiled.diagnostics)")
            var limits = RunLimits()
            limits.cpuSeconds = honest.cpu ?? 1
            for mode in Mode.available {
                let sandbox = try await Shared.sandbox(mode)
                let honest = honest.expected(under: sandbox.layers)
                let expected =
                    honest.stdout == "{stdin}" ? honest.input : ByteString(honest.stdout ?? "")
                let outcomes = honest.outcomes ?? ["finished"]
                let result = try await sandbox.run(program, stdin: honest.input, limits: limits)
                let said = "\(mode): \(result.outcome) \(result.exitCode ?? -1) \(result.stderr)"
                #expect(outcomes.contains(result.outcome.word), "\(said)")
                guard outcomes == ["finished"] else { continue }
                let output = honest.stdin_lines == nil ? result.stdout.boxed : result.stdout
                #expect(output == expected, "\(said)")
            }
        }
    }
}
