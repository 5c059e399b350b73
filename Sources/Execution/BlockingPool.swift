// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A fixed set of threads for work that blocks or computes for long.
///
/// Swift's cooperative pool has one thread a core; one blocking call there stops every task (92
/// against 1,504 requests/s on 2 cores with 20 ms of blocking). Each resource has a pool of its
/// own, whose width is its limit:
///
///     await withTaskExecutorPreference(cpuPool) { heavy() }
///
/// Theory of operation: `width` detached pthreads wait on one condition variable for jobs in a
/// first-in-first-out queue. `shutDown()` lets queued jobs finish, then the threads end. Jobs that
/// arrive after shutdown are still run, by the thread that enqueues them.
public final class BlockingPool: TaskExecutor, @unchecked Sendable {
    // Invariant behind `@unchecked`: `jobs`, `head` and `isClosed` are only touched under `mutex`.
    private var jobs: [UnownedJob] = []
    private var head = 0
    private var isClosed = false
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    /// Number of threads.
    public let width: Int

    /// Stack of each thread in bytes; small, so that unbounded recursion shows in tests.
    static let stackBytes = 1 << 20

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H`; cut to 15 bytes by the kernel.
    ///   - width: number of threads; ≥ 1.
    public init(name: String, width: Int) {
        precondition(width >= 1, "a pool needs at least one thread")
        self.width = width
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        for _ in 0..<width { startThread(name: String(name.prefix(15))) }
    }

    // No deinit work: every thread holds the pool, so it ends only after `shutDown()`.
    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Adds a job; called by the Swift runtime.
    ///
    /// - Parameter job: run exactly once on one of the threads.
    public func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        pthread_mutex_lock(mutex)
        let mustRunHere = isClosed
        if !mustRunHere { jobs.append(unowned) }
        pthread_mutex_unlock(mutex)
        if mustRunHere {
            unowned.runSynchronously(on: asUnownedTaskExecutor())
        } else {
            pthread_cond_signal(condition)
        }
    }

    /// Lets the threads end once the queue is empty.
    public func shutDown() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
    }

    private func startThread(name: String) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, Self.stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        // Released by the thread when it ends, in `blockingPoolThread`.
        let start = Unmanaged.passRetained(ThreadStart(pool: self, name: name))
        var thread = pthread_t()
        let status = pthread_create(&thread, &attributes, blockingPoolThread, start.toOpaque())
        precondition(status == 0, "pthread_create failed with \(status)")
    }

    /// Whether the caller runs on a thread of some pool, so that it may block where it stands.
    ///
    /// A change of threads costs two wake-ups, often more than what is waited for.
    public static var isOwnThread: Bool { csys_thread_may_block() }

    fileprivate func runJobs() {
        csys_let_thread_block()
        while let job = nextJob() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func nextJob() -> UnownedJob? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while head == jobs.count {
            if isClosed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        let job = jobs[head]
        head += 1
        if head == jobs.count || head > 1024 {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }
}

private final class ThreadStart {
    let pool: BlockingPool
    let name: String

    init(pool: BlockingPool, name: String) {
        self.pool = pool
        self.name = name
    }
}

/// Entry of each thread; takes over the reference retained by `BlockingPool.startThread`.
private func blockingPoolThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    csys_set_thread_name(start.name)
    start.pool.runJobs()
    return nil
}
