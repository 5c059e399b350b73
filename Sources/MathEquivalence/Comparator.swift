// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Compares two expressions of any type, member by member down to scalars.
///
/// The type decides how: different types are different, unless a policy of docs/math.md bridges
/// them, which is then noted in `policies`.
struct Comparator {
    let reference: Side
    let answer: Side
    let scalars: ScalarComparator
    let options: ComparisonOptions
    var policies: Set<String> = []
    /// Pairs still allowed; a set of n members needs up to n².
    private var pairBudget = 4096
    private var depth = 0
    private var memberDepth = 0
    /// Whether the pair at hand is no pair of members.
    var isWhole: Bool { memberDepth == 0 }

    init(reference: Side, answer: Side, scalars: ScalarComparator) {
        self.reference = reference
        self.answer = answer
        self.scalars = scalars
        options = scalars.options
    }

    // Lent, not copied: a copy would retain each of a tree's arrays.
    var left: ExpressionTree { _read { yield reference.tree } }
    var right: ExpressionTree { _read { yield answer.tree } }

    mutating func compare(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding {
        pairBudget -= 1
        depth += 1
        defer { depth -= 1 }
        guard pairBudget > 0, depth <= 16 else {
            return .different(.budget, "The answer has too many parts to compare.")
        }
        if let bridged = try compareWrapped(a, b) { return bridged }
        let (first, second) = (left.kind(a), right.kind(b))
        if Parser.isScalar(first), Parser.isScalar(second) { return try compareScalars(a, b) }
        if scalars.isSame(a, b) { return .equivalent(.identical) }
        return try compareStructures(a, b)
    }

    // MARK: Wrappers: approximations, units, percent, degrees, words

    private mutating func compareWrapped(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding? {
        if left.kind(a) == .relation, let inner = Self.approximated(left, a) {
            policies.insert("approximation")
            return try compare(inner, b)
        }
        if right.kind(b) == .relation, let inner = Self.approximated(right, b) {
            policies.insert("approximation")
            return try compare(a, inner)
        }
        if left.kind(a) == .quantity || right.kind(b) == .quantity {
            return try compareQuantities(a, b)
        }
        if left.kind(a) == .text || right.kind(b) == .text { return compareTexts(a, b) }
        if let finding = compareWords(a, b) { return finding }
        if left.kind(a) == .percent, right.kind(b) == .percent {
            return try compare(left.part(a, 0), right.part(b, 0))
        }
        for kind in [NodeKind.percent, .degrees]
        where (left.kind(a) == kind) != (right.kind(b) == kind) {
            return try compareMarked(kind, a, b)
        }
        return nil
    }

    /// The exact side of `√2 ≈ 1.41`, and the only value of `x ≈ 1.41`.
    private static func approximated(_ tree: ExpressionTree, _ node: Int32) -> Int32? {
        guard tree.kind(node) == .relation, tree.signs(node) == [.approximate] else { return nil }
        let (first, second) = (tree.part(node, 0), tree.part(node, 1))
        return isName(tree, first) ? second : first
    }

    /// `60%` is 0.6, and by policy also 60; 90° is π/2, and by policy also 90.
    private mutating func compareMarked(
        _ kind: NodeKind, _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding {
        guard Parser.isScalar(left.kind(a)), Parser.isScalar(right.kind(b)) else {
            return try compareStructures(a, b)
        }
        let byValue = try compareScalars(a, b)
        let isAccepted =
            kind == .degrees ? options.acceptsBareDegrees : options.acceptsBarePercent
        guard !byValue.isEquivalent, isAccepted else {
            return byValue
        }
        let (x, y) = (
            left.kind(a) == kind ? left.part(a, 0) : a, right.kind(b) == kind ? right.part(b, 0) : b
        )
        let byNumber = try compareScalars(x, y)
        guard byNumber.isEquivalent else { return byValue }
        policies.insert(kind == .percent ? "percent" : "degrees")
        return byNumber
    }

    private func compareTexts(_ a: Int32, _ b: Int32) -> Finding {
        if let finding = PhraseMeaning.compare(left, a, right, b) { return finding }
        guard let first = Self.spelling(left, a), let second = Self.spelling(right, b) else {
            return .different(.text, "One side is text, the other is not.")
        }
        if WordComparison.isEqual(first, second) { return .equivalent(.text) }
        return .different(.text, "\"\(first.prefix(60))\" is not \"\(second.prefix(60))\".")
    }

    /// Two bare words such as `Even` are compared as words, not as products of letters.
    private func compareWords(_ a: Int32, _ b: Int32) -> Finding? {
        guard left.kind(a) == .multiply, left[a].flags == 1, right.kind(b) == .multiply,
            right[b].flags == 1
        else { return nil }
        let (first, second) = (left.text(a), right.text(b))
        if WordComparison.isEqual(first, second) {
            // "odd" and "Odd" are a word; AB and ab are products of different names.
            let mayBeNames = first.contains("_") ? !Self.isBased(first) : first.utf8.count <= 3
            guard first != second, mayBeNames, !isCapitalized(first), !isCapitalized(second) else {
                return .equivalent(.text)
            }
            return nil
        }
        if first.utf8.count > 3 || second.utf8.count > 3 {
            return .different(.text, "\"\(first)\" is not \"\(second)\".")
        }
        return nil
    }

    /// Whether letters are the digits of a number in a stated base, as in AB_16.
    private static func isBased(_ word: String) -> Bool {
        let parts = word.split(separator: "_")
        guard parts.count == 2, let base = Int(parts[1]), (11...36).contains(base) else {
            return false
        }
        return parts[0].utf8.allSatisfy { isASCIILetter($0) && Int($0 | 32) - 87 < base }
    }

    /// Whether a word of three letters or more begins with its only capital.
    private func isCapitalized(_ word: String) -> Bool {
        let isCapital: (UInt8) -> Bool = { $0 &- 65 < 26 }
        return word.utf8.count >= 3 && !word.contains("_") && word.utf8.first.map(isCapital) == true
            && !word.utf8.dropFirst().contains(where: isCapital)
    }

    /// What a text or a bare name says; nil for other expressions.
    private static func spelling(_ tree: ExpressionTree, _ node: Int32) -> String? {
        switch tree.kind(node) {
        case .text: tree.text(node)
        case .symbol: tree.name(node)
        case .euler: "e"
        case .imaginaryUnit: "i"
        case .multiply where tree[node].flags == 1: tree.text(node)
        case .list, .tuple:
            tree.parts(node).allSatisfy { [.text, .symbol, .euler].contains(tree.kind($0)) }
                ? tree.parts(node).compactMap { spelling(tree, $0)?.trimmedSpaces }
                    .joined(separator: joint(tree, node)) : nil
        default: nil
        }
    }

    /// What joins the members of a list of words.
    private static func joint(_ tree: ExpressionTree, _ node: Int32) -> String {
        guard tree.kind(node) == .list, tree[node].count == 2 else { return ", " }
        switch tree[node].payload {
        case Int32(Parser.Joint.and): return " and "
        case Int32(Parser.Joint.or): return " or "
        default: return ", "
        }
    }

    // MARK: Scalars

    private mutating func compareScalars(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding {
        let opaque = [NodeKind.opaque, .sum, .product]
        if opaque.contains(left.kind(a)), left.kind(a) == right.kind(b), scalars.isSame(a, b) {
            return .equivalent(.identical)
        }
        if let finding = try compareAntiderivatives(a, b) { return finding }
        let finding = try scalars.compare(a, b)
        if finding.verdict == .different, let converted = try compareBothSpelled(a, b) {
            return converted
        }
        if finding.verdict == .different, let tolerance = options.tolerance {
            return try compareWithin(tolerance, a, b) ?? finding
        }
        if finding.verdict == .different, options.acceptsRounding {
            if let rounded = try compareRounded(a, b) { return rounded }
        }
        return finding
    }

    /// A decimal reference of at least 3 significant digits accepts what rounds to it; a decimal
    /// answer of at least 10 is accepted for the exact value that it rounds.
    private mutating func compareRounded(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding? {
        if let literal = Self.decimal(left, a), literal.significantDigits >= 3,
            let (low, high) = Self.bounds(literal, reference.exact[a])
        {
            if let other = Self.decimal(right, b), other.exponent > literal.exponent { return nil }
            let finding = try scalars.askRange(b, low, high)
            guard finding.isEquivalent else { return nil }
            policies.insert("rounding")
            return finding
        }
        if let literal = Self.decimal(right, b), literal.significantDigits >= 10,
            Self.decimal(left, a) == nil, reference.exact[a]?.isInteger != true,
            let (low, high) = Self.bounds(literal, answer.exact[b])
        {
            let swapped = ScalarComparator(
                reference: answer, answer: reference, seed: scalars.seed, pool: scalars.pool,
                options: options, logarithmBase: scalars.logarithmBase, isSwapped: true)
            guard try swapped.askRange(a, low, high).isEquivalent else { return nil }
            policies.insert("decimal_answer")
            return .equivalent(.ball, .numeric)
        }
        return nil
    }

    /// The literal, if the node is a decimal as written, perhaps negative.
    private static func decimal(_ tree: ExpressionTree, _ node: Int32) -> NumberLiteral? {
        let inner = tree.kind(node) == .negate ? tree.part(node, 0) : node
        guard tree.kind(inner) == .number, tree[inner].flags == NumberFlags.decimal else {
            return nil
        }
        return tree.literal(inner)
    }

    /// The values that round to a decimal: half a unit of its last place on both sides.
    private static func bounds(
        _ literal: NumberLiteral, _ value: Rational?
    ) -> (Rational, Rational)? {
        guard let value, abs(literal.exponent) < 600,
            let unit = Rational(10).raised(to: literal.exponent),
            let half = unit.multiplying(Rational(2).inverse),
            let low = value.adding(half.negated), let high = value.adding(half)
        else { return nil }
        return (low, high)
    }

    // MARK: Members

    /// Members in order; every pair must be equivalent.
    mutating func compareInOrder(
        _ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>
    ) throws(NeedsWorker) -> Finding {
        memberDepth += 1
        defer { memberDepth -= 1 }
        guard first.count == second.count else {
            return .different(
                .structure, "One side has \(first.count) members, the other \(second.count).")
        }
        var proof = Comparison.Proof.exact
        var doubt: Finding?
        for (x, y) in zip(first, second) {
            let finding = try compare(x, y)
            if finding.verdict == .different { return Self.inStructure(finding) }
            if !finding.isEquivalent { doubt = doubt ?? finding }
            if finding.proof == .numeric { proof = .numeric }
        }
        return doubt ?? .equivalent(.structure, proof)
    }

    private static func inStructure(_ finding: Finding) -> Finding {
        var result = finding
        if result.step == .rational || result.step == .identical { result.step = .structure }
        return result
    }

    /// Members in any order, each matched once.
    ///
    /// Equality is transitive, so the first match will do.
    mutating func compareUnordered(
        _ first: ArraySlice<Int32>, _ second: ArraySlice<Int32>
    ) throws(NeedsWorker) -> Finding {
        memberDepth += 1
        defer { memberDepth -= 1 }
        guard first.count == second.count else {
            return .different(
                .structure, "One side has \(first.count) members, the other \(second.count).")
        }
        var rest = Array(second)
        var proof = Comparison.Proof.exact
        for x in first {
            var match: Int?
            var doubt: Finding?
            for (index, y) in rest.enumerated() {
                let finding = try compare(x, y)
                if finding.isEquivalent {
                    if finding.proof == .numeric { proof = .numeric }
                    match = index
                    break
                }
                if finding.verdict != .different { doubt = finding }
            }
            guard let match else {
                return doubt
                    ?? .different(.structure, "A member of the reference has no partner.")
            }
            rest.remove(at: match)
        }
        return .equivalent(.structure, proof)
    }
}
