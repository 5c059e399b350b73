// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CJSONTape

/// Why a text is not one strict JSON document, and where.
public struct JSONSyntaxError: Error, Sendable, Equatable {
    /// One sentence for people: what was found and what would be accepted.
    public let message: String
    /// Offset of the offending byte from the start of the body.
    public let offset: Int
    /// Line of that byte, from 1.
    public let line: Int
    /// Column of that byte in bytes, from 1.
    public let column: Int

    init(tapeError: Int32, offset: Int, in body: ByteString) {
        self.offset = offset
        let (line, column) = Self.position(of: offset, in: body)
        self.line = line
        self.column = column
        let found = offset < body.count ? Self.describe(body[offset]) : "the end of the body"
        message =
            Self.message(tapeError, found: found) + " at line \(line), column \(column)"
            + " (byte \(offset))"
    }

    private static func message(_ code: Int32, found: String) -> String {
        switch code {
        case Int32(CJT_EMPTY): "the body is empty; a JSON document was expected"
        case Int32(CJT_INVALID_UTF8): "the body is not UTF-8: \(found) does not belong there"
        case Int32(CJT_UNEXPECTED): "\(found) does not belong there in JSON"
        case Int32(CJT_UNEXPECTED_END): "the JSON document ends too early; it began a value"
        case Int32(CJT_TOO_DEEP): "JSON is nested deeper than \(CJT_MAX_DEPTH) levels"
        case Int32(CJT_BAD_NUMBER): "a number is not written as JSON allows"
        case Int32(CJT_BAD_ESCAPE):
            "an unknown escape in a string; JSON knows \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX, found"
        case Int32(CJT_LONE_SURROGATE): "a \\u escape is half of a surrogate pair; send both halves"
        case Int32(CJT_CONTROL_CHARACTER): "\(found) stands bare in a string; escape it as \\u00XX"
        case Int32(CJT_DUPLICATE_KEY): "an object has the same key twice; it starts"
        case Int32(CJT_TRAILING): "\(found) follows the end of the JSON document"
        case Int32(CJT_TOO_MANY_VALUES): "the document has more than \(CJT_MAX_VALUES) values"
        case Int32(CJT_TOO_LARGE): "the document is larger than 1 GiB"
        default: "out of memory while reading JSON"
        }
    }

    private static func describe(_ byte: UInt8) -> String {
        if byte > 0x20 && byte < 0x7f { return "'\(Character(UnicodeScalar(byte)))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count < 2 ? "0" + digits : digits)
    }

    private static func position(of offset: Int, in body: ByteString) -> (line: Int, column: Int) {
        body.withUnsafeBytes { bytes in
            var line = 1
            var lineStart = 0
            for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
                line += 1
                lineStart = index + 1
            }
            return (line, offset - lineStart + 1)
        }
    }
}
