// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Equations and inequalities: the same up to a constant factor.

extension Comparator {
    mutating func compareRelations(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding {
        if let (name, value) = Self.assignment(left, a),
            let (otherName, otherValue) = Self.assignment(right, b),
            ScalarComparator.isSame(left, name, right, otherName)
                || isFunctionValue(name, otherName)
        {
            return try compare(value, otherValue)
        }
        let (signs, others) = (left.signs(a), right.signs(b))
        if let finding = try compareWorkedOut(a, b) { return finding }
        if signs.count == 1, others.count == 1 {
            if let finding = try compareSingle(a, signs[0], b, others[0]) { return finding }
        }
        if signs == others { return try compareInOrder(left.parts(a), right.parts(b)) }
        if signs == others.reversed().map(\.mirrored) {
            return try compareInOrder(left.parts(a), ArraySlice(right.parts(b).reversed()))
        }
        if let finding = try compareRegions(a, b) { return finding }
        return .different(.structure, "The relations have different signs.")
    }

    /// `x = 5` and `x = 2 + 3 = 5`: a chain that ends in the value; the answer's members must all
    /// have it.
    private mutating func compareWorkedOut(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let (signs, others) = (left.signs(a), right.signs(b))
        guard options.acceptsEquationChain, signs.count != others.count,
            (signs + others).allSatisfy({ $0 == .equal }), min(signs.count, others.count) == 1,
            Self.isName(left, left.part(a, 0)), Self.isName(right, right.part(b, 0)),
            ScalarComparator.isSame(left, left.part(a, 0), right, right.part(b, 0)),
            let value = left.parts(a).last
        else { return nil }
        policies.insert("equation_chain")
        var result = Finding.equivalent(.structure)
        for member in right.parts(b).dropFirst() {
            result = try compare(value, member)
            guard result.isEquivalent else { return result }
        }
        return result
    }

    /// `f(x) = …` and `y = …` name the same.
    private func isFunctionValue(_ name: Int32, _ other: Int32) -> Bool {
        func isPlain(_ tree: ExpressionTree, _ node: Int32) -> Bool {
            tree.kind(node) == .symbol && tree.name(node).first == "y"
                && tree.name(node).dropFirst().allSatisfy { $0 == "'" }
        }
        func isApplied(_ tree: ExpressionTree, _ node: Int32) -> Bool {
            tree.kind(node) == .apply && tree[node].count == 1
                && tree.kind(tree.part(node, 0)) == .symbol
                && tree.name(tree.part(node, 0)) != "y"
        }
        func order(_ tree: ExpressionTree, _ node: Int32) -> Int {
            tree.name(node).filter { $0 == "'" }.count
        }
        return
            (isPlain(left, name) && isApplied(right, other)
            || isApplied(left, name) && isPlain(right, other))
            && order(left, name) == order(right, other)
    }

    /// L = R and L' = R' are the same if L − R and L' − R' are proportional; an inequality also
    /// needs a positive factor.
    private mutating func compareSingle(
        _ a: Int32, _ sign: RelationSign, _ b: Int32, _ other: RelationSign
    ) throws(NeedsWorker) -> Finding? {
        let isEquation =
            sign == .equal && other == .equal || sign == .notEqual && other == .notEqual
        guard isEquation || (sign.isOrder && other.isOrder) else { return nil }
        let scalar =
            left.parts(a).allSatisfy { Parser.isScalar(left.kind($0)) }
            && right.parts(b).allSatisfy { Parser.isScalar(right.kind($0)) }
        guard scalar, Self.hasNames(left, a), Self.hasNames(right, b) else { return nil }
        if sign.isOrder {
            let strict: (RelationSign) -> Bool = { $0 == .less || $0 == .greater }
            guard strict(sign) == strict(other) else {
                return .different(.structure, "Only one of the inequalities is strict.")
            }
        }
        guard let sides = ProportionTrees(left, a, right, b) else {
            return .different(.budget, "The relations are too large to compare.")
        }
        for (tree, isReference) in [(sides.reference, true), (sides.answer, false)] {
            let zero = try proportion(tree, sides.zero)
            if zero.verdict == .invalidReference {
                return isReference
                    ? zero : .different(.structure, "The answer's relation divides by zero.")
            }
            if zero.isEquivalent {
                return isReference
                    ? Finding(
                        verdict: .undecided(.reference), step: .structure,
                        sentence: "Both sides of the reference's relation are the same.")
                    : .different(.structure, "Both sides of the answer's relation are the same.")
            }
        }
        let finding = try proportion(sides.crossed, sides.mirrored)
        if case .undecided = finding.verdict {
            let alone = try proportion(sides.reference, sides.reference2)
            return alone.verdict == .different
                ? .different(.budget, "The answer is too complex to compare.") : finding
        }
        guard finding.isEquivalent, sign.isOrder else { return finding }
        let isMirrored = sign == other.mirrored && sign != other
        guard let factor = sides.factorSign() else {
            guard sides.isReferencePlain else {
                return Finding(
                    verdict: .undecided(.reference), step: .structure,
                    sentence: "The direction of the reference's inequality is not known.")
            }
            return .different(.budget, "The answer's inequality is too complex to compare.")
        }
        return factor == !isMirrored
            ? finding : .different(.structure, "The inequalities point different ways.")
    }

    private func proportion(
        _ first: ExpressionTree, _ second: ExpressionTree
    ) throws(NeedsWorker) -> Finding {
        let comparator = ScalarComparator(
            reference: Side(first), answer: Side(second), seed: scalars.seed, pool: scalars.pool,
            options: options, logarithmBase: scalars.logarithmBase)
        return try comparator.compare(first.root, second.root)
    }
}

/// The differences F = L − R of two relations, and the products that show them proportional:
/// F(x)·G(x') = F(x')·G(x), with x' fresh names.
struct ProportionTrees {
    /// F and, with fresh names, F(x').
    let reference: ExpressionTree
    let reference2: ExpressionTree
    /// G.
    let answer: ExpressionTree
    let crossed: ExpressionTree
    let mirrored: ExpressionTree
    let zero: ExpressionTree

