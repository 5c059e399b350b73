// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSocket
import CSystem
import Execution
import Glibc

/// The thread that notices what libmicrohttpd does not: late clients, clients that left while their
/// request is suspended, and sockets that must stay open a little after a refusal.
///
/// Theory of operation. One thread waits on one epoll set. An event carries an id: of a connection
/// (armed once, for hang-ups only, so that pipelined bytes neither wake the thread nor hide a
/// hang-up), of a lingering socket (readable: its bytes are dropped until the
/// end of stream or its time is over), or of the eventfd that wakes the thread. Ids are never used
/// twice, so an event that was on its way when its connection closed finds nobody. Every tick the
/// thread looks at all connections' clocks.
///
/// Owners: libmicrohttpd owns sockets of connections (`Connection` says until when they may be
/// used); this class owns the epoll set, the eventfd and the lingering descriptors.
///
/// Lock order: `state` is a leaf; connections are swept outside it.
final class Sweeper: Sendable {
    private struct Timer {
        let deadline: UInt64
        let action: @Sendable () -> Void
    }

    private struct State {
        var connections: [UInt64: Connection] = [:]
        var lingering: [UInt64: Lingering] = [:]
        var timers: [Timer] = []
        var nextID: UInt64 = 1
        var isStopping = false
    }

    private struct Lingering {
        let socket: Int32
        let deadline: UInt64
    }

    private static let wakeID: UInt64 = 0
    /// Sockets that may linger at once; more are closed at once.
    static let lingeringMax = 1024
    /// How long a refused client may go on sending into the void.
    static let lingerNanoseconds: UInt64 = 2_000_000_000

    private let state = Locked(State())
    private let epoll: Int32
    private let wake: Int32
    private let tickNanoseconds: UInt64
    private let late: @Sendable (Connection.Lateness) -> Void
    private let thread = Locked<pthread_t?>(nil)

    /// Prepares the descriptors; `late` is called for every connection that is shut.
    init(
        tickNanoseconds: UInt64, late: @escaping @Sendable (Connection.Lateness) -> Void
    ) throws(HTTPServerError) {
        self.tickNanoseconds = tickNanoseconds
        self.late = late
        epoll = csock_epoll()
        wake = csock_event()
        guard epoll >= 0, wake >= 0,
            csock_watch(epoll, wake, Self.wakeID, CSOCK_READABLE) == 0
        else {
            throw HTTPServerError(code: .system, message: "epoll or eventfd failed: \(errno)")
        }
    }

    deinit {
        for lingering in state.withLock({ $0.lingering }).values { Glibc.close(lingering.socket) }
        Glibc.close(wake)
        Glibc.close(epoll)
    }

    // MARK: Polling threads

    /// Starts the clock of a new connection.
    func add(socket: Int32, limits: Connection.Limits) -> Connection {
        let connection = state.withLock { state -> Connection in
            let connection = Connection(id: state.nextID, socket: socket, limits: limits)
            state.connections[state.nextID] = connection
            state.nextID += 1
            return connection
        }
        // Once for the connection's life: after a hang-up nothing follows. If the kernel has no
        // memory for it, a vanished client is noticed late, when its response is written.
        _ = csock_watch(epoll, socket, connection.id, CSOCK_HANGUP)
        return connection
    }

    /// Forgets a connection whose socket is about to be closed.
    func remove(_ connection: Connection) {
        let second = connection.retire()
        let id = state.withLock { state -> UInt64? in
            state.connections[connection.id] = nil
            guard let second, state.lingering.count < Self.lingeringMax, !state.isStopping else {
                return nil
            }
            defer { state.nextID += 1 }
            let deadline = monotonicNanoseconds() + Self.lingerNanoseconds
            state.lingering[state.nextID] = Lingering(socket: second, deadline: deadline)
            return state.nextID
        }
        guard let second else { return }
        guard let id else {
            Glibc.close(second)
            return
        }
        _ = csock_watch(epoll, second, id, CSOCK_READABLE)
    }

    // MARK: Any thread

    /// All open connections.
    var connections: [Connection] { state.withLock { Array($0.connections.values) } }

    /// Calls `action` on the sweeper's thread at or soon after a time of CLOCK_MONOTONIC.
    func at(_ deadline: UInt64, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.timers.append(Timer(deadline: deadline, action: action)) }
        csock_signal(wake)
    }

    // MARK: Life

    func start() throws(HTTPServerError) {
        // Released by `sweeperThread` when it ends.
        let reference = Unmanaged.passRetained(self)
        var created = pthread_t()
        let status = pthread_create(&created, nil, sweeperThread, reference.toOpaque())
        guard status == 0 else {
            reference.release()
            throw HTTPServerError(code: .system, message: "pthread_create failed: \(status)")
        }
        let thread = created
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread and waits for it; not to be called on it.
    func stop() {
        state.withLock { $0.isStopping = true }
        csock_signal(wake)
        let running = thread.withLock { thread -> pthread_t? in
            defer { thread = nil }
            return thread
        }
        if let running { pthread_join(running, nil) }
    }

    // MARK: The thread

    fileprivate func run() {
        csys_set_thread_name("http-sweeper")
        var ids = [UInt64](repeating: 0, count: 64)
        var nextSweep = monotonicNanoseconds() + tickNanoseconds
        while !state.withLock({ $0.isStopping }) {
            let wait = milliseconds(until: nextSweep)
            let count = csock_wait(epoll, &ids, Int32(ids.count), wait)
            precondition(count >= 0, "epoll_wait failed with \(errno)")
            for id in ids.prefix(Int(count)) { handle(id) }
            let now = monotonicNanoseconds()
            runTimers(now)
            guard now >= nextSweep else { continue }
            sweep(now)
            nextSweep = now + tickNanoseconds
        }
    }

    private func milliseconds(until nextSweep: UInt64) -> Int32 {
        let next = state.withLock { state in
            state.timers.reduce(nextSweep) { min($0, $1.deadline) }
        }
        let now = monotonicNanoseconds()
        return next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
    }

    private func handle(_ id: UInt64) {
        if id == Self.wakeID { return csock_clear(wake) }
        let (connection, lingering) = state.withLock { state -> (Connection?, Lingering?) in
            (state.connections[id], state.lingering[id])
        }
        connection?.hangUp()?.clientLeft()
        if let lingering, csock_discard(lingering.socket) == 0 { endLingering(id) }
    }

    private func endLingering(_ id: UInt64) {
        let ended = state.withLock { $0.lingering.removeValue(forKey: id) }
        if let ended { Glibc.close(ended.socket) }
    }

    private func runTimers(_ now: UInt64) {
        let due = state.withLock { state -> [Timer] in
            let due = state.timers.filter { $0.deadline <= now }
            state.timers.removeAll { $0.deadline <= now }
            return due
        }
        for timer in due { timer.action() }
    }

    private func sweep(_ now: UInt64) {
        for connection in connections {
            if let lateness = connection.sweep(now) { late(lateness) }
        }
        let ended = state.withLock { state in
            state.lingering.filter { $0.value.deadline <= now }.map { $0.key }
        }
        for id in ended { endLingering(id) }
    }
}

/// Entry of the thread; takes over the reference retained by `Sweeper.start`.
private func sweeperThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<Sweeper>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
