// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Hashing
import Wire

/// Writes the rows of a dataset into a clean file and a dropped one.
///
/// Clean rows are the bytes that were read, one row a line. A dropped row is an object that says
/// why: `{"file", "line", "id", "findings", "failures", "row"}`. Rows that could not be checked are
/// dropped too, with their failures: a clean file holds only rows that every rule was applied to.
public struct DatasetSplit: Sendable {
    private let cleanPath: String?
    private let droppedPath: String?

    /// Names the files.
    ///
    /// - Parameters:
    ///   - cleanPath: takes the rows that are left; nil to write none.
    ///   - droppedPath: takes the others and why; nil to write none.
    public init(cleanPath: String?, droppedPath: String?) {
        self.cleanPath = cleanPath
        self.droppedPath = droppedPath
    }

    /// Reads the dataset once more and splits it.
    ///
    /// The files appear under their names only when they are whole.
    ///
    /// - Parameters:
    ///   - dataset: what a run found.
    ///   - rows: those of the dataset, from the first on.
    /// - Throws: ``VerificationError`` when a file cannot be read, is not what was verified, or the
    ///   result cannot be written.
    public func write(
        _ dataset: VerifiedDataset, rows: any RowStream
    ) throws(VerificationError) {
        let clean = try cleanPath.map { (path) throws(VerificationError) in try WholeFile(path) }
        let dropped = try droppedPath.map { (path) throws(VerificationError) in
            try WholeFile(path)
        }
        try dataset.forEachRow { (row) throws(VerificationError) in
            guard let hash = row.hash else { return }
            guard let raw = try Self.next(rows), SHA256.hash(raw.text) == hash else {
                throw VerificationError("\(row.place) is not what was verified")
            }
            if row.failures.isEmpty && row.reason == nil {
                try clean?.output.write(.raw(raw.text.onOneLine))
                try clean?.output.write("\n")
            } else {
                try dropped?.output.write(Self.reasons(row, raw))
                try dropped?.output.write("\n")
            }
        }
        try clean?.finish()
        try dropped?.finish()
    }

    private static func next(_ rows: any RowStream) throws(VerificationError) -> RawRow? {
        do throws(ReadError) {
            return try rows.next()?.row
        } catch {
            throw VerificationError(error.message)
        }
    }

    private static func reasons(_ row: ReportRow, _ raw: RawRow) -> JSONValue {
        let isJSON = (try? JSONDocument(raw.text)) != nil
        return .members([
            "file": .string(row.position.file), "line": .integer(row.position.line),
            "id": .string(row.id), "findings": .array(row.findings.map { .object($0.json) }),
            "failures": .array(row.failures.map { .string($0) }),
            "row": isJSON ? .raw(raw.text.onOneLine) : .text(raw.text),
        ])
    }
}

extension ByteString {
    /// JSON on one line: a line break between its tokens is a space as well.
    fileprivate var onOneLine: ByteString {
        guard firstOffset(of: "\n") != nil || firstOffset(of: "\r") != nil else { return self }
        return ByteString(array.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 })
    }
}