    init?(_ left: ExpressionTree, _ a: Int32, _ right: ExpressionTree, _ b: Int32) {
        guard let f = Self.difference(left, a, ""), let f2 = Self.difference(left, a, "′"),
            let g = Self.difference(right, b, ""), let g2 = Self.difference(right, b, "′"),
            let crossed = Self.product(f, g2), let mirrored = Self.product(f2, g)
        else { return nil }
        reference = f
        reference2 = f2
        answer = g
        self.crossed = crossed
        self.mirrored = mirrored
        var zero = ExpressionTree()
        zero.root = zero.addNumber(.zero)
        self.zero = zero
    }

    private static func difference(
        _ tree: ExpressionTree, _ relation: Int32, _ suffix: String
    ) -> ExpressionTree? {
        let copier = TreeCopier(suffix: suffix)
        var result = ExpressionTree()
        guard let first = copier.copy(tree.part(relation, 0), of: tree, into: &result),
            let second = copier.copy(tree.part(relation, 1), of: tree, into: &result)
        else { return nil }
        let negative = result.add(.negate, second)
        result.root = result.add(.add, first, negative)
        return result
    }

    private static func product(_ first: ExpressionTree, _ second: ExpressionTree)
        -> ExpressionTree?
    {
        var result = first
        guard let other = TreeCopier().copy(second.root, of: second, into: &result) else {
            return nil
        }
        result.root = result.add(.multiply, first.root, other)
        return result
    }

    /// Whether doubles can evaluate F, so that only G can stand in the way.
    var isReferencePlain: Bool {
        DoubleEvaluator(tree: reference, point: { _ in 1.25 }).evaluate(reference.root) != nil
    }

    /// Whether F / G, known to be constant, is positive; nil if doubles cannot tell.
    func factorSign() -> Bool? {
        for attempt in 0..<16 {
            let point: (String) -> Double = { name in
                Double(SplitMix.hash(name.utf8, from: UInt64(attempt + 1)) % 1009) / 128 - 3.9
            }
            guard
                let (x, _) = DoubleEvaluator(tree: reference, point: point).evaluate(
                    reference.root),
                let (y, _) = DoubleEvaluator(tree: answer, point: point).evaluate(answer.root)
            else { return nil }
            let ratio = x / y
            guard ratio.isFinite, abs(x) > 1e-3, abs(y) > 1e-3 else { continue }
            return ratio > 0
        }
        return nil
    }
}
