// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether a statement ends in a list of options, whatever marks its items have.
///
/// Labels in order are sought in the text without markup. Lists of conditions, steps, parts and data
/// look the same, and the sentences around tell: options follow what asks and nothing is asked
/// behind them; no item asks or orders, and none is joined with "and". Capital letters with marks
/// need nothing more; what other lists have as labels too (low letters, numbers, roman numerals, bare
/// letters) must follow a question, a gap or a word that announces options.
struct OptionList {
    /// How items are labelled, each with what comes after the other.
    private enum Series: CaseIterable {
        case capitals, lowLetters, cyrillic, lowCyrillic, numbers, romans, lowRomans, act, bullets
    }

    private struct Item {
        /// Where the label begins.
        let start: Int
        /// Where the text behind it begins.
        let text: Int
        /// The byte before and behind the letter; 0 for none.
        let marks: Marks
    }

    private struct Marks: Equatable {
        let open: UInt8
        let close: UInt8

        /// Whether they stand at labels alone; a blank, a dash and the like stand in prose too.
        var areStrong: Bool { ").:]".utf8.contains(close) }
    }

    private let bytes: [UInt8]
    private let lower: [UInt8]
    private let references: [[UInt8]]

    /// Looks for options at the end of a statement.
    ///
    /// - Parameters:
    ///   - statement: the statement, drawings apart.
    ///   - references: right answers; an item that equals one tells options from a list of data.
    /// - Returns: how many there are; nil for none.
    /// - Complexity: linear in the text.
    static func count(in statement: Statement, references: [ByteString]) -> Int? {
        let list = OptionList(
            UnmarkedText(statement.bytes).bytes,
            references: references.map { plain(UnmarkedText($0.array).bytes.map(\.lowered)[...]) })
        for series in Series.allCases {
            let items = list.items(series)
            if items.count >= 2, list.areOptions(items, series) { return items.count }
        }
        return nil
    }

    /// Whether labels that were found in a statement stand where options do.
    ///
    /// - Parameters:
    ///   - labels: their places, in order.
    ///   - statement: the statement.
    ///   - isLow: whether they are low letters, which conditions and exercises have too.
    /// - Returns: false for lists of data, conditions and exercises.
    static func mayBe(_ labels: [Range<Int>], in statement: Statement, isLow: Bool) -> Bool {
        let list = OptionList(statement.bytes, references: [])
        let items = labels.map {
            Item(start: $0.lowerBound, text: $0.upperBound, marks: Marks(open: 0, close: 0))
        }
        guard let first = items.first, let last = items.last, !list.isJoined(items) else {
            return false
        }
        let stem = list.trimmedEnd(0..<first.start)
        if list.asksBehind(list.end(of: last)), !list.mayAsk(stem) { return false }
        return !isLow || list.endsOpen(stem) || !list.announcesMore(stem)
    }

    private init(_ bytes: [UInt8], references: [[UInt8]]) {
        self.bytes = bytes
        lower = bytes.map(\.lowered)
        self.references = references
    }

    // MARK: - Labels

    /// The last run of labels in order, all with the same marks.
    private func items(_ series: Series) -> [Item] {
        var run: [Item] = []
        var index = 0
        while index < bytes.count {
            guard isPlace(index, isFirst: run.isEmpty) else {
                index += 1
                continue
            }
            let start = series == .bullets ? index : behindBullet(index)
            if let item = item(series, run.count, start),
                run.first?.marks ?? item.marks == item.marks
            {
                run.append(item)
                index = item.text
            } else if series != .bullets, let item = item(series, 0, start) {
                run = [item]
                index = item.text
            } else {
                index += 1
            }
        }
        return run
    }

    /// Behind white space, a bracket's end, or what is not ASCII.
    private func isPlace(_ index: Int, isFirst: Bool) -> Bool {
        guard index > 0 else { return true }
        if bytes[index].isWhitespace { return false }
        let before = bytes[index - 1]
        return before.isWhitespace || before >= 0x80 || ")]".utf8.contains(before)
            || !isFirst && before.isDigit
                && (bytes[index].isUpper || bytes[index] == UInt8(ascii: "("))
    }

    private func isLineStart(_ index: Int) -> Bool {
        var place = index
        while place > 0, bytes[place - 1] == 0x20 || bytes[place - 1] == UInt8(ascii: "-") {
            place -= 1
        }
        return place == 0 || bytes[place - 1] == 0x0a
    }

    /// `- A.`, `[ ] A.`, `Option A:`.
    private func behindBullet(_ index: Int) -> Int {
        for opener in Self.openers where lower[index...].starts(with: opener) {
            return index + opener.count
        }
        return index
    }

    private static let openers = ["- ", "[ ] ", "option ", "choice ", "answer ", "réponse "].map {
        Array($0.utf8)
    }

    private func item(_ series: Series, _ place: Int, _ start: Int) -> Item? {
        guard start < bytes.count else { return nil }
        if series == .bullets {
            let isBullet = bytes[start...].starts(with: [UInt8(ascii: "-"), 0x20])
            guard isBullet, isLineStart(start) else { return nil }
            return Item(start: start, text: start + 2, marks: Marks(open: 0, close: 0))
        }
        let isOpen = "([<".utf8.contains(bytes[start])
        var index = isOpen ? start + 1 : start
        while isOpen, index < bytes.count, bytes[index] == 0x20 { index += 1 }
        guard let label = Self.label(series, place),
            bytes[min(index, bytes.count)...].starts(with: label)
        else { return nil }
        index += label.count
        let gap = index
        while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        guard index < bytes.count else { return nil }
        let open = isOpen ? bytes[start] : 0
        return closed(start, open, gap, index)
    }

    /// Reads the mark behind a label.
    ///
    /// - Parameters:
    ///   - start: where the label begins, its bracket included.
    ///   - open: the bracket; 0 for none.
    ///   - gap: where the label ends.
    ///   - index: the first byte behind it that is no blank.
    /// - Returns: nil where no label ends.
    private func closed(
        _ start: Int, _ open: UInt8, _ gap: Int, _ index: Int
    ) -> Item? {
        let byte = bytes[index]
        let isAlone = isLineStart(start)
        if open != 0 {
            guard ")]>".utf8.contains(byte) else { return nil }
            return Item(start: start, text: index + 1, marks: Marks(open: open, close: byte))
        }
        if index == gap, ").:]".utf8.contains(byte) {
            // "1.5" is a number, "A.B" a point's name; ".)" is one mark.
            if byte == UInt8(ascii: "."), index + 1 < bytes.count, bytes[gap - 1].isDigit,
                bytes[index + 1].isDigit
            {
                return nil
            }
            return Item(start: start, text: index + 1, marks: Marks(open: 0, close: byte))
        }
        guard isAlone else { return nil }
        if "-/;>|=,".utf8.contains(byte) {
            return Item(start: start, text: index + 1, marks: Marks(open: 0, close: byte))
        }
        guard index > gap else { return nil }
        return Item(start: start, text: index, marks: Marks(open: 0, close: 0x20))
    }

    private static let romans = ["I", "II", "III", "IV", "V", "VI"].map { Array($0.utf8) }
    private static let cyrillicLow = ["а", "б", "в", "г", "д", "е"].map { Array($0.utf8) }
    private static let cyrillicCapitals = ["А", "Б", "В", "Г", "Д", "Е"].map { Array($0.utf8) }

    private static func label(_ series: Series, _ place: Int) -> [UInt8]? {
        let letter = UInt8(place)
        switch series {
        case .capitals: return place < 10 ? [0x41 + letter] : nil
        case .lowLetters: return place < 8 ? [0x61 + letter] : nil
        case .numbers: return place < 8 ? [0x31 + letter] : nil
        case .romans: return place < romans.count ? romans[place] : nil
        case .lowRomans: return place < romans.count ? romans[place].map(\.lowered) : nil
        case .cyrillic: return place < cyrillicCapitals.count ? cyrillicCapitals[place] : nil
        case .lowCyrillic: return place < cyrillicLow.count ? cyrillicLow[place] : nil
        case .act: return place < 5 ? [Array("FGHJK".utf8)[place]] : nil
        case .bullets: return nil
        }
    }

    // MARK: - What is around

    private func areOptions(_ items: [Item], _ series: Series) -> Bool {
        guard let first = items.first, let last = items.last, !isJoined(items) else { return false }
        let stem = trimmedEnd(0..<first.start)
        let end = end(of: last)
        guard !items.indices.contains(where: { text(items, $0, end).isEmpty }) else { return false }
        let isAnnounced = isAnnounced(stem)
        if asksBehind(end) {
            guard mayAsk(stem), series == .capitals, first.marks.areStrong else { return false }
        }
        if isAnnounced { return true }
        guard items.count >= (series == .act ? 4 : 3) else { return false }
        if series == .capitals, first.marks.areStrong { return true }
        guard items.count <= 6, areShort(items, end), asks(stem), isLast(end) else { return false }
        let hasMarks = first.marks.areStrong || series == .bullets
        if hasMarks, holdReference(items, end) { return true }
        switch series {
        case .capitals:
            return first.marks.close != UInt8(ascii: "=") && areAdjacent(items, end)
        case .act: return areAdjacent(items, end)
        case .bullets: return false
        case .lowLetters: return first.marks.areStrong && !announcesMore(stem)
        default:
            return first.marks.areStrong && !announcesMore(stem) && areValues(items, end, stem)
        }
    }

