// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

/// Rows of a file that is one JSON object: a member with an array of rows, as dataset servers send
/// it, or columns, by row number as pandas writes them (`{"problem": {"0": "…"}}`) or in arrays.
final class JSONObjectRows: RowSource, @unchecked Sendable {
    // Invariant behind `@unchecked`: one thread at a time pulls rows, as RowSource demands.
    private let file: RowFile
    private let size: Int
    private let rows: [Row]
    private var next_ = 0

    /// Largest file of this kind, since it is parsed as a whole.
    static let fileBytesMax = 256 << 20

    private enum Row {
        case value(JSONView)
        case columns([(name: ByteString, value: JSONView)])
    }

    private static let rowsNames = [
        "rows", "data", "examples", "instances", "items", "records", "samples", "problems",
        "questions", "train", "test", "validation",
    ]

    /// Parses the file.
    ///
    /// - Parameters:
    ///   - text: all of it.
    ///   - file: names it.
    /// - Throws: ``ReadError`` for anything but rows in one of these forms.
    init(_ text: ByteString, _ file: RowFile) throws(ReadError) {
        self.file = file
        size = text.count
        let root: JSONView
        do {
            root = try JSONDocument(text).root
        } catch {
            throw ReadError("\(file.path): \(error.message)")
        }
        rows = Self.list(root) ?? Self.columns(root) ?? Self.arrays(root) ?? [.value(root)]
    }

    var bytesRead: Int { size }

    func next() throws(ReadError) -> RawRow? {
        guard next_ < rows.count else { return nil }
        next_ += 1
        let text: ByteString
        switch rows[next_ - 1] {
        case .value(let view): text = Self.oneLine(view.raw)
        case .columns(let cells):
            var row = JSONObject()
            for cell in cells { row.append(cell.name.string, .raw(Self.oneLine(cell.value.raw))) }
            var writer = JSONWriter()
            writer.write(.object(row))
            text = writer.byteString
        }
        guard text.count <= file.rowBytesMax else {
            return file.oversized(text[0..<LineReader.keptBytes], next_, size: text.count)
        }
        return RawRow(position: file.position(next_), text: text)
    }

    /// Rows of a member; those of the dataset viewer lie in `row`.
    private static func list(_ root: JSONView) -> [Row]? {
        let found = rowsNames.compactMap { root[$0] }.filter { member in
            // Columns of texts are no rows.
            member.kind == .array
                && (member.elements.first(where: { _ in true })?.kind ?? .object) == .object
        }
        // Splits side by side are none of them: whoever wants one names its file.
        guard let rows = found.first, found.count == 1 else { return nil }
        return rows.elements.map { element in
            if let inner = element["row"], inner.kind == .object { return .value(inner) }
            return .value(element)
        }
    }

    /// Columns that all have the same row numbers.
    private static func columns(_ root: JSONView) -> [Row]? {
        let columns = Array(root.members)
        guard let first = columns.first, first.value.kind == .object, first.value.count > 0,
            columns.allSatisfy({ $0.value.kind == .object && $0.value.count == first.value.count }),
            first.value.members.allSatisfy({ key, _ in key.array.allSatisfy(\.isDigit) })
        else { return nil }
        var rows = first.value.members.map { _ in [(name: ByteString, value: JSONView)]() }
        for column in columns {
            for (index, cell) in column.value.members.enumerated() {
                rows[index].append((column.key, cell.value))
            }
        }
        return rows.map { .columns($0) }
    }

    /// Columns as arrays of one length, the problems among them.
    private static func arrays(_ root: JSONView) -> [Row]? {
        let columns = Array(root.members)
        guard
            let texts = (FlatProfile.problemNames + ["prompt"]).lazy.compactMap({ root[$0] }).first,
            texts.kind == .array, texts.count > 0,
            columns.allSatisfy({ $0.value.kind == .array && $0.value.count == texts.count })
        else { return nil }
        var rows = texts.elements.map { _ in [(name: ByteString, value: JSONView)]() }
        for column in columns {
            for (index, cell) in column.value.elements.enumerated() {
                rows[index].append((column.key, cell))
            }
        }
        return rows.map { .columns($0) }
    }

    private static func oneLine(_ text: ByteString) -> ByteString {
        guard text.firstOffset(of: "\n") != nil else { return text }
        var cutter = ElementCutter(keptMax: text.count)
        _ = text.withUnsafeBytes { cutter.take($0) }
        return ByteString(cutter.kept)
    }
}
