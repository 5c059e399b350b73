// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
public import MathEquivalence
public import Sandbox

/// Asks SymPy about scalars that the math engine leaves undecided.
///
/// Every question runs in a sandboxed Python process of its own, of which at most as many run at a
/// time as the sandbox has slots. One that overruns is killed; it leaves nothing behind for the next
/// question. Nothing that the engine decided is asked again.
///
/// An answer cannot choose to be left out: if the process used up its CPU time or memory after it
/// had evaluated the reference, the answer is `different`.
public struct SymPyFallback: Sendable {
    private let sandbox: Sandbox
    private let program: Program
    private let limits: RunLimits

    /// Prepares the program and asks it a question with a known answer.
    ///
    /// - Parameters:
    ///   - sandbox: runs Python.
    ///   - cpuSeconds: CPU time of a question, the import of SymPy included (about 0.6 s).
    /// - Returns: a fallback that works.
    /// - Throws: `SandboxError.unavailable` with what to install, if SymPy is missing.
    public static func start(
        _ sandbox: Sandbox, cpuSeconds: Double = 8
    ) async throws(SandboxError) -> SymPyFallback {
        try await start(sandbox, cpuSeconds: cpuSeconds, source: SymPyProgram.source)
    }

    static func start(
        _ sandbox: Sandbox, cpuSeconds: Double, source: String
    ) async throws(SandboxError) -> SymPyFallback {
        let compiled = try await sandbox.compile(language: .python, source: ByteString(source))
        guard let program = compiled.program else {
            throw .unavailable("SymPy's program does not compile: \(compiled.diagnostics)")
        }
        let limits = RunLimits(cpuSeconds: cpuSeconds, memoryBytes: 512 << 20)
        let fallback = SymPyFallback(sandbox: sandbox, program: program, limits: limits)
        let probe = try await sandbox.run(
            program, stdin: "number 1/2\n\nnumber 2/4", limits: limits)
        guard probe.outcome == .finished, probe.stdout.string.hasSuffix("equal exact\n") else {
            let reason = probe.stderr.string.split(separator: "\n").last.map(String.init)
            throw .unavailable(
                "SymPy cannot be used inside the sandbox (\(reason ?? probe.outcome.word)): "
                    + "install python3-sympy, or name a Python below /usr that has it")
        }
        return fallback
    }

    /// Compares an answer with a reference that the engine could not decide.
    ///
    /// - Parameters:
    ///   - reference: the trusted side.
    ///   - answer: the untrusted side.
    ///   - options: whether numeric agreement suffices.
    /// - Returns: nil if SymPy does not know either, or the sandbox failed.
    public func compare(
        reference: MathExpression, answer: MathExpression, options: ComparisonOptions
    ) async -> Comparison? {
        guard let first = reference.symbolicForm, let second = answer.symbolicForm else {
            return nil
        }
        let input = ByteString(first + "\n\n" + second)
        guard let run = try? await sandbox.run(program, stdin: input, limits: limits) else {
            return nil
        }
        let lines = run.stdout.string.split(separator: "\n")
        guard lines.first == "reference" else { return nil }
        switch run.outcome {
        case .finished: return lines.dropFirst().last.flatMap { Self.judge(String($0), options) }
        // A busy host, not the answer, decides when wall time runs out.
        case .timeLimit(.wall), .timeLimit(.idle): return nil
        default:
            return Self.comparison(
                .different, .exact, "The answer exceeds what SymPy may use.", step: .budget)
        }
    }

    private static func judge(_ line: String, _ options: ComparisonOptions) -> Comparison? {
        if line == "equal exact" {
            return comparison(.equivalent, .exact, "SymPy simplifies the difference to 0.")
        }
        if line == "equal numeric", options.acceptsNumericProof {
            return comparison(.equivalent, .numeric, "SymPy finds both equal to 40 digits.")
        }
        guard line.hasPrefix("different ") else { return nil }
        let values = line.dropFirst("different ".utf8.count)
        return comparison(.different, .numeric, "SymPy finds \(values.prefix(160)).")
    }

    private static func comparison(
        _ outcome: Comparison.Outcome, _ proof: Comparison.Proof, _ sentence: String,
        step: Comparison.Step = .sympy
    ) -> Comparison {
        Comparison(
            outcome: outcome, decidedBy: step, proof: proof, policies: [], explanation: sentence)
    }
}
