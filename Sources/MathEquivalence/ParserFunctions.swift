// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Functions, list operators, sums, accents and what is only compared by its form.

extension Parser {
    /// Whether `^{-1}` or `^-1` stands here.
    var isInverseMark: Bool {
        func kindAt(_ offset: Int) -> TokenKind {
            position + offset < tokens.count ? tokens[position + offset].kind : .end
        }
        let isBraced = kindAt(1) == .leftBrace
        let offset = isBraced ? 2 : 1
        guard kindAt(0) == .caret, kindAt(offset) == .minus, kindAt(offset + 1) == .number,
            !isBraced || kindAt(offset + 2) == .rightBrace
        else { return false }
        return numbers[Int(tokens[position + offset + 1].value)].digits == [49]
    }

    mutating func skipInverseMark() {
        let isBraced = tokens[position + 1].kind == .leftBrace
        for _ in 0..<(isBraced ? 5 : 3) { advance() }
    }

    mutating func parseFunction() throws(ParseFailure) -> Int32 {
        let mark = token
        advance()
        var name = FunctionName(rawValue: UInt8(truncatingIfNeeded: mark.value))
        var base: Int32?
        if mark.kind == .logarithm {
            name = nil
            if mark.value > 0 { base = tree.addNumber(Rational(Int(mark.value)), flags: 2) }
            // log2(x) and log10(x), as programs write them.
            if base == nil, bytes[Int(mark.start)] != 92, kind == .number, !token.followsSpace,
                nextKind == .leftParenthesis, let said = numbers[Int(token.value)].value?.integer,
                said == 2 || said == 10
            {
                base = try parseArgumentNumber()
            }
            if accept(.underscore) { base = try parseBase(mark) }
        }
        var power: Int32?
        if mark.kind == .function, isInverseMark, let inverse = name.flatMap(Self.inverse) {
            skipInverseMark()
            name = inverse
        } else if accept(.caret) {
            power = try parseArgument()
        }
        if mark.kind == .logarithm, base == nil, accept(.underscore) {
            base = try parseBase(mark)
        }
        let argument = try parseFunctionArgument()
        let value: Int32
        if mark.kind == .exponential {
            let isCis = mark.value == 1
            let exponent =
                isCis ? try node(.multiply, try node(.imaginaryUnit), argument) : argument
            value = try node(.power, try node(.euler), exponent)
        } else if mark.kind == .function, let name {
            value = try node(.function, argument, payload: Int(name.rawValue))
        } else if let base {
            value = try node(.logarithm, base, argument)
        } else {
            tree.hasBareLogarithm = true
            value = try node(.function, argument, payload: Int(FunctionName.log.rawValue))
        }
        guard let power else { return value }
        return try node(.power, value, power)
    }

    /// The base behind `log_`: LaTeX would take one digit, but `\log_10 x` and `log_16(x)` mean ten
    /// and sixteen.
    private mutating func parseBase(_ mark: Token) throws(ParseFailure) -> Int32 {
        if kind == .number, numbers[Int(token.value)].flags == NumberFlags.integerLiteral,
            numbers[Int(token.value)].value?.integer == 10
                || (bytes[Int(mark.start)] != 92 && nextKind == .leftParenthesis)
        {
            return try parseArgumentNumber()
        }
        return try parseArgument()
    }

    private mutating func parseArgumentNumber() throws(ParseFailure) -> Int32 {
        let index = Int(token.value)
        advance()
        return try node(.number, payload: index, flags: 2)
    }

    private static func inverse(_ name: FunctionName) -> FunctionName? {
        switch name {
        case .sin: .arcsin
        case .cos: .arccos
        case .tan: .arctan
        case .cot: .arccot
        case .sec: .arcsec
        case .csc: .arccsc
        case .sinh: .arsinh
        case .cosh: .arcosh
        case .tanh: .artanh
        default: nil
        }
    }

