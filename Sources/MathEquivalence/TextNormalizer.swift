// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Rewrites Unicode mathematics and wrappers as the ASCII that the lexer reads.
enum TextNormalizer {
    /// Replacements by scalar; "" drops it.
    private static let replacements: [UInt32: String] = {
        var table: [UInt32: String] = [:]
        let pairs: [(String, String)] = [
            ("−", "-"), ("–", "-"), ("—", "-"), ("‐", "-"), ("‑", "-"), ("﹣", "-"), ("－", "-"),
            ("×", "\\times "), ("·", "\\cdot "), ("⋅", "\\cdot "), ("∙", "\\cdot "),
            ("∗", "\\ast "), ("÷", "\\div "), ("±", "\\pm "), ("∓", "\\mp "),
            ("√", "\\radical "), ("∛", "\\cuberadical "), ("π", "\\pi "), ("∞", "\\infty "),
            ("≤", "\\le "), ("≥", "\\ge "), ("⩽", "\\le "), ("⩾", "\\ge "), ("≠", "\\ne "),
            ("≈", "\\approx "), ("≡", "\\equiv "), ("∈", "\\in "), ("∉", "\\notin "),
            ("∪", "\\cup "), ("∩", "\\cap "), ("∖", "\\setminus "), ("∅", "\\emptyset "),
            ("ℝ", "\\mathbb{R}"), ("ℤ", "\\mathbb{Z}"), ("ℚ", "\\mathbb{Q}"),
            ("ℕ", "\\mathbb{N}"), ("ℂ", "\\mathbb{C}"), ("→", "\\to "), ("⇒", "\\implies "),
            ("…", "\\ldots "), ("⋯", "\\cdots "), ("°", "\\degree "), ("º", "\\degree "),
            ("′", "'"), ("’", "'"), ("⌊", "\\lfloor "), ("⌋", "\\rfloor "), ("⌈", "\\lceil "),
            ("⌉", "\\rceil "), ("⟨", "\\langle "), ("⟩", "\\rangle "), ("∑", "\\sum "),
            ("∏", "\\prod "), ("∫", "\\int "), ("∠", "\\angle "), ("△", "\\triangle "),
            ("，", ", "), ("、", ", "), ("；", "; "), ("：", ":"), ("∶", ":"), ("（", "("), ("）", ")"),
            ("［", "["), ("］", "]"), ("｛", "\\{"), ("｝", "\\}"), ("。", ". "), ("．", "."),
            ("％", "%"), ("＝", "="), ("＋", "+"), ("／", "/"), ("＜", "<"), ("＞", ">"),
            ("｜", "|"), ("∣", "|"), ("＄", "\\$ "), ("€", "\\euro "), ("£", "\\pounds "),
            ("¥", "\\yuan "), ("￥", "\\yuan "), ("₹", "\\rupee "),
            ("⁄", "/"), ("∕", "/"), ("‰", "\\cdot\\frac{1}{1000}"), ("∜", "\\sqrt[4]"),
            ("℃", "^{\\circ}\\text{C}"), ("℉", "^{\\circ}\\text{F}"), ("″", "''"),
            ("≦", "\\le "), ("≧", "\\ge "), ("≅", "\\cong "), ("∥", "\\parallel "),
            ("⊥", "\\perp "), ("⊂", "\\subset "), ("⊆", "\\subseteq "),
            ("⇔", "\\iff "), ("と", " and "),
            ("和", " and "), ("或", " or "), ("∧", " and "),
            ("∨", " or "), ("\u{00A0}", " "), ("\u{2009}", " "), ("\u{202F}", " "),
            ("\u{3000}", " "), ("\u{2003}", " "), ("\u{2002}", " "), ("\u{200B}", ""),
            ("“", "\""), ("”", "\""), ("„", "\""), ("\u{200C}", ""), ("\u{200D}", ""),
            ("\u{FEFF}", ""), ("\u{2060}", ""),
            ("\u{00AD}", ""),
            ("\u{2061}", ""), ("\u{2062}", " "), ("µ", "\\mu "), ("Ω", "\\Omega "), ("ℓ", "\\ell "),
            ("ħ", "\\hbar "),
            ("∂", "\\partial "),
            ("½", "\\frac{1}{2}"), ("⅓", "\\frac{1}{3}"), ("⅔", "\\frac{2}{3}"),
            ("¼", "\\frac{1}{4}"), ("¾", "\\frac{3}{4}"), ("⅕", "\\frac{1}{5}"),
            ("⅖", "\\frac{2}{5}"), ("⅗", "\\frac{3}{5}"), ("⅘", "\\frac{4}{5}"),
            ("⅙", "\\frac{1}{6}"), ("⅚", "\\frac{5}{6}"), ("⅛", "\\frac{1}{8}"),
            ("⅜", "\\frac{3}{8}"), ("⅝", "\\frac{5}{8}"), ("⅞", "\\frac{7}{8}"),
        ]
        for (key, value) in pairs {
            if let scalar = key.unicodeScalars.first { table[scalar.value] = value }
        }
        for (offset, name) in [
            "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
            "lambda", "mu", "nu", "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon",
            "phi", "chi", "psi", "omega",
        ].enumerated() {
            table[0x3B1 + UInt32(offset)] = "\\\(name) "
        }
        table[0x3D5] = "\\phi "
        for (scalar, name) in [
            (0x393, "Gamma"), (0x394, "Delta"), (0x398, "Theta"), (0x39B, "Lambda"), (0x39E, "Xi"),
            (0x3A3, "Sigma"), (0x3A6, "Phi"), (0x3A8, "Psi"), (0x3A9, "Omega"),
        ] {
            table[UInt32(scalar)] = "\\\(name) "
        }
        for digit in 0..<10 { table[0xFF10 + UInt32(digit)] = String(digit) }
        for letter in 0..<26 {
            table[0xFF21 + UInt32(letter)] = String(UnicodeScalar(UInt8(65 + letter)))
            table[0xFF41 + UInt32(letter)] = String(UnicodeScalar(UInt8(97 + letter)))
        }
        return table
    }()

