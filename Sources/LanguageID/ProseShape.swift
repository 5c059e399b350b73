// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What a run of bytes looks like: enough to tell a sentence from a line of code.
struct ProseShape {
    /// Runs of letters, any of non-ASCII bytes counting as letters.
    private(set) var words = 0
    private(set) var letters = 0
    private(set) var nonASCII = 0
    /// Bytes that are no white space.
    private(set) var visible = 0
    /// Brackets, operators and underscores.
    private(set) var signs = 0

    /// Measures `bytes`.
    ///
    /// - Parameter bytes: any content.
    /// - Complexity: linear.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var isInWord = false
        for byte in bytes {
            let isLetter = isASCIILetter(byte) || byte >= 0x80
            if isLetter {
                letters += 1
                if byte >= 0x80 { nonASCII += 1 }
                if !isInWord { words += 1 }
            }
            isInWord = isLetter
            if byte > 0x20 {
                visible += 1
                if !isLetter, isCodeSign(byte) { signs += 1 }
            }
        }
    }

    /// Whether this reads as prose: at least `words` words, or four characters of a script
    /// written without spaces; four fifths letters, and no more than one sign of code in 16 bytes.
    ///
    /// - Parameter minimum: number of words that makes a sentence.
    /// - Returns: false for code, formulas and short labels.
    func isProse(words minimum: Int) -> Bool {
        (words >= minimum || nonASCII >= 12) && letters * 5 >= visible * 4
            && signs * 16 <= visible
    }
}

@inline(__always)
private func isCodeSign(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"),
        UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"), UInt8(ascii: ">"),
        UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "/"),
        UInt8(ascii: "_"), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "\\"):
        true
    default: false
    }
}
