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
    enum Series: CaseIterable {
        case capitals, lowLetters, numbers, romans, lowRomans, act, bullets
        case cyrillic, lowCyrillic, greek, kana, hangul, arabic

        /// Whether its labels are beyond ASCII.
        var isWide: Bool {
            switch self {
            case .cyrillic, .lowCyrillic, .greek, .kana, .hangul, .arabic: true
            default: false
            }
        }
    }

    struct Item {
        /// Where the label begins.
        let start: Int
        /// Where the text behind it begins.
        let text: Int
        /// The byte before and behind the letter; 0 for none.
        let marks: Marks

        /// The same behind a bullet or a word that begins earlier.
        func begun(at start: Int) -> Item { Item(start: start, text: text, marks: marks) }
    }

    struct Marks: Equatable {
        let open: UInt8
        let close: UInt8

        /// Whether they stand at labels alone; a blank, a dash and the like stand in prose too.
        var areStrong: Bool { ").:]".utf8.contains(close) }
    }

    let bytes: [UInt8]
    let lower: [UInt8]
    let references: [[UInt8]]
    /// Whether anything but ASCII is in the text.
    private let isWide: Bool

    /// Looks for options at the end of a statement.
    ///
    /// - Parameters:
    ///   - statement: the statement, drawings apart.
    ///   - references: right answers; an item that equals one tells options from a list of data.
    /// - Returns: how many there are; nil for none.
    /// - Complexity: linear in the text.
    static func count(in statement: Statement, references: [ByteString]) -> Int? {
        guard OptionSigns.stand(in: statement.bytes) else { return nil }
        let list = OptionList(
            UnmarkedText(statement.bytes).bytes,
            references: references.map { plain(UnmarkedText($0.array).bytes.map(\.lowered)[...]) })
        for series in Series.allCases where !series.isWide || list.isWide {
            let items = list.items(series)
            if items.count >= 2, list.areOptions(items, series) { return items.count }
        }
        return list.rowCount() ?? list.tableCount() ?? list.sentenceCount()
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
        isWide = bytes.contains { $0 >= 0x80 }
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
            if let item = item(series, run.count, start)?.begun(at: index),
                run.first?.marks ?? item.marks == item.marks
            {
                run.append(item)
                index = item.text
            } else if series != .bullets, let item = item(series, 0, start)?.begun(at: index) {
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

    func isLineStart(_ index: Int) -> Bool {
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
        // "A -1" is a letter and a number.
        let isSign =
            byte == UInt8(ascii: "-") && index > gap && index + 1 < bytes.count
            && bytes[index + 1].isDigit
        if !isSign, "-/;>|=,".utf8.contains(byte) {
            return Item(start: start, text: index + 1, marks: Marks(open: 0, close: byte))
        }
        guard index > gap else { return nil }
        return Item(start: start, text: index, marks: Marks(open: 0, close: 0x20))
    }

    private static let romans = ["I", "II", "III", "IV", "V", "VI"].map { Array($0.utf8) }
    private static let cyrillicLow = ["а", "б", "в", "г", "д", "е"].map { Array($0.utf8) }
    private static let cyrillicCapitals = ["А", "Б", "В", "Г", "Д", "Е"].map { Array($0.utf8) }

    private static let greek = ["α", "β", "γ", "δ", "ε"].map { Array($0.utf8) }
    private static let kana = ["ア", "イ", "ウ", "エ", "オ"].map { Array($0.utf8) }
    private static let hangul = ["가", "나", "다", "라", "마"].map { Array($0.utf8) }
    private static let arabic = ["أ", "ب", "ج", "د", "ه"].map { Array($0.utf8) }

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
        case .greek: return place < greek.count ? greek[place] : nil
        case .kana: return place < kana.count ? kana[place] : nil
        case .hangul: return place < hangul.count ? hangul[place] : nil
        case .arabic: return place < arabic.count ? arabic[place] : nil
        case .bullets: return nil
        }
    }

    // MARK: - What is around

    func areOptions(_ items: [Item], _ series: Series) -> Bool {
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
        if series == .bullets || series == .lowLetters, isLabelReference(items.count) {
            return true
        }
        switch series {
        case .capitals:
            return first.marks.close != UInt8(ascii: "=") && areAdjacent(items, end)
                && (isLabelReference(items.count) || !announcesData(stem))
        case .act: return areAdjacent(items, end)
        case .bullets: return false
        case .lowLetters: return first.marks.areStrong && !announcesMore(stem)
        default:
            return first.marks.areStrong && !announcesMore(stem) && areValues(items, end, stem)
        }
    }

    /// The range without white space and opened brackets at its end.
    func trimmedEnd(_ range: Range<Int>) -> Range<Int> {
        var end = range.upperBound
        while end > range.lowerBound,
            bytes[end - 1].isWhitespace || "[{-(*'".utf8.contains(bytes[end - 1])
        {
            end -= 1
        }
        // The head of a table of options.
        let line = lower[range.lowerBound..<end].lastIndex(of: 0x0a) ?? range.lowerBound
        let head = lower[line..<end]
        if head.contains(UInt8(ascii: "|")), !head.contains(UInt8(ascii: "?")),
            line > range.lowerBound,
            Self.heads.first(in: lower, from: line, to: end) != nil
                || head.allSatisfy({ "\n-:| ".utf8.contains($0) })
        {
            return trimmedEnd(range.lowerBound..<line)
        }
        return range.lowerBound..<end
    }

    private static let heads = PhraseSet([
        "option", "options", "choice", "choices", "letter", "label",
    ])

    /// The end of the last item: of its line, or of its first sentence.
    func end(of item: Item) -> Int {
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

    func text(_ items: [Item], _ index: Int, _ end: Int) -> Range<Int> {
        var start = items[index].text
        var end = index + 1 < items.count ? items[index + 1].start : max(end, start)
        let edges = " \n\t\r,;.|-()[]'"
        while start < end, edges.utf8.contains(bytes[start]) { start += 1 }
        while end > start, edges.utf8.contains(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether "and" joins an item to the one before, as conditions and points are.
    func isJoined(_ items: [Item]) -> Bool {
        items.dropFirst().contains { item in
            var end = item.start
            while end > 0, bytes[end - 1] == 0x20 { end -= 1 }
            return Self.joints.contains { lower[..<end].suffix($0.count).elementsEqual($0) }
        }
    }

    private static let joints = [" and", ",and", " et", " und", " y", " и", "和", "、"].map {
        Array($0.utf8)
    }

    // MARK: - What the items say

    private static let itemBytesMax = 200

    func areShort(_ items: [Item], _ end: Int) -> Bool {
        items.indices.allSatisfy { index in
            let range = text(items, index, end)
            return range.count <= Self.itemBytesMax && !lower[range].contains(UInt8(ascii: "?"))
                && !Instructions.orders.matches(lower, at: range.lowerBound)
        }
    }

    /// Whether an item says what a reference does.
    func holdReference(_ items: [Item], _ end: Int) -> Bool {
        items.indices.contains { index in
            let item = Self.edged(Self.plain(lower[text(items, index, end)])[...])
            return !item.isEmpty && references.contains { Self.edged($0[...]) == item }
        }
    }

    /// Whether a reference is the letter of one of so many options.
    func isLabelReference(_ count: Int) -> Bool {
        references.contains { reference in
            let letters = reference.filter(\.isLetterOrDigit)
            guard letters.count == 1, reference.count <= 4 else { return false }
            return letters[0] >= 0x61 && Int(letters[0]) < 0x61 + count
        }
    }

    /// Without the brackets that an item's text loses at its edges.
    private static func edged(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isEdge: (UInt8) -> Bool = { "()[]',;|-".utf8.contains($0) }
        let head = text.drop(while: isEdge)
        return head.prefix(
            (head.lastIndex { !isEdge($0) } ?? head.startIndex - 1) + 1 - head.startIndex)
    }

    static func plain(_ text: ArraySlice<UInt8>) -> [UInt8] {
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
}
