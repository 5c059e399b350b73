// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Wire

/// How files are read.
public struct ReadOptions: Sendable {
    /// Name of the profile that all files have; nil detects one for each file.
    public var profile: String?
    /// The interpreter that reads Parquet; it needs pyarrow.
    public var python = "python3"
    /// Largest row in bytes, as text; within ``rowBytesRange``.
    public var rowBytesMax = Self.rowBytesStandard

    /// What is read of a row unless more is asked for, 8 MiB; larger rows are read one at a time.
    public static let rowBytesStandard = 8 << 20
    /// What may be asked for: a few rows as decoded JSON must fit in memory.
    public static let rowBytesRange = 1 << 10...1 << 30

    /// Takes the defaults: profiles are detected, rows have at most 8 MiB.
    public init() {}
}

/// Opens the files of a dataset by what they are.
public enum RowSources {
    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: the file, or `-` for standard input.
    ///   - fileIndex: its place among those given.
    ///   - options: how it is read.
    /// - Returns: its rows.
    /// - Throws: ``ReadError`` when it cannot be opened or is of no known kind.
    public static func open(
        _ path: String, fileIndex: Int = 0, options: ReadOptions = ReadOptions()
    ) throws(ReadError) -> any RowSource {
        let file = RowFile(path: path, index: fileIndex, rowBytesMax: options.rowBytesMax)
        var facts = stat()
        if path != "-", stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR {
            return try PackageSource(file)
        }
        let stream = try FileStream(path)
        let start = try stream.readStart(startBytes)
        if start.count >= 4, start[0..<4] == "PAR1" {
            guard path != "-" else {
                throw ReadError("Parquet is read from files only, not from -")
            }
            return try ParquetSource(file, python: options.python)
        }
        let whole = PrefixedStream(start, then: stream)
        guard start.count >= 2, start[0] == 0x1f, start[1] == 0x8b else {
            return try textSource(whole, start, file)
        }
        let inflated = try InflatingStream(whole, path: path)
        let text = try inflated.readStart(startBytes)
        return try textSource(PrefixedStream(text, then: inflated), text, file)
    }

    /// Bytes that are looked at to tell what a file is.
    private static let startBytes = 64 << 10
    private static let mark: ByteString = "\u{feff}"

    /// Tells lines of JSON, one JSON value, and tab-separated rows apart.
    private static func textSource(
        _ stream: any ByteStream, _ start: ByteString, _ file: RowFile
    ) throws(ReadError) -> any RowSource {
        if isWide(start) {
            throw ReadError("\(file.path): the file is UTF-16 or UTF-32; write it as UTF-8")
        }
        var head = start
        if head.count >= 3, head[0..<3] == mark {
            _ = try stream.readStart(3)
            head = head[3..<head.count]
        }
        let name = file.path.hasSuffix(".gz") ? String(file.path.dropLast(3)) : file.path
        if name.hasSuffix(".tsv") {
            return JSONLinesSource(
                stream, file, transform: TabSeparatedRows.transform(path: name))
        }
        let space = head.leadingWhitespaceCount
        if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
            // An array under that name is still one, unless its lines are values of their own.
            let isArray = space < head.count && head[space] == UInt8(ascii: "[")
            if !isArray || isFirstLineWhole(head[space..<head.count]) {
                return JSONLinesSource(stream, file)
            }
        }
        guard space < head.count else { return JSONLinesSource(stream, file) }
        if head[space] == UInt8(ascii: "[") {
            _ = try stream.readStart(space + 1)
            return JSONArraySource(afterBracket: stream, file)
        }
        guard name.hasSuffix(".json"), !isFirstLineWhole(head[space..<head.count]) else {
            return JSONLinesSource(stream, file)
        }
        return try JSONObjectRows(try wholeText(stream, file), file)
    }

    /// Whether a text is in units of two or four bytes: by its mark, or by zeros where JSON has none.
    private static func isWide(_ start: ByteString) -> Bool {
        guard start.count >= 4 else { return false }
        let (first, second) = (start[0], start[1])
        if first == 0xff && second == 0xfe || first == 0xfe && second == 0xff { return true }
        return first == 0 && second != 0 || first == 0 && second == 0 || second == 0 && first < 0x80
    }

    /// Whether the first line is a JSON document of its own, as in JSON Lines under another name.
    private static func isFirstLineWhole(_ text: ByteString) -> Bool {
        guard let end = text.firstOffset(of: "\n") else { return false }
        guard text[end..<text.count].leadingWhitespaceCount < text.count - end else { return false }
        return (try? JSONDocument(text[0..<end])) != nil
    }

    private static func wholeText(_ stream: any ByteStream, _ file: RowFile) throws(ReadError)
        -> ByteString
    {
        let text = try stream.readAll(atMost: JSONObjectRows.fileBytesMax)
        guard let text else {
            throw ReadError(
                "\(file.path): one JSON object of more than \(JSONObjectRows.fileBytesMax) bytes;"
                    + " write one row to a line")
        }
        return text
    }
}
