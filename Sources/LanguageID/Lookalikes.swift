// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Cyrillic and Greek letters that look like Latin ones.
enum Lookalikes {
    /// The lower-case ASCII letter that a lower-case letter, or its capital, looks like.
    ///
    /// - Parameter value: a code point.
    /// - Returns: the letter; 0 for none.
    @inline(__always)
    static func latin(_ value: UInt32) -> UInt8 {
        first <= value && value <= last ? table[Int(value - first)] : 0
    }

    /// Whether a code point belongs to one of the two alphabets.
    @inline(__always)
    static func isAlphabet(_ value: UInt32) -> Bool { first <= value && value <= last }

    private static let first: UInt32 = 0x370  // Greek, then Cyrillic
    private static let last: UInt32 = 0x52f

    private static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: Int(last - first) + 1)
        let pairs: [(other: String, latin: String)] = [
            ("авсеһіјкӏмнорԛѕтухԝԁ", "abcehijklmhopqstyxwd"),
            ("αβεζηικμνορτυχγωϳ", "abeznikmvoptuxywj"),
        ]
        for (others, latin) in pairs {
            for (other, plain) in zip(others.unicodeScalars, latin.unicodeScalars) {
                table[Int(other.value - first)] = UInt8(plain.value)
            }
        }
        return table
    }()
}
