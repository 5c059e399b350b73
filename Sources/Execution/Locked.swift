// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A value behind a mutex.
///
/// Built on `pthread_mutex_t`, because ThreadSanitizer cannot see `Synchronization.Mutex` and then
/// reports correct programs. Hold it for lines: never across `await`, nor across a C call that may
/// call back.
///
///     let hits = Locked(0)
///     hits.withLock { $0 += 1 }
public final class Locked<Value>: @unchecked Sendable {
    // Invariant behind `@unchecked`: `value` is only touched while `mutex` is held.
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    /// Wraps `value`.
    ///
    /// - Parameter value: the first content.
    public init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        let status = pthread_mutex_init(mutex, nil)
        precondition(status == 0, "pthread_mutex_init failed with \(status)")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with exclusive access to the value.
    ///
    /// - Parameter body: reads or changes the value.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&value)
    }
}
