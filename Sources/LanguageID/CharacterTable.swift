// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What a character means to language identification.
enum CharacterKind: UInt8 {
    /// Ends a word: white space, punctuation, digits, symbols, controls, unassigned.
    case separator
    /// Vanishes without ending the word: zero-width, bidirectional and variation characters, and
    /// combining accents, none of which may split or disguise a word.
    case ignored
    /// Continues a word but does not begin one: vowel signs and the like.
    case mark
    /// A letter of a script that writes words with several letters.
    case letter
    /// A letter of a script without spaces between words, where one letter is already evidence.
    case dense
}

/// Kind and lower case of every character of the Basic Multilingual Plane.
///
/// Filled once from the Unicode data of the Swift standard library, then read by all threads.
struct CharacterTable: @unchecked Sendable {
    // Invariant behind `@unchecked`: both blocks are written in `init` only and never freed,
    // because the one instance lives as long as the process.
    let kinds: UnsafePointer<UInt8>
    /// Lower-case form; the character itself where there is none of one BMP character that is as
    /// short in UTF-8, so that stripped text is never longer than its source.
    let folded: UnsafePointer<UInt16>

    static let shared = CharacterTable()

    private init() {
        let size = 0x10000
        let kinds = UnsafeMutablePointer<UInt8>.allocate(capacity: size)
        let folded = UnsafeMutablePointer<UInt16>.allocate(capacity: size)
        for value in 0..<size {
            folded[value] = UInt16(value)
            kinds[value] = CharacterKind.separator.rawValue
            guard let scalar = Unicode.Scalar(UInt16(value)) else { continue }  // surrogates
            let fold = foldedForm(of: scalar)
            folded[value] = UInt16(fold.value)
            kinds[value] = characterKind(of: fold).rawValue
        }
        self.kinds = UnsafePointer(kinds)
        self.folded = UnsafePointer(folded)
    }

    /// Kind of any character; beyond the BMP it is computed.
    @inline(__always)
    func kind(_ value: UInt32) -> UInt8 {
        value < 0x10000 ? kinds[Int(value)] : kindBeyondBMP(value)
    }

    @inline(never)
    private func kindBeyondBMP(_ value: UInt32) -> UInt8 {
        guard let scalar = Unicode.Scalar(value) else { return CharacterKind.separator.rawValue }
        return characterKind(of: scalar).rawValue
    }
}

private func characterKind(of scalar: Unicode.Scalar) -> CharacterKind {
    switch scalar.value {
    case 0xaa, 0xba: .separator  // ordinal signs follow numbers
    case 0x2100...0x214f: .separator  // ℝ, ℵ and other letter-like symbols of formulas
    case 0x0300...0x036f, 0x1ab0...0x1aff, 0x1dc0...0x1dff, 0x20d0...0x20ff, 0xfe20...0xfe2f:
        .ignored  // combining accents
    case 0x115f, 0x1160, 0x3164, 0xffa0: .ignored  // Hangul fillers, which are blank letters
    default: kindByCategory(scalar)
    }
}

private func kindByCategory(_ scalar: Unicode.Scalar) -> CharacterKind {
    if scalar.properties.isDefaultIgnorableCodePoint { return .ignored }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        return Script(of: scalar.value).isDense ? .dense : .letter
    case .nonspacingMark, .spacingMark: return .mark
    case .format: return .ignored
    default: return .separator
    }
}

private func foldedForm(of scalar: Unicode.Scalar) -> Unicode.Scalar {
    let value = scalar.value
    let plain: UInt32? =
        switch value {
        case 0x24b6...0x24cf: value - 0x24b6 + 0x61  // Ⓐ
        case 0x24d0...0x24e9: value - 0x24d0 + 0x61  // ⓐ
        case 0xff21...0xff3a: value - 0xff21 + 0x61  // Ａ
        case 0xff41...0xff5a: value - 0xff41 + 0x61  // ａ
        default: nil
        }
    if let plain, let letter = Unicode.Scalar(plain) { return letter }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    guard let first = lower.first, lower.count == 1, first.value < 0x10000,
        utf8Width(first.value) <= utf8Width(value)
    else { return scalar }
    return first
}

/// The ASCII letter that a mathematical alphanumeric symbol (𝐀, 𝒷, 𝕔 …) is a style of.
///
/// - Parameter value: any code point.
/// - Returns: the lower-case letter, or nil outside U+1D400 … U+1D6A3, where 13 alphabets of 52
///   letters follow each other (Unicode chart U1D400).
@inline(__always)
func plainLetter(ofMathematical value: UInt32) -> UInt8? {
    guard (0x1d400...0x1d6a3).contains(value) else { return nil }
    return UInt8((value - 0x1d400) % 26 + 0x61)
}
