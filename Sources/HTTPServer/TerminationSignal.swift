// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Execution
import Glibc

/// Waits for SIGTERM or SIGINT; no work happens in a signal handler.
///
///     let termination = TerminationSignal()
///     try server.start()
///     _ = await termination.wait()
///     let wasClean = await server.drain(deadlineSeconds: 30)
///
/// Theory of operation. The handler writes the signal's number into a pipe and returns. A detached
/// thread reads the pipe and resumes the waiting tasks. Signal masks are left alone, so that
/// programs started later inherit nothing. There is one per process; it lives as long as that.
public final class TerminationSignal: Sendable {
    private struct State {
        var received: [Int32] = []
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    private let state = Locked(State())

    /// Takes the signals over and starts the thread that waits for them.
    ///
    /// - Parameter signals: numbers; nil means SIGTERM and SIGINT.
    public init(signals: [Int32]? = nil) {
        let signals = signals ?? [SIGTERM, SIGINT]
        let pipe = csys_catch_signals(signals, signals.count)
        precondition(pipe >= 0, "signals cannot be caught: error \(errno)")
        onOwnThread { [self] in
            csys_set_thread_name("signals")
            read(pipe)
        }
    }

    /// Waits for the next signal; one that has come before returns at once.
    ///
    /// A second call waits for a second signal, which a program may take as "at once".
    ///
    /// - Returns: the signal's number.
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

    private func read(_ pipe: Int32) {
        var number: UInt8 = 0
        while true {
            let count = Glibc.read(pipe, &number, 1)
            guard count == 1 else {
                precondition(count < 0 && errno == EINTR, "the signal pipe failed: \(errno)")
                continue
            }
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
