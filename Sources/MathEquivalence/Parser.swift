// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Reads an answer, in LaTeX or plain text, into an `ExpressionTree`.
///
/// A precedence-climbing parser with a bounded nesting depth: it runs on small stacks whatever the
/// input. It never rescues: what it cannot read whole is a `ParseFailure`.
struct Parser: ~Copyable {
    var tokens: [Token]
    let strings: [String]
    let bytes: [UInt8]
    var position = 0
    var tree = ExpressionTree()
    var depth = 0
    /// Operands of the sums and products around this place that are not finished.
    private var operands: [Int32] = []
    /// Quantities around this place that a smaller unit goes on with.
    var compoundDepth = 0
    /// Whether dots were read.
    var hasEllipsis = false
    /// Sums with dots that may still be worked out.
    var dottedSumsLeft = 32
    /// Bars open at this bracket level, so that a bar can close one.
    var openBars = 0
    /// Whether a colon or bar here means "such that".
    var isInsideSet = false
    /// Whether `[` closes the interval opened by `]`.
    var isFrenchInterval = false
    /// Whether the factor belongs to a function without brackets, which the next function ends.
    var isFunctionArgument = false
    /// Whether the point of a limit is read, where `^+` is no power.
    var isLimitPoint = false
    /// Index names of the sums around this place; `i` is then no imaginary unit.
    var boundNames: [String] = []

    /// Longest input read, in bytes; longer ones are unparsable.
    static let inputLimit = 65_536
    /// Deepest bracket nesting; each level costs a few stack frames.
    static let nestingLimit = 48
    /// Different names in one expression.
    static let nameLimit = 256

    /// Binding powers, loosest first.
    enum Power {
        static let ratio = 12
        static let union = 14
        static let intersection = 16
        static let sum = 20
        static let product = 30
        static let juxtaposition = 32
        static let tight = 40
    }

    /// Reads `bytes` whole.
    static func parse(_ bytes: UnsafeRawBufferPointer) throws(ParseFailure) -> ExpressionTree {
        guard bytes.count <= inputLimit else {
            throw ParseFailure(message: "The text is longer than \(inputLimit) bytes.")
        }
        return try parse(normalized: TextNormalizer.normalize(bytes), isTextContent: false)
    }

    static func parse(
        normalized: [UInt8], isTextContent: Bool
    ) throws(ParseFailure) -> ExpressionTree {
        var lexer = Lexer(bytes: normalized)
        try lexer.run()
        if lexer.needsMorePasses {
            AlignedRows.flatten(&lexer.tokens, lexer.strings)
            Differentials.mark(&lexer)
            BarResolver.resolve(&lexer.tokens)
        }
        var parser = Parser(lexer)
        return try parser.parseWhole(isTextContent: isTextContent)
    }

    private init(_ lexer: consuming Lexer) {
        // Taken over, where copies would be counted and let go again.
        var taken: (tokens: [Token], strings: [String]) = ([], [])
        swap(&taken.tokens, &lexer.tokens)
        swap(&taken.strings, &lexer.strings)
        (tokens, strings) = taken
        bytes = lexer.bytes
        swap(&tree.numbers, &lexer.numbers)
        tree.reserve(tokens.count)
    }

    private mutating func parseWhole(isTextContent: Bool) throws(ParseFailure) -> ExpressionTree {
        unwrapText()
        if let word = wholeWord {
            tree.root = tree.addText(word)
            return tree
        }
        if let text = wholeText() {
            if !isTextContent, let inner = reparse(text) { return inner }
            tree.root = tree.addText(text)
            return takeTree()
        }
        var root = try parseList(until: [.end, .choose])
        if kind == .choose { root = try parseStacked(root, until: .end) }
        guard kind == .end else { throw unexpected() }
        guard let root else { throw ParseFailure(message: "There is no expression.") }
        tree.root = root
        return takeTree()
    }

    /// Takes the braces off `{\text{Monday}}`, where they group nothing.
    private mutating func unwrapText() {
        while tokens.count > 3, tokens[0].kind == .leftBrace,
            tokens[tokens.count - 2].kind == .rightBrace, tokens.count <= 16,
            tokens[1..<(tokens.count - 2)].allSatisfy({
                [.text, .word, .leftBrace, .rightBrace].contains($0.kind)
            }),
            closes(0, at: tokens.count - 2)
        {
            tokens.remove(at: tokens.count - 2)
            tokens.remove(at: 0)
        }
    }

    /// The tree itself, where a copy would share all of its arrays.
    private mutating func takeTree() -> ExpressionTree {
        var result = ExpressionTree()
        swap(&result, &tree)
        return result
    }