    /// `(x)`, `{x}`, `|x|`, or a product up to the next function: `\sin 2x \cos y`.
    private mutating func parseFunctionArgument() throws(ParseFailure) -> Int32 {
        if kind == .leftParenthesis || kind == .leftBrace || kind == .bar || kind == .leftBracket {
            let value = try parseBracket()
            guard Self.isScalar(tree.kind(value)) else { throw unexpected() }
            return value
        }
        // sin cos tan …, each in the one before.
        depth += 2
        defer { depth -= 2 }
        guard depth <= Self.nestingLimit * 2 else { throw unexpected() }
        let saved = isFunctionArgument
        isFunctionArgument = false
        let isFunction = kind == .function || kind == .logarithm
        isFunctionArgument = !isFunction
        defer { isFunctionArgument = saved }
        if kind == .minus {
            advance()
            return try node(.negate, try parseBinary(Power.juxtaposition))
        }
        let value = isFunction ? try parsePrimary() : try parseBinary(Power.juxtaposition)
        // \sin \pi/6 and \cos 2\pi/3: a multiple of π takes its denominator along.
        guard kind == .slash, nextKind == .number, endsWithPi(value) else { return value }
        advance()
        return try node(.divide, value, try parseArgument())
    }

    private func endsWithPi(_ value: Int32) -> Bool {
        if tree.kind(value) == .pi { return true }
        guard tree.kind(value) == .multiply else { return false }
        let parts = tree.parts(value)
        return parts.count == 2 && tree.kind(parts[parts.startIndex]) == .number
            && tree.kind(parts[parts.startIndex + 1]) == .pi
    }

    static func isScalar(_ kind: NodeKind) -> Bool { kind.rawValue < NodeKind.tuple.rawValue }

    mutating func parseListOperator() throws(ParseFailure) -> Int32 {
        let result: NodeKind
        switch ListOperator(rawValue: token.value) {
        case .gcd: result = .gcd
        case .lcm: result = .lcm
        case .minimum: result = .minimum
        default: result = .maximum
        }
        advance()
        let content: Int32
        switch kind {
        case .leftParenthesis, .leftBrace, .leftSet, .leftBracket:
            if kind == .leftBrace {
                content = try parseArgument()
            } else {
                content = try parseBracket()
            }
        default: throw unexpected()
        }
        let isCollection = [.tuple, .list, .set, .interval].contains(tree.kind(content))
        let arguments = isCollection ? Array(tree.parts(content)) : [content]
        guard !arguments.isEmpty, arguments.allSatisfy({ Self.isScalar(tree.kind($0)) }) else {
            throw unexpected()
        }
        if result == .gcd || result == .lcm,
            let divisor = try formalDivisor(arguments, isGreatest: result == .gcd)
        {
            return divisor
        }
        return try node(result, arguments)
    }

    /// `\vec{v}` and `\overline{AB}` are names; other bars are compared by form.
    mutating func parseAccent() throws(ParseFailure) -> Int32 {
        let written = kind == .overline ? "overline" : string
        let accent = written == "overrightarrow" ? "vec" : written == "widehat" ? "hat" : written
        advance()
        let start = Int(token.start)
        let before = position
        skipGroup()
        let spelling = compact(from: start)
        if spelling.utf8.count <= 8,
            spelling.utf8.allSatisfy({ isASCIILetter($0) || isASCIIDigit($0) }),
            spelling.utf8.contains(where: isASCIILetter)
        {
            let isBar = accent == "overline" && spelling.utf8.count == 1
            return try symbol("\(isBar ? "bar" : accent){\(spelling)}" + parseSubscript())
        }
        position = before
        let argument = try parseArgument()
        if accent == "overline" || accent == "bar", Self.isScalar(tree.kind(argument)),
            tree.contains(argument, where: { $0.kind == .imaginaryUnit })
        {
            return try node(.function, argument, payload: Int(FunctionName.conj.rawValue))
        }
        tree.texts.append(accent)
        return try node(.opaque, argument, payload: tree.texts.count - 1)
    }

    /// `\sum_{k=1}^{n} body` in either order of its bounds.
    mutating func parseBigOperator() throws(ParseFailure) -> Int32 {
        let result: NodeKind = kind == .sum ? .sum : .product
        advance()
        var lower: Int32?
        var upper: Int32?
        var name = ""
        while kind == .underscore || kind == .caret {
            let isLower = kind == .underscore
            advance()
            guard isLower else {
                upper = try parseArgument()
                continue
            }
            try expect(.leftBrace)
            guard kind == .letter, nextKind == .relation,
                tokens[position + 1].value == Int32(RelationSign.equal.rawValue)
            else { throw unexpected() }
            name = string
            advance()
            advance()
            lower = try bracketed { parser throws(ParseFailure) in try parser.parseBinary(0) }
            try expect(.rightBrace)
        }
        guard let lower, let upper, boundNames.count < 4 else {
            throw ParseFailure(message: "A sum or product needs both bounds.")
        }
        boundNames.append(name)
        defer { boundNames.removeLast() }
        let body = try parseBinary(Power.product)
        let variable = try symbol(name)
        return try node(result, [variable, lower, upper, body])
    }

