// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What likeness needs to know of a row.
struct SketchRecord {
    /// Hashes of the row's shingles, ascending, at most ``ShingleSketch/sizeMax``.
    var hashes: ArraySlice<UInt32>
    /// Whether the row has more; then only hashes up to the last one can be compared.
    var isCut: Bool
    /// Whether a benchmark shares much with the row.
    var hasHits: Bool
    /// The key of the statement, four words.
    var key: ArraySlice<UInt32>
    /// The key of the numbers in it.
    var numbers: UInt64

    /// The last hash that would be in the sketch.
    var end: UInt32 { isCut ? hashes.last ?? 0 : .max }
}

/// The sketches of all rows, on disk in records of one size: 288 bytes a row.
struct SketchFile {
    private let file = SpillFile()

    private static let headWords = 8
    private static let words = headWords + ShingleSketch.sizeMax
    private static let bytes = words * MemoryLayout<UInt32>.stride
    /// Records read at a time.
    private static let blockRecords = 256

    /// Number of rows.
    var count: Int { file.size / Self.bytes }

    /// Appends the sketch of the next row.
    mutating func append(_ record: SketchRecord) throws(VerificationError) {
        let flags: UInt32 = (record.isCut ? 1 : 0) | (record.hasHits ? 2 : 0)
        var words = [UInt32(record.hashes.count), flags]
        words += record.key
        words += [
            UInt32(truncatingIfNeeded: record.numbers >> 32),
            UInt32(truncatingIfNeeded: record.numbers),
        ]
        words += record.hashes
        while words.count < Self.words { words.append(0) }
        try file.append(words)
    }

    /// Visits all rows in order.
    func forEach(
        _ body: (Int, SketchRecord) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        var block: [UInt32] = []
        for first in stride(from: 0, to: count, by: Self.blockRecords) {
            let records = min(Self.blockRecords, count - first)
            try file.read(records * Self.words, into: &block, at: first * Self.bytes)
            for record in 0..<records {
                try body(first + record, Self.record(block, at: record * Self.words))
            }
        }
    }

    /// Reads the sketch of one row.
    func record(_ row: Int) throws(VerificationError) -> SketchRecord {
        var block: [UInt32] = []
        try file.read(Self.words, into: &block, at: row * Self.bytes)
        return Self.record(block, at: 0)
    }

    private static func record(_ words: [UInt32], at start: Int) -> SketchRecord {
        let body = start + headWords
        return SketchRecord(
            hashes: words[body..<body + Int(words[start])], isCut: words[start + 1] & 1 != 0,
            hasHits: words[start + 1] & 2 != 0, key: words[start + 2..<start + 6],
            numbers: UInt64(words[start + 6]) << 32 | UInt64(words[start + 7]))
    }
}
