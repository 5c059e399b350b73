// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Where an output first differs from the expected one.
struct OutputDifference: Equatable {
    /// Line of the program's output, from 1.
    let line: Int
    /// Number of the first token (or byte, for `exact`; or line, for `lines`) that differs, from 1.
    let position: Int
    /// What the program wrote there, cut to 64 bytes; empty where its output ended.
    let found: ByteString
    /// Length in bytes of what was expected there; 0 where the expected output ended.
    let expectedBytes: Int
    /// What was expected there, cut to 64 bytes; shown only where a task asks for it.
    let expected: ByteString
}

/// Compares outputs in one pass, without copying.
enum OutputComparator {
    /// Longest quotation of an output, in bytes.
    private static let quotedBytesMax = 64

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

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
        output.withUnsafeBytes { output in
            expected.withUnsafeBytes { expected in
                difference(OutputText(output), OutputText(expected), by: comparison)
            }
        }
    }

    private static func difference(
        _ output: OutputText, _ expected: OutputText, by comparison: OutputComparison
    ) -> OutputDifference? {
        guard comparison != .exact else { return differingByte(output, expected) }
        let (output, expected) = (
            output.without(prefix: byteOrderMark), expected.without(prefix: byteOrderMark)
        )
        switch comparison {
        case .exact, .lines: return differingLine(output, expected)
        case .tokens: return differingToken(output, expected, by: .bytes)
        case .tokensIgnoringCase: return differingToken(output, expected, by: .ignoringCase)
        case .float(let tolerance):
            return differingToken(output, expected, by: .numbers(tolerance))
        case .unordered(let unit):
            return UnorderedComparison(unit).mismatch(output, expected).map { mismatch in
                report(mismatch.found, mismatch.expected, of: output, expected, mismatch.number)
            }
        }
    }

    private static func differingByte(
        _ output: OutputText, _ expected: OutputText
    ) -> OutputDifference? {
        let place = output.commonPrefixCount(expected)
        guard place < output.count || place < expected.count else { return nil }
        return report(
            place..<min(place + 1, output.count), place..<min(place + 1, expected.count),
            of: output, expected, place + 1)
    }

    private static func differingLine(
        _ output: OutputText, _ expected: OutputText
    ) -> OutputDifference? {
        let (left, right) = (output.withoutTrailingWhitespace, expected.withoutTrailingWhitespace)
        let common = left.commonPrefixCount(right)
        guard common < left.count || common < right.count else { return nil }
        // Lines before the one that holds the first different byte are the same.
        var (found, wanted) = (LineCursor(left, at: common), LineCursor(right, at: common))
        while true {
            let (line, wantedLine) = (found.next(), wanted.next())
            if line == nil && wantedLine == nil { return nil }
            if let line, let wantedLine, left.hasSameBytes(line, right, wantedLine) { continue }
            let start = line?.lowerBound ?? left.count
            let number = left.newlineCount(before: start) + 1 + (line == nil ? found.isLast : 0)
            let difference = report(
                line ?? start..<start, wantedLine ?? 0..<0, of: left, right, number)
            return difference.at(line: number)
        }
    }

    private static func differingToken(
        _ output: OutputText, _ expected: OutputText, by equality: TokenEquality
    ) -> OutputDifference? {
        guard let (found, wanted) = TokenWalk(output, expected, equality).firstMismatch() else {
            return nil
        }
        return report(
            found, wanted, of: output, expected, output.tokenCount(before: found.lowerBound) + 1)
    }

    private static func report(
        _ found: Range<Int>, _ wanted: Range<Int>, of output: OutputText, _ expected: OutputText,
        _ position: Int
    ) -> OutputDifference {
        OutputDifference(
            line: output.newlineCount(before: found.lowerBound) + 1, position: position,
            found: output.copy(found.prefix(quotedBytesMax)), expectedBytes: wanted.count,
            expected: expected.copy(wanted.prefix(quotedBytesMax)))
    }
}

extension OutputDifference {
    /// The same difference on another line.
    fileprivate func at(line: Int) -> OutputDifference {
        OutputDifference(
            line: line, position: position, found: found, expectedBytes: expectedBytes,
            expected: expected)
    }
}

/// Walks over lines without white space at their end.
private struct LineCursor {
    private let text: OutputText
    private var position: Int

    /// Starts with the line that holds `place`.
    init(_ text: OutputText, at place: Int) {
        self.text = text
        var start = min(place, text.count)
        while start > 0, text[start - 1] != UInt8(ascii: "\n") { start -= 1 }
        position = start
    }

    /// 1 where a line would follow the last one, else 0.
    var isLast: Int { text.count > 0 ? 1 : 0 }

    mutating func next() -> Range<Int>? {
        guard position < text.count else { return nil }
        let start = position
        var end = start
        while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
        position = end + 1
        while end > start, text[end - 1].isWhitespace { end -= 1 }
        return start..<end
    }
}
