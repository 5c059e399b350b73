// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Operands: numbers, names, brackets, commands with arguments, and the marks behind them.

extension Parser {
    /// A primary with its powers, factorials, percent and degree marks.
    mutating func parsePostfix() throws(ParseFailure) -> Int32 {
        var result = try parsePrimary()
        while true {
            switch kind {
            case .caret:
                if isLimitPoint, isOneSidedMark { return result }
                advance()
                result = try parsePower(of: result)
            case .bang:
                var count = 0
                while accept(.bang) { count += 1 }
                if count == 2 {
                    result = try node(.doubleFactorial, result)
                } else {
                    guard count <= 16 else { throw unexpected() }
                    for _ in 0..<count { result = try node(.factorial, result) }
                }
            case .percent:
                advance()
                result = try node(.percent, result)
            case .degree:
                advance()
                result = try parseDegrees(result)
            default: return result
            }
        }
    }

    /// What stands behind °: C or F for a temperature, minutes and seconds of arc, or nothing.
    private mutating func parseDegrees(_ value: Int32) throws(ParseFailure) -> Int32 {
        if [.letter, .text, .roman].contains(kind), ["C", "F"].contains(string.trimmedSpaces) {
            tree.texts.append(string.trimmedSpaces == "C" ? "celsius" : "fahrenheit")
            advance()
            return try node(.quantity, value, payload: tree.texts.count - 1)
        }
        var parts = [value]
        for (marks, share) in [(1, 60), (2, 3600)] {
            guard kind == .number, position + marks < tokens.count,
                (1...marks).allSatisfy({ tokens[position + $0].kind == .prime }),
                numbers[Int(token.value)].flags == NumberFlags.integerLiteral || share == 3600
            else { continue }
            let number = try parseInteger()
            for _ in 0..<marks { advance() }
            let below = tree.addNumber(Rational(share))
            parts.append(try node(.divide, number, below))
        }
        return try node(.degrees, parts.count == 1 ? value : try node(.add, parts))
    }

    /// The exponent; `v^2_0` is the square of v₀, whatever the order of its marks.
    private mutating func parsePower(of base: Int32) throws(ParseFailure) -> Int32 {
        guard kind == .number, nextKind == .underscore, tree.kind(base) == .symbol else {
            let exponent = try parseExponent()
            if let column = try transposedTuple(base, exponent) { return column }
            return try node(.power, base, exponent)
        }
        let exponent = try parseInteger()
        let name = tree.name(base) + parseSubscript()
        return try node(.power, try symbol(name), exponent)
    }

    /// `(1,2,3)^T` is a column.
    private mutating func transposedTuple(
        _ base: Int32, _ exponent: Int32
    ) throws(ParseFailure) -> Int32? {
        guard tree.kind(exponent) == .symbol, ["T", "top"].contains(tree.name(exponent)),
            tree.kind(base) == .tuple || (tree.kind(base) == .interval && tree[base].flags == 3),
            tree.parts(base).allSatisfy({ Self.isScalar(tree.kind($0)) })
        else { return nil }
        return try node(.matrix, Array(tree.parts(base)), payload: 1)
    }

    private mutating func parseExponent() throws(ParseFailure) -> Int32 {
        if kind == .minus || kind == .plus {
            let isNegative = kind == .minus
            advance()
            let value = try parsePostfixLimited()
            return isNegative ? try node(.negate, value) : value
        }
        if kind == .leftBrace { return try parseArgument() }
        return try parsePostfixLimited()
    }

    private mutating func parsePostfixLimited() throws(ParseFailure) -> Int32 {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.nestingLimit * 2 else { throw unexpected() }
        if kind == .number || kind == .letter, nextKind != .caret { return try parsePrimary() }
        return try parsePostfix()
    }

