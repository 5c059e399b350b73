// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Wire

/// What a check remembered of all rows, in the order of the dataset.
///
/// Rows are read when they are asked for, so that a dataset may have more of them than memory
/// holds: a check goes through them once, keeps a few bytes of each, and asks for single ones again
/// where it has something to say.
public protocol RememberedRows: Sendable {
    /// Visits the rows that left facts.
    ///
    /// - Parameter body: takes a row's index, from 0 on, and the row.
    /// - Throws: ``VerificationError`` when rows cannot be read, or what `body` throws.
    func forEach(
        _ body: (Int, RememberedRow) throws(VerificationError) -> Void
    ) throws(VerificationError)

    /// Reads a row again.
    ///
    /// - Parameter index: of a row that was visited.
    /// - Returns: the row.
    /// - Throws: ``VerificationError`` when it cannot be read.
    func row(_ index: Int) throws(VerificationError) -> RememberedRow
}

/// Remembered rows of a dataset that fits into memory, for those who call checks themselves.
public struct RowsInMemory: RememberedRows {
    private let rows: [RememberedRow]

    /// Holds rows.
    ///
    /// - Parameter rows: those that left facts, in the order of the dataset.
    public init(rows: [RememberedRow]) { self.rows = rows }

    /// Visits the rows.
    public func forEach(
        _ body: (Int, RememberedRow) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        for (index, row) in rows.enumerated() { try body(index, row) }
    }

    /// The row with that index.
    public func row(_ index: Int) throws(VerificationError) -> RememberedRow { rows[index] }
}

/// The facts of one check, in journals.
///
/// Theory of operation: the first visit notes in a ``SpillFile`` where the line of each row lies in
/// which journal; a row is read again by that.
final class JournaledRows: RememberedRows, @unchecked Sendable {
    // Invariant behind `@unchecked`: used by one task at a time.
    private let journals: JournalSet
    private let check: String
    private let files: [String]
    private let places = SpillFile()

    /// What the spill file holds of a row: ordinal, journal, offset and size of its line.
    private static let placeWords = 4
    private static let placeBytes = placeWords * MemoryLayout<UInt64>.stride

    init(_ journals: JournalSet, check: String) {
        self.journals = journals
        self.check = check
        files = journals.parameters.files.map(\.name)
    }

    func forEach(
        _ body: (Int, RememberedRow) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        let isFirst = places.size == 0
        var index = 0
        try journals.forEachLine { (ordinal, line) throws(VerificationError) in
            guard let row = remembered(line) else { return }
            if isFirst {
                let words = [ordinal, line.journal, line.offset, line.size]
                try places.append(words.map { UInt64($0) })
            }
            try body(index, row)
            index += 1
        }
    }

    func row(_ index: Int) throws(VerificationError) -> RememberedRow {
        let place = try place(index)
        let line = try journals.line(place[1], offset: place[2], size: place[3])
        guard let row = remembered(line) else {
            throw VerificationError("\(journals.paths[place[1]]) has changed")
        }
        return row
    }

    /// Place of a visited row among all rows of the dataset.
    func ordinal(_ index: Int) throws(VerificationError) -> Int { try place(index)[0] }

    /// Whether a row was visited.
    func contains(_ index: Int) -> Bool {
        index >= 0 && (index + 1) * Self.placeBytes <= places.size
    }

    private func place(_ index: Int) throws(VerificationError) -> [Int] {
        precondition(contains(index), "\(check) asks for a row that left no facts")
        var words: [UInt64] = []
        try places.read(Self.placeWords, into: &words, at: index * Self.placeBytes)
        return words.map { Int($0) }
    }

    private func remembered(_ line: JournalLine) -> RememberedRow? {
        guard let facts = line.root["facts"]?[check] else { return nil }
        let record = line.record
        let position = RowPosition(
            fileIndex: record.fileIndex, file: files[record.fileIndex], line: record.line)
        return RememberedRow(position: position, id: record.id, facts: facts)
    }
}
