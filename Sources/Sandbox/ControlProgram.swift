// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CSandbox
import Execution

/// A program that every working compiler accepts.
struct ControlProgram: Sendable, Hashable {
    /// Its source.
    let source: String
    /// What it writes.
    let output: ByteString
}

/// When each language's control program last compiled.
///
/// A missing linker or a full disk fails like a faulty program. So that our trouble never becomes
/// a program's verdict, a failed compilation is believed only while the control program compiles.
final class ControlLog: Sendable {
    private let successes = Locked<[String: Double]>([:])
    /// Languages whose control program has run.
    let proven = SharedResults<String, Void>(costMax: 16, countMax: 16)

    /// How long a success speaks for the compiler, in seconds.
    private static let validSeconds = 60.0

    func isFresh(_ language: ProgramLanguage) -> Bool {
        let last = successes.withLock { $0[language.name] }
        return last.map { Sandbox.now() - $0 < Self.validSeconds } ?? false
    }

    func succeeded(_ language: ProgramLanguage) {
        let now = Sandbox.now()
        successes.withLock { $0[language.name] = now }
    }
}

extension Sandbox {
    /// Compiles and runs a known program, as a service does before it takes any other.
    ///
    /// - Parameter language: whose compiler or interpreter is tried.
    /// - Throws: `SandboxError.unavailable` with what went wrong.
    public func check(_ language: ProgramLanguage) async throws(SandboxError) {
        let program = try await compileControl(language, group: "")
        let result = try await run(program, stdin: "")
        guard result.outcome == .finished, result.stdout == language.control.output else {
            throw .unavailable(
                "a known \(language.name) program ends with \(result.outcome.word): "
                    + result.stderr.string)
        }
    }

    /// Checks a language unless that was done before; who asks meanwhile waits.
    ///
    /// - Parameter language: whose compiler or interpreter is tried.
    /// - Throws: `SandboxError.unavailable` with what went wrong; the next caller tries again.
    func prove(_ language: ProgramLanguage) async throws(SandboxError) {
        _ = try await controls.proven.result(for: language.name) {
            1
        } make: { () throws(SandboxError) in
            try await self.check(language)
        }
    }

    /// Confirms that a failed compilation was its program's doing.
    ///
    /// - Parameters:
    ///   - failure: how the compiler failed; a crash is confirmed each time.
    ///   - language: whose compiler failed.
    ///   - group: opaque key of the caller.
    /// - Throws: `SandboxError.unavailable` when a known program fails as well.
    func confirm(
        _ failure: CompileFailure, of language: ProgramLanguage, group: String
    ) async throws(SandboxError) {
        switch failure {
        case .timeLimit, .memoryLimit: return
        case .diagnosed where controls.isFresh(language): return
        case .diagnosed, .crashed: _ = try await compileControl(language, group: group)
        }
    }

    private func compileControl(
        _ language: ProgramLanguage, group: String
    ) async throws(SandboxError) -> Program {
        let key = CompileCache.Key(
            language: language, source: ByteString(language.control.source),
            limits: CompileLimits())
        let result = try await compileOnce(key, group: group)
        guard let program = result.program else {
            throw .unavailable(
                "\(language.name) programs cannot be compiled here "
                    + "(\(result.failure?.rawValue ?? "no program")): \(result.diagnostics)")
        }
        controls.succeeded(language)
        return program
    }
}
