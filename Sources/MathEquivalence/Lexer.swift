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
struct Lexer: ~Copyable {
    let bytes: [UInt8]
    var tokens: [Token] = []
    /// Names of letters, contents of text runs, spellings of words; by `Token.value`.
    var strings: [String] = []
    var numbers: [NumberLiteral] = []
    var position = 0
    var hasSpace = false
    /// Open round, square and set brackets: inside them a comma separates, it never groups digits.
    var bracketDepth = 0
    /// Where the last written power of ten ended, so that `1e0` counts as a decimal.
    var lastExponentEnd = -1
    /// From here on only white space and closing marks follow: a full stop or `**` may stand there.
    let closingStart: Int
    /// Whether words were read already, so that a full stop may end a sentence.
    var isInsideText = false
    /// Whether the next brace belongs to a box and groups nothing.
    var isBoxNext = false
    /// Whether grids, integrals or bars were read, whose tokens are gone over again.
    private(set) var needsMorePasses = false
    /// Whether commands occur, so that an exponent without braces is one letter.
    let isLaTeX: Bool

    init(bytes: [UInt8]) {
        self.bytes = bytes
        isLaTeX = bytes.contains(UInt8(ascii: "\\"))
        var end = bytes.count
        let closing: [UInt8] = [36, 42, 46, 125]
        while end > 0, isASCIISpace(bytes[end - 1]) || closing.contains(bytes[end - 1]) { end -= 1 }
        closingStart = end
        tokens.reserveCapacity(bytes.count / 2 + 4)
    }

    mutating func run() throws(ParseFailure) {
        skipMarkup()
        readLoneDollar()
        while position < bytes.count { try readToken() }
        // A row break at the very end breaks nothing.
        while tokens.last?.kind == .row { tokens.removeLast() }
        append(.end, from: bytes.count)
    }

    func peek(_ offset: Int = 0) -> UInt8 {
        position + offset < bytes.count ? bytes[position + offset] : 0
    }

    /// Whether `spelling` stands at `index`, which may lie behind the end.
    func matches(_ spelling: String, at index: Int) -> Bool {
        guard index + spelling.utf8.count <= bytes.count else { return false }
        var position = index
        for byte in spelling.utf8 {
            if bytes[position] != byte { return false }
            position += 1
        }
        return true
    }

    mutating func append(_ kind: TokenKind, _ value: Int32 = 0, from start: Int) {
        tokens.append(
            Token(
                kind: kind, value: value, start: Int32(start), end: Int32(position),
                followsSpace: hasSpace))
        hasSpace = false
        if kind == .bar || kind == .beginGrid || kind == .opaqueOperator { needsMorePasses = true }
    }

    mutating func append(_ kind: TokenKind, string: String, from start: Int) {
        if strings.isEmpty { strings.reserveCapacity(8) }
        strings.append(string)
        append(kind, Int32(strings.count - 1), from: start)
    }

    /// Drops white space and markdown emphasis around the whole.
    mutating func skipMarkup() {
        while position < bytes.count, isASCIISpace(peek()) { position += 1 }
        if peek() == 42, peek(1) == 42 { position += 2 }
    }

    /// Reads `$5` with no second mark: the sign of money, if a number alone or before words follows.
    ///
    /// Other lone marks open a formula that was cut off.
    private mutating func readLoneDollar() {
        guard peek() == 36, isASCIIDigit(peek(1)) else { return }
        var index = position + 1
        while index < bytes.count,
            isASCIIDigit(bytes[index]) || bytes[index] == 44
                || bytes[index] == 46
        {
            index += 1
        }
        let isAlone = bytes[index...].allSatisfy(isASCIISpace)
        let isBeforeWord =
            index + 2 < bytes.count && bytes[index] == 32 && isASCIILetter(bytes[index + 1])
            && isASCIILetter(bytes[index + 2])
        guard isAlone || isBeforeWord, !bytes[index...].contains(36) else { return }
        position += 1
        append(.currency, 0, from: position - 1)
    }

    mutating func readToken() throws(ParseFailure) {
        let byte = bytes[position]
        switch byte {
        case _ where isASCIISpace(byte), UInt8(ascii: "$"), UInt8(ascii: "~"):
            hasSpace = true
            position += 1
        case _ where isASCIIDigit(byte):
            readNumber()
        case UInt8(ascii: ".")
        where isASCIIDigit(peek(1))
            || startsRepetition(at: position + 1)
                && peek(1) == 92:
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

    mutating func readDots() throws(ParseFailure) {
        let start = position
        if peek(1) == 46, peek(2) == 46 {
            position += 3
            append(.ellipsis, from: start)
            return
        }
        position += 1
        guard start >= closingStart || isInsideText || endsRow(at: position) else {
            throw ParseFailure(message: "A full stop stands inside the expression.")
        }
    }

    /// Whether a row of a grid or the grid itself ends here, where a full stop may stand.
    private func endsRow(at index: Int) -> Bool {
        var index = index
        while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
        return matches("\\end{", at: index) || matches("\\\\", at: index)
    }

    /// Whether an exponent without braces begins here: LaTeX takes one letter, `e^xe^y` is e^x e^y.
    private func isBareExponent(_ word: Range<Int>) -> Bool {
        guard tokens.last?.kind == .caret, !hasSpace, word.count <= 3 else { return false }
        return bytes[word].allSatisfy(isASCIILetter) && (isLaTeX || peek() == 94)
    }

    /// `p.m.` and `a. m.` behind a time, whose full stops end no sentence.
    private mutating func readDayHalf(_ start: Int) -> Bool {
        guard [97, 112].contains(bytes[start] | 32), tokens.last?.kind == .number,
            peek() == 46
        else { return false }
        var index = position + 1
        if index < bytes.count, bytes[index] == 32 { index += 1 }
        guard index < bytes.count, bytes[index] | 32 == 109,
            index + 1 == bytes.count || !isASCIILetter(bytes[index + 1])
        else { return false }
        position = index + 1
        if peek() == 46 { position += 1 }
        append(.word, string: bytes[start] | 32 == 97 ? "am" : "pm", from: start)
        return true
    }

    /// Words that are signs before a number or an infinity: "negative 5", "minus infinity".
    private static let signWords = ["negative", "minus"].map { Array($0.utf8) }

    private func isSignWord(_ word: Range<Int>) -> Bool {
        guard Self.signWords.contains(where: { bytes[word].elementsEqual($0) }) else {
            return false
        }
        var index = position
        while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
        guard index > position, index < bytes.count else { return false }
        let opensOperand =
            isASCIIDigit(bytes[index]) || matches("infinity", at: index)
            || matches("\\infty", at: index) || matches("\\frac", at: index)
            || matches("\\sqrt", at: index)
        guard let before = tokens.last?.kind else { return opensOperand }
        return opensOperand
            && [.comma, .semicolon, .separator, .relation, .leftParenthesis, .leftBracket]
                .contains(before)
    }

    /// `3 to 4` and `1.2 x 10^5`: words between numbers that stand for `:` and `×`.
    private func jointOfNumbers(_ word: Range<Int>) -> TokenKind? {
        guard hasSpace, tokens.last?.kind == .number, peek() == 32, isASCIIDigit(peek(1)) else {
            return nil
        }
        if matches("to", at: word.lowerBound), word.count == 2 { return .colon }
        guard word.count == 1, bytes[word.lowerBound] == UInt8(ascii: "x"),
            matches("10^", at: position + 1)
        else { return nil }
        return .times
    }

    mutating func readWord() {
        let start = position
        while position < bytes.count, isASCIILetter(bytes[position]) || bytes[position] >= 0x80 {
            position += 1
        }
        if let joint = jointOfNumbers(start..<position) { return append(joint, from: start) }
        if isSignWord(start..<position) { return append(.minus, from: start) }
        if position - start == 1 {
            if let joint = jointMeaning(bytes[start]) {
                return append(joint, from: start)
            }
            if readDayHalf(start) { return }
            append(.letter, string: String(UnicodeScalar(bytes[start])), from: start)
            return
        }
        if matches("Matrix(", at: start), position - start == 6 {
            hasSpace = true
            return
        }
        let meaning = Vocabulary.wordTable.value(of: bytes, in: start..<position)
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        if let meaning, !["min", "sec"].contains(word) || startsArgument {
            appendMeaning(meaning, name: word, from: start)
        } else if isBareExponent(start..<position) {
            position = start + 1
            append(.letter, string: String(word.prefix(1)), from: start)
        } else {
            isInsideText = true
            append(.word, string: word, from: start)
        }
    }

    /// Whether something follows that a function could take; "5 min" and "5 sec" are quantities.
    private var startsArgument: Bool {
        var index = position
        while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
        // Marks that close the whole are no argument: `$ 5 min $`.
        guard index < closingStart else { return false }
        return [40, 91, 92, 123, 95, 94].contains(bytes[index])
            || (index > position && bytes[index] != 46) || isASCIIDigit(bytes[index])
    }

    /// Letters that stand for more than themselves: `A U B` of intervals, "1 y 2" and "1 e 2".
    private func jointMeaning(_ letter: UInt8) -> TokenKind? {
        guard hasSpace, let before = tokens.last?.kind else { return nil }
        var index = position
        while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
        guard index > position, index < bytes.count else { return nil }
        switch letter {
        case UInt8(ascii: "U"):
            let isSet = [.rightParenthesis, .rightBracket, .rightSet, .leftBracket].contains(before)
            return isSet && [40, 91, 93, 92].contains(bytes[index]) ? .cup : nil
        case UInt8(ascii: "y"), UInt8(ascii: "e"):
            return before == .number && isASCIIDigit(bytes[index]) ? .separator : nil
        default: return nil
        }
    }

    mutating func appendMeaning(_ meaning: Meaning, name: String, from start: Int) {
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

    mutating func readPunctuation(_ byte: UInt8) throws(ParseFailure) {
        let start = position
        position += 1
        let next = peek()
        switch byte {
        case UInt8(ascii: "+") where next == 47 && peek(1) == 45:
            position += 2
            append(.plusMinus, from: start)
        case UInt8(ascii: "\"") where tokens.last?.kind == .number:
            append(.prime, from: start)
            append(.prime, from: start)
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

    mutating func relation(_ sign: RelationSign, _ extra: Int, _ start: Int) {
        position += extra
        append(.relation, Int32(sign.rawValue), from: start)
    }

    mutating func readStar(_ start: Int) {
        guard peek() == 42 else { return append(.times, from: start) }
        position += 1
        // Markdown's closing mark; elsewhere Python's power.
        if start < closingStart { append(.caret, from: start) }
    }

    private static let raisedMarks = [
        ("\\circ", TokenKind.degree), ("{\\circ}", .degree), ("\\degree", .degree),
        ("{\\degree}", .degree), ("\\prime", .prime), ("{\\prime}", .prime),
        ("{\\prime\\prime}", .prime), ("{\\prime \\prime}", .prime), ("{o}", .degree),
        ("o", .degree),
    ]

    /// `^\circ` and `^{\prime}` are marks, not powers.
    mutating func readCaret(_ start: Int) {
        var index = position
        while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
        // A mark starts with a backslash, a brace or an `o`.
        let mayBeMark = index < bytes.count && [92, 123, 111].contains(bytes[index])
        for (spelling, kind) in mayBeMark ? Self.raisedMarks : [] {
            if spelling == "o" || spelling == "{o}", tokens.last?.kind != .number { continue }
            guard matches(spelling, at: index) else { continue }
            if spelling == "o", index + 1 < bytes.count, isASCIILetter(bytes[index + 1]) {
                continue
            }
            position = index + spelling.utf8.count
            append(kind, from: start)
            if spelling.utf8.count > 12 { append(kind, from: start) }
            return
        }
        append(.caret, from: start)
    }

    /// `{}` before a raised or lowered mark, which hangs on nothing: `25\,{}^\circ C`, `{}^5C_2`.
    ///
    /// Behind a value only a degree sign may follow, as another power would be the value's.
    private mutating func skipEmptyGroup() -> Bool {
        guard peek() == 125, !isBoxNext else { return false }
        var index = position + 1
        while index < bytes.count, isASCIISpace(bytes[index]) { index += 1 }
        guard index < bytes.count, bytes[index] == 94 || bytes[index] == 95 else { return false }
        let isDegree =
            matches("^\\circ", at: index) || matches("^{\\circ}", at: index)
            || matches("^\\degree", at: index)
        let isFree: Bool
        switch tokens.last?.kind {
        case nil, .plus, .minus, .times, .slash, .relation, .leftParenthesis, .comma,
            .leftBracket, .ampersand:
            isFree = true
        default: isFree = false
        }
        guard isDegree || isFree else { return false }
        position = index
        hasSpace = true
        return true
    }

    mutating func readSingle(_ byte: UInt8, _ start: Int) throws(ParseFailure) {
        let kind: TokenKind
        if byte == UInt8(ascii: "{"), skipEmptyGroup() { return }
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
