// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution

/// Hands out the run slots.
///
/// A free slot goes to the requester that holds the fewest, of equals to the one that was served
/// longest ago; of its groups to the one that holds the fewest, oldest first. So while others wait,
/// none gets more than its share, never more than half, and a person's single program waits for one
/// run, not for the thousand before it. Of requesters with equal claims every second slot goes to
/// the one that came last: sleepers that came in as many requests delay a newcomer by a run or two, and
/// whoever came first waits at most twice as long. A run that must be alone waits until all slots are free, and
/// nobody else is let in meanwhile.
final class SlotQueue: Sendable {
    private struct Waiter {
        let ticket: UInt64
        let requester: UInt64
        let group: String
        let alone: Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var free: Int
        /// Slots in use by group, and by requester.
        var held: [String: Int] = [:]
        var heldByRequester: [UInt64: Int] = [:]
        /// Number of the last grant of each requester that waits or holds.
        var served: [UInt64: UInt64] = [:]
        var grants: UInt64 = 0
        var waiters: [Waiter] = []
        var nextTicket: UInt64 = 0
        var cancelled: Set<UInt64> = []
        var isClosed = false
    }

    private let total: Int
    private let state: Locked<State>

    init(slots: Int) {
        total = slots
        state = Locked(State(free: slots))
    }

    /// Callers that wait now.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Slots in use now.
    var inUse: Int { state.withLock { total - $0.free } }

    /// Waits for one slot, or for all of them.
    func acquire(
        group: String, alone: Bool = false, requester: UInt64 = Sandbox.requester
    ) async throws(SandboxError) {
        let ticket = state.withLock { state -> UInt64 in
            state.nextTicket += 1
            return state.nextTicket
        }
        let granted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(
                    Waiter(
                        ticket: ticket, requester: requester, group: group, alone: alone,
                        continuation: continuation))
            }
        } onCancel: {
            cancel(ticket)
        }
        let isClosed = state.withLock { state -> Bool in
            state.cancelled.remove(ticket)
            return state.isClosed
        }
        guard granted else { throw isClosed ? .shutDown : .cancelled }
    }

    /// Gives back what `acquire` gave.
    func release(
        group: String, alone: Bool = false, requester: UInt64 = Sandbox.requester
    ) {
        let ready = state.withLock { state -> [Waiter] in
            state.free += alone ? total : 1
            Self.decrement(&state.held, group)
            Self.decrement(&state.heldByRequester, requester)
            let isGone =
                state.heldByRequester[requester] == nil
                && !state.waiters.contains { $0.requester == requester }
            if isGone { state.served[requester] = nil }
            return grant(&state)
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    private static func decrement<Key>(_ held: inout [Key: Int], _ key: Key) {
        let left = (held[key] ?? 1) - 1
        held[key] = left == 0 ? nil : left
    }

    /// Turns all waiters away, now and from now on.
    func close() {
        let turnedAway = state.withLock { state -> [Waiter] in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in turnedAway { waiter.continuation.resume(returning: false) }
    }

    private func enqueue(_ waiter: Waiter) {
        let outcome = state.withLock { state -> (refused: Bool, ready: [Waiter]) in
            if state.isClosed || state.cancelled.contains(waiter.ticket) { return (true, []) }
            state.waiters.append(waiter)
            return (false, grant(&state))
        }
        if outcome.refused { waiter.continuation.resume(returning: false) }
        for ready in outcome.ready { ready.continuation.resume(returning: true) }
    }

    private func cancel(_ ticket: UInt64) {
        let outcome = state.withLock { state -> (waiter: Waiter?, ready: [Waiter]) in
            guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
                // Not queued yet (or already granted): remembered until `acquire` returns.
                state.cancelled.insert(ticket)
                return (nil, [])
            }
            // One that wanted to be alone may have held others back.
            return (state.waiters.remove(at: index), grant(&state))
        }
        outcome.waiter?.continuation.resume(returning: false)
        for ready in outcome.ready { ready.continuation.resume(returning: true) }
    }

    private func grant(_ state: inout State) -> [Waiter] {
        var ready: [Waiter] = []
        while let index = next(state) {
            let waiter = state.waiters.remove(at: index)
            state.free -= waiter.alone ? total : 1
            state.held[waiter.group, default: 0] += 1
            state.heldByRequester[waiter.requester, default: 0] += 1
            state.grants += 1
            state.served[waiter.requester] = state.grants
            ready.append(waiter)
        }
        return ready
    }

    private func next(_ state: State) -> Int? {
        if let alone = state.waiters.firstIndex(where: { $0.alone }) {
            return state.free == total ? alone : nil
        }
        guard state.free > 0 else { return nil }
        // Indices are in order of arrival, and `min` keeps the first of equals.
        let claims = state.waiters.map { claim(of: $0, state) }
        let oldest = claims.indices.min { claims[$0] < claims[$1] }
        guard let oldest, state.grants % 2 == 1 else { return oldest }
        // Requesters are numbered as they come; one that waits again, having compiled, is no newcomer.
        let equal = claims.indices.filter { claims[$0] == claims[oldest] }
        let newest = equal.map { state.waiters[$0].requester }.max()
        return equal.first { state.waiters[$0].requester == newest }
    }

    /// The smaller, the sooner.
    private func claim(of waiter: Waiter, _ state: State) -> (Int, UInt64, Int) {
        (
            state.heldByRequester[waiter.requester] ?? 0, state.served[waiter.requester] ?? 0,
            state.held[waiter.group] ?? 0
        )
    }
}