    /// `\text{12}` and `\text{C, F, H}` mean what stands in them.
    private func reparse(_ text: String) -> ExpressionTree? {
        guard tokens.count == 2, tokens[0].kind == .text,
            let inner = try? Self.parse(normalized: Array(text.utf8), isTextContent: true),
            inner.kind(inner.root) != .text
        else { return nil }
        return inner
    }

    // MARK: Token access

    var token: Token { tokens[position] }
    var kind: TokenKind { tokens[position].kind }
    var nextKind: TokenKind { tokens[min(position + 1, tokens.count - 1)].kind }
    var string: String { strings[Int(tokens[position].value)] }

    mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    mutating func accept(_ wanted: TokenKind) -> Bool {
        guard kind == wanted else { return false }
        advance()
        return true
    }

    mutating func expect(_ wanted: TokenKind) throws(ParseFailure) {
        guard accept(wanted) else { throw unexpected() }
    }

    func unexpected() -> ParseFailure {
        let token = tokens[position]
        if token.kind == .end { return ParseFailure(message: "The expression ends too early.") }
        let shown = String(
            decoding: bytes[Int(token.start)..<min(Int(token.end), Int(token.start) + 40)],
            as: UTF8.self)
        return ParseFailure(message: "\"\(shown)\" is not expected here.")
    }

    /// Literals as the lexer read them; a token's value is the payload of its node.
    var numbers: [NumberLiteral] {
        _read { yield tree.numbers }
        _modify { yield &tree.numbers }
    }

    /// Adds a node, under the limits on nodes and depth.
    mutating func node(
        _ kind: NodeKind, _ parts: [Int32] = [], payload: Int = 0, flags: UInt8 = 0
    ) throws(ParseFailure) -> Int32 {
        try checkSize()
        return try checked(tree.add(kind, parts, payload: payload, flags: flags))
    }

    /// Adds a node with one child, without an array for it.
    mutating func node(
        _ kind: NodeKind, _ part: Int32, payload: Int = 0, flags: UInt8 = 0
    ) throws(ParseFailure) -> Int32 {
        try checkSize()
        return try checked(tree.add(kind, part, payload: payload, flags: flags))
    }

    /// Adds a node with two children.
    mutating func node(
        _ kind: NodeKind, _ left: Int32, _ right: Int32, payload: Int = 0, flags: UInt8 = 0
    ) throws(ParseFailure) -> Int32 {
        try checkSize()
        return try checked(tree.add(kind, left, right, payload: payload, flags: flags))
    }

    private func checkSize() throws(ParseFailure) {
        guard tree.nodes.count < ExpressionTree.nodeLimit, tree.names.count <= Self.nameLimit else {
            throw ParseFailure(message: "The expression has too many parts.")
        }
    }

    func checked(_ result: Int32) throws(ParseFailure) -> Int32 {
        guard tree.depth(result) <= ExpressionTree.depthLimit, !tree.isOversized(result) else {
            throw ParseFailure(message: "The expression is nested too deeply.")
        }
        return result
    }

    mutating func symbol(_ name: String) throws(ParseFailure) -> Int32 {
        try node(.symbol, payload: tree.intern(name))
    }

    /// Runs `body` inside brackets, where bars, sets and bare functions outside do not count.
    mutating func bracketed<Result>(
        insideSet: Bool = false, _ body: (inout Parser) throws(ParseFailure) -> Result
    ) throws(ParseFailure) -> Result {
        let saved = (openBars, isInsideSet, isFunctionArgument, isFrenchInterval)
        (openBars, isInsideSet, isFunctionArgument, isFrenchInterval) = (0, insideSet, false, false)
        depth += 1
        guard depth <= Self.nestingLimit else {
            throw ParseFailure(message: "The expression is nested too deeply.")
        }
        defer {
            depth -= 1
            (openBars, isInsideSet, isFunctionArgument, isFrenchInterval) = saved
        }
        return try body(&self)
    }
}

// MARK: - Lists and relations

extension Parser {
    /// How the items of a list were joined.
    enum Joint { static let comma = 0, or = 1, and = 2 }

