// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Backslash commands, and the groups of letters that belong to them.

extension Lexer {
    mutating func readCommand() throws(ParseFailure) {
        let start = position
        position += 1
        guard position < bytes.count else { return }
        let nameStart = position
        if isASCIILetter(bytes[position]) {
            while position < bytes.count, isASCIILetter(bytes[position]) { position += 1 }
        } else {
            position += 1
        }
        let nameEnd = position
        guard let meaning = Vocabulary.commandTable.value(of: bytes, in: nameStart..<nameEnd) else {
            let name = String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self)
            throw ParseFailure(message: "The command \\\(name.prefix(40)) is not known.")
        }
        switch meaning {
        case .layout, .size, .box: readLayout(meaning)
        case .skipArgument: _ = bracedArgument()
        case .text: try readText(start)
        case .roman: readRoman(start)
        case .blackboard:
            let letter = bracedArgument() ?? "?"
            append(.namedSet, string: letter, from: start)
        case .number(let letter): append(.namedSet, string: letter, from: start)
        case .begin, .end: try readGridMark(meaning, start)
        case .not: try readNegated(start)
        default:
            let name = String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self)
            appendMeaning(meaning, name: name, from: start)
            if name == "\\" { skipRowSpacing() }
        }
    }

    /// `\not=` and `\not\in`.
    private mutating func readNegated(_ start: Int) throws(ParseFailure) {
        skipSpaces()
        for (spelling, sign) in [("=", RelationSign.notEqual), ("\\in ", .notMember)]
        where matches(spelling, at: position) {
            position += spelling.utf8.count
            append(.relation, Int32(sign.rawValue), from: start)
            return
        }
        throw ParseFailure(message: "What \\not negates is not known.")
    }

    private mutating func readLayout(_ meaning: Meaning) {
        hasSpace = true
        isBoxNext = false
        switch meaning {
        case .box: isBoxNext = true
        case .size:
            skipSpaces()
            if peek() == 46 { position += 1 }
        default: break
        }
    }

    mutating func skipSpaces() {
        while position < bytes.count, isASCIISpace(bytes[position]) { position += 1 }
    }

    /// `\\[4pt]` after a row.
    mutating func skipRowSpacing() {
        guard peek() == 91 else { return }
        var index = position + 1
        while index < bytes.count, index < position + 8, bytes[index] != 93 { index += 1 }
        guard index < bytes.count, bytes[index] == 93, isASCIILetter(bytes[index - 1]) else {
            return
        }
        position = index + 1
    }

    /// The content of the braces that follow, or of one byte; nil if they never close.
    mutating func bracedArgument() -> String? {
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

    /// `\operatorname{lb}` is the binary logarithm; `5\,\mathrm{lb}` are pounds.
    private var lbMeaning: Meaning? {
        tokens.last?.kind == .number ? nil : .token(.logarithm, 2)
    }

    /// Names of functions that `\text{…}` may hold; "min" and "sec" there are units.
    private static let textFunctions: Set<String> = [
        "cis", "sin", "cos", "tan", "cot", "ln", "log", "arcsin", "arccos", "arctan", "exp", "gcd",
        "lcm", "det",
    ]

    mutating func readText(_ start: Int) throws(ParseFailure) {
        guard let content = bracedArgument() else {
            throw ParseFailure(message: "A text group is not closed.")
        }
        let trimmed = content.trimmedSpaces
        if trimmed == "mod" { return append(.modulo, from: start) }
        if trimmed == "to", tokens.last?.kind == .number { return append(.colon, from: start) }
        if trimmed == "\\$" { return append(.currency, 0, from: start) }
        // An upright i or e inside a formula is the number.
        if trimmed == "i" || trimmed == "e", !tokens.isEmpty || peek() == 94 {
            return append(.letter, string: trimmed, from: start)
        }
        if ["and", "or", "y", "und", "oder", "et", "ou", ",", "и", "или"].contains(trimmed) {
            append(trimmed == "," ? .comma : .separator, from: start)
        } else if trimmed.isEmpty {
            hasSpace = true
        } else if Self.textFunctions.contains(trimmed),
            let meaning = Vocabulary.commands[trimmed]
        {
            appendMeaning(meaning, name: trimmed, from: start)
        } else {
            append(.text, string: content, from: start)
        }
    }

    /// `\mathrm{…}`: a name or unit if it holds letters, else its content is read as usual.
    mutating func readRoman(_ start: Int) {
        skipSpaces()
        if peek() == 42 { position += 1 }
        let before = position
        guard let content = bracedArgument() else {
            hasSpace = true
            return
        }
        let name = content.split(whereSeparator: { $0 == " " || $0 == "~" }).joined(separator: " ")
        guard !name.isEmpty, name.utf8.allSatisfy({ isASCIILetter($0) || $0 == 32 }) else {
            if let unit = Self.unitSpelling(content), tokens.last.map(Self.endsValue) == true {
                append(.text, string: unit, from: start)
                return
            }
            position = before
            hasSpace = true
            return
        }
        if name.utf8.count == 1 {
            append(.letter, string: name, from: start)
            tokens[tokens.count - 1].followsSpace = content.hasPrefix("~")
        } else if let meaning = Vocabulary.shared[name] ?? (name == "lb" ? lbMeaning : nil) {
            appendMeaning(meaning, name: name, from: start)
        } else {
            append(.roman, string: name, from: start)
        }
    }

    private static func endsValue(_ token: Token) -> Bool {
        [.number, .rightBrace, .rightParenthesis, .pi].contains(token.kind)
    }

    /// `m\,s^{-2}` and `kg\cdot m^2` as the units they spell; nil for anything else.
    static func unitSpelling(_ content: String) -> String? {
        var text = content
        guard text.utf8.count <= 64 else { return nil }
        for (mark, replacement) in [
            ("\\cdot", " "), ("\\times", " "), ("\\,", " "), ("\\;", " "), ("\\ ", " "), ("~", " "),
            ("{", ""), ("}", ""), ("\\!", ""), ("\\mu ", "μ"), ("\\mu", "μ"), ("\\Omega", "ohm"),
            ("\\mathrm", ""), ("\\text", ""),
        ] {
            text = text.split(separator: mark, omittingEmptySubsequences: false)
                .joined(separator: replacement)
        }
        return UnitScale(text) == nil ? nil : text.trimmedSpaces
    }

    mutating func readGridMark(_ meaning: Meaning, _ start: Int) throws(ParseFailure) {
        guard let name = bracedArgument() else {
            throw ParseFailure(message: "An environment has no name.")
        }
        guard case .begin = meaning else {
            append(.endGrid, string: name, from: start)
            return
        }
        // The column layout of an array is not content.
        if name == "array" || name == "tabular" { _ = bracedArgument() }
        // `[t]` places the environment on the page.
        if peek() == 91, [98, 99, 116].contains(peek(1)), peek(2) == 93 { position += 3 }
        append(.beginGrid, string: name, from: start)
    }
}

extension String {
    /// Without ASCII white space at both ends.
    var trimmedSpaces: String {
        guard let start = utf8.first, let end = utf8.last else { return "" }
        if !isASCIISpace(start), !isASCIISpace(end) { return self }
        let bytes = Array(utf8)
        guard let first = bytes.firstIndex(where: { !isASCIISpace($0) }),
            let last = bytes.lastIndex(where: { !isASCIISpace($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
