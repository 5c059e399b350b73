// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Finds what a sentence of words states when it holds exactly one number or formula.
///
/// "So Jane began 3 hours ago." states 3. A sentence with a sign of arithmetic, a second number, a
/// negation or a word that changes the number states nothing.
enum ConclusionFinder {
    /// Words that begin a conclusion, in lower case as far as they are ASCII.
    private static let marks: [Mark] = [
        "so", "thus", "hence", "therefore", "consequently", "in total", "donc", "ainsi", "also",
        "daher", "somit", "por lo tanto", "entonces", "quindi", "dunque", "portanto", "итак",
        "Итак", "поэтому", "Поэтому", "следовательно", "Следовательно", "इसलिए", "अतः", "所以",
        "因此", "故",
    ]

    private static let starts = ByteSet(AnswerExtractor.firstBytes(of: marks))
    private static let punctuation = ByteSet(",;:'\"-()!*")

    private static let refusingWords: Set<String> = [
        "not", "no", "never", "neither", "or", "cannot", "isn't", "pas", "jamais", "ou", "nicht",
        "kein", "keine", "oder", "nie", "ni", "non", "né", "não", "не", "ни", "или", "नहीं", "या",
        "wrong", "false", "incorrect", "faux", "fausse", "falsch", "falso", "falsa", "sbagliato",
        "errado", "неверно", "unknown", "least", "most", "more", "less", "fewer", "plus", "moins",
        "mehr",
        "weniger", "più", "meno", "más", "menos", "approximately", "roughly", "nearly", "almost",
    ]

    /// Parts of words, in scripts that put no spaces between them, that deny or change a number.
    private static let refusingParts: [Mark] = [
        "不", "没", "沒", "非", "无", "無", "或", "错", "錯", "至少", "至多", "约", "約", "超过", "多于",
        "少于", "十", "百", "千", "万", "萬", "亿", "億",
    ]

    /// Whether a sentence holds a word that denies what it says, or names alternatives.
    static func isDenied(_ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>) -> Bool {
        if hasRefusingPart(bytes, sentence) { return true }
        return wordRanges(bytes, sentence).contains { range in
            let isContraction =
                range.count >= 3
                && AnswerExtractor.matches(
                    bytes, range.upperBound - 3, range.upperBound, contraction)
            return isContraction
                || range.count <= denialBytesMax && denials.contains(word(bytes, range))
        }
    }

    /// Words before "the answer is" that call untrue what follows.
    private static let disowning: Set<String> = [
        "wrong", "false", "untrue", "incorrect", "nobody", "faux", "falsch", "falso", "falsa",
        "incorrecto", "sbagliato", "errado", "неверно", "неправда",
    ]

    /// Whether what leads up to a statement takes it back: "It is not true that the answer is".
    static func isDisowned(_ bytes: UnsafeRawBufferPointer, _ lead: Range<Int>) -> Bool {
        guard lead.count <= 300 else { return false }
        let words = words(bytes, lead)
        return words.contains(where: disowning.contains)
            || zip(words, words.dropFirst()).contains { first, second in
                ["not", "isn't", "nicht", "pas", "no", "non"].contains(first)
                    && ["true", "correct", "right", "wahr", "vrai", "cierto", "vero"]
                        .contains(second)
            }
    }

    private static let contraction: Mark = "n't"
    /// More than the longest of `denials` in either case.
    private static let denialBytesMax = 32

    private static let denials: Set<String> = [
        "not", "no", "never", "neither", "nobody", "cannot", "wrong", "untrue", "false",
        "incorrect", "pas", "faux",
        "nicht", "kein", "keine", "falsch", "non", "falso", "falsa", "sbagliato", "não", "errado",
        "не", "неверно",
    ]

    private static func hasRefusingPart(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>
    ) -> Bool {
        sentence.contains { index in
            // All of them are Chinese characters, of three bytes from E4 on.
            bytes[index] >= 0xe4
                && refusingParts.contains {
                    index + $0.count <= sentence.upperBound
                        && bytes[index..<index + $0.count].elementsEqual($0.bytes)
                }
        }
    }

    private static let wordSeparators = ByteSet(" ,;:\"-()!*.\t\r\n$")

