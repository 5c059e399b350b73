// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether one order asks for several results: "find the area and the perimeter", or an order
/// before labelled exercises, "calculate: a) … b) …".
enum JointResults {
    /// Where and how many; nil for one result.
    ///
    /// - Complexity: linear in the text.
    static func detect(_ statement: Statement) -> (range: Range<Int>, count: Int)? {
        var isSought = true
        for range in orders.ranges(in: statement.lower) where begins(statement.lower, range) {
            let count = quantities(statement.lower, range.upperBound)
            if count.number >= 2 { return (range.lowerBound..<count.end, count.number) }
            // Only the first list of labels is followed to its end, which keeps this linear.
            guard isSought, let label = firstLabel(statement.lower, range.upperBound) else {
                continue
            }
            isSought = false
            if let end = secondLabel(statement.lower, label) {
                return (range.lowerBound..<end, 2)
            }
        }
        return nil
    }

    /// At the start of a sentence or clause.
    private static func begins(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        var end = range.lowerBound
        while end > 0, text[end - 1].isWhitespace { end -= 1 }
        return end == 0 || end < range.lowerBound && ".?!,;:".utf8.contains(text[end - 1])
            || text[end..<range.lowerBound].contains(0x0a)
    }

    // MARK: - Quantities

    /// How many quantities an order names side by side.
    private static func quantities(_ text: [UInt8], _ start: Int) -> (number: Int, end: Int) {
        var number = 0
        var index = skip(text, start, ["both", "the", "its"])
        var end = index
        while let size = quantity(text, index) {
            number += 1
            end = index + size
            let next = skip(text, end, ["value"])
            let joint = skip(text, next, ["and", ",", "also", "the", "its"])
            guard joint > next, next < text.count else { break }
            index = joint
        }
        return (number, end)
    }

    private static func quantity(_ text: [UInt8], _ index: Int) -> Int? {
        guard index < text.count, nouns.matches(text, at: index),
            let range = nouns.first(in: text, from: index)
        else { return nil }
        return range.count
    }

    /// Passes over blanks and words.
    private static func skip(_ text: [UInt8], _ start: Int, _ words: [StaticString]) -> Int {
        var index = start
        var isFound = true
        while isFound {
            while index < text.count, text[index].isWhitespace { index += 1 }
            isFound = false
            for word in words {
                let size = word.utf8CodeUnitCount
                let end = index + size
                let isHere = word.withUTF8Buffer { text[index...].starts(with: $0) }
                guard isHere, end == text.count || !text[end].isLetter || text[index] == 0x2c else {
                    continue
                }
                index = end
                isFound = true
                break
            }
        }
        return index
    }

    private static let orders = PhraseSet([
        "find", "determine", "compute", "calculate", "evaluate", "simplify", "factor", "expand",
        "what are", "what is", "give", "state", "solve", "calculer", "calculez", "déterminer",
        "trouver", "simplifier", "berechne", "bestimme", "vereinfache", "calcula", "determina",
        "calcola", "вычислите", "найдите", "упростите",
    ])

    private static let nouns = PhraseSet([
        "area", "perimeter", "circumference", "volume", "surface area", "lateral area", "mean",
        "median", "mode", "range", "variance", "standard deviation", "sum", "product",
        "difference", "quotient", "maximum", "minimum", "greatest", "least", "length", "width",
        "height", "radius", "diameter", "center", "centre", "slope", "y-intercept",
        "x-intercept", "vertex", "focus", "directrix", "domain", "amplitude", "period", "average",
        "gcd", "lcm", "greatest common divisor", "least common multiple", "largest", "smallest",
        "maximum value", "minimum value", "speed", "distance", "time",
    ])

    // MARK: - Exercises

    /// Most bytes between an order and the colon before its exercises.
    private static let introductionBytesMax = 60

    /// The label that follows an order, at most a few words and a colon behind it.
    private static func firstLabel(_ text: [UInt8], _ start: Int) -> Int? {
        var index = start
        while index < text.count, index - start <= introductionBytesMax, text[index] != 0x3a,
            !".?!".utf8.contains(text[index]), !isLabel(text, index, first)
        {
            index += 1
        }
        guard index < text.count else { return nil }
        if text[index] == 0x3a { index = skip(text, index + 1, []) }
        return isLabel(text, index, first) ? index : nil
    }

    /// The end of the second label; nil without one, or where a question comes behind it: then the
    /// list holds conditions.
    private static func secondLabel(_ text: [UInt8], _ start: Int) -> Int? {
        let place = text.indices[start...].dropFirst(2).first { isLabel(text, $0, second) }
        guard let place, !text[place...].contains(UInt8(ascii: "?")) else { return nil }
        return place + 2
    }

    private static func isLabel(_ text: [UInt8], _ index: Int, _ labels: [[UInt8]]) -> Bool {
        guard index > 0, index < text.count,
            text[index - 1].isWhitespace || text[index - 1] == 0x3a || text[index - 1] >= 0x80
        else { return false }
        return labels.contains { text[index...].starts(with: $0) }
    }

    private static let first = ["a) ", "(a) ", "1) ", "(1) ", "(i) ", "i) ", "а) "].map {
        Array($0.utf8)
    }
    private static let second = ["b) ", "(b) ", "2) ", "(2) ", "(ii) ", "ii) ", "б) "].map {
        Array($0.utf8)
    }
}
