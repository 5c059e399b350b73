// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution

/// The rows of a dataset, all files one after the other, each with what decodes it.
///
/// Pulled from one thread at a time.
public protocol RowStream: AnyObject, Sendable {
    /// The next row.
    ///
    /// - Returns: the row and what decodes it; nil after the last row of the last file.
    /// - Throws: ``ReadError`` when a file cannot be read further.
    func next() throws(ReadError) -> (row: RawRow, decoder: any RowDecoder)?

    /// Bytes read so far.
    var bytesRead: Int { get }
    /// Bytes of all files; 0 where that is not known.
    var bytesTotal: Int { get }
}

extension DatasetReader: RowStream {}

/// Hands out the rows of a stream to many tasks.
///
/// Theory of operation: while somebody looks at a row that is larger than the standard allows,
/// nobody gets another. So memory holds one such row, however many tasks there are and whatever
/// limit was asked for.
final class RowFeed: Sendable {
    struct Item: Sendable {
        let ordinal: Int
        let row: RawRow
        let decoder: any RowDecoder
    }

    private struct State {
        var nextOrdinal = 0
        /// The large row that somebody looks at.
        var largeOrdinal: Int?
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// What a pull came to.
    private enum Pull {
        case item(Item)
        case end
        case wait
    }

    private let state = Locked(State())
    private let stream: any RowStream

    init(_ stream: any RowStream) { self.stream = stream }

    /// The next row, of which `finished` must be told; nil after the last.
    func next() async throws(VerificationError) -> Item? {
        while true {
            switch try pull() {
            case .item(let item): return item
            case .end: return nil
            case .wait: await waitForLargeRow()
            }
        }
    }

    /// Takes note that nobody looks at a row any more.
    func finished(_ item: Item) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.largeOrdinal == item.ordinal else { return [] }
            state.largeOrdinal = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in woken { continuation.resume() }
    }

    private func pull() throws(VerificationError) -> Pull {
        try state.withLock { (state) throws(VerificationError) -> Pull in
            guard state.largeOrdinal == nil else { return .wait }
            do throws(ReadError) {
                guard let (row, decoder) = try stream.next() else { return .end }
                let ordinal = state.nextOrdinal
                state.nextOrdinal += 1
                if row.text.count > ReadOptions.rowBytesStandard { state.largeOrdinal = ordinal }
                return .item(Item(ordinal: ordinal, row: row, decoder: decoder))
            } catch {
                throw VerificationError(error.message)
            }
        }
    }

    private func waitForLargeRow() async {
        await withCheckedContinuation { continuation in
            let mayGo = state.withLock { state -> Bool in
                guard state.largeOrdinal != nil else { return true }
                state.waiting.append(continuation)
                return false
            }
            if mayGo { continuation.resume() }
        }
    }

    /// How much of the files has been read, in `0 ... 1`; nil where that is not known.
    var fractionRead: Double? {
        state.withLock { _ in
            guard stream.bytesTotal > 0 else { return nil }
            return min(1, Double(stream.bytesRead) / Double(stream.bytesTotal))
        }
    }
}