    private static let raised: [UInt32: Character] = [
        0x2070: "0", 0xB9: "1", 0xB2: "2", 0xB3: "3", 0x2074: "4", 0x2075: "5", 0x2076: "6",
        0x2077: "7", 0x2078: "8", 0x2079: "9", 0x207A: "+", 0x207B: "-", 0x207F: "n",
        0x207D: "(", 0x207E: ")",
    ]
    private static let lowered: [UInt32: Character] = {
        var table: [UInt32: Character] = [:]
        for digit in 0..<10 { table[0x2080 + UInt32(digit)] = Character(String(digit)) }
        return table
    }()

    /// The bytes the lexer reads, without a trailing NUL.
    static func normalize(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard mayNeedRewriting(bytes) else { return Array(bytes) }
        var result: [UInt8]
        if bytes.contains(where: { $0 >= 0x80 }) {
            result = rewriteUnicode(String(decoding: bytes, as: UTF8.self))
        } else {
            result = Array(bytes)
        }
        restoreCommands(&result)
        unescapeDoubledBackslashes(&result)
        unquote(&result)
        return result
    }

    /// Whether any rule below could apply; most texts are ASCII without quotation marks.
    private static func mayNeedRewriting(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var isBehindSlash = false
        for byte in bytes {
            let isSlash = byte == UInt8(ascii: "\\")
            if byte >= 0x80 || byte < 14 || byte == 34 || byte == 96 || isSlash && isBehindSlash {
                return true
            }
            isBehindSlash = isSlash
        }
        return false
    }

    /// What is left of commands whose backslash a string literal swallowed: a form feed and "rac".
    private static let swallowed: [(control: UInt8, letter: UInt8, rests: [[UInt8]])] = [
        (7, "a", ["lpha"]), (8, "b", ["oxed", "inom", "egin", "eta"]),
        (9, "t", ["imes", "ext{", "frac", "heta"]), (11, "v", ["ec{"]), (12, "f", ["rac", "box"]),
        (13, "r", ["ight"]),
    ].map { ($0.0, UInt8(ascii: $0.1), $0.2.map { Array($0.utf8) }) }

    private static func restoreCommands(_ bytes: inout [UInt8]) {
        guard bytes.contains(where: { $0 < 14 && $0 != 10 }) else { return }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        for (index, byte) in bytes.enumerated() {
            guard byte < 14, let entry = swallowed.first(where: { $0.control == byte }),
                entry.rests.contains(where: { bytes[(index + 1)...].starts(with: $0) })
            else {
                result.append(byte)
                continue
            }
            if result.last != UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
            result.append(entry.letter)
        }
        bytes = result
    }

    /// Takes quotation marks or backticks off an answer that stands in them.
    private static func unquote(_ bytes: inout [UInt8]) {
        guard let start = bytes.firstIndex(where: { !isASCIISpace($0) }),
            let end = bytes.lastIndex(where: { !isASCIISpace($0) }), end > start + 1,
            bytes[start] == bytes[end], bytes[start] == 96 || bytes[start] == 34,
            !bytes[(start + 1)..<end].contains(bytes[start])
        else { return }
        bytes = Array(bytes[(start + 1)..<end])
    }

    /// A mark over digits: U+0305, a bar, or U+0307, a dot.
    private static func overMark(_ scalar: UInt32) -> String? {
        scalar == 0x305 ? "\\overline{" : scalar == 0x307 ? "\\dot{" : nil
    }

