// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Results by key, each made once however many ask meanwhile, the least recently used dropped first.
///
/// Keys are compared in full, not by hash alone. Bounded by a cost that each result is given, such
/// as its bytes, and by number. Whoever asks for a result that is being made waits for its maker; if
/// the maker fails, the next of them makes it.
public final class SharedResults<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private enum Entry {
        case making([CheckedContinuation<Void, Never>])
        case done(Value, cost: Int, used: UInt64)
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var cost = 0
        var count = 0
        var clock: UInt64 = 0
    }

    private let costMax: Int
    private let countMax: Int
    private let state = Locked(State())

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - costMax: greatest sum of the costs of what is kept.
    ///   - countMax: most results kept; ≥ 1.
    public init(costMax: Int, countMax: Int) {
        precondition(countMax >= 1, "a store that keeps nothing shares nothing")
        self.costMax = costMax
        self.countMax = countMax
    }

    /// The result kept under a key, or a new one.
    ///
    /// - Parameters:
    ///   - key: compared in full.
    ///   - cost: of a new result, ≥ 0; nil if it must not be kept.
    ///   - make: makes it; its errors are the caller's and are not kept.
    /// - Returns: the result, and whether it was kept from before.
    /// - Throws: what `make` throws.
    public func result<Failure: Error>(
        for key: Key, cost: (Value) -> Int?, make: () async throws(Failure) -> Value
    ) async throws(Failure) -> (value: Value, isKept: Bool) {
        while true {
            if let kept = lookUp(key) { return (kept, true) }
            if await waitForTwin(key) { continue }
            do {
                let value = try await make()
                finish(key, with: value, cost: cost(value))
                return (value, false)
            } catch {
                finish(key, with: nil, cost: nil)
                throw error
            }
        }
    }

    private func lookUp(_ key: Key) -> Value? {
        state.withLock { state in
            guard case .done(let value, let cost, _)? = state.entries[key] else { return nil }
            state.clock += 1
            state.entries[key] = .done(value, cost: cost, used: state.clock)
            return value
        }
    }

    /// Waits until a twin is done (true), or claims the key (false).
    private func waitForTwin(_ key: Key) async -> Bool {
        let claim = Locked(false)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isWaiting = state.withLock { state -> Bool in
                switch state.entries[key] {
                case nil:
                    state.entries[key] = .making([])
                    claim.withLock { $0 = true }
                    return false
                case .making(let waiters):
                    state.entries[key] = .making(waiters + [continuation])
                    return true
                case .done:
                    return false
                }
            }
            if !isWaiting { continuation.resume() }
        }
        return !claim.withLock { $0 }
    }

    private func finish(_ key: Key, with value: Value?, cost: Int?) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard case .making(let waiters)? = state.entries.removeValue(forKey: key) else {
                return []
            }
            if let value, let cost { keep(value, cost: cost, for: key, in: &state) }
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func keep(_ value: Value, cost: Int, for key: Key, in state: inout State) {
        guard cost <= costMax else { return }
        while state.cost + cost > costMax || state.count == countMax,
            let oldest = Self.oldest(state)
        {
            if case .done(_, let freed, _)? = state.entries.removeValue(forKey: oldest) {
                state.cost -= freed
                state.count -= 1
            }
        }
        state.clock += 1
        state.cost += cost
        state.count += 1
        state.entries[key] = .done(value, cost: cost, used: state.clock)
    }

    private static func oldest(_ state: State) -> Key? {
        var best: (key: Key, used: UInt64)?
        for case (let key, .done(_, _, let used)) in state.entries where used < best?.used ?? .max {
            best = (key, used)
        }
        return best?.key
    }
}
