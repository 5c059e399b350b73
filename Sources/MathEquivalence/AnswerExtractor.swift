// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CSystem

/// Where in a text the answer stands.
public enum ExtractionMode: String, Sendable, CaseIterable {
    /// The last `\boxed{…}`.
    case boxed
    /// The last line "Answer: …".
    case answerLine = "answer_line"
    /// The last "#### …".
    case hash
    /// A box, else an answer line, else the stated or only answer.
    case prose
}

/// An answer found in a text.
public struct ExtractedAnswer: Sendable, Equatable {
    /// Byte offsets in the text that was searched.
    public var range: Range<Int>
    /// The bytes of `range`.
    public var text: ByteString
    /// The rule that found it: `boxed`, `answer_line`, `hash`, `stated` or `only`.
    public var extractedBy: String
}

/// Finds the answer in the answer section of a completion; linear in its size, whatever it holds.
public enum AnswerExtractor {
    /// Finds the answer.
    ///
    /// - Parameters:
    ///   - text: the answer section, without thoughts.
    ///   - mode: the rule.
    /// - Returns: nil if there is none; an unclosed or empty last box is none.
    public static func extract(_ text: ByteString, mode: ExtractionMode) -> ExtractedAnswer? {
        text.withUnsafeBytes { bytes in
            let found: (Range<Int>, String)?
            switch mode {
            case .boxed: found = lastBox(bytes).map { ($0, "boxed") }
            case .answerLine: found = answerLine(bytes).map { ($0, "answer_line") }
            case .hash: found = hash(bytes).map { ($0, "hash") }
            case .prose: found = prose(bytes)
            }
            guard let (range, rule) = found else { return nil }
            return ExtractedAnswer(range: range, text: text[range], extractedBy: rule)
        }
    }

    // MARK: Boxes

    private static let boxMark: Mark = "\\boxed"

    static func hasBox(_ bytes: UnsafeRawBufferPointer) -> Bool { firstBox(bytes) != nil }

    /// The content of the last box, or of the closed box around it; nil if it is unclosed or empty.
    static func lastBox(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var open: [(content: Int, isBox: Bool)] = []
        var lastOpened = -1
        var candidate: Range<Int>?
        // Braces before the first box cannot matter.
        var index = firstBox(bytes) ?? bytes.count
        while index > 0, bytes[index - 1] == UInt8(ascii: "\\") { index -= 1 }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\") {
                // Doubly escaped text has `\\boxed`; no row break stands before that word.
                if let content = boxContent(bytes, index) ?? boxContent(bytes, index + 1) {
                    open.append((content, true))
                    lastOpened = content
                    candidate = nil
                    index = content
                } else {
                    index += 2
                }
                continue
            }
            index += 1
            if byte == UInt8(ascii: "{") {
                open.append((index, false))
            } else if byte == UInt8(ascii: "}"), let group = open.popLast(), group.isBox {
                let isAround = candidate.map { group.content < $0.lowerBound } ?? false
                if group.content == lastOpened || isAround {
                    candidate = group.content..<index - 1
                }
            }
        }
        return candidate.flatMap { trimmed(bytes, $0) }
    }

    /// Where the first `\boxed {` stands.
    static func firstBox(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var index = 0
        while let found = csys_find(base + index, bytes.count - index, boxMark.start, boxMark.count)
        {
            index = found - base
            if boxContent(bytes, index) != nil { return index }
            index += boxMark.count
        }
        return nil
    }

    /// Where the content starts, if `\boxed {` stands at `index`.
    static func boxContent(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        guard index + boxMark.count < bytes.count,
            bytes[index..<index + boxMark.count].elementsEqual(boxMark.bytes)
        else { return nil }
        var position = index + boxMark.count
        while position < bytes.count, position < index + 64, isASCIISpace(bytes[position]) {
            position += 1
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return nil }
        return position + 1
    }

    /// Without white space at both ends; nil if nothing is left.
    static func trimmed(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ marks: ByteSet = .none
    ) -> Range<Int>? {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isASCIISpace(bytes[start]) || marks.contains(bytes[start]) { start += 1 }
        while end > start, isASCIISpace(bytes[end - 1]) || marks.contains(bytes[end - 1]) {
            end -= 1
        }
        return start < end ? start..<end : nil
    }

    // MARK: Lines

    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] != 10 { end += 1 }
        return end
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var index = bytes.count - 4
        while index >= 0 {
            if bytes[index] == 35, bytes[index + 1] == 35, bytes[index + 2] == 35,
                bytes[index + 3] == 35, index == 0 || bytes[index - 1] != 35,
                index + 4 == bytes.count || bytes[index + 4] != 35
            {
                return trimmed(bytes, index + 4..<lineEnd(bytes, index + 4))
            }
            index -= 1
        }
        return nil
    }

    private static let lineMarks: [Mark] = [
        "final answer", "the answer", "answer", "antwort", "réponse", "rÉponse", "respuesta",
        "risposta", "Ответ", "ответ", "ОТВЕТ", "答案",
    ]

    private static let lineStarts = ByteSet(firstBytes(of: lineMarks))
    private static let decoration = ByteSet("*#>_- \t")
    private static let wideColon: Mark = "："
    static let star = ByteSet("*")

    /// The bytes that one of `marks` may begin with, ASCII letters in either case.
    static func firstBytes(of marks: [Mark]) -> [UInt8] {
        marks.map { $0[0] }.flatMap { isASCIILetter($0) ? [$0, $0 ^ 32] : [$0] }
    }

    /// The last line that begins with "Answer:", markdown aside; nil if nothing follows there.
    static func answerLine(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var end = bytes.count
        while end > 0 {
            var start = end
            while start > 0, bytes[start - 1] != 10 { start -= 1 }
            if let said = answerInLine(bytes, start..<end) { return trimmed(bytes, said, star) }
            end = start - 1
        }
        return nil
    }

    private static func answerInLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) -> Range<Int>? {
        var start = line.lowerBound
        while start < line.upperBound, decoration.contains(bytes[start]) { start += 1 }
        guard start < line.upperBound, lineStarts.contains(bytes[start]) else { return nil }
        for mark in lineMarks where matches(bytes, start, line.upperBound, mark) {
            var position = start + mark.count
            while position < line.upperBound, bytes[position] == 42 || bytes[position] == 32 {
                position += 1
            }
            if position < line.upperBound, bytes[position] == UInt8(ascii: ":") {
                position += 1
            } else if matches(bytes, position, line.upperBound, wideColon) {
                position += 3
            } else {
                continue
            }
            return position..<line.upperBound
        }
        return nil
    }

    /// ASCII letters match in either case.
    static func matches(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ mark: Mark
    ) -> Bool {
        guard start + mark.count <= end else { return false }
        for (offset, byte) in mark.bytes.enumerated() {
            let other = bytes[start + offset]
            if other != byte, !(isASCIILetter(byte) && other ^ byte == 32) { return false }
        }
        return true
    }
}