    private static func wordRanges(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>
    ) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = sentence.lowerBound
        for index in sentence where wordSeparators.contains(bytes[index]) {
            if start < index { ranges.append(start..<index) }
            start = index + 1
        }
        if start < sentence.upperBound { ranges.append(start..<sentence.upperBound) }
        return ranges
    }

    /// In lower case.
    private static func word(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self).lowercased()
    }

    private static func words(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>
    ) -> [String] {
        wordRanges(bytes, sentence).map { word(bytes, $0) }
    }

    /// The number that the last conclusion of the text states; nil if it states none.
    static func lastConclusion(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var index = bytes.count - 1
        let stop = max(0, bytes.count - 300)
        while index >= stop {
            let startsWord =
                starts.contains(bytes[index]) && (index == 0 || !isASCIILetter(bytes[index - 1]))
            if startsWord, let mark = marks.first(where: { matches(bytes, index, $0) }) {
                return onlyNumber(bytes, index + mark.count..<bytes.count)
            }
            index -= 1
        }
        return nil
    }

    private static func matches(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ mark: Mark
    ) -> Bool {
        guard start + mark.count <= bytes.count else { return false }
        for (offset, byte) in mark.bytes.enumerated() {
            let other = bytes[start + offset]
            if other != byte, !(isASCIILetter(byte) && other ^ byte == 32) { return false }
        }
        let end = start + mark.count
        return mark[0] >= 0x80 || end == bytes.count || !isASCIILetter(bytes[end])
    }

    /// The one number of a sentence of words; nil if anything else stands there.
    static func onlyNumber(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>
    ) -> Range<Int>? {
        guard sentence.count <= 300 else { return nil }
        var found: Range<Int>?
        var index = sentence.lowerBound
        while index < sentence.upperBound {
            let byte = bytes[index]
            if isASCIIDigit(byte) {
                let end = numberEnd(bytes, index, sentence.upperBound)
                guard found == nil, !isGlued(bytes, index, sentence.lowerBound) else { return nil }
                found = index..<end
                index = end
                if end < sentence.upperBound, isASCIILetter(bytes[end]) { return nil }
                continue
            }
            if byte == UInt8(ascii: ".") {
                // The sentence ends; a second one would have to be judged as well.
                let rest = bytes[(index + 1)..<sentence.upperBound]
                guard rest.allSatisfy({ isASCIISpace($0) || $0 == 42 }) else { return nil }
                break
            }
            if isOperator(bytes, index) { return nil }
            guard
                isASCIILetter(byte) || byte >= 0x80 || isASCIISpace(byte)
                    || punctuation.contains(byte)
            else { return nil }
            index += 1
        }
        guard let found, saysItPlainly(bytes, sentence) else { return nil }
        return found
    }

    /// Whether a sign of mathematics outside ASCII stands here: `≠`, `≤`, `±`, `×`, `½`.
    private static func isOperator(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch (bytes[index], bytes[index + 1]) {
        // U+2190 … U+22FF and U+2A00 … U+2AFF: arrows and operators.
        case (0xe2, 0x86...0x8b), (0xe2, 0xa8...0xab): return true
        // ±, ², ³, ¼ … ¾, ×, ÷.
        case (0xc2, 0xb1...0xb3), (0xc2, 0xbc...0xbe), (0xc3, 0x97), (0xc3, 0xb7): return true
        default: return false
        }
    }

    /// Whether a number touches what stands before it: a sign, a letter, a currency.
    ///
    /// Chinese puts no space between words and numbers, so its characters may touch.
    private static func isGlued(
        _ bytes: UnsafeRawBufferPointer, _ index: Int, _ start: Int
    ) -> Bool {
        guard index > start, !isASCIISpace(bytes[index - 1]) else { return false }
        var lead = index - 1
        while lead > start, bytes[lead] & 0xc0 == 0x80 { lead -= 1 }
        return !(0xe4...0xe9).contains(bytes[lead])
    }

    /// Digits with grouping commas and one decimal point.
    private static func numberEnd(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ limit: Int
    ) -> Int {
        var end = start
        while end < limit {
            let isMark = bytes[end] == 44 || bytes[end] == 46
            let isInside = isMark && end + 1 < limit && isASCIIDigit(bytes[end + 1])
            guard isASCIIDigit(bytes[end]) || isInside else { break }
            end += 1
        }
        return end
    }

    private static func saysItPlainly(
        _ bytes: UnsafeRawBufferPointer, _ sentence: Range<Int>
    ) -> Bool {
        if hasRefusingPart(bytes, sentence) { return false }
        let named = words(bytes, sentence).filter { $0.utf8.contains { !isASCIIDigit($0) } }
        return (named.count >= 2 || named.contains { $0.utf8.contains { $0 >= 0xe4 } })
            && !named.contains { refusingWords.contains($0) || Parser.changingRemarks.contains($0) }
    }

    /// The one formula between `$` marks in a text that holds nothing else but words.
    static func onlyFormula(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) -> Range<Int>? {
        let marks = range.filter { bytes[$0] == UInt8(ascii: "$") }
        guard marks.count == 2, marks[1] - marks[0] > 1 else { return nil }
        let outside = [range.lowerBound..<marks[0], marks[1] + 1..<range.upperBound]
        let hasWords = outside.contains { bytes[$0].contains(where: isASCIILetter) }
        let isWords = outside.allSatisfy {
            bytes[$0].allSatisfy { isASCIILetter($0) || isASCIISpace($0) || $0 == 44 || $0 == 46 }
        }
        guard hasWords, isWords else { return nil }
        let text = outside.map { String(decoding: bytes[$0], as: UTF8.self).lowercased() }
        let words = text.flatMap { $0.split(whereSeparator: { " ,.\t\r\n".contains($0) }) }
        let isPlain = !words.contains {
            refusingWords.contains(String($0)) || Parser.changingRemarks.contains(String($0))
        }
        return isPlain ? marks[0] + 1..<marks[1] : nil
    }
}