    /// What one reading of several scalars gives: `²²⁄₇` and `0.3̅`; nil for anything else.
    private static func group(
        _ scalars: [Unicode.Scalar], _ start: Int
    ) -> (text: String, next: Int)? {
        var index = start
        if scalars[start].isASCII, isASCIIDigit(UInt8(scalars[start].value)) {
            var digits = ""
            while index + 1 < scalars.count, scalars[index].isASCII,
                isASCIIDigit(UInt8(scalars[index].value)),
                scalars[index + 1].value
                    == scalars[start + (start + 1 < scalars.count ? 1 : 0)].value,
                overMark(scalars[index + 1].value) != nil
            {
                digits.unicodeScalars.append(scalars[index])
                index += 2
                if scalars[start + 1].value == 0x307 { break }
            }
            guard index > start, let mark = overMark(scalars[start + 1].value) else { return nil }
            return (mark + digits + "}", index)
        }
        var (above, below) = ("", "")
        while index < scalars.count, let digit = raised[scalars[index].value] {
            above.append(digit)
            index += 1
        }
        guard !above.isEmpty, index < scalars.count, scalars[index].value == 0x2044 else {
            return nil
        }
        index += 1
        while index < scalars.count, let digit = lowered[scalars[index].value] {
            below.append(digit)
            index += 1
        }
        return below.isEmpty ? nil : ("\\frac{\(above)}{\(below)}", index)
    }

    private static func rewriteUnicode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count * 2)
        var script: UInt8 = 0
        let scalars = Array(text.unicodeScalars)
        var skipped = 0
        for (index, scalar) in scalars.enumerated() {
            if index < skipped { continue }
            let isPlain =
                scalar.isASCII
                && (index + 1 == scalars.count || overMark(scalars[index + 1].value) == nil)
            if isPlain {
                if script != 0 { result.append(UInt8(ascii: "}")) }
                script = 0
                result.append(UInt8(scalar.value))
                continue
            }
            if script == 0, let (text, next) = group(scalars, index) {
                result.append(contentsOf: text.utf8)
                skipped = next
                continue
            }
            let (mark, digit) = scriptDigit(scalar.value)
            if mark != script {
                if script != 0 { result.append(UInt8(ascii: "}")) }
                if mark != 0 { result.append(contentsOf: [mark, UInt8(ascii: "{")]) }
                script = mark
            }
            if let digit {
                result.append(contentsOf: String(digit).utf8)
            } else if let replacement = replacements[scalar.value] {
                result.append(contentsOf: replacement.utf8)
            } else {
                result.append(contentsOf: String(scalar).utf8)
            }
        }
        if script != 0 { result.append(UInt8(ascii: "}")) }
        return result
    }

    private static func scriptDigit(_ scalar: UInt32) -> (mark: UInt8, digit: Character?) {
        guard scalar >= 0xB2 else { return (0, nil) }
        if let digit = raised[scalar] { return (UInt8(ascii: "^"), digit) }
        if let digit = lowered[scalar] { return (UInt8(ascii: "_"), digit) }
        return (0, nil)
    }

    /// `\\frac` outside a grid is a doubly escaped `\frac`: a row break has no meaning there.
    private static func unescapeDoubledBackslashes(_ bytes: inout [UInt8]) {
        let slash = UInt8(ascii: "\\")
        guard hasDoubledBackslash(bytes), !contains(bytes, "\\begin") else { return }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let isDoubled =
                bytes[index] == slash && index + 2 < bytes.count && bytes[index + 1] == slash
                && (isASCIILetter(bytes[index + 2]) || bytes[index + 2] == UInt8(ascii: "{")
                    || bytes[index + 2] == UInt8(ascii: "}"))
            if isDoubled { index += 1 }
            result.append(bytes[index])
            index += 1
        }
        bytes = result
    }

    private static func hasDoubledBackslash(_ bytes: [UInt8]) -> Bool {
        var isBehindSlash = false
        for byte in bytes {
            let isSlash = byte == UInt8(ascii: "\\")
            if isSlash && isBehindSlash { return true }
            isBehindSlash = isSlash
        }
        return false
    }

    private static func contains(_ bytes: [UInt8], _ needle: StaticString) -> Bool {
        let count = needle.utf8CodeUnitCount
        guard bytes.count >= count else { return false }
        let pattern = UnsafeBufferPointer(start: needle.utf8Start, count: count)
        var start = 0
        while start + count <= bytes.count {
            if bytes[start..<start + count].elementsEqual(pattern) { return true }
            start += 1
        }
        return false
    }
}

func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }
func isASCIIDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
func isASCIISpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }
