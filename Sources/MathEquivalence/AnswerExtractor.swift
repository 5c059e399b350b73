// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

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

    private static let boxMark = Array("\\boxed".utf8)

    /// The content of the last box, or of the closed box around it; nil if it is unclosed or empty.
    private static func lastBox(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var open: [(content: Int, isBox: Bool)] = []
        var lastOpened = -1
        var candidate: Range<Int>?
        var index = 0
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

    /// Where the content starts, if `\boxed {` stands at `index`.
    private static func boxContent(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int? {
        guard index + boxMark.count < bytes.count,
            bytes[index..<index + boxMark.count].elementsEqual(boxMark)
        else { return nil }
        var position = index + boxMark.count
        while position < bytes.count, position < index + 64, isASCIISpace(bytes[position]) {
            position += 1
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "{") else { return nil }
        return position + 1
    }

    /// Without white space at both ends; nil if nothing is left.
    private static func trimmed(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ extra: String = ""
    ) -> Range<Int>? {
        let marks = Array(extra.utf8)
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

    private static let lineMarks = [
        "final answer", "the answer", "answer", "antwort", "réponse", "respuesta", "risposta",
        "Ответ", "ответ", "答案",
    ].map { Array($0.utf8) }

    /// The last line that begins with "Answer:", markdown aside.
    private static func answerLine(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var end = bytes.count
        while end > 0 {
            var start = end
            while start > 0, bytes[start - 1] != 10 { start -= 1 }
            if let found = answerInLine(bytes, start..<end) { return found }
            end = start - 1
        }
        return nil
    }

    private static func answerInLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) -> Range<Int>? {
        var start = line.lowerBound
        let decoration = Array("*#>_- \t".utf8)
        while start < line.upperBound, decoration.contains(bytes[start]) { start += 1 }
        for mark in lineMarks where matches(bytes, start, line.upperBound, mark) {
            var position = start + mark.count
            while position < line.upperBound, bytes[position] == 42 || bytes[position] == 32 {
                position += 1
            }
            if position < line.upperBound, bytes[position] == UInt8(ascii: ":") {
                position += 1
            } else if matches(bytes, position, line.upperBound, Array("：".utf8)) {
                position += 3
            } else {
                continue
            }
            return trimmed(bytes, position..<line.upperBound, "*")
        }
        return nil
    }

    /// ASCII letters match in either case.
    private static func matches(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ mark: [UInt8]
    ) -> Bool {
        guard start + mark.count <= end else { return false }
        for (offset, byte) in mark.enumerated() {
            let other = bytes[start + offset]
            if other != byte, !(isASCIILetter(byte) && other ^ byte == 32) { return false }
        }
        return true
    }

    // MARK: Prose

    private static let statements = [
        "answer is", "answer:", "result is", "réponse est", "réponse finale est", "respuesta es",
        "Antwort ist", "Antwort lautet", "risposta è", "ответ:", "ответ —", "答案是", "答案为",
    ].map { Array($0.utf8) }

    /// Weaker statements, believed only before a short rest with a digit or formula.
    private static let copulas = [
        " is ", " are ", " est ", " es ", " ist ", " è ", " равно ", "是", "为",
    ].map { Array($0.utf8) }

    private static func prose(_ bytes: UnsafeRawBufferPointer) -> (Range<Int>, String)? {
        if hasBox(bytes) { return lastBox(bytes).map { ($0, "boxed") } }
        if let line = answerLine(bytes) {
            let sentence =
                line.lowerBound..<min(sentenceEnd(bytes, line.lowerBound), line.upperBound)
            return (saidLast(bytes, sentence) ?? firstMath(bytes, sentence), "answer_line")
        }
        if let range = stated(bytes) { return (range, "stated") }
        if let range = onlyMath(bytes) { return (range, "only") }
        return lastSentence(bytes).flatMap { saidLast(bytes, $0, equals: true) }.map {
            ($0, "stated")
        }
    }

    /// What follows the last "is" of a sentence, or its last "=".
    private static func saidLast(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>, equals: Bool = false
    ) -> Range<Int>? {
        let marks = equals ? copulas + [[UInt8(ascii: "=")]] : copulas
        var index = sentence.upperBound - 1
        let stop = max(sentence.lowerBound, sentence.upperBound - 80)
        while index >= stop {
            for mark in marks where matches(bytes, index, sentence.upperBound, mark) {
                let rest = index + mark.count..<sentence.upperBound
                guard let range = trimmed(bytes, rest, ":*"),
                    bytes[range].contains(where: { isASCIIDigit($0) || $0 == 36 || $0 == 92 })
                else { return nil }
                return firstMath(bytes, range)
            }
            index -= 1
        }
        return nil
    }

    /// The last sentence of the text, tags of chat templates aside.
    private static func lastSentence(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var end = bytes.count
        for index in max(0, bytes.count - 200)..<bytes.count
        where matches(bytes, index, bytes.count, [60, 124]) {
            end = index
            break
        }
        let marks = [UInt8(ascii: "."), UInt8(ascii: "*")]
        while end > 0, isASCIISpace(bytes[end - 1]) || marks.contains(bytes[end - 1]) { end -= 1 }
        var start = end
        while start > 0, bytes[start - 1] != 10 {
            if isASCIISpace(bytes[start - 1]), start > 1, bytes[start - 2] == 46 { break }
            start -= 1
        }
        return start < end ? start..<end : nil
    }

    private static func hasBox(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.indices.contains { bytes[$0] == 92 && boxContent(bytes, $0) != nil }
    }

    private static let statementStarts = Set(
        statements.compactMap(\.first).flatMap { isASCIILetter($0) ? [$0, $0 ^ 32] : [$0] })

    private static func stated(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var index = bytes.count - 1
        while index >= 0 {
            guard statementStarts.contains(bytes[index]) else {
                index -= 1
                continue
            }
            for mark in statements where matches(bytes, index, bytes.count, mark) {
                let start = index + mark.count
                let sentence = start..<sentenceEnd(bytes, start)
                guard let range = trimmed(bytes, sentence, ":*=") else { return nil }
                return saidLast(bytes, range) ?? firstMath(bytes, range)
            }
            index -= 1
        }
        return nil
    }

    /// A full stop before white space, a line's end, or the end.
    private static func sentenceEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, isASCIISpace(bytes[end]) { end += 1 }
        while end < bytes.count, bytes[end] != 10 {
            if bytes[end] == 46, end + 1 == bytes.count || isASCIISpace(bytes[end + 1]) { break }
            end += 1
        }
        return end
    }

    private static let delimiters = [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")]
        .map { (Array($0.0.utf8), Array($0.1.utf8)) }

    /// The math at the start of the range, without its delimiters, or the range itself.
    private static func firstMath(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<
        Int
    > {
        for (open, close) in delimiters where matches(bytes, range.lowerBound, bytes.count, open) {
            var end = range.lowerBound + open.count
            while end < bytes.count, !matches(bytes, end, bytes.count, close) { end += 1 }
            if end < bytes.count { return range.lowerBound + open.count..<end }
        }
        return range
    }

    /// The one formula of the text, if there is exactly one, or the last bold one.
    private static func onlyMath(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var found: [Range<Int>] = []
        var index = 0
        while index < bytes.count, found.count < 2 {
            let byte = bytes[index]
            if byte == 36 || byte == 92 {
                let math = firstMath(bytes, index..<index + 1)
                if math.count != 1 || math.lowerBound != index {
                    found.append(math)
                    index = math.upperBound + 2
                    continue
                }
                // An opening mark without its partner: nothing behind it can be paired either.
                if byte == 36 { break }
            }
            index += 1
        }
        if found.count == 1 { return trimmed(bytes, found[0], "*") }
        return found.isEmpty ? lastBold(bytes) : nil
    }

    private static func lastBold(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var marks: [Int] = []
        var index = bytes.count - 2
        while index >= 0, marks.count < 2 {
            if bytes[index] == 42, bytes[index + 1] == 42 {
                marks.append(index)
                index -= 1
            }
            index -= 1
        }
        guard marks.count == 2 else { return nil }
        return trimmed(bytes, marks[1] + 2..<marks[0])
    }
}
