// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Raised inside a comparison that may not use a worker but needs one.
struct NeedsWorker: Error {}

/// The answer of one step of the ladder.
struct Finding {
    enum Verdict: Equatable {
        case equivalent, different, invalidReference
        case undecided(Comparison.Cause)
        case failed(Comparison.Cause)
    }

    var verdict: Verdict
    var step: Comparison.Step
    var proof: Comparison.Proof = .exact
    var sentence = ""

    static func different(_ step: Comparison.Step, _ sentence: String) -> Finding {
        Finding(verdict: .different, step: step, sentence: sentence)
    }

    static func equivalent(_ step: Comparison.Step, _ proof: Comparison.Proof = .exact) -> Finding {
        Finding(verdict: .equivalent, step: step, proof: proof)
    }

    var isEquivalent: Bool { verdict == .equivalent }
}

/// One side of a comparison: the tree and its exact values.
///
/// A class, since it is handed on many times and a tree holds nine arrays.
final class Side: Sendable {
    let tree: ExpressionTree
    let exact: ExactEvaluator

    init(_ tree: consuming ExpressionTree) {
        exact = ExactEvaluator(tree)
        self.tree = tree
    }

    /// The type that decides how the side is compared.
    var type: ExpressionType { ExpressionType(tree, tree.root) }
}

/// The ladder for two scalars: fractions, residues, then a worker with balls and algebraic numbers.
struct ScalarComparator {
    let reference: Side
    let answer: Side
    let seed: UInt64
    /// Nil in process: the comparison then stops with `NeedsWorker`.
    let pool: WorkerSession?
    let options: ComparisonOptions
    /// What a logarithm without base means; nil is e.
    var logarithmBase: Int?
    /// Whether the sides are exchanged, so that the task's reference stands as the answer.
    var isSwapped = false

    /// Work for each side of one scalar pair, in units of about 100 ns: 20 ms.
    static let fuel: UInt64 = 200_000

    func compare(_ left: Int32, _ right: Int32) throws(NeedsWorker) -> Finding {
        if reference.exact.isUndefined(left) {
            return Finding(
                verdict: .invalidReference, step: .rational,
                sentence: "The reference divides by zero.")
        }
        if answer.exact.isUndefined(right) {
            return .different(.rational, "The answer divides by zero.")
        }
        if let first = reference.exact[left], let second = answer.exact[right] {
            if first == second { return .equivalent(.rational) }
            return .different(
                .rational, "\(Self.show(first.double)) is not \(Self.show(second.double)).")
        }
        if isSame(left, right) { return .equivalent(.identical) }
        if let special = compareSpecial(left, right) { return special }
        if let residue = compareResidues(left, right) { return residue }
        return try askWorker(left, right)
    }

    /// Infinity, and forms that have no value: equal only to the same form.
    private func compareSpecial(_ left: Int32, _ right: Int32) -> Finding? {
        let first = Self.infinitySign(reference.tree, left)
        let second = Self.infinitySign(answer.tree, right)
        if first != nil || second != nil {
            return first == second
                ? .equivalent(.structure) : .different(.structure, "Only one side is infinite.")
        }
        if hasForm(answer.tree, right) {
            return .different(.structure, "The answer's form differs from the reference's.")
        }
        guard hasForm(reference.tree, left) else { return nil }
        return Finding(
            verdict: .undecided(.reference), step: .structure,
            sentence: "The reference holds an ellipsis, integral or limit, compared by form alone.")
    }

    /// Whether a part has no value of its own; ∞ may end an integral or a sum, and be approached.
    private func hasForm(_ tree: ExpressionTree, _ top: Int32) -> Bool {
        var stack: [Int32] = [top]
        while let node = stack.popLast() {
            let kind = tree.kind(node)
            if kind == .opaque || kind == .ellipsis || kind == .infinity
                || kind.rawValue >= NodeKind.tuple.rawValue
            {
                return true
            }
            for (index, part) in tree.parts(node).enumerated() {
                let mayBeInfinite =
                    kind == .integral && (1...2).contains(index)
                    || kind == .limit && index == 1
                    || (kind == .sum || kind == .product) && index == 2
                if mayBeInfinite, Self.infinitySign(tree, part) != nil { continue }
                stack.append(part)
            }
        }
        return false
    }

    static func infinitySign(_ tree: ExpressionTree, _ node: Int32) -> Int? {
        switch tree.kind(node) {
        case .infinity: 1
        case .negate where tree.kind(tree.part(node, 0)) == .infinity: -1
        default: nil
        }
    }

    /// Whether both subtrees are the same expression, node by node.
    func isSame(_ left: Int32, _ right: Int32) -> Bool {
        Self.isSame(reference.tree, left, answer.tree, right)
    }

    static func isSame(
        _ first: ExpressionTree, _ left: Int32, _ second: ExpressionTree, _ right: Int32
    ) -> Bool {
        var stack: [(Int32, Int32)] = []
        stack.reserveCapacity(32)
        stack.append((left, right))
        var budget = ExpressionTree.nodeLimit * 2
        while let (a, b) = stack.popLast() {
            budget -= 1
            let (x, y) = (first[a], second[b])
            guard budget > 0, x.kind == y.kind, x.count == y.count,
                hasSameContent(first, a, second, b)
            else { return false }
            for index in 0..<Int(x.count) {
                stack.append((first.part(a, index), second.part(b, index)))
            }
        }
        return true
    }

