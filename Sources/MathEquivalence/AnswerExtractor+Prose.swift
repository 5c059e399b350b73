// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Answers in running text: a box, a stated answer, the only formula, a conclusion.

extension AnswerExtractor {
    private static let statements: [Mark] = [
        "answer is", "answer:", "result is", "réponse est", "réponse finale est", "respuesta es",
        "Antwort ist", "Antwort lautet", "risposta è", "ответ:", "ответ —", "答案是", "答案为",
    ]

    /// Weaker statements, believed only before a short rest with a digit or formula.
    private static let copulas: [Mark] = [
        " is ", " are ", " est ", " es ", " ist ", " è ", " равно ", "是", "为",
    ]

    private static let copulasAndEquals = copulas + ["="]
    private static let copulaStarts = ByteSet(firstBytes(of: copulas))
    private static let copulaAndEqualsStarts = ByteSet(firstBytes(of: copulasAndEquals))

    static func prose(_ bytes: UnsafeRawBufferPointer) -> (Range<Int>, String)? {
        if hasBox(bytes) {
            guard let box = lastBox(bytes) else { return nil }
            if let range = finalAnswer(bytes, after: box.upperBound) { return (range, "stated") }
            return (ConclusionFinder.onlyFormula(bytes, box) ?? box, "boxed")
        }
        if let line = answerLine(bytes) {
            let sentence =
                line.lowerBound..<min(sentenceEnd(bytes, line.lowerBound), line.upperBound)
            return (said(bytes, sentence), "answer_line")
        }
        if let range = stated(bytes) { return (range, "stated") }
        if let range = onlyMath(bytes) { return (range, "only") }
        let last = lastSentence(bytes).flatMap { sentence in
            ConclusionFinder.isDenied(bytes, sentence)
                ? nil : saidLast(bytes, sentence, equals: true)
        }
        return (last ?? ConclusionFinder.lastConclusion(bytes)).map { ($0, "stated") }
    }

    /// What a sentence says: behind its last "is", as its only number, or whole.
    private static func said(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>
    ) -> Range<Int> {
        if let range = saidLast(bytes, sentence) { return range }
        if let first = bytes[sentence].first, isASCIILetter(first),
            let range = ConclusionFinder.onlyNumber(bytes, sentence)
        {
            return range
        }
        return firstMath(bytes, sentence)
    }

    private static let finalMark: Mark = "final answer"

    /// A final answer stated in words behind the last box, which was a step then.
    private static func finalAnswer(
        _ bytes: UnsafeRawBufferPointer, after box: Int
    ) -> Range<Int>? {
        guard
            (box..<bytes.count).contains(where: {
                bytes[$0] | 32 == UInt8(ascii: "f") && matches(bytes, $0, bytes.count, finalMark)
            }),
            let range = stated(bytes), range.lowerBound > box,
            bytes[range].contains(where: isASCIIDigit),
            let tree = try? Parser.parse(UnsafeRawBufferPointer(rebasing: bytes[range])),
            tree.kind(tree.root) != .text
        else { return nil }
        return range
    }

    /// What follows the last "is" of a sentence, or its last "=".
    private static func saidLast(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>, equals: Bool = false
    ) -> Range<Int>? {
        let marks = equals ? copulasAndEquals : copulas
        let starts = equals ? copulaAndEqualsStarts : copulaStarts
        var index = sentence.upperBound - 1
        let stop = max(sentence.lowerBound, sentence.upperBound - 80)
        while index >= stop {
            guard starts.contains(bytes[index]) else {
                index -= 1
                continue
            }
            for mark in marks where matches(bytes, index, sentence.upperBound, mark) {
                let rest = index + mark.count..<sentence.upperBound
                guard let range = trimmed(bytes, rest, colonStar),
                    bytes[range].contains(where: { isASCIIDigit($0) || $0 == 36 || $0 == 92 })
                else { return nil }
                return firstMath(bytes, range)
            }
            index -= 1
        }
        return nil
    }

    private static let starOrStop = ByteSet("*.")
    private static let tagStart: Mark = "<|"

    /// The last sentence of the text, tags of chat templates aside.
    private static func lastSentence(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var end = bytes.count
        for index in max(0, bytes.count - 200)..<bytes.count
        where matches(bytes, index, bytes.count, tagStart) {
            end = index
            break
        }
        let marks = starOrStop
        while end > 0, isASCIISpace(bytes[end - 1]) || marks.contains(bytes[end - 1]) { end -= 1 }
        var start = end
        while start > 0, bytes[start - 1] != 10 {
            if isASCIISpace(bytes[start - 1]), start > 1, bytes[start - 2] == 46 { break }
            start -= 1
        }
        return start < end ? start..<end : nil
    }