    /// No name begins with this mark.
    static let differentialMark = "\u{1}d"

    /// `∫ f dx` from its bounds and its body, which ends here; nil without both or without `dx`.
    private mutating func integral(
        _ bounds: [TokenKind: Int32], _ given: Int32
    ) throws(ParseFailure) -> (node: Int32?, body: Int32) {
        guard let lower = bounds[.underscore], let upper = bounds[.caret] else {
            return (nil, given)
        }
        var body = given
        var mark = firstDifferential(body)
        if mark == nil, kind == .plus || kind == .minus {
            // ∫ x² + 1 dx, without brackets.
            body = try node(.add, body, try parseBinary(Power.sum))
            mark = firstDifferential(body)
        }
        guard let mark, [lower, upper, body].allSatisfy({ Self.isScalar(tree.kind($0)) }) else {
            return (nil, body)
        }
        let name = String(tree.name(mark).dropFirst(Self.differentialMark.count))
        tree.makeOne(mark)
        return (try node(.integral, [try symbol(name), lower, upper, body]), body)
    }

    /// The leftmost differential in a subtree, if the subtree is of moderate size.
    private func firstDifferential(_ body: Int32) -> Int32? {
        tree.postfix(body, limit: 1024)?.first {
            tree.kind($0) == .symbol && tree.name($0).hasPrefix(Self.differentialMark)
        }
    }

    /// `\lim_{x\to a^+} f`; nil, with nothing read, for other forms.
    private mutating func parseLimit() throws(ParseFailure) -> Int32? {
        let start = position
        guard string == "lim", boundNames.count < 4 else { return nil }
        advance()
        guard accept(.underscore), accept(.leftBrace), kind == .letter else {
            position = start
            return nil
        }
        let name = string
        advance()
        guard kind == .relation, token.value == Int32(RelationSign.arrow.rawValue) else {
            position = start
            return nil
        }
        advance()
        let point = try bracketed { parser throws(ParseFailure) in
            parser.isLimitPoint = true
            defer { parser.isLimitPoint = false }
            return try parser.parseBinary(0)
        }
        var side: UInt8 = 0
        if isOneSidedMark {
            advance()
            side = kind == .plus ? 1 : 2
            advance()
        }
        try expect(.rightBrace)
        boundNames.append(name)
        defer { boundNames.removeLast() }
        let body = try parseBinary(Power.product)
        guard Self.isScalar(tree.kind(point)), Self.isScalar(tree.kind(body)) else {
            throw unexpected()
        }
        return try node(.limit, [try symbol(name), point, body], flags: side)
    }

    /// Whether `^+` or `^-` ends the point of a limit here.
    var isOneSidedMark: Bool {
        guard kind == .caret, position + 2 < tokens.count else { return false }
        return [.plus, .minus].contains(tokens[position + 1].kind)
            && tokens[position + 2].kind == .rightBrace
    }

    /// Integrals and limits that have a value; unions over an index and what else is kept whole and
    /// compared by form.
    mutating func parseOpaque() throws(ParseFailure) -> Int32 {
        // Its frames are large: each counts for four levels.
        depth += 4
        defer { depth -= 4 }
        guard depth <= Self.nestingLimit * 2 else { throw unexpected() }
        if let limit = try parseLimit() { return limit }
        let isIntegral = string == "int"
        var bounds: [TokenKind: Int32] = [:]
        tree.texts.append(string)
        let label = tree.texts.count - 1
        advance()
        var parts: [Int32] = []
        while kind == .underscore || kind == .caret {
            let side = kind
            advance()
            guard kind == .leftBrace else {
                parts.append(try parseArgument())
                bounds[side] = parts.last
                continue
            }
            advance()
            let list = try bracketed { parser throws(ParseFailure) in
                try parser.parseList(until: [.rightBrace])
            }
            try expect(.rightBrace)
            if let list { parts.append(list) }
            bounds[side] = list
        }
        var body = try parseBinary(Power.product)
        if isIntegral {
            let (value, whole) = try integral(bounds, body)
            if let value { return value }
            body = whole
        }
        parts.append(body)
        return try node(.opaque, parts, payload: label)
    }
}