    mutating func parsePrimary() throws(ParseFailure) -> Int32 {
        switch kind {
        case .number: return try parseNumber()
        case .letter: return try parseName()
        case .word:
            if nextKind == .number, let code = Self.currencyCodes[string] {
                advance()
                tree.texts.append(code)
                return try node(
                    .quantity, try parsePostfix(), payload: tree.texts.count - 1)
            }
            return try parseWord()
        case .caret, .underscore: return try parsePrescript()
        case .roman:
            let name = string
            advance()
            return try symbol(name + parseSubscript())
        case .pi, .infinity, .emptySet, .ellipsis: return try parseConstant()
        case .namedSet:
            let name = string
            advance()
            let below = parseSubscript()
            tree.texts.append(name + below + superscriptText())
            return try node(.namedSet, payload: tree.texts.count - 1)
        case .function, .logarithm, .exponential: return try parseFunction()
        case .operatorName: return try parseListOperator()
        case .determinant: return try parseDeterminant()
        case .fraction, .binomial:
            let result: NodeKind = kind == .fraction ? .divide : .binomial
            return try parseFraction(result)
        case .squareRoot, .radical, .cubeRoot: return try parseRoot()
        case .overline, .accent: return try parseAccent()
        case .sum, .product: return try parseBigOperator()
        case .opaqueOperator: return try parseOpaque()
        case .differential: return try parseDifferential()
        case .beginGrid: return try parseGrid()
        case .currency:
            tree.texts.append(Self.currencies[Int(token.value)])
            advance()
            let unit = tree.texts.count - 1
            return try node(.quantity, try parsePostfix(), payload: unit)
        default: return try parseBracket()
        }
    }

    private static let currencyCodes = [
        "USD": "dollar", "EUR": "euro", "GBP": "sterling", "CNY": "yuan", "RMB": "yuan",
        "INR": "rupee", "Rs": "rupee",
    ]

    /// `{}^{10}C_3` and `_{10}P_3`: choices and arrangements with their first number before them.
    private mutating func parsePrescript() throws(ParseFailure) -> Int32 {
        guard nextKind == .number || nextKind == .leftBrace || nextKind == .letter else {
            throw unexpected()
        }
        advance()
        let upper = kind == .number ? try parseInteger() : try parseArgument()
        guard kind == .letter, string == "C" || string == "P" else { throw unexpected() }
        let isArrangement = string == "P"
        advance()
        guard accept(.underscore) else { throw unexpected() }
        let lower = kind == .number ? try parseInteger() : try parseArgument()
        return try selection(upper, lower, isArrangement: isArrangement)
    }

    private mutating func selection(
        _ upper: Int32, _ lower: Int32, isArrangement: Bool
    ) throws(ParseFailure) -> Int32 {
        let choices = try node(.binomial, upper, lower)
        return isArrangement ? try node(.multiply, choices, try node(.factorial, lower)) : choices
    }

    private mutating func parseDeterminant() throws(ParseFailure) -> Int32 {
        advance()
        guard let value = try determinant(try parsePrimary()) else { throw unexpected() }
        return value
    }

    private mutating func parseDifferential() throws(ParseFailure) -> Int32 {
        let name = Self.differentialMark + string
        advance()
        return try symbol(name)
    }

    private mutating func parseConstant() throws(ParseFailure) -> Int32 {
        let result: NodeKind
        switch kind {
        case .pi: result = .pi
        case .infinity: result = .infinity
        case .ellipsis:
            hasEllipsis = true
            result = .ellipsis
        default: result = .set
        }
        advance()
        return try node(result)
    }

    /// The text of a superscript after a named set, such as the + of ℝ⁺.
    private mutating func superscriptText() -> String {
        guard kind == .caret else { return "" }
        let start = Int(tokens[position + 1].start)
        advance()
        skipGroup()
        return "^" + compact(from: start)
    }

    // MARK: Numbers

    private mutating func parseNumber() throws(ParseFailure) -> Int32 {
        let index = Int(token.value)
        let flags = numbers[index].flags
        let isInteger = flags == NumberFlags.integerLiteral
        advance()
        if isInteger, kind == .underscore { return try parseBased(numbers[index]) }
        let isLong = numbers[index].value == nil
        guard !isLong || !numbers[index].digits.isEmpty else {
            throw ParseFailure(message: "A repeating decimal is too long.")
        }
        let result = try node(isLong ? .longNumber : .number, payload: index, flags: flags)
        // 10C3, as calculators write it.
        if isInteger, kind == .letter, string == "C", !token.followsSpace, nextKind == .number,
            !tokens[position + 1].followsSpace,
            numbers[Int(tokens[position + 1].value)].flags == NumberFlags.integerLiteral
        {
            advance()
            return try selection(result, try parseInteger(), isArrangement: false)
        }
        return isInteger ? try parseMixed(result) : result
    }

