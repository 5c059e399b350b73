// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Sandbox

/// Our own programs for Python tests; each runs in a box.
///
/// To compile one takes longer than all else in a run, so each is compiled once, in a box that sees
/// nothing but its source, and runs from the code that came of it.
final class PythonPrograms: Sendable {
    /// What a program is for.
    enum Role: Hashable, Sendable {
        /// Loads a solution and calls its functions.
        ///
        /// Believed in nothing: the solution shares its process.
        case candidate
        /// Runs the text of tests, and sees of a solution only data.
        case judge

        fileprivate var source: ByteString {
            let parts =
                switch self {
                case .candidate: [PackageResources.returns_py, PackageResources.candidate_py]
                case .judge: [PackageResources.room_py, PackageResources.judge_py]
                }
            return ByteString(
                Array(([PackageResources.values_py] + parts).joined(separator: Array("\n".utf8))))
        }
    }

    private let programs = SharedResults<Role, Program>(costMax: 2, countMax: 2)

    /// Runs a program once.
    ///
    /// - Parameters:
    ///   - role: which.
    ///   - stdin: what it reads.
    ///   - limits: a limit reached is an outcome.
    ///   - sandbox: the same in every call.
    ///   - group: opaque key of the caller.
    /// - Returns: how it ended and what it wrote.
    /// - Throws: `SandboxError`, never for anything that the input caused.
    func run(
        _ role: Role, stdin: ByteString, limits: RunLimits, in sandbox: Sandbox, group: String
    ) async throws(SandboxError) -> RunResult {
        let program = try await programs.result(for: role) { _ in
            1
        } make: { () throws(SandboxError) in
            try await Self.packed(role.source, in: sandbox, group: group)
        }.value
        return try await sandbox.run(program, stdin: stdin, limits: limits, group: group)
    }

    private static func packed(
        _ source: ByteString, in sandbox: Sandbox, group: String
    ) async throws(SandboxError) -> Program {
        let packer = try await own(ByteString(PackageResources.packed_py), in: sandbox, group)
        let result = try await sandbox.run(packer, stdin: source, group: group)
        guard result.outcome == .finished else {
            throw .failure("a program of ours does not compile: \(result.stderr)")
        }
        return try await own(result.stdout, in: sandbox, group)
    }

    private static func own(
        _ source: ByteString, in sandbox: Sandbox, _ group: String
    ) async throws(SandboxError) -> Program {
        let compiled = try await sandbox.compile(language: .python, source: source, group: group)
        guard let program = compiled.program else {
            throw .failure("a program of ours does not compile: \(compiled.diagnostics)")
        }
        return program
    }

    /// A program that returns at its top level, in a form that Python runs.
    ///
    /// - Parameter source: any bytes.
    /// - Returns: a program that does what `source` would do as a body of a function.
    static func returning(_ source: ByteString) -> ByteString {
        let digits = Array("0123456789abcdef".utf8)
        let hex = source.array.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let text = PackageResources.returns_py + Array("\nexec(compiled(bytes.fromhex('".utf8)
        return ByteString(text + hex + Array("')))\n".utf8))
    }
}
