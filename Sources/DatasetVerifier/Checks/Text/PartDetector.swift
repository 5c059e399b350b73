// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether a statement asks for several results.
///
/// Two coordinates, two decimals or two cases are no parts: what counts is what is asked. Either
/// labelled parts in order, at least two of which order or ask something; or two questions that
/// each begin as one, quotations apart; or an order that adds another.
enum PartDetector {
    /// What gave a statement away.
    struct Found: Sendable {
        /// Where it stands.
        let range: Range<Int>
        /// `parts`, `questions`, `orders`.
        let sign: String
        /// How many are asked; ≥ 2.
        let count: Int
    }

    /// Looks for parts.
    ///
    /// - Parameter statement: the statement, drawings apart.
    /// - Returns: nil if it asks for one thing.
    /// - Complexity: linear in the text.
    static func detect(_ statement: Statement) -> Found? {
        labelled(statement) ?? several(statement) ?? added(statement) ?? joint(statement)
    }

    // MARK: - Labelled parts

    /// How labels of parts are written, each with what comes after the other.
    private enum Series: CaseIterable { case letters, romans, numbers, words }

    private static func labelled(_ statement: Statement) -> Found? {
        for series in Series.allCases {
            let marks = marks(statement, series)
            guard marks.count >= 2 else { continue }
            var asked = 0
            for (index, mark) in marks.enumerated() {
                let end =
                    index + 1 < marks.count ? marks[index + 1].lowerBound : statement.bytes.count
                if asks(statement, mark.upperBound..<end) { asked += 1 }
            }
            if asked >= 2 {
                return Found(
                    range: marks[0].lowerBound..<statement.bytes.count, sign: "parts", count: asked)
            }
        }
        return nil
    }

    /// Whether a part begins with an order or is a question.
    private static func asks(_ statement: Statement, _ range: Range<Int>) -> Bool {
        var start = range.lowerBound
        while start < range.upperBound, " \t*:.)\n".utf8.contains(statement.bytes[start]) {
            start += 1
        }
        guard start < range.upperBound else { return false }
        if Instructions.orders.matches(statement.lower, at: start)
            || Instructions.questions.matches(statement.lower, at: start)
        {
            return true
        }
        return statement.bytes[range].contains(UInt8(ascii: "?"))
    }

    /// Labels from the first on, in order, at the start of a line or behind the end of a sentence.
    private static func marks(_ statement: Statement, _ series: Series) -> [Range<Int>] {
        var found: [Range<Int>] = []
        let bytes = statement.lower
        let labels = labels(series)
        bytes.withUnsafeBufferPointer { text in
            var index = 0
            while index < text.count, found.count < labels.count {
                // The place is looked at last: it may lie behind a long run of blanks.
                if let size = labels[found.count].size(in: text, at: index), isPlace(bytes, index) {
                    found.append(index..<index + size)
                    index += size
                } else {
                    index += 1
                }
            }
        }
        return found
    }

    /// The ways to write the label of one part.
    private struct Label: Sendable {
        private let names: [[UInt8]]
        /// Which bytes a name begins with, one bit each; nearly all of a text begins none.
        private let starts: (UInt64, UInt64, UInt64, UInt64)

        init(_ names: [String]) {
            self.names = names.map { Array($0.utf8) }
            var bits: [UInt64] = [0, 0, 0, 0]
            for name in self.names { bits[Int(name[0] >> 6)] |= 1 << UInt64(name[0] & 63) }
            starts = (bits[0], bits[1], bits[2], bits[3])
        }

        /// The bytes of the first name that stands at a place; nil if none does.
        func size(in text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int? {
            let byte = text[index]
            let low = byte & 64 == 0 ? starts.0 : starts.1
            let high = byte & 64 == 0 ? starts.2 : starts.3
            guard (byte & 128 == 0 ? low : high) >> UInt64(byte & 63) & 1 == 1 else { return nil }
            for name in names where index + name.count <= text.count {
                var place = 1
                while place < name.count, text[index + place] == name[place] { place += 1 }
                if place == name.count, name[0] == byte { return name.count }
            }
            return nil
        }
    }

