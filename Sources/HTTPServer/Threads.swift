// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Something that happens once, for a thread to wait for.
final class Flag: @unchecked Sendable {
    // Invariant behind `@unchecked`: the semaphore is made for use by many threads and lives as
    // long as the object.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func raise() { sem_post(semaphore) }

    /// Waits for `raise()`, at most `seconds`.
    func wait(seconds: Double) {
        var deadline = timespec()
        clock_gettime(CLOCK_REALTIME, &deadline)
        let total = UInt64(deadline.tv_nsec) + nanoseconds(seconds)
        deadline.tv_sec += Int(total / 1_000_000_000)
        deadline.tv_nsec = Int(total % 1_000_000_000)
        while sem_timedwait(semaphore, &deadline) != 0, errno == EINTR {}
    }
}

/// Runs blocking work on a thread made for it.
func onOwnThread(_ work: @escaping @Sendable () -> Void) {
    // Released by `runWork`.
    let box = Unmanaged.passRetained(WorkBox(work))
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, runWork, box.toOpaque())
    precondition(status == 0, "pthread_create failed with \(status)")
    pthread_detach(thread)
}

private final class WorkBox: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}

/// Entry of the thread; takes over the box retained by `onOwnThread`.
private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<WorkBox>.fromOpaque(argument).takeRetainedValue().work()
    return nil
}
