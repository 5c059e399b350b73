// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Options whose labels have odd marks, stand in a table's head, or are missing.
///
/// Prose and data hold letters with a dash or a semicolon too. So the list must end the text, the
/// words before it must ask and be complete, and no item may be another label, as in chains of
/// relations. Where the reference is an item or the letter of one, that is evidence enough; without
/// it, words that announce data ("in total", "each") speak against options.
extension OptionList {
    /// A letter and the marks around it.
    private struct Signed {
        let item: Item
        let before: ArraySlice<UInt8>
        let behind: ArraySlice<UInt8>

        func isLike(_ other: Signed) -> Bool { before == other.before && behind == other.behind }
    }

    /// Capital letters in order with the same marks, on one line or several.
    func rowCount() -> Int? {
        guard let run = longestRun() else { return nil }
        let items = run.map(\.item)
        guard !isJoined(items) else { return nil }
        let stem = trimmedEnd(0..<items[0].start)
        let end = end(of: items[items.count - 1])
        guard isLast(end), areShort(items, end), areItems(items, end) else { return nil }
        if isLabelReference(items.count) || holdReference(items, end) {
            return mayAsk(stem) || asks(stem) ? items.count : nil
        }
        let isComma = run[0].behind.elementsEqual([UInt8(ascii: ",")])
        guard items.count >= 4, asks(stem), isComplete(stem, items[0]), !announcesData(stem),
            !isComma || endsOpen(stem)
        else { return nil }
        return items.count
    }

    private func longestRun() -> [Signed]? {
        var run: [Signed] = []
        var best: [Signed] = []
        for index in bytes.indices where bytes[index] >= 0x41 && bytes[index] <= 0x4a {
            let place = Int(bytes[index]) - 0x41
            guard place == run.count || place == 0, let found = signed(index) else { continue }
            if place == run.count, run.first?.isLike(found) ?? true {
                run.append(found)
            } else if place == 0 {
                run = [found]
            }
            if run.count > best.count { best = run }
        }
        return best.count >= 3 ? best : nil
    }

    private func signed(_ index: Int) -> Signed? {
        var start = index
        while start > 0, index - start < 4, "([{<'*_#-".utf8.contains(bytes[start - 1]) {
            start -= 1
        }
        if start > 0 {
            let before = bytes[start - 1]
            let isFree = before.isWhitespace || before >= 0x80 || ")],;|".utf8.contains(before)
            guard isFree else { return nil }
        }
        let gap = index + 1
        var mark = gap
        while mark < bytes.count, mark - gap < 2, bytes[mark] == 0x20 { mark += 1 }
        var end = mark
        while end < bytes.count, end - mark < 3, isMark(end, hasGap: mark > gap) { end += 1 }
        let isNumbered = start < index && bytes[start] == UInt8(ascii: "#")
        guard end < bytes.count, end > mark || isNumbered else { return nil }
        return Signed(
            item: Item(start: start, text: end, marks: Marks(open: 0, close: 0)),
            before: bytes[start..<index], behind: bytes[mark..<end])
    }

    private func isMark(_ index: Int, hasGap: Bool) -> Bool {
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch bytes[index] {
        case UInt8(ascii: "-") where hasGap && next.isDigit: return false
        case UInt8(ascii: "="): return next == UInt8(ascii: ">")
        default: return ")]}>.:;/|-_*',".utf8.contains(bytes[index])
        }
    }

    /// Whether every item has a text, and none is but another label.
    private func areItems(_ items: [Item], _ end: Int) -> Bool {
        items.indices.allSatisfy { index in
            let range = text(items, index, end)
            return range.count > 1 || range.count == 1 && !bytes[range.lowerBound].isUpper
        }
    }

    /// Whether a sentence is over before the list, or waits for an item.
    private func isComplete(_ stem: Range<Int>, _ first: Item) -> Bool {
        guard let last = bytes[stem].last else { return false }
        return ".?:!".utf8.contains(last) || isLineStart(first.start) || endsOpen(stem)
    }

    /// Whether the words before a list ask for something that is made of all of it.
    func announcesData(_ stem: Range<Int>) -> Bool {
        let sentence = lastSentence(stem)
        return Self.data.first(in: lower, from: sentence.lowerBound, to: stem.upperBound) != nil
    }

    private static let data = PhraseSet([
        "each", "in total", "total", "altogether", "together", "in all", "these", "table", "data",
        "mean", "median", "range", "average of", "sum of the", "chacun", "chaque", "total de",
        "insgesamt", "zusammen", "jeder", "jede", "cada", "en total", "всего", "вместе", "каждый",
        "一共", "共", "平均",
    ])

    // MARK: - Tables

    /// A table whose head is letters and whose one row is the options.
    func tableCount() -> Int? {
        var lines: [Range<Int>] = []
        var start = 0
        for index in 0...bytes.count where index == bytes.count || bytes[index] == 0x0a {
            // A rule between head and rows says nothing.
            let line = start..<index
            if bytes[line].contains(where: { !"-:|= ".utf8.contains($0) }) { lines.append(line) }
            start = index + 1
        }
        for (index, line) in lines.enumerated().dropLast() {
            guard let count = headCount(line) else { continue }
            let row = lines[index + 1]
            let stem = trimmedEnd(0..<line.lowerBound)
            guard isLast(row.upperBound), asks(stem) else { return nil }
            let cells = bytes[row].split(separator: UInt8(ascii: "|")).filter { cell in
                cell.contains { $0 != 0x20 }
            }
            guard cells.count == count || cells.count == 1 else { return nil }
            let references = references
            let holds = cells.contains { cell in
                references.contains(Self.plain(cell.map(\.lowered)[...]))
            }
            if announcesData(stem), !isLabelReference(count) { return nil }
            return holds || isLabelReference(count) || endsOpen(stem) ? count : nil
        }
        return nil
    }

    /// How many letters in order are all of a line.
    private func headCount(_ line: Range<Int>) -> Int? {
        var count = 0
        for byte in bytes[line] where !" |()".utf8.contains(byte) {
            guard Int(byte) == 0x41 + count else { return nil }
            count += 1
        }
        return count >= 3 ? count : nil
    }

    // MARK: - Without labels

    /// Options named in one sentence, as "Options: 3, 5, 7".
    func sentenceCount() -> Int? {
        guard let word = Self.optionWords.first(in: lower), word.lowerBound > 0 else { return nil }
        let stem = trimmedEnd(0..<word.lowerBound)
        let end = lower[word.upperBound...].firstIndex(of: 0x0a) ?? bytes.count
        guard let last = bytes[stem].last, ".?:)_!".utf8.contains(last) || endsOpen(stem),
            mayAsk(stem) || asks(stem), isLast(end)
        else { return nil }
        let items = lower[word.upperBound..<end]
        guard !items.contains(UInt8(ascii: "?")) else { return nil }
        for mark in ";|/,".utf8 {
            let count = items.split(separator: mark).count
            if count >= 3 { return count <= 12 ? count : nil }
        }
        return nil
    }

    private static let optionWords = PhraseSet([
        "options:", "choices:", "choose from:", "choose from", "choose among:", "select from:",
        "pick from:", "answer choices:", "possible answers:", "choose one:", "answer options:",
        "choix :", "antwortmöglichkeiten:", "opciones:", "варианты:", "选项:",
    ])
}
