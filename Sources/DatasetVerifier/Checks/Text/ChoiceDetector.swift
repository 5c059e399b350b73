// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether a statement offers options to choose from, and how it labels them.
///
/// Options are letters in order from A on, in one style and at places where labels stand: `(A)`,
/// `A.`, `A)`, `A:`, `[A]`, `\textbf{(A)}`, `**A.**`, `A．`, `（A）`. Formulas such as P(A) + P(B) + P(C)
/// are no labels, since a letter touches the bracket. Without letters, a sentence that asks which
/// of the following is true must be followed by items with other marks.
enum ChoiceDetector {
    /// What gave a statement away.
    struct Found: Sendable {
        /// Where the first label or phrase stands.
        let range: Range<Int>
        /// `labels`, `phrase`.
        let sign: String
        /// Number of labels; 0 for a phrase.
        let labels: Int
    }

    /// Looks for options.
    ///
    /// - Parameters:
    ///   - statement: the statement, drawings apart.
    ///   - references: right answers, which tell options from other lists.
    /// - Returns: nil if it offers none.
    /// - Complexity: linear in the text.
    static func detect(_ statement: Statement, references: [ByteString] = []) -> Found? {
        let phrase = phrases.first(in: statement.lower)
        if let (series, labels, isLow) = lettered(statement, least: phrase == nil ? 3 : 2),
            phrase != nil || OptionList.mayBe(labels, in: statement, isLow: isLow)
        {
            return series
        }
        if let pair = pairAtEnd(statement) { return pair }
        if let count = OptionList.count(in: statement, references: references) {
            return Found(range: 0..<statement.bytes.count, sign: "list", labels: count)
        }
        guard let phrase else { return nil }
        if let series = itemized(statement, after: phrase.upperBound) { return series }
        let isList = "[{".utf8.contains(statement.lower[phrase.upperBound - 1])
        if !isList, plainPhrases.matches(statement.lower, at: phrase.lowerBound) { return nil }
        return Found(range: phrase, sign: "phrase", labels: 0)
    }

    // MARK: - Letters

    private enum Style: Hashable {
        case bracketed
        case marked(UInt8)
        case lowBracketed, lowMarked(UInt8)
    }

    private struct Label {
        let letter: UInt8
        let style: Style
        let range: Range<Int>
        let isAtLineStart: Bool
    }

    /// Letters in order from A on in one style.
    private static func lettered(
        _ statement: Statement, least: Int
    ) -> (Found, labels: [Range<Int>], isLow: Bool)? {
        var runs: [Style: [Range<Int>]] = [:]
        var best: (Found, labels: [Range<Int>], isLow: Bool)?
        for label in labels(statement) {
            var run = runs[label.style] ?? []
            if label.letter == 0x41 { run = [] }
            guard Int(label.letter) == 0x41 + run.count else { continue }
            run.append(label.range)
            runs[label.style] = run
            let count = run.count
            // Low letters label parts as well: options are short and have no question in them.
            let needed = isLow(label.style) ? max(least, 3) : least
            if count >= needed, count > best?.labels.count ?? 0 {
                let start = run[0].lowerBound
                let found = Found(
                    range: start..<label.range.upperBound, sign: "labels", labels: count)
                best = (found, run, isLow(label.style))
                if isLow(label.style), !areShort(statement, from: start) { best = nil }
            }
        }
        return best
    }

    private static func isLow(_ style: Style) -> Bool {
        switch style {
        case .lowBracketed, .lowMarked: true
        default: false
        }
    }

    /// Longest text of options with low letters, in bytes, and of one of them.
    private static let lowOptionsBytesMax = 400

    /// Whether no question and no order follows a label.
    private static func areShort(_ statement: Statement, from start: Int) -> Bool {
        let tail = start..<statement.bytes.count
        guard tail.count <= lowOptionsBytesMax else { return false }
        return !statement.lower[tail].contains(UInt8(ascii: "?"))
            && Instructions.orders.first(in: statement.lower, from: start) == nil
    }

    private static func labels(_ statement: Statement) -> [Label] {
        let bytes = statement.bytes
        var found: [Label] = []
        bytes.withUnsafeBufferPointer { text in
            for index in text.indices where isLetter(text[index]) {
                if let label = label(text, index) { found.append(label) }
            }
        }
        return found
    }