    /// 204_5: the digits must fit the base.
    mutating func parseBased(_ literal: NumberLiteral) throws(ParseFailure) -> Int32 {
        advance()
        let start = Int(token.start)
        skipGroup()
        let spelling = compact(from: start)
        let words = [
            "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
            "ten": 10,
        ]
        guard let base = words[spelling] ?? Int(spelling), (2...36).contains(base),
            literal.digits.count <= 512,
            literal.digits.allSatisfy({ Int($0) - 48 < base })
        else { throw ParseFailure(message: "The digits do not fit the base \(spelling).") }
        var value = Natural.zero
        for digit in literal.digits { value.multiply(by: UInt64(base), adding: UInt64(digit - 48)) }
        tree.based.append(BasedNumber(value: value, base: UInt64(base)))
        return try node(.based, payload: tree.based.count - 1)
    }

    /// `3\frac{1}{2}` and `3 1/2`: an integer directly before a proper fraction of integers.
    private mutating func parseMixed(_ whole: Int32) throws(ParseFailure) -> Int32 {
        let start = position
        if kind == .fraction, !startsUnitFraction {
            let fraction = try parseFraction(.divide)
            if isProper(fraction) { return try node(.add, whole, fraction, flags: 1) }
            return try node(.multiply, whole, fraction)
        }
        guard kind == .number, nextKind == .slash, numbers[Int(token.value)].flags == 2,
            token.followsSpace, position + 2 < tokens.count, tokens[position + 2].kind == .number
        else { return whole }
        let above = try parseInteger()
        advance()
        let below = try parseInteger()
        let fraction = try node(.divide, above, below)
        guard isProper(fraction) else {
            position = start
            return whole
        }
        return try node(.add, whole, fraction, flags: 1)
    }

    mutating func parseInteger() throws(ParseFailure) -> Int32 {
        let index = Int(token.value)
        advance()
        return try node(
            numbers[index].value == nil ? .longNumber : .number, payload: index,
            flags: numbers[index].flags)
    }

    private func isProper(_ fraction: Int32) -> Bool {
        let (above, below) = (tree.part(fraction, 0), tree.part(fraction, 1))
        guard tree[above].kind == .number, tree[above].flags == NumberFlags.integerLiteral,
            tree[below].kind == .number, tree[below].flags == NumberFlags.integerLiteral,
            let first = tree.literal(above).value, let second = tree.literal(below).value
        else { return false }
        return first < second
    }

    // MARK: Names

    private mutating func parseName() throws(ParseFailure) -> Int32 {
        let letter = string
        let isItemStart =
            position == 0 || tokens[position - 1].kind == .comma
            || tokens[position - 1].kind == .semicolon || tokens[position - 1].kind == .separator
        advance()
        if letter == "angle", kind == .word, let angle = angleName(string) {
            advance()
            return try symbol(angle)
        }
        var name = letter + parseSubscript()
        while accept(.prime) { name += "'" }
        if kind == .caret, isInverseMark, "fgh".contains(letter) {
            skipInverseMark()
            name += "^{-1}"
        }
        if kind == .leftParenthesis,
            let function = ["Gamma": FunctionName.gamma, "zeta": .zeta][name]
        {
            let argument = try parseArguments()
            guard argument.count == 1 else { throw unexpected() }
            return try node(.function, argument, payload: Int(function.rawValue))
        }
        if let binomial = try parseSelection(letter, name) { return binomial }
        if kind == .leftParenthesis, isApplication(letter, isItemStart: isItemStart) {
            return try parseApplication(name)
        }
        if kind == .leftBrace, nextKind == .leftParenthesis, "fghFGH".contains(letter) {
            // f{\left(x\right)}, as some programs print it.
            advance()
            let value = try parseApplication(name)
            try expect(.rightBrace)
            return value
        }
        if name == "e" { return try node(.euler) }
        if name == "i", !boundNames.contains("i") { return try node(.imaginaryUnit) }
        return try symbol(name)
    }

    /// The name of the angle ABC, which is CBA but not ACB; nil for other words.
    private func angleName(_ word: String) -> String? {
        let points = Array(word.utf8)
        guard points.count == 3, points.allSatisfy({ $0 &- 65 < 26 }) else { return nil }
        let ordered = points[0] <= points[2] ? points : points.reversed()
        return "angle " + String(decoding: ordered, as: UTF8.self)
    }