    private static let statementStarts = ByteSet(firstBytes(of: statements))
    private static let colonStar = ByteSet(":*")
    private static let colonStarEquals = ByteSet(":*=")

    private static func stated(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var index = bytes.count - 1
        while index >= 0 {
            guard statementStarts.contains(bytes[index]) else {
                index -= 1
                continue
            }
            for mark in statements where matches(bytes, index, bytes.count, mark) {
                let start = index + mark.count
                let lead = sentence(bytes, around: index..<index).lowerBound..<index
                if ConclusionFinder.isDisowned(bytes, lead) { return nil }
                let sentence = start..<sentenceEnd(bytes, start)
                guard let range = trimmed(bytes, sentence, colonStarEquals) else { return nil }
                return mark[mark.count - 1] == UInt8(ascii: ":")
                    ? said(bytes, range) : saidLast(bytes, range) ?? firstMath(bytes, range)
            }
            index -= 1
        }
        return nil
    }

    private static let wideStop: Mark = "。"

    /// A full stop before white space, a line's end, or the end.
    private static func sentenceEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var end = start
        while end < bytes.count, isASCIISpace(bytes[end]) { end += 1 }
        while end < bytes.count, bytes[end] != 10 {
            if bytes[end] == 46, end + 1 == bytes.count || isASCIISpace(bytes[end + 1]) { break }
            if bytes[end] == wideStop[0], matches(bytes, end, bytes.count, wideStop) { break }
            end += 1
        }
        return end
    }

    private static let delimiters: [(Mark, Mark)] = [
        ("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"),
    ]

    /// What joins candidates.
    private static let joints: [Mark] = [
        ",", ";", "/", "or ", "and ", "ou ", "et ", "oder ", "und ", "o ", "y ", "e ", "или ", "и ",
        "或", "和", "、", "，",
    ]

    private static func continues(_ bytes: UnsafeRawBufferPointer, _ rest: Range<Int>) -> Bool {
        var index = rest.lowerBound
        while index < rest.upperBound, isASCIISpace(bytes[index]) { index += 1 }
        guard joints.contains(where: { matches(bytes, index, rest.upperBound, $0) }) else {
            return false
        }
        return bytes[index..<rest.upperBound].contains(UInt8(ascii: "$"))
            || bytes[index..<rest.upperBound].contains(UInt8(ascii: "\\"))
    }

    /// The math at the start of the range, without its delimiters, or the range itself; the range
    /// also where further math is joined to the first: candidates stay a list.
    private static func firstMath(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<
        Int
    > {
        guard range.lowerBound < bytes.count,
            bytes[range.lowerBound] == 36 || bytes[range.lowerBound] == 92
        else { return range }
        for (open, close) in delimiters where matches(bytes, range.lowerBound, bytes.count, open) {
            var end = range.lowerBound + open.count
            while end < bytes.count, !matches(bytes, end, bytes.count, close) { end += 1 }
            guard end < bytes.count else { continue }
            let behind = end + close.count
            if behind < range.upperBound, continues(bytes, behind..<range.upperBound) {
                return range
            }
            return range.lowerBound + open.count..<end
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
        guard let only = found.first else { return lastBold(bytes) }
        guard found.count == 1, !ConclusionFinder.isDenied(bytes, sentence(bytes, around: only))
        else { return nil }
        return trimmed(bytes, only, star)
    }

    /// The sentence in which a formula stands.
    private static func sentence(
        _ bytes: UnsafeRawBufferPointer, around formula: Range<Int>
    ) -> Range<Int> {
        var start = formula.lowerBound
        while start > 0, bytes[start - 1] != 10 {
            if start > 1, isASCIISpace(bytes[start - 1]), bytes[start - 2] == 46 { break }
            if start > 2, matches(bytes, start - 3, start, wideStop) { break }
            start -= 1
        }
        return start..<max(formula.upperBound, sentenceEnd(bytes, formula.upperBound))
    }

    /// The last bold words, unless others stand in their sentence.
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
        let before = sentence(bytes, around: marks[1]..<marks[1])
        for index in before.lowerBound..<marks[1] where bytes[index] == 42 {
            if bytes[index + 1] == 42 { return nil }
        }
        return trimmed(bytes, marks[1] + 2..<marks[0])
    }
}
