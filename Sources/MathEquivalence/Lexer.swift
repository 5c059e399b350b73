// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Why an expression cannot be read.
struct ParseFailure: Error, Equatable {
    /// One sentence for people.
    var message: String
}

/// Cuts normalised bytes into tokens, in one pass.
///
/// Spaces, `$`, `\left`, styles and sizes vanish here. Numbers keep their spelling; what no rule
/// knows is an error, never skipped.
struct Lexer {
    let bytes: [UInt8]
    private(set) var tokens: [Token] = []
    /// Names of letters, contents of text runs, spellings of words; by `Token.value`.
    private(set) var strings: [String] = []
    private(set) var numbers: [NumberLiteral] = []
    private(set) var numberFlags: [UInt8] = []
    private var position = 0
    private var hasSpace = false
    /// Open round, square and set brackets: inside them a comma separates, it never groups digits.
    private var bracketDepth = 0
    /// Where the last written power of ten ended, so that `1e0` counts as a decimal.
    private var lastExponentEnd = -1
    /// From here on only white space and closing marks follow: a full stop or `**` may stand there.
    private let closingStart: Int
    /// Whether words were read already, so that a full stop may end a sentence.
    private var isInsideText = false
    /// Whether the next brace belongs to a box and groups nothing.
    private var isBoxNext = false

    init(bytes: [UInt8]) {
        self.bytes = bytes
        var end = bytes.count
        let closing: [UInt8] = [36, 42, 46, 125]
        while end > 0, isASCIISpace(bytes[end - 1]) || closing.contains(bytes[end - 1]) { end -= 1 }
        closingStart = end
        tokens.reserveCapacity(bytes.count / 2 + 4)
    }

    mutating func run() throws(ParseFailure) {
        skipMarkup()
        while position < bytes.count { try readToken() }
        append(.end, from: bytes.count)
    }