    /// `C_{10}^{3}` and `C^3_{10}`: a binomial coefficient of two whole numbers, the lower the larger.
    private mutating func parseSelection(
        _ letter: String, _ name: String
    ) throws(ParseFailure) -> Int32? {
        guard letter == "C", name.hasPrefix("C_"), kind == .caret,
            let upper = Int(name.dropFirst(2)), upper > 0
        else { return nil }
        let start = position
        advance()
        let exponent = try parseExponent()
        guard tree.kind(exponent) == .number, let lower = tree.literal(exponent).value?.integer,
            (0...upper).contains(lower)
        else {
            position = start
            return nil
        }
        return try node(.binomial, tree.addNumber(Rational(upper)), exponent)
    }

    /// Whether `letter (` is a function applied, not a product.
    private func isApplication(_ letter: String, isItemStart: Bool) -> Bool {
        if "fghFGH".contains(letter) { return true }
        var level = 0
        var hasComma = false
        for index in position..<min(position + 64, tokens.count) {
            switch tokens[index].kind {
            case .leftParenthesis: level += 1
            case .rightParenthesis: level -= 1
            case .comma where level == 1: hasComma = true
            default: break
            }
            if level == 0 {
                let isDefinition =
                    tokens[index + 1].kind == .relation
                    && tokens[index + 1].value == Int32(RelationSign.equal.rawValue)
                return hasComma || (isItemStart && isDefinition)
            }
        }
        return false
    }

    private mutating func parseApplication(_ name: String) throws(ParseFailure) -> Int32 {
        let arguments = try parseArguments()
        if name == "C", arguments.count == 2 { return try node(.binomial, arguments) }
        return try node(.apply, arguments, payload: tree.intern(name))
    }

    /// The items between round brackets.
    private mutating func parseArguments() throws(ParseFailure) -> [Int32] {
        try expect(.leftParenthesis)
        let list = try bracketed { parser throws(ParseFailure) in
            try parser.parseList(until: [.rightParenthesis])
        }
        try expect(.rightParenthesis)
        guard let list else { throw ParseFailure(message: "A function has no argument.") }
        return tree.kind(list) == .list ? Array(tree.parts(list)) : [list]
    }

    /// A subscript as part of a name: "_{max}" whatever its spelling.
    mutating func parseSubscript() -> String {
        guard kind == .underscore else { return "" }
        advance()
        let start = Int(token.start)
        skipGroup()
        return "_" + compact(from: start)
    }

    /// Skips one token or one braced group.
    mutating func skipGroup() {
        var level = 0
        repeat {
            if kind == .leftBrace { level += 1 }
            if kind == .rightBrace { level -= 1 }
            if kind == .end { return }
            advance()
        } while level > 0
    }

    private static let styles = [
        "\\text", "\\mathrm", "\\rm", "\\operatorname", "\\left", "\\right",
    ].map { Array($0.utf8) }
    private static let layoutBytes = ByteSet(" {}\\\t\n")

    /// Bytes from `start` to the last token, without spaces, braces and style commands.
    func compact(from start: Int) -> String {
        let end = max(start, position > 0 ? Int(tokens[position - 1].end) : 0)
        var kept: [UInt8] = []
        var index = start
        while index < end {
            if bytes[index] == UInt8(ascii: "\\"),
                let style = Self.styles.first(where: { bytes[index..<end].starts(with: $0) })
            {
                index += style.count
                continue
            }
            if !Self.layoutBytes.contains(bytes[index]) { kept.append(bytes[index]) }
            index += 1
        }
        return String(decoding: kept, as: UTF8.self)
    }

    /// Words of two or three letters that are never letters multiplied.
    static let smallWords: Set<String> = [
        "is", "so", "at", "by", "to", "of", "on", "it", "we", "if", "as", "be", "an", "he", "no",
        "do", "us", "the", "for", "has", "was", "are", "not", "let", "but", "its", "can", "any",
        "all", "per", "one", "two", "six", "ten", "yes", "she", "get", "now", "our", "you", "set",
        "sum", "est", "les", "der", "die", "das", "ist", "che", "con", "que", "una", "uno",
    ]