    /// Reads items up to a closing token, which is left; nil if there are none.
    mutating func parseList(until closing: TokenSet) throws(ParseFailure) -> Int32? {
        if isClosed(closing) { return nil }
        let first = try parseItem()
        // Most lists have one item.
        if isClosed(closing) { return first }
        var groups = [[first]]
        var joint = Joint.comma
        var hasComma = false
        while true {
            switch kind {
            case .comma: hasComma = true
            case .semicolon: groups.append([])
            case .separator:
                joint = isConjunction ? Joint.and : Joint.or
            default: return try makeList(groups, joint, hasComma)
            }
            advance()
            if kind == .separator, tokens[position - 1].kind == .comma { advance() }
            if isClosed(closing) {
                // A comma may stand at the end of a cell.
                guard kind == .ampersand || kind == .row else { throw unexpected() }
                return try makeList(groups, joint, hasComma)
            }
            groups[groups.count - 1].append(try parseItem())
            if isClosed(closing) { return try makeList(groups, joint, hasComma) }
        }
    }

    /// Whether one of `closing` stands here; a `[` closes only where it cannot open.
    private func isClosed(_ closing: TokenSet) -> Bool {
        closing.contains(kind) && (kind != .leftBracket || isFrenchInterval || isClosingLeftBracket)
    }

    var isConjunction: Bool {
        let spelling = bytes[Int(token.start)..<Int(token.end)]
        return !["or", "ou", "oder", "или", "\\vee", "\\lor", "\\text{or}", "\\text{ or }"]
            .contains { spelling.elementsEqual($0.utf8) }
            && !spelling.starts(with: "\\text{ or".utf8)
    }

    private mutating func makeList(
        _ groups: [[Int32]], _ joint: Int, _ hasComma: Bool
    ) throws(ParseFailure) -> Int32? {
        var items: [Int32] = []
        let isNested = groups.count > 1 && hasComma
        for group in groups where !group.isEmpty {
            if isNested, group.count > 1 {
                items.append(try node(.list, group, payload: Joint.comma))
            } else {
                items.append(contentsOf: group)
            }
        }
        guard let first = items.first else { return nil }
        if items.count > 1 { try distributeModulus(&items) }
        return items.count == 1 ? first : try node(.list, items, payload: joint)
    }

    /// `x \equiv 1, 4 \pmod 5`: subject and modulus belong to every residue.
    private mutating func distributeModulus(_ items: inout [Int32]) throws(ParseFailure) {
        guard items.count <= 256, let first = items.first, let last = items.last,
            tree.kind(first) == .relation, tree.signs(first) == [.congruent],
            tree.kind(last) == .congruence, tree[last].count == 2,
            items.dropFirst().dropLast().allSatisfy({ Self.isScalar(tree.kind($0)) })
        else { return }
        let (subject, modulus) = (tree.part(first, 0), tree.part(last, 1))
        let residues = [tree.part(first, 1)] + items.dropFirst().dropLast() + [tree.part(last, 0)]
        for (index, residue) in residues.enumerated() {
            items[index] = try node(.congruence, [subject, residue, modulus])
        }
    }

    /// One item: sides joined by relation signs.
    mutating func parseItem() throws(ParseFailure) -> Int32 {
        // "= 5" and "≈ 8.24" say the value alone.
        if position == 0, kind == .relation,
            [RelationSign.equal, .approximate].contains(where: { Int32($0.rawValue) == token.value }
            )
        {
            advance()
        }
        let first = try parseSide()
        if kind == .parenthesizedModulo, let modulus = try parseModulus() {
            return try node(.congruence, first, modulus)
        }
        guard kind == .relation else { return first }
        var sides = [first]
        var signs: [RelationSign] = []
        while kind == .relation, let sign = RelationSign(rawValue: UInt8(token.value)) {
            advance()
            signs.append(sign)
            sides.append(
                sign == .member || sign == .notMember
                    ? try parseSetOperand { parser throws(ParseFailure) in try parser.parseSide() }
                    : try parseSide())
        }
        guard !signs.isEmpty else { return sides[0] }
        if signs == [.congruent], let congruence = try parseCongruence(sides) { return congruence }
        tree.chains.append(signs)
        return try node(.relation, sides, payload: tree.chains.count - 1)
    }

    /// x ≡ 3 (mod 7), and x ≡ 3 mod 7 without brackets.
    private mutating func parseCongruence(_ sides: [Int32]) throws(ParseFailure) -> Int32? {
        if let modulus = try parseModulus() {
            return try node(.congruence, sides + [modulus])
        }
        if tree.kind(sides[1]) == .negate, tree.kind(tree.part(sides[1], 0)) == .modulo {
            let inner = Array(tree.parts(tree.part(sides[1], 0)))
            return try node(.congruence, [sides[0], try node(.negate, inner[0]), inner[1]])
        }
        guard tree.kind(sides[1]) == .modulo else { return nil }
        return try node(.congruence, [sides[0]] + tree.parts(sides[1]))
    }

