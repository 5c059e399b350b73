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
    }

    private enum Entry {
        case compiling([CheckedContinuation<Bool, Never>])
        case done(CompileResult, bytes: Int, used: UInt64)
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var bytes = 0
        var count = 0
        var clock: UInt64 = 0
    }

    /// Most results kept: a quarter of the usual limit of 1,024 open files.
    static let resultsMax = 256

    private let capacity: Int
    private let state = Locked(State())

    init(capacity: Int) { self.capacity = capacity }

    /// The cached result, or that of `compile`, which runs once however many ask meanwhile.
    func result(
        for key: Key, compile: () async throws(SandboxError) -> CompileResult
    ) async throws(SandboxError) -> CompileResult {
        while true {
            if let known = lookUp(key) { return known }
            if await waitForTwin(key) { continue }
            do {
                let result = try await compile()
                finish(key, with: result)
                return result
            } catch {
                finish(key, with: nil)
                throw error
            }
        }
    }

    private func lookUp(_ key: Key) -> CompileResult? {
        state.withLock { state in
            guard case .done(var result, let bytes, _)? = state.entries[key] else { return nil }
            state.clock += 1
            state.entries[key] = .done(result, bytes: bytes, used: state.clock)
            result.cached = true
            result.queueSeconds = 0
            return result
        }
    }

    /// Waits until a twin is done (true), or claims the key (false).
    private func waitForTwin(_ key: Key) async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let answer = state.withLock { state -> Bool? in
                switch state.entries[key] {
                case nil:
                    state.entries[key] = .compiling([])
                    return false
                case .compiling(let waiters):
                    state.entries[key] = .compiling(waiters + [continuation])
                    return nil
                case .done:
                    return true
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func finish(_ key: Key, with result: CompileResult?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Bool, Never>] in
            guard case .compiling(let waiters)? = state.entries.removeValue(forKey: key) else {
                return []
            }
            if let result, result.program != nil || result.failure == .diagnosed {
                keep(result, for: key, in: &state)
            }
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: true) }
    }

    private func keep(_ result: CompileResult, for key: Key, in state: inout State) {
        let bytes = key.source.count + (result.program?.byteCount ?? 0) + result.diagnostics.count
            + key.files.reduce(0) { $0 + $1.content.count }
        guard bytes <= capacity else { return }
        while state.bytes + bytes > capacity || state.count == Self.resultsMax,
            let oldest = oldest(state)
        {
            if case .done(_, let freed, _)? = state.entries.removeValue(forKey: oldest) {
                state.bytes -= freed
                state.count -= 1
            }
        }
        state.clock += 1
        state.bytes += bytes
        state.count += 1
        state.entries[key] = .done(result, bytes: bytes, used: state.clock)
    }

    private func oldest(_ state: State) -> Key? {
        var best: (key: Key, used: UInt64)?
        for case (let key, .done(_, _, let used)) in state.entries where used < best?.used ?? .max {
            best = (key, used)
        }
        return best?.key
    }
}