    private static func labels(_ series: Series) -> [Label] {
        switch series {
        case .letters: letters
        case .romans: romans
        case .numbers: numbers
        case .words: words
        }
    }

    private static func letter(_ place: Int) -> String {
        String(UnicodeScalar(UInt8(0x61 + place)))
    }

    private static let letters = (0..<8).map { place in
        let letter = letter(place)
        return Label(["(\(letter))", "\(letter))", "\(letter).", "（\(letter)）"])
    }

    private static let romans = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii"].map {
        Label(["(\($0))", "\($0))"])
    }

    private static let numbers = (1...8).map {
        Label(["(\($0))", "\($0))", "\($0).", "（\($0)）"])
    }

    private static let words = (0..<8).map { place in
        let letter = letter(place)
        return Label([
            "part \(letter)", "part (\(letter))", "part \(place + 1)", "question \(place + 1)",
        ])
    }

    /// The start of a line, or behind a mark that ends a sentence or a clause.
    private static func isPlace(_ bytes: [UInt8], _ index: Int) -> Bool {
        var place = index
        while place > 0, " \t*$#".utf8.contains(bytes[place - 1]) { place -= 1 }
        guard place > 0 else { return true }
        if place == index { return bytes[place - 1] == 0x0a || bytes[place - 1] >= 0x80 }
        return "\n.?!;:,".utf8.contains(bytes[place - 1]) || bytes[place - 1] >= 0x80
    }

    // MARK: - Several questions

    private static func several(_ statement: Statement) -> Found? {
        let text = statement.lower
        var questions: [Range<Int>] = []
        var orders: [Range<Int>] = []
        var isQuoted = false
        for sentence in statement.sentences {
            let quotes = text[sentence].count { $0 == UInt8(ascii: "\"") }
            defer { if quotes % 2 == 1 { isQuoted.toggle() } }
            if isQuoted || quotes > 0 { continue }
            if statement.isQuestion(sentence) {
                if beginsQuestion(text, sentence) { questions.append(sentence) }
            } else if Instructions.sentenceOrders.matches(text, at: sentence.lowerBound) {
                orders.append(sentence)
            }
        }
        if questions.count >= 2, let first = questions.first, let last = questions.last {
            return Found(
                range: first.lowerBound..<last.upperBound, sign: "questions",
                count: questions.count)
        }
        if questions.count + orders.count >= 2 {
            let all = (questions + orders).sorted { $0.lowerBound < $1.lowerBound }
            // "Find x. What is x + 1?" asks for the last: the first is a step towards it.
            guard orders.count >= 2, let first = all.first, let last = all.last else { return nil }
            return Found(
                range: first.lowerBound..<last.upperBound, sign: "orders", count: all.count)
        }
        return nil
    }

    /// Whether a sentence has a question word at its start or behind a comma.
    private static func beginsQuestion(_ text: [UInt8], _ sentence: Range<Int>) -> Bool {
        if Instructions.questions.matches(text, at: sentence.lowerBound) { return true }
        var index = sentence.lowerBound
        while let word = Instructions.questions.first(
            in: text, from: index, to: sentence.upperBound)
        {
            var before = word.lowerBound
            while before > sentence.lowerBound, text[before - 1].isWhitespace { before -= 1 }
            if before > sentence.lowerBound, ",;:".utf8.contains(text[before - 1]) { return true }
            index = word.upperBound
        }
        return false
    }

    // MARK: - Added orders

    private static func added(_ statement: Statement) -> Found? {
        guard let range = additions.first(in: statement.lower) else { return nil }
        return Found(range: range, sign: "added", count: 2)
    }

    private static func joint(_ statement: Statement) -> Found? {
        JointResults.detect(statement).map {
            Found(range: $0.range, sign: "joint", count: $0.count)
        }
    }

    private static let additions = PhraseSet([
        "and also its", "and how old", "and how long", "and how far",
        "also find", "also determine", "also compute", "also calculate", "and also find",
        "and what is", "and what are", "and how many", "and how much", "then also find",
        "and hence find", "and hence determine", "both of the following questions",
        "answer the following questions", "each of the following questions",
        "déterminer également", "calculer également", "berechne außerdem", "и также найдите",
    ])
}