    /// `\pmod{7}`, `(\bmod 7)`, `(mod 7)`.
    private mutating func parseModulus() throws(ParseFailure) -> Int32? {
        if accept(.parenthesizedModulo) { return try parseArgument() }
        let start = position
        if kind == .leftParenthesis, nextKind == .modulo || nextKind == .parenthesizedModulo {
            advance()
            advance()
            let modulus = try bracketed { parser throws(ParseFailure) in
                try parser.parseBinary(Power.sum)
            }
            try expect(.rightParenthesis)
            return modulus
        }
        position = start
        return nil
    }

    /// One side of a relation, with the unit that may follow it.
    mutating func parseSide() throws(ParseFailure) -> Int32 {
        if kind == .text, let text = loneText() { return text }
        let value = try parseBinary(0)
        return try parseUnit(after: value)
    }

    /// A text run that is a whole item, or names the left side of an equation.
    private mutating func loneText() -> Int32? {
        switch nextKind {
        case .comma, .semicolon, .separator, .end, .ampersand, .row, .endGrid, .rightSet:
            let text = string
            advance()
            return tree.addText(text)
        case .relation:
            let name = string.trimmedSpaces
            advance()
            return tree.addSymbol(name)
        default: return nil
        }
    }

    /// Reads operators that bind at least as tightly as `minimum`.
    ///
    /// Sums and products are collected flat, so that `1+1+…` stays shallow.
    mutating func parseBinary(_ minimum: Int) throws(ParseFailure) -> Int32 {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.nestingLimit * 2 else {
            throw ParseFailure(message: "The expression is nested too deeply.")
        }
        var pending = PendingOperands(terms: operands.count, factors: operands.count)
        var left = try parsePrefix(minimum)
        while let power = infixPower(), power >= minimum {
            if power < Power.sum { left = try flush(&pending, left) }
            switch power {
            case Power.sum: left = try parseTerm(&pending, left)
            case Power.product, Power.juxtaposition: left = try parseFactor(&pending, left, power)
            default: left = try parseLoose(left, power)
            }
        }
        return try flush(&pending, left)
    }

    /// Where the terms and the factors of the sum at hand begin in `operands`; factors come last.
    struct PendingOperands {
        let terms: Int
        var factors: Int
    }

    /// Adds a node of the operands from `start` on, which leave the stack.
    private mutating func flushOperands(
        _ kind: NodeKind, from start: Int
    ) throws(ParseFailure) -> Int32 {
        try checkSize()
        let result = try checked(tree.add(kind, operands[start...]))
        operands.removeSubrange(start...)
        return result
    }

    private mutating func flush(
        _ pending: inout PendingOperands, _ last: Int32
    ) throws(ParseFailure) -> Int32 {
        let product = try flushFactors(&pending, last)
        let start = pending.terms
        guard operands.count > start else { return product }
        operands.append(product)
        pending.factors = start
        let (first, second) = (operands[start], operands[start + 1])
        if operands.count == start + 2,
            [.namedSet, .interval, .union].contains(tree.kind(first)),
            tree.kind(second) == .negate,
            [.set, .interval, .union].contains(tree.kind(tree.part(second, 0)))
        {
            operands.removeSubrange(start...)
            return try node(.difference, first, tree.part(second, 0))
        }
        if hasEllipsis, let sum = try dottedSum(operands[start...]) {
            operands.removeSubrange(start...)
            return sum
        }
        return try flushOperands(.add, from: start)
    }

    private mutating func flushFactors(
        _ pending: inout PendingOperands, _ last: Int32
    ) throws(ParseFailure) -> Int32 {
        guard operands.count > pending.factors else { return last }
        operands.append(last)
        return try flushOperands(.multiply, from: pending.factors)
    }

    private mutating func parseTerm(
        _ pending: inout PendingOperands, _ left: Int32
    ) throws(ParseFailure) -> Int32 {
        operands.append(try flushFactors(&pending, left))
        pending.factors = operands.count
        let sign = kind
        advance()
        let term = try parseBinary(Power.sum + 1)
        switch sign {
        case .minus: return try node(.negate, term)
        case .plusMinus: return try node(.plusMinus, term)
        case .minusPlus: return try node(.minusPlus, term)
        default: return term
        }
    }

    private mutating func parseFactor(
        _ pending: inout PendingOperands, _ left: Int32, _ power: Int
    ) throws(ParseFailure) -> Int32 {
        if power == Power.juxtaposition {
            operands.append(left)
            return try parsePostfix()
        }
        let sign = kind
        advance()
        if sign == .times {
            operands.append(left)
            return try parseBinary(Power.product + 1)
        }
        let numerator = try flushFactors(&pending, left)
        // 1/2x is read as (1/2)x, but a/2x as a/(2x).
        let isCoefficient = tree.kind(numerator) == .number && kind == .number
        let denominator = try parseBinary(isCoefficient ? Power.tight : Power.product + 1)
        return try node(sign == .modulo ? .modulo : .divide, numerator, denominator)
    }