    private static func hasSameContent(
        _ first: ExpressionTree, _ a: Int32, _ second: ExpressionTree, _ b: Int32
    ) -> Bool {
        switch first.kind(a) {
        case .number:
            guard let x = first.literal(a).value, let y = second.literal(b).value else {
                return false
            }
            return x == y
        case .longNumber:
            let (x, y) = (first.literal(a), second.literal(b))
            return x.digits == y.digits && x.exponent == y.exponent
        case .symbol, .apply: return first.name(a) == second.name(b)
        case .text, .opaque, .quantity, .namedSet: return first.text(a) == second.text(b)
        case .relation: return first.signs(a) == second.signs(b)
        case .list: return !isOtherLogic(first, a, second, b)
        case .based: return first.basedNumber(a) == second.basedNumber(b)
        case .function, .matrix: return first[a].payload == second[b].payload
        case .interval: return first[a].flags == second[b].flags
        default: return true
        }
    }

    /// Whether conditions are joined by "and" on one side and by "or" on the other.
    static func isOtherLogic(
        _ first: ExpressionTree, _ a: Int32, _ second: ExpressionTree, _ b: Int32
    ) -> Bool {
        let joints = Set([first[a].payload, second[b].payload])
        return joints == [Int32(Parser.Joint.and), Int32(Parser.Joint.or)]
            && first.parts(a).contains { part in
                first.kind(part) == .relation
                    && first.signs(part).contains { $0.isOrder || $0 == .notEqual }
            }
    }

    // MARK: Residues

    /// For a first look, which needs no search for a prime.
    private static let firstField: PrimeField = {
        var random = SplitMix(seed: 1)
        return PrimeField(seed: &random)
    }()

    private enum FirstLook { case differ, unsupported, open }

    /// Looks at both modulo one fixed prime.
    ///
    /// Any prime proves a difference, whereas equality takes primes that the texts could not be made
    /// for. What has no residues here has none anywhere.
    private func lookModuloFixedPrime(_ left: Int32, _ right: Int32) -> FirstLook {
        var random = SplitMix(seed: ~seed)
        let point = random.next()
        let first = ResidueEvaluator(side: reference, field: Self.firstField, pointSeed: point)
        let second = ResidueEvaluator(side: answer, field: Self.firstField, pointSeed: point)
        switch first.evaluate(left) {
        case .unsupported: return .unsupported
        case .pole: return .open
        case .value(let x, _):
            switch second.evaluate(right) {
            case .unsupported: return .unsupported
            case .pole: return .open
            case .value(let y, _): return x == y ? .open : .differ
            }
        }
    }

    private func compareResidues(_ left: Int32, _ right: Int32) -> Finding? {
        switch lookModuloFixedPrime(left, right) {
        case .differ: return .different(.residue, differenceSentence(left, right))
        case .unsupported: return nil
        case .open: break
        }
        var random = SplitMix(seed: seed)
        var size = ResidueEvaluator.Size()
        var poles = 0
        var agreements = 0
        while agreements < 3 {
            let field = PrimeField(seed: &random)
            let point = random.next()
            let first = ResidueEvaluator(side: reference, field: field, pointSeed: point).evaluate(
                left)
            guard case .value(let x, let leftSize) = first else {
                if case .pole = first, poles < 3 {
                    poles += 1
                    continue
                }
                if case .pole = first {
                    return Finding(
                        verdict: .invalidReference, step: .residue,
                        sentence: "The reference divides by zero.")
                }
                return nil
            }
            let second = ResidueEvaluator(side: answer, field: field, pointSeed: point).evaluate(
                right)
            guard case .value(let y, let rightSize) = second else {
                if case .pole = second, poles < 3 {
                    poles += 1
                    continue
                }
                if case .pole = second {
                    return .different(.residue, "The answer divides by zero everywhere.")
                }
                return nil
            }
            if x != y { return .different(.residue, differenceSentence(left, right)) }
            size = ResidueEvaluator.sum(leftSize, rightSize)
            agreements += 1
        }
        if size.isProvable { return .equivalent(.residue) }
        let referenceFits = referenceSize(left)?.isProvable ?? false
        if referenceFits {
            return .different(.budget, "The answer is too large to compare.")
        }
        return Finding(
            verdict: .undecided(.reference), step: .budget,
            sentence: "The reference is too large to compare.")
    }

    private func referenceSize(_ left: Int32) -> ResidueEvaluator.Size? {
        var random = SplitMix(seed: seed)
        let evaluator = ResidueEvaluator(
            side: reference, field: PrimeField(seed: &random), pointSeed: random.next())
        guard case .value(_, let size) = evaluator.evaluate(left) else { return nil }
        return ResidueEvaluator.sum(size, size)
    }

    // MARK: Sentences

    /// "They differ at x = 1.25: 3.5 vs 4.1", from double arithmetic; only people read it.
    private func differenceSentence(_ left: Int32, _ right: Int32) -> String {
        for attempt in 0..<4 {
            let point: (String) -> Double = { name in
                let hash = SplitMix.hash(name.utf8, from: UInt64(attempt) &+ 7)
                return Double(hash % 17 + 2) / 4
            }
            guard
                let (x, names) = DoubleEvaluator(tree: reference.tree, point: point).evaluate(left),
                let (y, more) = DoubleEvaluator(tree: answer.tree, point: point).evaluate(right)
            else { break }
            if !x.isFinite || !y.isFinite || Self.show(x) == Self.show(y) { continue }
            let all = Array(Set(names + more)).sorted().prefix(4)
            if all.isEmpty { return "\(Self.show(x)) is not \(Self.show(y))." }
            let place = all.map { "\($0) = \(Self.show(point($0)))" }.joined(separator: ", ")
            return "They differ at \(place): \(Self.show(x)) vs \(Self.show(y))."
        }
        return "They differ modulo a prime."
    }

    /// At most seven digits, without a trailing ".0".
    static func show(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        let text = String(value)
        guard text.utf8.count > 11, !text.contains("e") else { return text }
        return String(text.prefix(10)) + "…"
    }
}
