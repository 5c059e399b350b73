// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution

/// Counts what is in flight and says when that is too much, when it is over, and when it is late.
///
/// Two levels are kept apart. *Open* requests are those whose last body byte came before the drain
/// and whose response is not out: a drain waits for them. *Charged* requests and bytes are what
/// costs memory and work: they end when the response is out **and** the handler has let go, so that
/// a client that asks and leaves a thousand times does not get a thousand gradings at once.
///
/// Lock: one, a leaf; held for lines.
final class Admission: Sendable {
    private struct State {
        var statistics = HTTPStatistics()
        var isDraining = false
        var whenIdle: [@Sendable () -> Void] = []
    }

    enum Verdict { case admitted, draining, full }

    private let state = Locked(State())
    private let maxRequests: Int
    private let maxBytes: Int

    init(maxRequests: Int, maxBytes: Int) {
        self.maxRequests = maxRequests
        self.maxBytes = maxBytes
    }

    // MARK: Before the body

    /// Whether a body of `declaredBytes` would be admitted now; nothing is charged.
    func looksFull(declaredBytes: Int) -> Bool {
        state.withLock {
            $0.statistics.chargedRequests >= maxRequests
                || $0.statistics.inFlightBodyBytes + declaredBytes > maxBytes
        }
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    // MARK: Charges

    /// Charges body bytes; false, and nothing is charged, over the cap.
    func chargeBytes(_ count: Int) -> Bool {
        state.withLock {
            guard $0.statistics.inFlightBodyBytes + count <= maxBytes else { return false }
            $0.statistics.inFlightBodyBytes += count
            return true
        }
    }

    /// Charges one request; false, and nothing is charged, over the cap.
    func chargeRequest() -> Bool {
        state.withLock {
            guard $0.statistics.chargedRequests < maxRequests else { return false }
            $0.statistics.chargedRequests += 1
            return true
        }
    }

    func discharge(requests: Int, bytes: Int) {
        state.withLock {
            $0.statistics.chargedRequests -= requests
            $0.statistics.inFlightBodyBytes -= bytes
        }
    }

    // MARK: Open requests

    /// Opens a request whose body is complete; false, and nothing is opened, while draining.
    func open(evenIfDraining isExempt: Bool) -> Bool {
        state.withLock {
            guard !$0.isDraining || isExempt else { return false }
            $0.statistics.inFlightRequests += 1
            $0.statistics.acceptedRequests += 1
            return true
        }
    }

    /// Ends an open request; the last one during a drain calls whoever waits.
    func close() {
        let waiting = state.withLock { state -> [@Sendable () -> Void] in
            state.statistics.inFlightRequests -= 1
            guard state.statistics.inFlightRequests == 0, state.isDraining else { return [] }
            defer { state.whenIdle = [] }
            return state.whenIdle
        }
        for action in waiting { action() }
    }

    /// Refuses requests from now on.
    func startDraining() { state.withLock { $0.isDraining = true } }

    /// Calls `action` once no request is open; only while draining.
    func whenIdle(_ action: @escaping @Sendable () -> Void) {
        let isIdle = state.withLock { state -> Bool in
            precondition(state.isDraining, "requests can always come before a drain")
            if state.statistics.inFlightRequests == 0 { return true }
            state.whenIdle.append(action)
            return false
        }
        if isIdle { action() }
    }

    // MARK: Counting

    func count(_ change: (inout HTTPStatistics) -> Void) {
        state.withLock { change(&$0.statistics) }
    }

    var statistics: HTTPStatistics { state.withLock { $0.statistics } }
}

/// What one request is charged, given back when the last owner lets go.
///
/// Owners: the request on its polling thread until its response is out, and the `Exchange` until
/// the handler replies or drops it.
final class Charge: @unchecked Sendable {
    // Invariant behind `@unchecked`: written only by the request's polling thread before an
    // `Exchange` shares the charge; afterwards only `deinit` reads it.
    private let admission: Admission
    private var requests = 0
    private var bytes = 0

    init(_ admission: Admission) { self.admission = admission }

    func addBytes(_ count: Int) -> Bool {
        guard admission.chargeBytes(count) else { return false }
        bytes += count
        return true
    }

    func addRequest() -> Bool {
        guard requests == 0 else { return true }
        guard admission.chargeRequest() else { return false }
        requests = 1
        return true
    }

    deinit { admission.discharge(requests: requests, bytes: bytes) }
}
