// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
public import Execution
import Hashing

/// Looks at every row of a dataset, or of one part of it, and journals what it finds.
///
/// Theory of operation: a fixed number of tasks on the grading pool pull rows from one
/// ``RowFeed``, run all checks on them and hand the records to one ``RowOrder``, which journals
/// them in the order of the dataset. Memory is bounded by the rows in flight, not by their number.
/// When the budget is spent the tasks are cancelled, and what they return from then on is thrown
/// away: a resumed run looks at those rows again.
public struct VerificationRun: Sendable {
    /// How a run ended.
    public enum Ending: Sendable, Equatable {
        /// Every row of the part was looked at.
        case finished
        /// The budget was spent before.
        case budgetSpent
    }

    /// How far a run is.
    public struct Progress: Sendable {
        /// Rows of the part that are done, those of earlier runs included.
        public let rows: Int
        /// How much of the files has been read, in `0 ... 1`; nil while that is unknown.
        public let fractionRead: Double?
    }

    /// The checks that run, in order.
    public var checks: [any Check]
    /// Engines and choices.
    public var context: CheckContext
    /// The same with the engines that run programs, which may start when the first row with
    /// programs asks for them; the others never wait for it.
    public var contextForPrograms: @Sendable () async -> CheckContext
    /// Threads that compute.
    public var pool: BlockingPool
    /// Rows in flight; ≥ 1, enough to keep all sandbox slots busy.
    public var width: Int
    /// Records of earlier runs by content; nil for none.
    public var cache: RowCache?
    /// How long the run may take in seconds; nil for as long as it takes.
    public var budgetSeconds: Double?
    /// Rows that may be ahead of the slowest one, which bounds what waits in memory.
    public var window = 4096

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - checks: all there are; those without a selected rule are left out.
    ///   - context: engines and choices.
    ///   - contextForPrograms: the same with engines that run programs; nil where `context` has
    ///     them.
    ///   - pool: threads that compute; it must outlive the run.
    ///   - width: rows in flight; ≥ 1.
    public init(
        checks: [any Check], context: CheckContext,
        contextForPrograms: (@Sendable () async -> CheckContext)? = nil, pool: BlockingPool,
        width: Int
    ) {
        precondition(width >= 1, "a run needs at least one row in flight")
        self.checks = checks.filter { $0.rules.contains(where: context.runs) }
        self.context = context
        self.contextForPrograms = contextForPrograms ?? { context }
        self.pool = pool
        self.width = width
    }

    /// Looks at the rows that the journal does not hold yet.
    ///
    /// - Parameters:
    ///   - journal: takes the records; its parameters name the files and the part.
    ///   - rows: those of the journal's files, from the first on.
    ///   - progress: told after every row, from several tasks at once.
    /// - Returns: how the run ended.
    /// - Throws: ``VerificationError`` when a file cannot be read, is not what the journal was begun
    ///   with, or the journal cannot be written.
    public func perform(
        into journal: JournalWriter, rows: any RowStream,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) async throws(VerificationError) -> Ending {
        let order = try RowOrder(journal, window: window)
        let feed = RowFeed(rows)
        let deadline = budgetSeconds.map { csys_monotonic_nanoseconds() + UInt64($0 * 1e9) }
        let work = Work(
            inspector: RowInspector(
                checks: checks, context: context, contextForPrograms: contextForPrograms,
                cache: cache),
            feed: feed, order: order, shard: journal.parameters.shard,
            resumedEnd: journal.resumedEnd)
        let isCut = await withTaskExecutorPreference(pool) {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<width {
                    group.addTask {
                        await work.pullRows {
                            progress(
                                Progress(
                                    rows: order.journaledCount, fractionRead: feed.fractionRead))
                        }
                        return false
                    }
                }
                if let deadline {
                    group.addTask { await Self.closes(order, at: deadline) }
                }
                var isCut = false
                var working = width
                while working > 0, let cut = await group.next() {
                    if cut { isCut = true } else { working -= 1 }
                    if cut { group.cancelAll() }
                }
                group.cancelAll()
                return isCut
            }
        }
        if let failure = order.failure { throw failure }
        if isCut { return .budgetSpent }
        try order.finish()
        return .finished
    }

    /// Ends the run when its time is over.
    ///
    /// - Returns: true; false when the run was over before, which cancels this wait.
    private static func closes(_ order: RowOrder, at deadline: UInt64) async -> Bool {
        let now = csys_monotonic_nanoseconds()
        if deadline > now { try? await Task.sleep(nanoseconds: deadline - now) }
        if Task.isCancelled { return false }
        order.close()
        return true
    }
}

/// What the tasks of a run share.
private struct Work: Sendable {
    let inspector: RowInspector
    let feed: RowFeed
    let order: RowOrder
    let shard: Shard
    let resumedEnd: (fileIndex: Int, line: Int)?

    /// Looks at rows until there are none, or the run is closed.
    func pullRows(_ progress: () -> Void) async {
        while !order.isClosed {
            do throws(VerificationError) {
                guard let item = try await feed.next() else { return }
                defer { feed.finished(item) }
                await order.waitForTurn(item.ordinal)
                if order.isClosed { return }
                order.take(item.ordinal, try await look(at: item))
            } catch {
                return order.close(error)
            }
            progress()
            await Task.yield()
        }
    }

    private func look(at item: RowFeed.Item) async throws(VerificationError) -> RowOrder.Result {
        let place = item.row.position
        let hash = SHA256.hash(item.row.text)
        let isOurs = shard.contains(hash)
        if !isOurs || isDone(place) { return .passed(place, hash, isOurs: isOurs) }
        let record = try await inspector.record(item.row, hash, item.decoder)
        return .looked(place, hash, line: record.encoded)
    }

    private func isDone(_ place: RowPosition) -> Bool {
        guard let resumedEnd else { return false }
        return (place.fileIndex, place.line) <= (resumedEnd.fileIndex, resumedEnd.line)
    }
}