    private func peek(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    /// Whether `spelling` stands at `index`, which may lie behind the end.
    private func matches(_ spelling: String, at index: Int) -> Bool {
        guard index + spelling.utf8.count <= bytes.count else { return false }
        var position = index
        for byte in spelling.utf8 {
            if bytes[position] != byte { return false }
            position += 1
        }
        return true
    }

    private mutating func append(_ kind: TokenKind, _ value: Int32 = 0, from start: Int) {
        tokens.append(
            Token(
                kind: kind, value: value, start: Int32(start), end: Int32(position),
                followsSpace: hasSpace))
        hasSpace = false
    }

    private mutating func append(_ kind: TokenKind, string: String, from start: Int) {
        strings.append(string)
        append(kind, Int32(strings.count - 1), from: start)
    }

    /// Drops white space and markdown emphasis around the whole.
    private mutating func skipMarkup() {
        while position < bytes.count, isASCIISpace(peek()) { position += 1 }
        if peek() == 42, peek(1) == 42 { position += 2 }
    }

    private mutating func readToken() throws(ParseFailure) {
        let byte = bytes[position]
        switch byte {
        case _ where isASCIISpace(byte), UInt8(ascii: "$"), UInt8(ascii: "~"):
            hasSpace = true
            position += 1
        case _ where isASCIIDigit(byte):
            readNumber()
        case UInt8(ascii: ".") where isASCIIDigit(peek(1)):
            readNumber()
        case UInt8(ascii: "."):
            try readDots()
        case _ where isASCIILetter(byte) || byte >= 0x80:
            readWord()
        case UInt8(ascii: "\\"):
            try readCommand()
        default:
            try readPunctuation(byte)
        }
    }

    private mutating func readDots() throws(ParseFailure) {
        let start = position
        if peek(1) == 46, peek(2) == 46 {
            position += 3
            append(.ellipsis, from: start)
            return
        }
        position += 1
        guard start >= closingStart || isInsideText else {
            throw ParseFailure(message: "A full stop stands inside the expression.")
        }
    }

    private mutating func readWord() {
        let start = position
        while position < bytes.count, isASCIILetter(bytes[position]) || bytes[position] >= 0x80 {
            position += 1
        }
        if position - start == 1 {
            append(.letter, string: String(UnicodeScalar(bytes[start])), from: start)
            return
        }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        if let meaning = Vocabulary.words[word] {
            appendMeaning(meaning, name: word, from: start)
        } else {
            isInsideText = true
            append(.word, string: word, from: start)
        }
    }

    private mutating func appendMeaning(_ meaning: Meaning, name: String, from start: Int) {
        switch meaning {
        case .token(let kind, let value):
            if kind == .opaqueOperator || kind == .accent {
                append(kind, string: name, from: start)
            } else {
                if kind == .leftSet { bracketDepth += 1 }
                if kind == .rightSet { bracketDepth -= 1 }
                append(kind, value, from: start)
            }
        case .relation(let sign): append(.relation, Int32(sign.rawValue), from: start)
        case .function(let function): append(.function, Int32(function.rawValue), from: start)
        case .letter(let letter): append(.letter, string: letter, from: start)
        default: hasSpace = true
        }
    }

    private mutating func readPunctuation(_ byte: UInt8) throws(ParseFailure) {
        let start = position
        position += 1
        let next = peek()
        switch byte {
        case UInt8(ascii: "<") where next == 61: relation(.lessOrEqual, 1, start)
        case UInt8(ascii: ">") where next == 61: relation(.greaterOrEqual, 1, start)
        case UInt8(ascii: "!") where next == 61: relation(.notEqual, 1, start)
        case UInt8(ascii: "=") where next == 61: relation(.equal, 1, start)
        case UInt8(ascii: "="), UInt8(ascii: "-"):
            if next == 62 {
                relation(.arrow, 1, start)
            } else if byte == 45 {
                append(.minus, from: start)
            } else {
                relation(.equal, 0, start)
            }
        case UInt8(ascii: ":") where next == 61: relation(.equal, 1, start)
        case UInt8(ascii: "<"): relation(.less, 0, start)
        case UInt8(ascii: ">"): relation(.greater, 0, start)
        case UInt8(ascii: "*"): readStar(start)
        case UInt8(ascii: "^"): readCaret(start)
        default: try readSingle(byte, start)
        }
    }

    private mutating func relation(_ sign: RelationSign, _ extra: Int, _ start: Int) {
        position += extra
        append(.relation, Int32(sign.rawValue), from: start)
    }

    private mutating func readStar(_ start: Int) {
        guard peek() == 42 else { return append(.times, from: start) }
        position += 1
        // Markdown's closing mark; elsewhere Python's power.
        if start < closingStart { append(.caret, from: start) }
    }

    /// `^\circ` and `^{\prime}` are marks, not powers.
    private mutating func readCaret(_ start: Int) {
        for (spelling, kind) in [
            ("\\circ", TokenKind.degree), ("{\\circ}", .degree), ("\\degree", .degree),
            ("{\\degree}", .degree), ("\\prime", .prime), ("{\\prime}", .prime),
            ("{\\prime\\prime}", .prime), ("{\\prime \\prime}", .prime),
        ] {
            var index = position
            while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
            guard matches(spelling, at: index) else { continue }
            position = index + spelling.utf8.count
            append(kind, from: start)
            if spelling.utf8.count > 12 { append(kind, from: start) }
            return
        }
        append(.caret, from: start)
    }

    private mutating func readSingle(_ byte: UInt8, _ start: Int) throws(ParseFailure) {
        let kind: TokenKind
        switch byte {
        case UInt8(ascii: "{"): kind = .leftBrace
        case UInt8(ascii: "}"): kind = .rightBrace
        case UInt8(ascii: "("): kind = .leftParenthesis
        case UInt8(ascii: ")"): kind = .rightParenthesis
        case UInt8(ascii: "["): kind = .leftBracket
        case UInt8(ascii: "]"): kind = .rightBracket
        case UInt8(ascii: "|"): kind = .bar
        case UInt8(ascii: "+"): kind = .plus
        case UInt8(ascii: "/"): kind = .slash
        case UInt8(ascii: "_"): kind = .underscore
        case UInt8(ascii: ","): kind = .comma
        case UInt8(ascii: ";"): kind = .semicolon
        case UInt8(ascii: ":"): kind = .colon
        case UInt8(ascii: "!"): kind = .bang
        case UInt8(ascii: "'"): kind = .prime
        case UInt8(ascii: "%"): kind = .percent
        case UInt8(ascii: "&"): kind = .ampersand
        default:
            throw ParseFailure(message: "The byte \(byte) has no meaning here.")
        }
        if kind == .leftParenthesis || kind == .leftBracket { bracketDepth += 1 }
        if kind == .rightParenthesis || kind == .rightBracket { bracketDepth -= 1 }
        append(kind, kind == .leftBrace && isBoxNext ? 1 : 0, from: start)
        isBoxNext = false
    }
}

// MARK: - Commands

extension Lexer {
    private mutating func readCommand() throws(ParseFailure) {
        let start = position
        position += 1
        guard position < bytes.count else { return }
        let nameStart = position
        if isASCIILetter(bytes[position]) {
            while position < bytes.count, isASCIILetter(bytes[position]) { position += 1 }
        } else {
            position += 1
        }
        let name = String(decoding: bytes[nameStart..<position], as: UTF8.self)
        guard let meaning = Vocabulary.commands[name] else {
            throw ParseFailure(message: "The command \\\(name.prefix(40)) is not known.")
        }
        switch meaning {
        case .layout:
            hasSpace = true
            isBoxNext = name == "boxed" || name == "fbox"
            let isDelimiterSize = name == "left" || name == "right" || name.lowercased().hasPrefix("big")
            if isDelimiterSize { skipSpaces() }
            if isDelimiterSize, peek() == 46 { position += 1 }
        case .skipArgument: _ = bracedArgument()
        case .text: try readText(start)
        case .roman: readRoman(start)
        case .blackboard:
            let letter = bracedArgument() ?? "?"
            append(.namedSet, string: letter, from: start)
        case .begin, .end: try readGridMark(meaning, start)
        default:
            appendMeaning(meaning, name: name, from: start)
            if name == "\\" { skipRowSpacing() }
        }
    }

