// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import LanguageID
import Testing

@Suite("Text stripper")
struct TextStripperTests {
    @Test("keeps the words and nothing else", arguments: LanguageCase.load("strip.jsonl"))
    func table(_ entry: LanguageCase) {
        #expect(TextStripper.strip(ByteString(entry.text)).string == entry.stripped)
    }

    @Test(
        "stripping what was stripped changes nothing",
        arguments: LanguageCase.load("strip.jsonl") + LanguageCase.load("attacks.jsonl"))
    func idempotent(_ entry: LanguageCase) {
        let once = TextStripper.strip(ByteString(entry.text))

        #expect(TextStripper.strip(once) == once)
    }

    @Test("malformed UTF-8 separates words")
    func malformed() {
        let sequences: [[UInt8]] = [
            [0xff], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82], [0x80],
        ]
        for sequence in sequences {
            let text = ByteString(Array("one".utf8) + sequence + Array("two".utf8))
            #expect(TextStripper.strip(text).string == "one two", "\(sequence)")
        }
    }

    @Test("a character cut off at the end is dropped", arguments: ["é", "答", "𝐀"])
    func truncated(character: String) {
        let bytes = Array(character.utf8)
        for count in 1..<bytes.count {
            let text = ByteString(Array("end ".utf8) + bytes[..<count])
            #expect(TextStripper.strip(text).string == "end")
        }
    }

    @Test("random bytes and random markup never break an invariant")
    func randomBytes() {
        var numbers = SeededNumbers(state: 20_261_121)
        let pieces = [
            "$", "$$", "\\(", "\\]", "\\begin{align}", "\\end{x}", "\\text{", "{", "}", "`", "```",
            "~~~\n", "\n", "\n\n", "<b", ">", "https://", "&amp;", "\\boxed{", "word", "的", "é",
            "\u{300}", " ", "\\", "7",
        ].map { Array($0.utf8) }
        for _ in 0..<2_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<40, using: &numbers) {
                if Bool.random(using: &numbers) {
                    bytes += pieces[Int.random(in: 0..<pieces.count, using: &numbers)]
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &numbers))
                }
            }
            bytes.withUnsafeBytes { TextStripper.fuzzStrip($0) }
        }
    }

    /// A pattern for which a careless look-ahead would take quadratic time.
    static let hostilePatterns = [
        "$", "$a ", "$$ $", "\\(", "\\text{", "{", "}", "`", "``` ", "\n```", "`a``", "<a ", "<",
        "\\boxed{", "\\begin{", "&", "\n ", "https://", "\\", "~~~\n", "\u{200b}", "\u{300}",
        "a\u{300}", "\\$", "$\n", "\n`````", "\u{ff}", "Ⱥ", "İ", "$$\\$", "www.", "aа", "<b a>",
    ]

    @Test(
        "megabytes of anything finish",
        arguments: hostilePatterns.map { ($0, 1 << 20) } + [("$", 10 << 20), ("答", 10 << 20)])
    func hostile(pattern: String, size: Int) {
        let unit = Array(pattern.utf8)
        let storage = ByteStorage(count: size)
        for index in 0..<size {
            let byte = unit[index % unit.count]
            storage.base.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        }

        let stripped = TextStripper.strip(ByteString(storage, range: 0..<size))

        #expect(stripped.count <= size)
    }

    @Test("fences of falling length, each unclosed and full of prose, are measured once")
    func fallingFences() {
        let prose = String(repeating: "let us think about the sum again\n", count: 500)
        var text = ""
        for length in stride(from: 200, to: 3, by: -1) {
            text += String(repeating: "~", count: length) + "\n" + prose
        }

        let stripped = TextStripper.strip(ByteString(text))

        #expect(stripped.string.hasPrefix("let us think about the sum"))
        #expect(stripped.count > 3_000_000)
    }
}
