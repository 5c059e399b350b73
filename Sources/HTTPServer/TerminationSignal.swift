// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Execution
import Glibc

/// Waits for SIGTERM or SIGINT without a signal handler.
///
/// Theory of operation. The signals are blocked in the calling thread, and so in every thread that
/// it starts afterwards: make one of these first thing in `main`. A detached thread takes them with
/// `sigwait` and wakes the waiting tasks; no code runs in signal context. Programs started later
/// inherit the blocked mask: whoever spawns one has to reset it (`POSIX_SPAWN_SETSIGMASK`).
public final class TerminationSignal: Sendable {
    private struct State {
        var received: [Int32] = []
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Locked(State())

    /// Blocks the signals and starts the thread that waits for them.
    ///
    /// - Parameter signals: numbers; nil means SIGTERM and SIGINT.
    public init(signals: [Int32]? = nil) {
        let signals = signals ?? [SIGTERM, SIGINT]
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let blocked = set
        onOwnThread { [self] in
            csys_set_thread_name("signals")
            take(blocked)
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

    private func take(_ signals: sigset_t) {
        var signals = signals
        var number: Int32 = 0
        while sigwait(&signals, &number) == 0 {
            let taken = number
            let waiting = state.withLock { state -> CheckedContinuation<Int32, Never>? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.received.append(taken)
                return nil
            }
            waiting?.resume(returning: taken)
        }
    }
}