    private mutating func skipSpaces() {
        while position < bytes.count, isASCIISpace(bytes[position]) { position += 1 }
    }

    /// `\\[4pt]` after a row.
    private mutating func skipRowSpacing() {
        guard peek() == 91 else { return }
        var index = position + 1
        while index < bytes.count, index < position + 8, bytes[index] != 93 { index += 1 }
        guard index < bytes.count, bytes[index] == 93, isASCIILetter(bytes[index - 1]) else { return }
        position = index + 1
    }

    /// The content of the braces that follow, or of one byte; nil if they never close.
    private mutating func bracedArgument() -> String? {
        skipSpaces()
        guard peek() == 123 else {
            guard position < bytes.count, isASCIILetter(peek()) else { return nil }
            position += 1
            return String(UnicodeScalar(bytes[position - 1]))
        }
        var depth = 0
        let start = position + 1
        while position < bytes.count {
            switch bytes[position] {
            case 92: position += 1
            case 123: depth += 1
            case 125: depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return String(decoding: bytes[start..<position - 1], as: UTF8.self) }
        }
        position = bytes.count
        return nil
    }

    private mutating func readText(_ start: Int) throws(ParseFailure) {
        guard let content = bracedArgument() else {
            throw ParseFailure(message: "A text group is not closed.")
        }
        let trimmed = content.trimmedSpaces
        if ["and", "or", "y", "und", "oder", "et", "ou", ",", "и", "или"].contains(trimmed) {
            append(trimmed == "," ? .comma : .separator, from: start)
        } else if trimmed.isEmpty {
            hasSpace = true
        } else {
            append(.text, string: content, from: start)
        }
    }

