// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CJSONTape

/// A parsed JSON document: the body, and a flat tape of its values.
///
/// Strict RFC 8259: unique keys after unescaping, no lone surrogates, nothing after the root, at
/// most 64 levels and 4 Mi values. Numbers stay raw tokens, so that a big integer in one rollout
/// harms nobody else. Strings handed out are slices of the body, or of the tape's own text; both
/// live as long as any slice of them.
public final class JSONDocument: Sendable {
    /// The bytes that were parsed.
    public let body: ByteString
    private let text: ByteString
    private let entries: TapeEntries

    /// Deepest nesting accepted.
    public static let maxDepth = Int(CJT_MAX_DEPTH)

    /// Parses a whole document.
    ///
    /// - Parameter body: UTF-8 text; it is kept, not copied.
    /// - Throws: ``JSONSyntaxError`` with the byte offset, line and column.
    public init(_ body: ByteString) throws(JSONSyntaxError) {
        var tape = cjt_tape()
        body.withUnsafeBytes { bytes in
            cjt_parse(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &tape)
        }
        guard tape.error == CJT_OK, let base = tape.entries else {
            throw JSONSyntaxError(tapeError: tape.error, offset: tape.error_offset, in: body)
        }
        self.body = body
        entries = TapeEntries(base: base, count: tape.entry_count)
        if let text = tape.text {
            // The unescaped text is at most as long as the body.
            let storage = ByteStorage(adopting: UnsafeMutableRawPointer(text), count: body.count)
            self.text = ByteString(storage, range: 0..<body.count)
        } else {
            text = ByteString([])
        }
    }

    /// The document's one value.
    public var root: JSONView { JSONView(document: self, index: 0) }

    func entry(_ index: Int) -> cjt_entry { entries.base[index] }

    func rawBytes(_ entry: cjt_entry) -> ByteString {
        let start = Int(entry.raw_offset)
        return body[start..<start + Int(entry.raw_size)]
    }

    func stringBytes(_ entry: cjt_entry) -> ByteString {
        let start = Int(entry.link)
        let source = entry.kind & 0x100 == 0 ? body : text
        return source[start..<start + Int(entry.count)]
    }
}

/// The tape's memory, freed with the document.
private final class TapeEntries: @unchecked Sendable {
    // Invariant behind `@unchecked`: written by `cjt_parse` before this exists, then only read.
    let base: UnsafeMutablePointer<cjt_entry>
    let count: Int

    init(base: UnsafeMutablePointer<cjt_entry>, count: Int) {
        self.base = base
        self.count = count
    }

    deinit {
        var tape = cjt_tape(entries: base, entry_count: count, text: nil, error: 0, error_offset: 0)
        cjt_free(&tape)
    }
}
