// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A writing system, as far as it tells languages apart.
enum Script: Int, CaseIterable {
    case latin, greek, cyrillic, hebrew, arabic, devanagari, thai, hangul, kana, han, other

    /// Whether words are written without spaces or with one letter a syllable, so that a single
    /// letter carries about as much evidence as a short Latin word.
    var isDense: Bool {
        switch self {
        case .han, .kana, .hangul, .thai: true
        default: false
        }
    }

    /// How many Latin letters one letter of this script counts for.
    ///
    /// 20 Latin letters and 4 Han characters are the same evidence. Thai writes its vowels as
    /// letters and counts one.
    var letterWeight: Int {
        switch self {
        case .han, .kana, .hangul: 5
        default: 1
        }
    }

    /// The script of a letter, by Unicode block.
    ///
    /// - Parameter value: the code point of a letter.
    init(of value: UInt32) {
        self =
            switch value {
            case 0...0x02af, 0x1d00...0x1dbf, 0x1e00...0x1eff, 0x2c60...0x2c7f, 0xa720...0xa7ff,
                0xab30...0xab6f, 0xfb00...0xfb06:
                .latin
            case 0x0370...0x03ff, 0x1f00...0x1fff: .greek
            case 0x0400...0x052f, 0x1c80...0x1c8f, 0x2de0...0x2dff, 0xa640...0xa69f: .cyrillic
            case 0x0590...0x05ff, 0xfb1d...0xfb4f: .hebrew
            case 0x0600...0x06ff, 0x0750...0x077f, 0x0870...0x08ff, 0xfb50...0xfdff,
                0xfe70...0xfeff:
                .arabic
            case 0x0900...0x097f, 0xa8e0...0xa8ff: .devanagari
            case 0x0e00...0x0e7f: .thai
            case 0x1100...0x11ff, 0x3130...0x318f, 0xa960...0xa97f, 0xac00...0xd7ff,
                0xffa0...0xffdc:
                .hangul
            case 0x3040...0x30ff, 0x31f0...0x31ff, 0xff66...0xff9f, 0x1b000...0x1b16f: .kana
            case 0x2e80...0x2fdf, 0x3005...0x3007, 0x3400...0x4dbf, 0x4e00...0x9fff,
                0xf900...0xfaff, 0x20000...0x3ffff:
                .han
            default: .other
            }
    }
}

/// Letters of a text by script.
struct ScriptCounts: Equatable {
    private var letters = SIMD16<UInt32>()

    /// Number of letters of one script.
    subscript(script: Script) -> Int { Int(letters[script.rawValue]) }

    /// All letters, each counted by its script's weight.
    var evidence: Int {
        Script.allCases.reduce(0) { $0 + self[$1] * $1.letterWeight }
    }

    /// The part of the evidence that Chinese, Japanese and Korean letters make.
    var eastAsianEvidence: Int {
        (self[.han] + self[.kana] + self[.hangul]) * Script.han.letterWeight
    }

    /// The script with the most evidence outside Han, kana and Hangul; the first of equals.
    var alphabet: Script {
        var best = Script.latin
        for script in Script.allCases where script.letterWeight == 1 {
            if self[script] > self[best] { best = script }
        }
        return best
    }

    /// Counts the letters of stripped text.
    ///
    /// - Parameter text: output of ``TextStripper``: valid UTF-8 of letters, marks and spaces.
    init(stripped text: UnsafeBufferPointer<UInt8>) {
        guard let base = text.baseAddress else { return }
        let table = CharacterTable.shared
        var latin: UInt32 = 0
        for byte in text { latin &+= byte & 0xc0 == 0x40 ? 1 : 0 }  // a…z are 0x61…0x7a
        var position = 0
        while position < text.count {
            guard base[position] >= 0x80 else {
                position += 1
                continue
            }
            let (value, width) = decodeUTF8(base + position, limit: text.count - position)
            position += width
            if value < 0x250 {  // the accented letters of Latin text, the most frequent by far
                latin += 1
            } else if table.kind(value) >= CharacterKind.letter.rawValue {
                letters[Script(of: value).rawValue] += 1
            }
        }
        letters[Script.latin.rawValue] += latin
    }
}