    /// `\mathrm{…}`: a name or unit if it holds letters, else its content is read as usual.
    private mutating func readRoman(_ start: Int) {
        skipSpaces()
        if peek() == 42 { position += 1 }
        let before = position
        guard let content = bracedArgument() else {
            hasSpace = true
            return
        }
        let name = content.split(whereSeparator: { $0 == " " || $0 == "~" }).joined(separator: " ")
        guard !name.isEmpty, name.utf8.allSatisfy({ isASCIILetter($0) || $0 == 32 }) else {
            position = before
            hasSpace = true
            return
        }
        if name.utf8.count == 1 {
            append(.letter, string: name, from: start)
            tokens[tokens.count - 1].followsSpace = content.hasPrefix("~")
        } else if let meaning = Vocabulary.shared[name] {
            appendMeaning(meaning, name: name, from: start)
        } else {
            append(.roman, string: name, from: start)
        }
    }

    private mutating func readGridMark(_ meaning: Meaning, _ start: Int) throws(ParseFailure) {
        guard let name = bracedArgument() else {
            throw ParseFailure(message: "An environment has no name.")
        }
        guard case .begin = meaning else {
            append(.endGrid, string: name, from: start)
            return
        }
        // The column layout of an array is not content.
        if name == "array" || name == "tabular" { _ = bracedArgument() }
        append(.beginGrid, string: name, from: start)
    }
}

// MARK: - Numbers

extension Lexer {
    private mutating func readNumber() {
        let start = position
        var digits: [UInt8] = []
        readInteger(into: &digits)
        let wholeCount = digits.count
        var flags = NumberFlags.integerLiteral
        // A point without digits after it ends a sentence; `readDots` judges it.
        if peek() == 46, isASCIIDigit(peek(1)) || startsRepetition(at: position + 1) {
            flags = NumberFlags.decimal
            position += 1
            while isASCIIDigit(peek()) {
                digits.append(peek())
                position += 1
            }
        }
        var exponent = wholeCount - digits.count
        var literal = NumberLiteral()
        literal.significantDigits = digits.drop { $0 == 48 }.count
        if flags == NumberFlags.decimal, startsRepetition(at: position),
            let repetition = readRepetition()
        {
            flags = NumberFlags.decimal | NumberFlags.repeating
            literal.value = Self.repeatingValue(digits, exponent, repetition)
        } else {
            let power = readExponent(isDecimal: flags == NumberFlags.decimal)
            if power != 0 || hadExponent { flags = NumberFlags.decimal }
            exponent += power
            literal.digits = digits
            literal.value = Self.value(digits, exponent)
        }
        literal.exponent = exponent
        numbers.append(literal)
        numberFlags.append(flags)
        append(.number, Int32(numbers.count - 1), from: start)
    }

    /// Digits, with separators between groups of three.
    private mutating func readInteger(into digits: inout [UInt8]) {
        let first = position
        while isASCIIDigit(peek()) {
            digits.append(peek())
            position += 1
        }
        guard position - first >= 1, position - first <= 3, bytes[first] != 48 else { return }
        var style: Int?
        while let (kind, width) = groupSeparator(), style == nil || style == kind {
            guard isGroup(at: position + width) else { return }
            if style == nil, kind == 0 || kind == 3, !allGroupsFit(from: position, kind: kind) {
                return
            }
            style = kind
            position += width
            digits.append(contentsOf: bytes[position..<position + 3])
            position += 3
        }
    }

    /// Kinds: 0 `,` · 1 `{,}` or `,\!` · 2 `\,` or `\ ` · 3 one plain space.
    private func groupSeparator() -> (kind: Int, width: Int)? {
        if matches("{,}", at: position) { return (1, 3) }
        if matches("\\,", at: position) || matches("\\ ", at: position) { return (2, 2) }
        if peek() == 44 {
            var width = 1
            if matches("\\!", at: position + 1) {
                width = 3
                while isASCIISpace(peek(width)) { width += 1 }
                return (1, width)
            }
            if bracketDepth == 0 { return (0, 1) }
        }
        if peek() == 32, bracketDepth == 0, isASCIIDigit(peek(1)) { return (3, 1) }
        return nil
    }

