// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The workers as one comparison uses them, with what it may still spend.
///
/// Not `Sendable`: a comparison runs in one thread.
final class WorkerSession {
    private let pool: WorkerPool
    private var proofsLeft = WorkerSession.proofLimit

    /// Pairs of one comparison that Calcium may be asked about.
    ///
    /// One costs up to some milliseconds, and an answer may name thousands of members.
    private static let proofLimit = 16

    init(_ pool: WorkerPool) { self.pool = pool }

    /// Sends a request; nil if it killed two workers.
    func perform(_ request: [UInt8]) -> MathWorker.Reply? { pool.perform(request) }

    /// Compares two scalars: kind 1 with Calcium's proof, kind 4 without.
    ///
    /// A pair that kills workers with a proof is asked again without: a proof decides no verdict.
    func performComparison(_ request: (_ kind: UInt8) -> [UInt8]) -> MathWorker.Reply? {
        if proofsLeft > 0 {
            proofsLeft -= 1
            if let reply = pool.perform(request(1)) { return reply }
            proofsLeft = 0
        }
        return pool.perform(request(4))
    }
}
