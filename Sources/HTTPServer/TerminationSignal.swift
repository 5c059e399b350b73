// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Execution
import Glibc

/// Waits for SIGTERM or SIGINT.
///
/// Theory of operation. A signal handler in C writes the signal's number to a pipe and does nothing
/// else; a detached thread reads the pipe and wakes the waiting tasks. Signal masks would not do:
/// libdispatch's main thread waits with all signals unblocked. Make one object per process, and
/// keep it: handler and pipe stay for the life of the process.
public final class TerminationSignal: Sendable {
    private struct State {
        var received: [Int32] = []
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Locked(State())

    /// Catches the signals from now on.
    ///
    /// - Parameter signals: numbers; nil means SIGTERM and SIGINT.
    public init(signals: [Int32]? = nil) {
        var ends: [Int32] = [-1, -1]
        let made = pipe(&ends)
        precondition(made == 0, "pipe failed with errno \(errno)")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        for signal in signals ?? [SIGTERM, SIGINT] {
            let status = csys_signal_to_descriptor(signal, ends[1])
            precondition(status == 0, "cannot catch signal \(signal): errno \(status)")
        }
        let readEnd = ends[0]
        onOwnThread { [self] in
            csys_set_thread_name("signals")
            take(from: readEnd)
        }
    }

    /// Waits for the next signal; one that has come before returns at once.
    ///
    /// - Returns: its number. A second call waits for a second signal, which callers may take as
    ///   "at once".
    public func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let received = state.withLock { state -> Int32? in
                guard state.received.isEmpty else { return state.received.removeFirst() }
                state.waiting.append(continuation)
                return nil
            }
            if let received { continuation.resume(returning: received) }
        }
    }

    private func take(from readEnd: Int32) {
        var number: UInt8 = 0
        while true {
            let count = read(readEnd, &number, 1)
            guard count == 1 else { continue }  // EINTR: the write end never closes
            let taken = Int32(number)
            let waiting = state.withLock { state -> CheckedContinuation<Int32, Never>? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.received.append(taken)
                return nil
            }
            waiting?.resume(returning: taken)
        }
    }
}
