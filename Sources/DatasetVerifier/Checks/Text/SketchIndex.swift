// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The sketches of all rows and how rare each shingle is.
///
/// Theory of operation: rows are added in order, then visited in order once. In between all
/// shingles are sorted, beyond memory, to count them. Memory is 4 bytes a row, and 8 bytes and at
/// most ten slots of 4 bytes for each shingle that several rows have; sketches lie on disk.
struct SketchIndex {
    /// What a visited row is like.
    struct Visit {
        let record: SketchRecord
        /// What each of its shingles is worth.
        fileprivate let weights: [Double]
    }

    /// Number of rows, those without a sketch included.
    var rowCount: Int { sketches.count }
    private var sketches = SketchFile()
    private var shingles = SortedSpill<UInt32>()
    private var table = ShingleTable()
    /// The lower half of the key of each row's numbers: most rows that share shingles differ in
    /// it, and need not be read.
    private var numbers: [UInt32] = []

    /// Adds the next row.
    mutating func append(_ record: SketchRecord) throws(VerificationError) {
        try sketches.append(record)
        numbers.append(UInt32(truncatingIfNeeded: record.numbers))
        for hash in record.hashes { try shingles.append(hash) }
    }

    /// Counts shingles, once all rows are there.
    mutating func finish() throws(VerificationError) {
        var (last, count) = (UInt32(0), 0)
        var table = ShingleTable()
        try shingles.drain { (shingle) throws(VerificationError) in
            if shingle == last {
                count += 1
                return
            }
            if count > 1 { table.append(last, count: count) }
            (last, count) = (shingle, 1)
        }
        if count > 1 { table.append(last, count: count) }
        table.finish()
        self.table = table
        shingles = SortedSpill()
    }

    /// Visits all rows in order; each sees those before it.
    ///
    /// - Parameter body: takes a row, what it is like, and the index as of this row.
    /// - Throws: ``VerificationError`` when sketches cannot be read, or what `body` throws.
    mutating func forEach(
        _ body: (Int, Visit, SketchIndex) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        let sketches = sketches
        try sketches.forEach { (row, record) throws(VerificationError) in
            let places = record.hashes.map { table.place(of: $0) }
            try body(row, Visit(record: record, weights: places.map(weight)), self)
            for case let place? in places { table.visit(row, at: place) }
        }
    }

    /// Number of other rows that have a shingle of one row; 0 also for one that no row has.
    func others(with shingle: UInt32) -> Int {
        table.place(of: shingle).map { table.count(at: $0) - 1 } ?? 0
    }

    /// What a shingle of one row, or of both of two, is worth: nothing where every row has it.
    ///
    /// The second of two rows does not make it common, else the likeness of a pair would weaken
    /// itself.
    private func weight(_ place: Int?) -> Double {
        let others = place.map { table.count(at: $0) - 1 } ?? 1
        return log(Double(rowCount + 1) / Double(others))
    }

    /// Earlier rows that may have the same numbers and reach a Jaccard index, ascending.
    ///
    /// Two sets with an index of `least` share one of the rarest shingles that together have more
    /// than `1 - least` of a set's weight, so that only those are looked up.
    func earlierRows(like visit: Visit, least: Double) -> [Int] {
        let weighed = zip(visit.record.hashes, visit.weights)
            .sorted { ($0.1, $1.0) > ($1.1, $0.0) }
        let total = weighed.reduce(0) { $0 + $1.1 }
        let mine = UInt32(truncatingIfNeeded: visit.record.numbers)
        var seen = 0.0
        var rows: [Int] = []
        for (shingle, weight) in weighed {
            if let place = table.place(of: shingle) {
                table.forEachRow(at: place) { if numbers[$0] == mine { rows.append($0) } }
            }
            seen += weight
            if seen > (1 - least) * total { break }
        }
        rows.sort()
        var last = -1
        rows.removeAll { row in
            defer { last = row }
            return row == last
        }
        return rows
    }

    /// The sketch of a row.
    func record(_ row: Int) throws(VerificationError) -> SketchRecord { try sketches.record(row) }

    /// The weighted Jaccard index of two rows, estimated below the end of both sketches.
    func jaccard(_ visit: Visit, _ other: SketchRecord) -> Double {
        let (first, second) = (visit.record.hashes, other.hashes)
        let end = min(visit.record.end, other.end)
        var (shared, all) = (0.0, 0.0)
        var (i, j) = (first.startIndex, second.startIndex)
        while true {
            let x = i < first.endIndex ? first[i] : UInt32.max
            let y = j < second.endIndex ? second[j] : UInt32.max
            let next = min(x, y)
            let isOver = i >= first.endIndex && j >= second.endIndex
            guard !isOver, next <= end else { break }
            let isMine = x == next && i < first.endIndex
            let worth =
                isMine
                ? visit.weights[i - first.startIndex] : weight(table.place(of: next))
            all += worth
            if x == y { shared += worth }
            if x == next { i += 1 }
            if y == next { j += 1 }
        }
        return all > 0 ? shared / all : 0
    }
}
