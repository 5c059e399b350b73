// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

/// Rows of a file with one JSON value to a line.
final class JSONLinesSource: RowSource, @unchecked Sendable {
    // Invariant behind `@unchecked`: one thread at a time pulls rows, as RowSource demands.
    private var lines: LineReader
    private let file: RowFile
    private let transform: @Sendable (ByteString) -> ByteString

    /// Opens a stream of lines.
    ///
    /// - Parameters:
    ///   - stream: the text.
    ///   - file: names the file.
    ///   - transform: makes JSON of a line that is something else.
    init(
        _ stream: any ByteStream, _ file: RowFile,
        transform: @escaping @Sendable (ByteString) -> ByteString = { $0 }
    ) {
        lines = LineReader(stream, lineBytesMax: file.rowBytesMax)
        self.file = file
        self.transform = transform
    }

    deinit { lines.free() }

    var bytesRead: Int { lines.bytesRead }

    func next() throws(ReadError) -> RawRow? {
        while let line = try lines.next() {
            if line.isOversized { return file.oversized(line.text, line.number, size: line.size) }
            if line.text.leadingWhitespaceCount == line.text.count { continue }
            return RawRow(position: file.position(line.number), text: transform(line.text))
        }
        return nil
    }
}

/// The file that rows come from.
struct RowFile: Sendable {
    let path: String
    let index: Int
    let rowBytesMax: Int

    func position(_ line: Int) -> RowPosition {
        RowPosition(fileIndex: index, file: path, line: line)
    }

    /// A row that is too large to be read.
    func oversized(_ start: ByteString, _ line: Int, size: Int) -> RawRow {
        let finding = Finding(
            ReaderRules.oversized,
            "the row has \(size) bytes; at most \(rowBytesMax) are read (--row-bytes)",
            evidence: JSONObject([
                "bytes": .integer(size), "bytes_max": .integer(rowBytesMax),
            ]))
        return RawRow(position: position(line), text: start, findings: [finding])
    }
}
