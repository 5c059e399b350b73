// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import MathEquivalence
import Sandbox
import TestSupport
import Testing

@testable import Graders

@Suite("SymPy fallback")
struct SymPyFallbackTests {
    /// Where Debian's package python3-sympy lies.
    static let isInstalled = access("/usr/lib/python3/dist-packages/sympy/__init__.py", R_OK) == 0

    private static func ask(
        _ reference: String, _ answer: String, cpuSeconds: Double = 8,
        options: ComparisonOptions = ComparisonOptions()
    ) async throws -> Comparison? {
        let fallback = try await SymPyFallback.start(
            SandboxProbe.shared(), cpuSeconds: cpuSeconds)
        return await fallback.compare(
            reference: MathExpression(ByteString(reference)),
            answer: MathExpression(ByteString(answer)), options: options)
    }

    @Test(
        "decides sums without end",
        .enabled(if: isInstalled, "python3-sympy is not installed"),
        arguments: [
            ("\\frac{\\pi^2}{6}", Comparison.Outcome.equivalent),
            ("\\frac{\\pi^2}{5}", .different), ("2", .different),
        ])
    func sums(answer: String, outcome: Comparison.Outcome) async throws {
        let result = try #require(
            try await Self.ask("\\sum_{k=1}^{\\infty} \\frac{1}{k^2}", answer))

        #expect(result.outcome == outcome)
        #expect(result.decidedBy == .sympy)
        #expect(!result.explanation.isEmpty)
    }

    @Test(
        "a simplified difference of 0 is exact, agreement alone is numeric",
        .enabled(if: isInstalled, "python3-sympy is not installed"))
    func proofs() async throws {
        let result = try await Self.ask("\\sin^2 x+\\cos^2 x", "1")

        #expect(result?.outcome == .equivalent && result?.proof == .exact)
    }

    @Test(
        "an answer that overruns is never equal, and the next question is answered",
        .enabled(if: isInstalled, "python3-sympy is not installed"))
    func overrun() async throws {
        let bomb = "\\prod_{k=1}^{100000} (k+\\sin k)"
        let result = try await Self.ask("\\sqrt2", bomb, cpuSeconds: 4)
        let next = try await Self.ask("\\sqrt2", "2^{1/2}")

        // Where the host is so busy that wall time runs out first, nothing is known.
        if let result { #expect(result.outcome == .different && result.decidedBy == .budget) }
        #expect(next?.outcome == .equivalent)
    }

    @Test(
        "what is no scalar is not asked",
        .enabled(if: isInstalled, "python3-sympy is not installed"))
    func structures() async throws {
        #expect(try await Self.ask("(1,2)", "1") == nil)
        #expect(try await Self.ask("1", "\\text{one}") == nil)
        #expect(try await Self.ask("1", "\\frac{1") == nil)
    }

    @Test("a Python without SymPy is refused at start")
    func missing() async throws {
        let sandbox = try await SandboxProbe.shared()
        let error = await #expect(throws: SandboxError.self) {
            _ = try await SymPyFallback.start(
                sandbox, cpuSeconds: 8, source: "import no_such_module")
        }

        #expect(error?.description.contains("install python3-sympy") == true)
        #expect(error?.description.contains("no_such_module") == true)
    }
}
