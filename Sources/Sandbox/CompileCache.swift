// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution

/// Compiled programs and diagnosed errors, by exact source; twins compile once.
///
/// The key is compared in full, not by hash alone: a policy may search for collisions. Never kept
/// are timeouts, kills and failures of ours. Bounded by bytes and, since each program holds a
/// descriptor, by number; the least recently used goes first.
final class CompileCache: Sendable {
    struct Key: Hashable, Sendable {
        let language: ProgramLanguage
        let source: ByteString
        var files: [BoxFile] = []
        let limits: CompileLimits

        var byteCount: Int { files.reduce(source.count) { $0 + $1.content.count } }
    }

    /// Most results kept: a quarter of the usual limit of 1,024 open files.
    static let resultsMax = 256

    private let results: SharedResults<Key, CompileResult>

    init(capacity: Int) {
        results = SharedResults(costMax: capacity, countMax: Self.resultsMax)
    }

    /// The cached result, or that of `compile`, which runs once however many ask meanwhile.
    func result(
        for key: Key, compile: () async throws(SandboxError) -> CompileResult
    ) async throws(SandboxError) -> CompileResult {
        var (result, isKept) = try await results.result(for: key) { result in
            let isDecided = result.program != nil || result.failure == .diagnosed
            let size = key.byteCount + (result.program?.byteCount ?? 0) + result.diagnostics.count
            return isDecided ? size : nil
        } make: { () throws(SandboxError) in
            try await compile()
        }
        if isKept {
            result.cached = true
            result.queueSeconds = 0
        }
        return result
    }
}
