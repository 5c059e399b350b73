// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Execution
import Glibc

/// The `assay-math` workers, and threads that may wait for them.
///
/// Theory of operation: a thread takes a place, then a worker, and puts both back after one request,
/// so that there are never more workers than places; who finds no place waits. A worker that died
/// is dropped, its request tried once more on a fresh one, so a crash costs at most one answer.
/// Callers that may block wait in their own thread; `threads` are for all others.
final class WorkerPool: Sendable {
    private let program: WorkerProgram
    private let idle: Locked<[MathWorker]>
    private let places: Places
    /// Runs the comparisons of callers that may not block.
    let threads: BlockingPool

    init(path: String, width: Int) throws(MathEngineError) {
        program = try WorkerProgram(path: path)
        var workers: [MathWorker] = []
        for _ in 0..<width { workers.append(try MathWorker(program)) }
        idle = Locked(workers)
        places = Places(width)
        threads = BlockingPool(name: "assay-math", width: width)
    }

    /// Performs a request; nil if it killed two workers in a row or none could be started.
    func perform(_ payload: [UInt8]) -> MathWorker.Reply? {
        places.take()
        defer { places.giveBack() }
        for attempt in 0..<2 {
            // The second try gets a worker that has seen nothing else.
            let fresh = attempt == 0 ? take() : try? MathWorker(program)
            guard let worker = fresh else { continue }
            guard let reply = try? worker.perform(payload), reply.outcome != WorkerOutcome.aborted
            else { continue }
            if worker.requestCount < MathWorker.requestLimit { put(worker) }
            return reply
        }
        return nil
    }

    /// One that is on this thread's CPU already, if there is one.
    private func take() -> MathWorker? {
        let here = csys_processor()
        let box = idle.withLock { workers -> WorkerBox in
            guard let near = workers.lastIndex(where: { $0.processor == here }) else {
                return WorkerBox(workers.popLast())
            }
            return WorkerBox(workers.remove(at: near))
        }
        return box.worker ?? (try? MathWorker(program))
    }

    private func put(_ worker: MathWorker) {
        let box = WorkerBox(worker)
        idle.withLock { workers in
            if let worker = box.worker { workers.append(worker) }
        }
    }

    /// The process ids of the idle workers, for tests.
    var idleProcessIDs: [Int32] { idle.withLock { $0.map(\.processID) } }

    func shutDown() {
        idle.withLock { $0.removeAll() }
        threads.shutDown()
    }
}

/// A counting semaphore: taking and giving back cost no system call while places are free.
///
/// Invariant behind `@unchecked`: the semaphore is only touched through its own functions.
private final class Places: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    init(_ count: Int) {
        semaphore = .allocate(capacity: 1)
        let status = sem_init(semaphore, 0, UInt32(count))
        precondition(status == 0, "sem_init failed with \(errno)")
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func take() { while sem_wait(semaphore) != 0 {} }

    func giveBack() { sem_post(semaphore) }
}

/// Carries a worker out of the lock.
///
/// Invariant behind `@unchecked`: a worker is either in the pool's list or held by one thread.
private struct WorkerBox: @unchecked Sendable {
    let worker: MathWorker?

    init(_ worker: MathWorker?) { self.worker = worker }
}

/// Outcome codes of the worker's replies, as in `worker.h`.
enum WorkerOutcome {
    static let equivalent: UInt8 = 0
    static let different: UInt8 = 1
    static let undecidedReference: UInt8 = 2
    static let answerTooComplex: UInt8 = 3
    static let answerUndefined: UInt8 = 4
    static let referenceUndefined: UInt8 = 5
    static let badFrame: UInt8 = 6
    static let aborted: UInt8 = 7
}
