// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells in one pass whether a text may hold a list of options at all.
///
/// Most statements do not, and the search for lists reads a copy of the text many times.
enum OptionSigns {
    /// Whether two labels in order stand alone, or anything marks items without labels.
    ///
    /// - Returns: false only where no list can be found.
    static func stand(in text: [UInt8]) -> Bool {
        var upper: UInt32 = 0
        var lower: UInt32 = 0
        var digits: UInt32 = 0
        return text.withUnsafeBufferPointer { text in
            for index in text.indices {
                let byte = text[index]
                if byte >= 0x80 || byte == UInt8(ascii: "<") { return true }
                let next = index + 1 < text.count ? text[index + 1] : 0
                let before = index > 0 ? text[index - 1] : 0x0a
                if byte.lowered == UInt8(ascii: "m"), isWord(text, index) { return true }
                if byte.isLetterOrDigit {
                    // "a", "b" and digits are everywhere; as labels they have a mark or a line.
                    if next.isLetterOrDigit || before.isLetter { continue }
                    let bit = UInt32(1) << UInt32(byte & 0x1f)
                    if byte.isUpper {
                        upper |= bit
                    } else if hasMark(next) || before == 0x0a {
                        if byte.isDigit { digits |= bit } else { lower |= bit }
                    }
                } else if byte == 0x5c, isItem(text, index + 1) {
                    return true
                } else if "-*([".utf8.contains(byte), before == 0x0a {
                    return true
                } else if byte == UInt8(ascii: ":"), isWord(text, index) {
                    return true
                }
            }
            return upper & first == first || upper & act == act || lower & first == first
                || digits & numbers == numbers || upper & roman != 0 || lower & roman != 0
        }
    }

    /// A and B; F and G; I; 1 and 2: by the low five bits of their codes.
    private static let first: UInt32 = 0b110
    private static let act: UInt32 = 0b1100_0000
    private static let roman: UInt32 = 1 << 9
    private static let numbers: UInt32 = 0b110 << 16

    private static func hasMark(_ byte: UInt8) -> Bool { ".):]}*$/-;>|_`".utf8.contains(byte) }

    /// `\\item`, `\\choice`, `\\task`, `\\begin`.
    private static func isItem(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        items.contains { index < text.count && text[index...].starts(with: $0) }
    }

    /// `options:`, `choose from`.
    private static func isWord(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Bool {
        let head = text[max(0, index - 8)...index]
        return words.contains { word in
            head.count >= word.count
                && head.suffix(word.count).elementsEqual(word) { $0.lowered == $1 }
        }
    }

    private static let items = ["item", "choice", "task", "begin{en", "CorrectChoice"].map {
        Array($0.utf8)
    }
    private static let words = [
        "tions:", "oices:", "tives:", "nswers:", "onses:", "estas:", "ciones:", "pzioni:", "one:",
        "mong:", "from", "iten:", "rten:",
    ].map { Array($0.utf8) }
}
