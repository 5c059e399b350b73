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
        let half = spelling.filter { !". ".contains($0) }.lowercased()
        if half == "am" || half == "pm" {
            // Halves of the day: a time in one is none in the other.
            (name, measure, scale) = (half, [half], nil)
            return
        }
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
        if x == y { return true }
        let (left, right) = (String(decoding: x, as: UTF8.self), String(decoding: y, as: UTF8.self))
        if left.count <= 1 || right.count <= 1 { return left == right }
        return left.lowercased() == right.lowercased()
    }

    private static let dropped = ["\\text", "\\mathrm", "{", "}", "\\ ", "\\,", "\\!"]
        .map { Array($0.utf8) }
    private static let droppedStarts = ByteSet("\\{}")
    private static let border = ByteSet("().* \"'!,")

    /// One space for each run of white space, without layout, and without marks at the border.
    private static func normalize(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        var kept: [UInt8] = []
        kept.reserveCapacity(bytes.count)
        var index = 0
        var hasSpace = false
        while index < bytes.count {
            let byte = bytes[index]
            if isASCIISpace(byte) || byte == UInt8(ascii: "~") || byte == UInt8(ascii: "$") {
                hasSpace = true
                index += 1
                continue
            }
            if droppedStarts.contains(byte),
                let mark = dropped.first(where: { bytes[index...].starts(with: $0) })
            {
                index += mark.count
                continue
            }
            if hasSpace, !kept.isEmpty { kept.append(UInt8(ascii: " ")) }
            hasSpace = false
            kept.append(byte)
            index += 1
        }
        guard let first = kept.firstIndex(where: { !border.contains($0) }),
            let last = kept.lastIndex(where: { !border.contains($0) })
        else { return [] }
        return Array(kept[first...last])
    }
}
