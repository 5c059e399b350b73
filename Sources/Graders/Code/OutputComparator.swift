// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Where an output first differs from the expected one; never what was expected.
struct OutputDifference: Equatable {
    /// Line of the program's output, from 1.
    let line: Int
    /// Number of the first token (or byte, for `exact`; or line, for `lines`) that differs, from 1.
    let position: Int
    /// What the program wrote there, cut to 64 bytes; empty where its output ended.
    let found: ByteString
    /// Length in bytes of what was expected there; 0 where the expected output ended.
    let expectedBytes: Int
}

/// Compares outputs in one pass, without copying.
enum OutputComparator {
    /// Longest quotation of an output, in bytes.
    private static let quotedBytesMax = 64

    /// Compares an output with the expected one.
    ///
    /// - Parameters:
    ///   - output: what the program wrote; any bytes.
    ///   - expected: what it had to write.
    ///   - comparison: what counts.
    /// - Returns: the first difference; nil when they agree.
    /// - Complexity: O(bytes).
    static func firstDifference(
        _ output: ByteString, expected: ByteString, by comparison: OutputComparison
    ) -> OutputDifference? {
        switch comparison {
        case .exact: differingByte(output, expected)
        case .lines: differingLine(output, expected)
        case .tokens: differingToken(output, expected, fold: { $0 })
        case .tokensIgnoringCase: differingToken(output, expected, fold: \.asciiLowercased)
        }
    }

    private static func differingByte(
        _ output: ByteString, _ expected: ByteString
    ) -> OutputDifference? {
        guard output != expected else { return nil }
        let common = min(output.count, expected.count)
        let place = (0..<common).first { output[$0] != expected[$0] } ?? common
        return OutputDifference(
            line: line(of: place, in: output), position: place + 1,
            found: output[place..<min(place + 1, output.count)],
            expectedBytes: place < expected.count ? 1 : 0)
    }

    private static func differingLine(
        _ output: ByteString, _ expected: ByteString
    ) -> OutputDifference? {
        var (left, right) = (LineCursor(output), LineCursor(expected))
        var number = 0
        while true {
            number += 1
            let (found, wanted) = (left.next(), right.next())
            if found == nil && wanted == nil { return nil }
            guard found != wanted else { continue }
            return OutputDifference(
                line: number, position: number, found: quoted(found),
                expectedBytes: wanted?.count ?? 0)
        }
    }

    private static func differingToken(
        _ output: ByteString, _ expected: ByteString, fold: (UInt8) -> UInt8
    ) -> OutputDifference? {
        var (left, right) = (TokenCursor(output), TokenCursor(expected))
        var number = 0
        while true {
            number += 1
            let (found, wanted) = (left.next(), right.next())
            if found == nil && wanted == nil { return nil }
            if let found, let wanted, equal(found, wanted, fold: fold) { continue }
            return OutputDifference(
                line: line(of: left.tokenStart, in: output), position: number,
                found: quoted(found), expectedBytes: wanted?.count ?? 0)
        }
    }

    private static func equal(
        _ left: ByteString, _ right: ByteString, fold: (UInt8) -> UInt8
    ) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { first in
            right.withUnsafeBytes { second in
                first.indices.allSatisfy { fold(first[$0]) == fold(second[$0]) }
            }
        }
    }

    private static func quoted(_ text: ByteString?) -> ByteString {
        guard let text else { return "" }
        // A copy: a slice would keep the whole output in memory.
        return ByteString(text[0..<min(text.count, quotedBytesMax)].array)
    }

    private static func line(of place: Int, in text: ByteString) -> Int {
        text.withUnsafeBytes { bytes in
            1 + bytes[0..<min(place, bytes.count)].count { $0 == UInt8(ascii: "\n") }
        }
    }
}

/// Walks over tokens between white space.
private struct TokenCursor {
    private let text: ByteString
    private var position = 0
    /// Where the last token started, or where the text ended.
    private(set) var tokenStart = 0

    init(_ text: ByteString) { self.text = text }

    mutating func next() -> ByteString? {
        let (start, end) = text.withUnsafeBytes { bytes in
            var start = position
            while start < bytes.count, bytes[start].isWhitespace { start += 1 }
            var end = start
            while end < bytes.count, !bytes[end].isWhitespace { end += 1 }
            return (start, end)
        }
        position = end
        tokenStart = start
        return start < end ? text[start..<end] : nil
    }
}

/// Walks over lines without white space at their end, up to the last one that has any content.
private struct LineCursor {
    private let text: ByteString
    private var position = 0
    // Made once: a literal in its place would be allocated for each line.
    private static let newline: ByteString = "\n"

    init(_ text: ByteString) { self.text = text[0..<text.count - text.trailingWhitespaceCount] }

    mutating func next() -> ByteString? {
        guard position < text.count else { return nil }
        let end = text.firstOffset(of: Self.newline, from: position) ?? text.count
        let line = text[position..<end]
        position = end + 1
        return line[0..<line.count - line.trailingWhitespaceCount]
    }
}

extension UInt8 {
    /// The byte in lower case, if it is an ASCII letter.
    fileprivate var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
