// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Hashing
import Wire

/// How a finished journal ends: what all shards of a dataset must agree upon.
struct JournalTrailer: Equatable {
    /// Rows of each file, those of other shards included.
    let rowCounts: [Int]
    /// Of the hashes of all rows in order, those of other shards included.
    let digest: String

    var line: ByteString {
        var writer = JSONWriter()
        writer.write(
            .members([
                "rows": .array(rowCounts.map { .integer($0) }), "digest": .string(digest),
            ]))
        writer.write(byte: UInt8(ascii: "\n"))
        return writer.byteString
    }

    init(rowCounts: [Int], digest: String) {
        self.rowCounts = rowCounts
        self.digest = digest
    }

    init?(_ root: JSONView) {
        guard let rows = root["rows"], let digest = root["digest"]?.string else { return nil }
        rowCounts = rows.elements.compactMap(\.plainInteger)
        self.digest = digest.string
    }
}

/// A record as it lies in a journal.
struct JournalLine {
    let record: RowRecord
    /// The line's object.
    let root: JSONView
    /// The journal among those read together.
    let journal: Int
    /// Of the line's first byte.
    let offset: Int
    /// Bytes of the line without its newline.
    let size: Int
}

/// Reads a journal record by record.
final class JournalReader {
    /// The run's parameters.
    let parameters: RunParameters
    /// How the journal ends; nil before the last record is read, and for an unfinished run.
    private(set) var trailer: JournalTrailer?
    private let path: String
    private let journal: Int
    private let lines: JournalLines
    private var number = 1

    /// Opens a journal, which has that number among those read together.
    init(_ path: String, journal: Int = 0) throws(VerificationError) {
        self.path = path
        self.journal = journal
        lines = try JournalLines(path)
        guard let header = try lines.next(), let parameters = RunParameters(headerLine: header)
        else { throw VerificationError("\(path) is no journal of this version of assay verify") }
        self.parameters = parameters
    }

    /// Bytes of the journal up to the end of the record last read.
    var offset: Int { lines.offset }

    /// The next record; nil at the end.
    func next() throws(VerificationError) -> RowRecord? { try nextLine()?.record }

    /// The next record and where it lies; nil at the end.
    func nextLine() throws(VerificationError) -> JournalLine? {
        let offset = lines.offset
        guard trailer == nil, let line = try lines.next() else { return nil }
        number += 1
        guard let root = try? JSONDocument(line).root else { throw broken() }
        if let record = RowRecord(root) {
            return JournalLine(
                record: record, root: root, journal: journal, offset: offset, size: line.count)
        }
        guard let trailer = JournalTrailer(root) else { throw broken() }
        self.trailer = trailer
        return nil
    }

    private func broken() -> VerificationError {
        VerificationError("\(path): line \(number) is no record of assay verify")
    }
}