    private mutating func parseWord() throws(ParseFailure) -> Int32 {
        let word = string
        let isName = word.utf8.count <= 3 || word.utf8.allSatisfy { $0 &- 65 < 26 }
        guard isName, !Self.smallWords.contains(word.lowercased()) || isGluedWord,
            word.utf8.count <= 12, word.utf8.allSatisfy(isASCIILetter)
        else {
            throw ParseFailure(message: "The word \"\(word.prefix(40))\" is not known.")
        }
        advance()
        var letters: [Int32] = []
        let suffix = parseSubscript()
        for (offset, letter) in word.enumerated() {
            let name = String(letter) + (offset == word.count - 1 ? suffix : "")
            switch name {
            case "e": letters.append(try node(.euler))
            case "i": letters.append(try node(.imaginaryUnit))
            default: letters.append(try symbol(name))
            }
        }
        tree.texts.append(word + suffix)
        let isWord = kind != .caret
        if kind == .caret {
            // The power belongs to the last letter alone.
            advance()
            let exponent = try parseExponent()
            let last = letters.removeLast()
            letters.append(try node(.power, last, exponent))
        }
        return try node(
            .multiply, letters, payload: tree.texts.count - 1, flags: isWord ? 1 : 0)
    }

    /// Whether the word here touches a number, a bracket or its own power: then "at" in
    /// `\frac12at^2` is a product of letters.
    private var isGluedWord: Bool {
        let behind = tokens[min(position + 1, tokens.count - 1)]
        if behind.kind == .caret || behind.kind == .underscore, !behind.followsSpace { return true }
        guard position > 0, !token.followsSpace else { return false }
        return [.number, .rightBrace, .rightParenthesis, .pi].contains(tokens[position - 1].kind)
    }

    // MARK: Arguments

    /// A braced group, or the single token LaTeX would take.
    mutating func parseArgument() throws(ParseFailure) -> Int32 {
        guard kind == .leftBrace else {
            if kind == .minus {
                advance()
                return try node(.negate, try parseArgument())
            }
            if kind == .number {
                if let digit = splitDigit() { return digit }
                // One number, never a mixed one: `\sum_{k=1}^5 \frac{1}{k}`.
                return try parseInteger()
            }
            return try parsePrimary()
        }
        advance()
        let content = try bracketed { parser throws(ParseFailure) in
            try parser.parseList(until: [.rightBrace])
        }
        try expect(.rightBrace)
        guard let content else { throw ParseFailure(message: "An argument is empty.") }
        return content
    }

    /// `\frac12` takes one digit at a time.
    private mutating func splitDigit() -> Int32? {
        let literal = numbers[Int(token.value)]
        let digits = literal.digits
        guard numbers[Int(token.value)].flags == 2, digits.count > 1, digits.count <= 3 else {
            return nil
        }
        let start = Int(token.start)
        guard Int(token.end) - start == digits.count else { return nil }
        let result = tree.addNumber(
            Rational(Int(digits[0]) - 48), flags: NumberFlags.integerLiteral)
        rest(of: digits, from: start)
        return result
    }

    private mutating func rest(of digits: [UInt8], from start: Int) {
        tokens[position].start = Int32(start + 1)
        tokens[position].followsSpace = false
        let value = digits.dropFirst().reduce(0) { $0 * 10 + UInt64($1 - 48) }
        // The remaining digits, as a literal of their own.
        numbers.append(NumberLiteral(integer: value, digitCount: digits.count - 1))
        tokens[position].value = Int32(numbers.count - 1)
    }

    private mutating func parseFraction(_ result: NodeKind) throws(ParseFailure) -> Int32 {
        if result == .divide, let derivative = try parseDerivative() { return derivative }
        if result == .divide, let quotient = try parseDifferentialQuotient() { return quotient }
        advance()
        let above = try parseArgument()
        let below = try parseArgument()
        return try node(result, above, below)
    }

    private mutating func parseRoot() throws(ParseFailure) -> Int32 {
        let mark = kind
        advance()
        var degree: Int32?
        if mark == .squareRoot, kind == .leftBracket {
            advance()
            degree = try bracketed { parser throws(ParseFailure) in try parser.parseBinary(0) }
            try expect(.rightBracket)
        }
        if mark == .cubeRoot { degree = tree.addNumber(Rational(3), flags: 2) }
        let radicand: Int32
        if mark == .squareRoot, kind == .number {
            radicand = try parseInteger()
        } else {
            radicand = mark == .squareRoot ? try parseArgument() : try parsePrimary()
        }
        let index = degree ?? tree.addNumber(Rational(2), flags: 2)
        return try node(.root, radicand, index)
    }
}