    private mutating func parseLoose(_ left: Int32, _ power: Int) throws(ParseFailure) -> Int32 {
        let sign = kind
        advance()
        switch sign {
        case .cup:
            let next = try parseBinary(power + 1)
            return try node(.union, flattened(left, .union) + flattened(next, .union))
        case .cap:
            let next = try parseBinary(power + 1)
            return try node(
                .intersection, flattened(left, .intersection) + flattened(next, .intersection))
        case .setMinus:
            return try node(
                .difference,
                [
                    left,
                    try parseSetOperand { parser throws(ParseFailure) in
                        try parser.parseBinary(power + 1)
                    },
                ])
        default:
            return try node(.ratio, flattened(left, .ratio) + [try parseBinary(power + 1)])
        }
    }

    /// An operand that is a set: `{1}` with bare braces holds one member there.
    private mutating func parseSetOperand(
        _ read: (inout Parser) throws(ParseFailure) -> Int32
    ) throws(ParseFailure) -> Int32 {
        let isBraced = kind == .leftBrace && token.value == 0
        let start = position
        let operand = try read(&self)
        let isWhole =
            isBraced && tokens[position - 1].kind == .rightBrace
            && Self.isScalar(tree.kind(operand)) && closes(start, at: position - 1)
        return isWhole ? try node(.set, operand) : operand
    }

    /// Whether the brace at `start` is closed by the one at `end`.
    private func closes(_ start: Int, at end: Int) -> Bool {
        var level = 0
        for index in start...end {
            if tokens[index].kind == .leftBrace { level += 1 }
            if tokens[index].kind == .rightBrace { level -= 1 }
            if level == 0 { return index == end }
        }
        return false
    }

    private func flattened(_ node: Int32, _ wanted: NodeKind) -> [Int32] {
        tree.kind(node) == wanted ? Array(tree.parts(node)) : [node]
    }

    /// Binding power of the operator that stands here, or nil if the operand ends.
    private func infixPower() -> Int? {
        switch kind {
        case .plus, .minus, .plusMinus, .minusPlus: Power.sum
        case .times, .slash, .modulo: Power.product
        case .colon: isInsideSet ? nil : Power.ratio
        case .cup, .setMinus: Power.union
        case .cap: Power.intersection
        default: startsFactor ? Power.juxtaposition : nil
        }
    }

    /// Whether the token may begin a factor without a multiplication sign.
    var startsFactor: Bool {
        switch kind {
        case .leftBracket: return !isFrenchInterval && !isClosingLeftBracket
        case .fraction: return !startsUnitFraction
        case .letter, .leftBrace, .leftFloor, .leftCeiling, .squareRoot,
            .radical, .cubeRoot, .binomial, .pi, .overline, .accent, .beginGrid, .infinity,
            .ellipsis:
            return true
        case .function, .logarithm, .exponential, .operatorName, .sum, .product, .opaqueOperator,
            .differential:
            return !isFunctionArgument
        case .leftParenthesis:
            return !startsUnitRemark && nextKind != .modulo
        case .word: return !isUnitWord
        case .bar:
            return token.value == BarResolver.Role.opening
                || (token.value == BarResolver.Role.unknown && openBars == 0 && !isInsideSet)
        case .number:
            let before = tokens[position - 1].kind
            return before == .rightParenthesis || before == .rightBrace || before == .pi
                || before == .bang
        default: return false
        }
    }

    /// Whether the `[` here can only close an interval such as `[0,1[`: nothing begins behind it.
    var isClosingLeftBracket: Bool {
        guard kind == .leftBracket else { return false }
        switch nextKind {
        case .end, .cup, .cap, .setMinus, .comma, .semicolon, .rightBrace, .rightParenthesis,
            .rightSet, .relation, .separator, .row, .ampersand, .endGrid:
            return true
        default: return false
        }
    }

    private mutating func parsePrefix(_ minimum: Int) throws(ParseFailure) -> Int32 {
        let sign = kind
        let result: NodeKind?
        switch sign {
        case .plus: result = nil
        case .minus: result = .negate
        case .plusMinus: result = .plusMinus
        case .minusPlus: result = .minusPlus
        default: return try parsePostfix()
        }
        advance()
        let operand = try parseBinary(max(Power.product, minimum))
        guard let result else { return operand }
        return try node(result, operand)
    }
}
