// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A unit behind a number, by its normal spelling.
struct Unit: Equatable {
    /// Lower-case singular words joined by spaces, or a known symbol.
    let name: String
    /// The units of measurement in it, whose difference matters, without the things counted.
    let measure: [String]

    /// What is measured, if every word is a known unit.
    let scale: UnitScale?

    init(_ spelling: String) {
        var words: [String] = []
        for part in spelling.split(whereSeparator: { " -/~.^{}".contains($0) }) {
            var word = part.lowercased()
            if word.isEmpty || word == "of" || word == "the" { continue }
            if let symbol = UnitScale.symbol(String(part)) {
                words.append(symbol)
                continue
            }
            if word.count > 3, word.hasSuffix("s") { word.removeLast() }
            if word == "sq" { word = "square" }
            if word == "cu" { word = "cubic" }
            words.append(word == "mph" ? "mi h" : word)
        }
        let full = Self.powersAsWords(words)
        name = full.joined(separator: " ")
        let isKnown: (String) -> Bool = { $0 == "mi h" || UnitScale.symbol($0) != nil }
        measure =
            full.contains(where: isKnown)
            ? full.filter { isKnown($0) || $0 == "square" || $0 == "cubic" } : []
        let isSpeed = ["mph", "kmh", "kph"].firstIndex(of: spelling.lowercased())
        scale = UnitScale(isSpeed.map { $0 == 0 ? "mi/h" : "km/h" } ?? spelling)
    }

    /// `cm 2` is `square cm`.
    private static func powersAsWords(_ words: [String]) -> [String] {
        guard words.count == 2, let prefix = ["2": "square", "3": "cubic"][words[1]] else {
            return words
        }
        return [prefix, words[0]]
    }

    static func == (left: Unit, right: Unit) -> Bool { left.name == right.name }
}

/// Compares words as people would: case, spaces, final points and brackets aside.
enum WordComparison {
    static func isEqual(_ first: String, _ second: String) -> Bool {
        let (x, y) = (normalize(first), normalize(second))
        if x.count <= 1 || y.count <= 1 { return x == y }
        return x.lowercased() == y.lowercased()
    }

    private static func normalize(_ text: String) -> String {
        var words = text.split(whereSeparator: { $0.isWhitespace || $0 == "~" || $0 == "$" })
            .joined(separator: " ")
        for mark in ["\\text", "\\mathrm", "{", "}", "\\ ", "\\,", "\\!"] {
            words = words.split(separator: mark).joined()
        }
        let trimmed: Set<Character> = ["(", ")", ".", "*", " ", "\"", "'", "!", ","]
        while let last = words.last, trimmed.contains(last) { words.removeLast() }
        while let first = words.first, trimmed.contains(first) { words.removeFirst() }
        return words
    }
}