    private func isGroup(at index: Int) -> Bool {
        guard index + 3 <= bytes.count else { return false }
        let isLong = index + 3 < bytes.count && isASCIIDigit(bytes[index + 3])
        return !isLong && bytes[index..<index + 3].allSatisfy(isASCIIDigit)
    }

    /// `1,234` is a number only if every following group has three digits: `1,234,5` is a list.
    private func allGroupsFit(from start: Int, kind: Int) -> Bool {
        let separator: UInt8 = kind == 0 ? 44 : 32
        var index = start
        while index < bytes.count, bytes[index] == separator,
            index + 1 < bytes.count, isASCIIDigit(bytes[index + 1])
        {
            guard isGroup(at: index + 1) else { return false }
            index += 4
        }
        return true
    }

    private func startsRepetition(at index: Int) -> Bool {
        matches("\\overline", at: index) || matches("\\bar", at: index)
    }

    private mutating func readRepetition() -> [UInt8]? {
        let start = position
        position += 1
        while isASCIILetter(peek()) { position += 1 }
        if isASCIIDigit(peek()) {
            position += 1
            return [bytes[position - 1]]
        }
        guard let content = bracedArgument(), !content.isEmpty, content.utf8.count <= 200,
            content.utf8.allSatisfy(isASCIIDigit)
        else {
            position = start
            return nil
        }
        return Array(content.utf8)
    }

    private var hadExponent: Bool { lastExponentEnd == position }

    /// `1e5`, `1.5e-7`, `2E-3`; but `2e-1` is 2·e − 1, since people write Euler's number so.
    private mutating func readExponent(isDecimal: Bool) -> Int {
        let mark = peek()
        guard mark == 101 || mark == 69 else { return 0 }
        var index = position + 1
        var isNegative = false
        let hasSign = index < bytes.count && (bytes[index] == 43 || bytes[index] == 45)
        if hasSign {
            isNegative = bytes[index] == 45
            index += 1
        }
        let start = index
        var power = 0
        while index < bytes.count, isASCIIDigit(bytes[index]) {
            power = min(power * 10 + Int(bytes[index] - 48), 1_000_000_000)
            index += 1
        }
        guard index > start else { return 0 }
        if hasSign, mark == 101, !isDecimal, index - start < 2 { return 0 }
        position = index
        lastExponentEnd = index
        return isNegative ? -power : power
    }

    private static func value(_ digits: [UInt8], _ exponent: Int) -> Rational? {
        // 1,234 digits are 4,100 bits.
        guard digits.count <= 1234, abs(exponent) <= 1234 else { return nil }
        var numerator = Natural(decimalDigits: digits)
        var denominator = Natural.one
        if exponent > 0 { numerator = numerator * Natural(10).power(exponent) }
        if exponent < 0 { denominator = Natural(10).power(-exponent) }
        let result = Rational(
            isNegative: false, numerator: numerator, denominator: denominator)
        return result.fits ? result : nil
    }

    /// 0.1666… from digits "01", exponent −1, repetition "6".
    private static func repeatingValue(
        _ digits: [UInt8], _ exponent: Int, _ repetition: [UInt8]
    ) -> Rational? {
        guard digits.count <= 200 else { return nil }
        let base = Natural(10).power(-exponent)
        let nines = Natural(10).power(repetition.count) - .one
        let whole = Natural(decimalDigits: digits) * nines + Natural(decimalDigits: repetition)
        return Rational(isNegative: false, numerator: whole, denominator: base * nines)
    }
}

extension String {
    /// Without ASCII white space at both ends.
    var trimmedSpaces: String {
        let bytes = Array(utf8)
        guard let first = bytes.firstIndex(where: { !isASCIISpace($0) }),
            let last = bytes.lastIndex(where: { !isASCIISpace($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
