// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Sandbox
import Wire

/// A C++ solution that is tested by a program behind it, in one process: `trust: in_process`.
struct CppSolution: Sendable {
    let source: ByteString
    let sandbox: Sandbox
    let compileLimits: CompileLimits
    let runLimits: RunLimits
    let group: String

    /// Compiles solution and test together and runs them.
    ///
    /// - Parameter test: a program with a `main`.
    /// - Returns: how it ended.
    /// - Throws: `SandboxError`, never for anything that the solution caused.
    func run(_ test: ProgramTest) async throws(SandboxError) -> FunctionRun {
        let completion = CppCompletion(solution: source, test: test.program)
        guard let file = BoxFile(name: "completion.cpp", content: completion.source) else {
            preconditionFailure("the name is fit for a box")
        }
        let joined = CppTestSource.joined(
            solution: source, test: test.program, tag: completion.tag)
        let usesCrypto = source.firstOffset(of: "<openssl/") != nil
        let compiled = try await sandbox.compile(
            language: .cppTest(usesCrypto: usesCrypto), source: joined, files: [file],
            limits: compileLimits, group: group)
        guard let program = compiled.program else { return FunctionRun(compiled) }
        let (first, ending) = try await run(program, completion, isControl: false)
        guard first.isAccepted, ending == .checked else { return first }
        let (control, _) = try await run(program, completion, isControl: true)
        guard !control.isAccepted else {
            return first.ending("runtime_error", ["cause": "forged_completion"])
        }
        return first
    }

    private func run(
        _ program: Program, _ completion: CppCompletion, isControl: Bool
    ) async throws(SandboxError) -> (FunctionRun, CppCompletion.Ending?) {
        let challenge = completion.challenge(isControl: isControl)
        let result = try await sandbox.run(
            program, stdin: CppCompletion.bytes(challenge), limits: runLimits, group: group)
        var run = FunctionRun(result: result)
        run.trust = .inProcess
        let endings: [CppCompletion.Ending] = [.failed, .checked, .unchecked]
        let said = endings.compactMap { ending in
            result.stdout.firstOffset(of: completion.answer(ending, to: challenge)).map {
                (ending, $0)
            }
        }.first
        if let (ending, place) = said, ending == .failed {
            let line = Int(
                result.stdout[(place + 17)..<min(place + 24, result.stdout.count)].string)
            return (run.ending("wrong_answer", ["test_line": .integer(line ?? 0)]), ending)
        }
        guard result.outcome == .finished else {
            return (run.ending(Verdict(result.outcome.word)), said?.0)
        }
        guard let said else {
            return (run.ending("runtime_error", ["cause": "early_exit"]), nil)
        }
        return (run.ending("accepted"), said.0)
    }
}

extension FunctionRun {
    /// A solution that does not compile together with the test.
    fileprivate init(_ compiled: CompileResult) {
        self.init(result: .unrun(nearLimit: compiled.nearLimit))
        trust = .inProcess
        self = ending(
            "compile_error",
            [
                "cause": .string(compiled.failure?.rawValue ?? "crashed"),
                "diagnostics": .text(compiled.diagnostics),
            ])
    }
}