    /// The range without white space and opened brackets at its end.
    private func trimmedEnd(_ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound,
            bytes[end - 1].isWhitespace || "[{-(*'".utf8.contains(bytes[end - 1])
        {
            end -= 1
        }
        return range.lowerBound..<end
    }

    /// The end of the last item: of its line, or of its first sentence.
    private func end(of item: Item) -> Int {
        var index = item.text
        while index < bytes.count, bytes[index].isWhitespace || ".)".utf8.contains(bytes[index]) {
            index += 1
        }
        while index < bytes.count, bytes[index] != 0x0a {
            let isStop = bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: "?")
            index += 1
            if isStop, index < bytes.count, bytes[index].isWhitespace { break }
        }
        return index
    }

    private func text(_ items: [Item], _ index: Int, _ end: Int) -> Range<Int> {
        var start = items[index].text
        var end = index + 1 < items.count ? items[index + 1].start : max(end, start)
        let edges = " \n\t\r,;.|-()[]'"
        while start < end, edges.utf8.contains(bytes[start]) { start += 1 }
        while end > start, edges.utf8.contains(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether "and" joins an item to the one before, as conditions and points are.
    private func isJoined(_ items: [Item]) -> Bool {
        items.dropFirst().contains { item in
            var end = item.start
            while end > 0, bytes[end - 1] == 0x20 { end -= 1 }
            return Self.joints.contains { lower[..<end].suffix($0.count).elementsEqual($0) }
        }
    }

    private static let joints = [" and", ",and", " et", " und", " y", " и", "和", "、"].map {
        Array($0.utf8)
    }

    // MARK: - What the stem says

    private func isAnnounced(_ stem: Range<Int>) -> Bool {
        var end = stem.upperBound
        while end > 0, " :.\n".utf8.contains(lower[end - 1]) { end -= 1 }
        let tail = lower[max(0, end - 40)..<end]
        return Self.announcers.contains { tail.suffix($0.count).elementsEqual($0) }
    }

    private static let announcers = [
        "options", "choices", "alternatives", "possible answers", "choose one", "select one",
        "pick one", "answer options", "antwortmöglichkeiten", "antworten", "réponses",
        "réponses possibles", "respuestas", "opciones", "opzioni", "варианты ответа",
        "варианты ответов", "варианты", "选项", "correct answer", "correct option",
    ].map { Array($0.utf8) }

    /// Whether the words before the list ask at their end: a question, a gap, or a sentence that
    /// an item ends.
    private func asks(_ stem: Range<Int>) -> Bool {
        if endsOpen(stem) { return true }
        let sentence = lastSentence(stem)
        return Instructions.orders.matches(lower, at: sentence.lowerBound)
            || Instructions.questions.matches(lower, at: sentence.lowerBound)
            || Instructions.sentenceOrders.first(
                in: lower, from: sentence.lowerBound, to: sentence.upperBound) != nil
    }

    private func endsOpen(_ stem: Range<Int>) -> Bool {
        var end = stem.upperBound
        while end > 0, ": \n.".utf8.contains(lower[end - 1]) { end -= 1 }
        guard end > 0 else { return false }
        if lower[end - 1] == UInt8(ascii: "?") || hasGap(stem) { return true }
        let tail = lower[max(0, end - 24)..<end]
        return Self.openEnds.contains { tail.suffix($0.count).elementsEqual($0) }
    }

    private static let openEnds = [
        " is", " are", " equals", " equal to", " be", " was", " only when", " est", " sont",
        " ist", " lautet", " beträgt", " es", " son", " vale", " равно", " равна", " равен",
        "为", "是", "等于", "有",
    ].map { Array($0.utf8) }

    /// Whether a gap to fill in ends the words: a line, or brackets around nothing.
    private func hasGap(_ stem: Range<Int>) -> Bool {
        var end = stem.upperBound
        while end > 0, ": \n.".utf8.contains(bytes[end - 1]) { end -= 1 }
        guard end > 0 else { return false }
        if bytes[end - 1] == UInt8(ascii: "_") { return true }
        guard bytes[end - 1] == UInt8(ascii: ")") else { return false }
        var start = end - 1
        while start > 0, end - start < 16, bytes[start - 1] == 0x20 { start -= 1 }
        return start > 0 && bytes[start - 1] == UInt8(ascii: "(")
    }

    /// Whether anything before the list asks.
    private func mayAsk(_ stem: Range<Int>) -> Bool {
        hasGap(stem) || lower[stem].contains(UInt8(ascii: "?"))
            || Instructions.orders.first(in: lower, from: 0, to: stem.upperBound) != nil
    }

    private func lastSentence(_ stem: Range<Int>) -> Range<Int> {
        var start = max(stem.upperBound - 2, 0)
        while start > 0 {
            let isEnd = ".?!".utf8.contains(bytes[start - 1]) && bytes[start].isWhitespace
            if isEnd || bytes[start - 1] == 0x0a { break }
            start -= 1
        }
        while start < stem.upperBound, bytes[start].isWhitespace { start += 1 }
        return start..<max(start, stem.upperBound)
    }

    /// Whether the words before a list speak of conditions, steps or several exercises.
    private func announcesMore(_ stem: Range<Int>) -> Bool {
        let sentence = lastSentence(stem)
        let (start, end) = (sentence.lowerBound, sentence.upperBound)
        if Self.others.first(in: lower, from: start, to: end) != nil { return true }
        if let last = bytes[sentence].last, ".?".utf8.contains(last) { return false }
        return Self.conditions.first(in: lower, from: start, to: end) != nil
            // "Compute:" alone orders all of the list.
            || lower[sentence].count { $0 == 0x20 } < 2
    }

    private static let others = PhraseSet([
        "conditions", "rules", "steps", "properties", "each", "all of", "operations", "facts",
        "statements", "expressions", "equations", "following", "these", "parts", "suivants",
        "suivantes", "chaque", "folgende", "folgenden", "jede", "siguientes", "cada",
        "следующие", "каждое", "выражений", "下列", "以下", "各",
    ])

    /// Words that a list of conditions goes on from, in the same sentence.
    private static let conditions = PhraseSet([
        "condition", "satisfy", "satisfies", "satisfying", "such that", "rule", "property", "if",
        "where", "given", "system", "by", "with", "for", "vérifiant", "tel que", "满足", "条件",
    ])

    // MARK: - What the items say

    private static let itemBytesMax = 200

    private func areShort(_ items: [Item], _ end: Int) -> Bool {
        items.indices.allSatisfy { index in
            let range = text(items, index, end)
            return range.count <= Self.itemBytesMax && !lower[range].contains(UInt8(ascii: "?"))
                && !Instructions.orders.matches(lower, at: range.lowerBound)
        }
    }

    /// Whether an item says what a reference does.
    private func holdReference(_ items: [Item], _ end: Int) -> Bool {
        items.indices.contains { index in
            references.contains(Self.plain(lower[text(items, index, end)]))
        }
    }

    private static func plain(_ text: ArraySlice<UInt8>) -> [UInt8] {
        text.filter { !$0.isWhitespace && !"$.\\".utf8.contains($0) }
    }

    private func areAdjacent(_ items: [Item], _ end: Int) -> Bool {
        items.indices.allSatisfy { !lower[text(items, $0, end)].contains(0x0a) }
    }

    /// Whether the items are values: short, no data with a name, and no relations but behind a
    /// question, where conditions do not stand.
    private func areValues(_ items: [Item], _ end: Int, _ stem: Range<Int>) -> Bool {
        let isOpen = endsOpen(stem)
        return items.indices.allSatisfy { index in
            let value = lower[text(items, index, end)]
            let blanks = value.count { $0 == 0x20 }
            guard blanks <= 7, !value.contains(UInt8(ascii: ":")) else { return false }
            return isOpen || !value.contains { "=<>".utf8.contains($0) }
        }
    }

    // MARK: - What comes behind

    /// Whether anything is asked behind the list, apart from words about the form of the answer.
    private func asksBehind(_ end: Int) -> Bool {
        sentences(behind: end).contains {
            lower[$0].contains(UInt8(ascii: "?"))
                || Instructions.orders.matches(lower, at: $0.lowerBound)
        }
    }

    /// Whether nothing but words about the form of the answer comes behind the list.
    private func isLast(_ end: Int) -> Bool { sentences(behind: end).isEmpty }

    /// The sentences behind the list, those about the form of the answer apart.
    private func sentences(behind end: Int) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = end
        for index in min(end, bytes.count)..<bytes.count {
            let isLast = index + 1 == bytes.count
            let isEnd =
                bytes[index] == 0x0a
                || ".?!".utf8.contains(bytes[index]) && (isLast || bytes[index + 1].isWhitespace)
            guard isEnd || isLast else { continue }
            while start <= index, !bytes[start].isLetterOrDigit, bytes[start] < 0x80 { start += 1 }
            if start <= index,
                Self.aboutAnswers.first(in: lower, from: start, to: index + 1) == nil
            {
                found.append(start..<index + 1)
            }
            start = index + 1
        }
        return found
    }

    private static let aboutAnswers = PhraseSet([
        "answer", "answers", "boxed", "step by step", "letter", "option", "options", "choice",
        "choices", "correct", "####", "réponse", "antwort", "respuesta", "ответ", "答案", "选项",
        "which of these", "which one", "which of the following", "respond", "reasoning",
    ])
}