    /// A to J, in either case.
    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte >= 0x41 && byte <= 0x4a) || (byte >= 0x61 && byte <= 0x68)
    }

    private static func label(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Label? {
        let letter = text[index]
        let upper = letter & ~0x20
        let isLow = letter != upper
        if let range = bracketed(text, index) {
            return Label(
                letter: upper, style: isLow ? .lowBracketed : .bracketed, range: range,
                isAtLineStart: isLineStart(text, range.lowerBound))
        }
        guard let (mark, end) = mark(text, index + 1), isPlace(text, index) else { return nil }
        return Label(
            letter: upper, style: isLow ? .lowMarked(mark) : .marked(mark), range: index..<end,
            isAtLineStart: isLineStart(text, index))
    }

    /// `(A)`, `[A]`, `（A）`, `( A )`, `\text{(A)}`, `(\text{A})`.
    private static func bracketed(
        _ text: UnsafeBufferPointer<UInt8>, _ index: Int
    ) -> Range<Int>? {
        var start = index
        var end = index + 1
        if start > 0, text[start - 1] == 0x7b {
            // The letter alone in braces of a style: (\textbf{A}).
            var name = start - 1
            while name > 0, text[name - 1].isLetter { name -= 1 }
            guard name > 0, text[name - 1] == 0x5c, end < text.count, text[end] == 0x7d else {
                return nil
            }
            start = name - 1
            end += 1
        }
        while start > 0, text[start - 1] == 0x20 { start -= 1 }
        while end < text.count, text[end] == 0x20 { end += 1 }
        if start >= 3, text[start - 3] == 0xef, text[start - 2] == 0xbc, text[start - 1] == 0x88,
            end + 2 < text.count, text[end] == 0xef, text[end + 2] == 0x89
        {
            return start - 3..<end + 3
        }
        guard start > 0, end < text.count else { return nil }
        let pair = (text[start - 1], text[end])
        guard pair == (0x28, 0x29) || pair == (0x5b, 0x5d) else { return nil }
        // A function of it, such as P(A); a label's bracket touches no letter, digit or bracket.
        if start >= 2 {
            let before = text[start - 2]
            // A display may end before it: \].
            let isFormulaEnd = start >= 3 && text[start - 3] == 0x5c
            if isFormulaEnd && !before.isLetterOrDigit { return start - 1..<end + 1 }
            if before.isLetterOrDigit || ")]}'_^!|".utf8.contains(before) { return nil }
            // \cos (A)
            var word = start - 2
            while word > 0, text[word] == 0x20 { word -= 1 }
            let last = word
            while word > 0, text[word].isLetter { word -= 1 }
            if last < start - 2, word < last, text[word] == 0x5c,
                !spacing.contains(Array(text[word + 1...last]))
            {
                return nil
            }
        }
        return start - 1..<end + 1
    }

    private static let spacing: Set<[UInt8]> = Set(
        [
            "qquad", "quad", "newline", "item", "par", "hspace", "linebreak", "hfill", "bf", "it",
            "rm", "sf", "bfseries", "itshape", "noindent", "displaystyle",
        ].map {
            Array($0.utf8)
        })

    /// `.`, `)`, `:`, `．`, `、`, `：`, `）` behind a letter, and where it ends.
    private static func mark(
        _ text: UnsafeBufferPointer<UInt8>, _ index: Int
    ) -> (mark: UInt8, end: Int)? {
        guard index < text.count else { return nil }
        switch text[index] {
        case UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: ")"):
            let end = index + 1
            // "A.M." and "(f.g)(A)" are none; "A.5" and "A)$x$" are.
            if text[index] == UInt8(ascii: "."), end + 1 < text.count, text[end].isLetter,
                text[end + 1] == UInt8(ascii: ".")
            {
                return nil
            }
            return (text[index], end)
        case 0xef where index + 2 < text.count && text[index + 1] == 0xbc:
            let known: Set<UInt8> = [0x8e, 0x89, 0x9a]  // ．）：
            return known.contains(text[index + 2]) ? (text[index + 2], index + 3) : nil
        case 0xe3 where index + 2 < text.count && text[index + 1] == 0x80:
            return text[index + 2] == 0x81 ? (0x81, index + 3) : nil  // 、
        default: return nil
        }
    }

    /// Whether a label without a bracket may begin here: after white space, a line, a style's brace
    /// or a mark of emphasis, not inside a formula.
    private static func isPlace(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = text[index - 1]
        if before.isWhitespace { return !isName(text, index) }
        // Options may stand without a blank between; the first one never does.
        if before.isDigit, text[index] & ~0x20 > 0x41 { return true }
        // A bullet or a heading, not a difference.
        if "-#>".utf8.contains(before) { return index < 2 || text[index - 2].isWhitespace }
        // Behind Chinese words and marks, and behind \\ and {.
        return before >= 0x80 || "{*;,|\\$".utf8.contains(before)
    }

    /// Whether the word before makes the letter a name, as in a road "from A".
    private static func isName(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        var end = index
        while end > 0, text[end - 1] == 0x20 { end -= 1 }
        var start = end
        while start > 0, text[start - 1].isLetter { start -= 1 }
        guard start < end, end - start <= 8 else { return false }
        return namers.contains(text[start..<end].map(\.lowered))
    }

    private static let namers: Set<[UInt8]> = Set(
        [
            "in", "to", "from", "at", "and", "of", "is", "with", "by", "than", "over", "for",
            "point", "points", "on", "town", "city", "player", "team", "set", "event", "or", "as",
            "through", "angle", "line", "vertex", "towards", "reaches", "passes", "leaves",
        ].map { Array($0.utf8) })

    private static func isLineStart(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        var place = index
        while place > 0, " \t*{$-#>(".utf8.contains(text[place - 1]) { place -= 1 }
        return place == 0 || text[place - 1] == UInt8(ascii: "\n")
    }

    /// Two options on lines of their own, as `(A) True` and `(B) False`, at the end.
    private static func pairAtEnd(_ statement: Statement) -> Found? {
        let found = labels(statement).filter(\.isAtLineStart)
        guard found.count == 2, found[0].letter == 0x41, found[1].letter == 0x42,
            found[0].style == found[1].style, areShort(statement, from: found[0].range.lowerBound)
        else { return nil }
        return Found(
            range: found[0].range.lowerBound..<found[1].range.upperBound, sign: "labels",
            labels: 2)
    }

    // MARK: - Phrases

    /// Items with other marks behind the phrase: `I.`, `1)`, `①`, `- `, at the start of lines, or
    /// numbers in brackets anywhere.
    private static func itemized(_ statement: Statement, after start: Int) -> Found? {
        let bytes = statement.bytes
        var count = 0
        var first = start
        var index = start
        while index < bytes.count {
            if let size = itemMark(bytes, index) {
                if count == 0 { first = index }
                count += 1
                index += size
            } else {
                index += 1
            }
        }
        guard count >= 2 else { return nil }
        return Found(range: first..<bytes.count, sign: "items", labels: count)
    }

    private static func itemMark(_ bytes: [UInt8], _ index: Int) -> Int? {
        let isBehindBlank = index == 0 || bytes[index - 1].isWhitespace
        let isAtLine = index > 0 && bytes[index - 1] == UInt8(ascii: "\n")
        // ① to ⑩.
        if bytes[index] == 0xe2, index + 2 < bytes.count, bytes[index + 1] == 0x91,
            (0xa0...0xa9).contains(bytes[index + 2])
        {
            return 3
        }
        guard isBehindBlank else { return nil }
        if isAtLine, "-*".utf8.contains(bytes[index]), index + 1 < bytes.count,
            bytes[index + 1] == 0x20
        {
            return 2
        }
        var end = index
        if bytes[end] == 0x28 { end += 1 }
        let start = end
        while end < bytes.count, end < start + 4,
            bytes[end].isDigit || "IViv".utf8.contains(bytes[end])
        {
            end += 1
        }
        guard end > start, end < bytes.count, ".)".utf8.contains(bytes[end]) else { return nil }
        guard end + 1 == bytes.count || bytes[end + 1].isWhitespace || bytes[end + 1] == 0x24 else {
            return nil
        }
        return end + 1 - index
    }

    private static let phrases = PhraseSet([
        "which of the following", "which one of the following", "which of these",
        "which one of these", "which of the below", "choose the correct", "choose the best",
        "choose the right", "select the correct", "select the best", "select all",
        "select one", "pick the correct", "answer choices", "answer options",
        "options:", "choices:", "multiple choice", "multiple-choice", "correct option",
        "correct choice", "options: [", "options: {", "options:\n[", "choices: [", "choices: {",
        "choices:\n[", "\\begin{choices}", "\\begin{tasks}", "\\begin{oneparchoices}",
        "letter of the correct", "which option", "which choice",
        "which statement", "from the options", "one of the options", "(choose one)",
        "lequel des", "laquelle des", "lesquelles des", "parmi les réponses",
        "parmi les propositions", "choisissez la bonne",
        "welche der folgenden", "welcher der folgenden", "welches der folgenden",
        "wähle die richtige", "cuál de las siguientes", "cuál de los siguientes",
        "cuáles de las siguientes", "elige la", "quale delle seguenti", "quale dei seguenti",
        "какое из следующих", "какой из следующих", "какая из следующих",
        "какие из следующих", "выберите",
        "下列", "以下哪", "下面哪", "选项", "正确的是", "错误的是", "多选题", "单选题", "选择题",
    ])

    /// Phrases that are no sign by themselves: items must follow them.
    private static let plainPhrases = PhraseSet([
        "which of these", "which one of these", "which statement", "select all", "select one",
        "lequel des", "laquelle des", "lesquelles des", "elige la", "выберите", "下列", "选项",
        "choose the best", "choose the right", "multiple choice", "multiple-choice", "options:",
        "choices:", "which option", "which choice",
    ])
}
