// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Tuples, lists, sets, matrices and assignments.

extension Comparator {
    mutating func compareStructures(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding {
        if let finding = try compareRelationSides(a, b) { return finding }
        if let finding = try compareRegions(a, b) { return finding }
        if let finding = try compareAssignmentLists(a, b) { return finding }
        let (first, second) = (left.kind(a), right.kind(b))
        let (x, y) = (left.parts(a), right.parts(b))
        if let finding = try compareOnlyMember(a, b) { return finding }
        if second == .based, let finding = compareStatedBase(a, b) { return finding }
        switch (first, second) {
        case (.cases, .cases): return try compareUnordered(x, y)
        case (.tuple, .tuple), (.setBuilder, .setBuilder),
            (.difference, .difference):
            return try compareInOrder(x, y)
        case (.tuple, .interval), (.interval, .tuple), (.interval, .interval):
            let flags = left[a].flags | right[b].flags
            guard left[a].flags == right[b].flags || (first != second && flags == 0) else {
                return .different(.structure, "The ends of the intervals differ.")
            }
            return try compareInOrder(x, y)
        case (.list, .list):
            guard !ScalarComparator.isOtherLogic(left, a, right, b) else {
                return .different(.structure, "One side says \"and\", the other \"or\".")
            }
            return try compareLists(x, y)
        case (.set, .set):
            if x.count == y.count { return try compareUnordered(x, y) }
            // {1, 2, 2} is {1, 2}.
            let (least, said) = (distinct(x, in: left), distinct(y, in: right))
            let finding = try compareUnordered(least, said)
            if finding.isEquivalent { policies.insert("repeated_members") }
            return finding
        case (.union, .union), (.intersection, .intersection):
            return try compareUnordered(x, y)
        case (.list, .set), (.set, .list):
            policies.insert("set_braces")
            return try compareUnordered(x, y)
        case (.matrix, .matrix):
            guard left[a].payload == right[b].payload else {
                return .different(.structure, "The matrices have different shapes.")
            }
            return try compareInOrder(x, y)
        case (.matrix, .tuple), (.matrix, .interval), (.tuple, .matrix), (.interval, .matrix):
            return try compareVectors(a, b)
        case (.ratio, .ratio): return try compareRatios(a, b)
        case (.ratio, _) where left[a].count == 2 && Parser.isScalar(second),
            (_, .ratio) where right[b].count == 2 && Parser.isScalar(first):
            return try compareRatioWithQuotient(a, b)
        case (.congruence, .congruence): return try compareCongruences(a, b)
        case (.based, .based):
            return .different(.structure, "The numbers or their bases differ.")
        case (.namedSet, .namedSet): return .different(.structure, "The sets differ.")
        default:
            return .different(
                .structure, "One side is \(Self.title(first)), the other \(Self.title(second)).")
        }
    }

    /// {5} and 5, as whole answers: the solutions, and the only one.
    private mutating func compareOnlyMember(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        guard isWhole else { return nil }
        let collections: [NodeKind] = [.set, .list, .setBuilder, .namedSet]
        if left.kind(a) == .set, left[a].count == 1, !collections.contains(right.kind(b)) {
            policies.insert("set_braces")
            return try compare(left.part(a, 0), b)
        }
        if right.kind(b) == .set, right[b].count == 1, !collections.contains(left.kind(a)) {
            policies.insert("set_braces")
            return try compare(a, right.part(b, 0))
        }
        return nil
    }

    /// A reference of digits alone, whose base the question named, against the same digits with it.
    private mutating func compareStatedBase(_ a: Int32, _ b: Int32) -> Finding? {
        guard options.acceptsStatedBase, left.kind(a) == .number,
            left[a].flags == NumberFlags.integerLiteral
        else { return nil }
        let digits = left.literal(a).digits
        let number = right.basedNumber(b)
        guard digits.count <= 512, digits.allSatisfy({ UInt64($0) - 48 < number.base }) else {
            return nil
        }
        var value = Natural.zero
        for digit in digits { value.multiply(by: number.base, adding: UInt64(digit - 48)) }
        guard value == number.value else { return nil }
        policies.insert("stated_base")
        return .equivalent(.structure)
    }

    static func title(_ kind: NodeKind) -> String {
        switch kind {
        case .tuple: "a tuple"
        case .list: "a list"
        case .set, .namedSet, .setBuilder: "a set"
        case .interval, .union: "an interval"
        case .relation, .congruence: "a relation"
        case .matrix: "a matrix"
        case .text: "text"
        case .based: "a number in a stated base"
        case .ratio: "a ratio"
        case .cases: "a case distinction"
        default: "a value"
        }
    }

    private mutating func compareLists(
        _ x: ArraySlice<Int32>, _ y: ArraySlice<Int32>
    ) throws(NeedsWorker) -> Finding {
        let saved = policies
        let ordered = try compareInOrder(x, y)
        if ordered.isEquivalent || !options.ignoresListOrder { return ordered }
        policies = saved
        if x.count != y.count {
            // A solution named twice is still one solution.
            guard x.allSatisfy({ left.kind($0) == .tuple }) else { return ordered }
            let (first, second) = (distinct(x, in: left), distinct(y, in: right))
            guard first.count == second.count else { return ordered }
            policies.insert("repeated_members")
            return try compareUnordered(first, second)
        }
        let finding = try compareUnordered(x, y)
        if finding.isEquivalent { policies.insert("list_order") }
        return finding
    }

    /// Members without those spelled like an earlier one.
    private func distinct(_ parts: ArraySlice<Int32>, in tree: ExpressionTree) -> ArraySlice<Int32>
    {
        guard parts.count <= 64 else { return parts }
        var result: [Int32] = []
        for part in parts
        where !result.contains(where: { ScalarComparator.isSame(tree, $0, tree, part) }) {
            result.append(part)
        }
        return result[...]
    }

    /// 2:4 is 1:2; members that are no exact numbers must agree one by one.
    private mutating func compareRatios(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding {
        let (x, y) = (left.parts(a), right.parts(b))
        guard x.count == y.count else { return try compareInOrder(x, y) }
        if Self.isTime(left, a) || Self.isTime(right, b) { return try compareInOrder(x, y) }
        let first = x.compactMap { reference.exact[$0] }
        let second = y.compactMap { answer.exact[$0] }
        guard first.count == x.count, second.count == y.count else {
            return try compareInexactRatios(x, y)
        }
        guard !first[0].isZero, !second[0].isZero, !first[1].isZero
        else { return try compareInOrder(x, y) }
        for (p, q) in zip(first, second) {
            guard let one = p.multiplying(second[0]), let other = q.multiplying(first[0]),
                one == other
            else { return .different(.structure, "The ratios differ.") }
        }
        return .equivalent(.structure)
    }

    /// Whether a ratio is written like 12:05, whose minutes no ratio would write with a zero.
    private static func isTime(_ tree: ExpressionTree, _ ratio: Int32) -> Bool {
        tree.parts(ratio).dropFirst().contains { part in
            guard tree.kind(part) == .number else { return false }
            let literal = tree.literal(part)
            return tree[part].flags == NumberFlags.integerLiteral
                && literal.digitCount == 2 && literal.significantDigits < 2
        }
    }

    /// √2:1 is 2:√2: every member over the first.
    private mutating func compareInexactRatios(
        _ x: ArraySlice<Int32>, _ y: ArraySlice<Int32>
    ) throws(NeedsWorker) -> Finding {
        guard let p = x.first, let q = y.first, x.count <= 8,
            x.allSatisfy({ Parser.isScalar(left.kind($0)) && reference.exact[$0]?.isZero != true }),
            y.allSatisfy({ Parser.isScalar(right.kind($0)) && answer.exact[$0]?.isZero != true })
        else { return try compareInOrder(x, y) }
        var (first, second) = (left, right)
        var proof = Comparison.Proof.exact
        for (above, other) in zip(x.dropFirst(), y.dropFirst()) {
            first.root = first.add(.divide, above, p)
            second.root = second.add(.divide, other, q)
            let quotients = ScalarComparator(
                reference: Side(first), answer: Side(second), seed: scalars.seed,
                pool: scalars.pool, options: options, logarithmBase: scalars.logarithmBase)
            let finding = try quotients.compare(first.root, second.root)
            guard finding.isEquivalent else { return finding }
            if finding.proof == .numeric { proof = .numeric }
        }
        return .equivalent(.structure, proof)
    }

    /// (1, 2) and a row or column; ((1, 2), (3, 4)) and a matrix.
    private mutating func compareVectors(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding {
        guard options.acceptsVectorAsTuple, let x = Self.rows(left, a), let y = Self.rows(right, b),
            x.entries.count == y.entries.count,
            x.isFlat || y.isFlat ? Self.isLine(x) && Self.isLine(y) : x.width == y.width
        else { return .different(.structure, "Only one side is a matrix.") }
        let finding = try compareInOrder(x.entries[...], y.entries[...])
        if finding.isEquivalent { policies.insert("vector") }
        return finding
    }

    private static func isLine(_ rows: Rows) -> Bool {
        rows.width == 1 || rows.width == rows.entries.count
    }

    private typealias Rows = (entries: [Int32], width: Int, isFlat: Bool)

    /// The entries row by row; flat for a tuple of scalars, whose direction is not said.
    private static func rows(_ tree: ExpressionTree, _ node: Int32) -> Rows? {
        let parts = Array(tree.parts(node))
        switch tree.kind(node) {
        case .matrix: return (parts, Int(tree[node].payload), false)
        case .tuple, .interval:
            if tree.kind(node) == .interval, ![0, 3].contains(tree[node].flags) { return nil }
            if parts.allSatisfy({ Parser.isScalar(tree.kind($0)) }) { return (parts, 1, true) }
            let inner = parts.compactMap { $0 == node ? nil : rows(tree, $0) }
            guard inner.count == parts.count, let width = inner.first?.entries.count,
                inner.allSatisfy({ $0.isFlat && $0.entries.count == width })
            else { return nil }
            return (inner.flatMap { $0.entries }, width, false)
        default: return nil
        }
    }

    /// 3:4 and 3/4, by policy.
    private mutating func compareRatioWithQuotient(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding {
        guard options.acceptsRatioAsQuotient else {
            return .different(.structure, "Only one side is a ratio.")
        }
        let isLeft = left.kind(a) == .ratio
        var tree = isLeft ? left : right
        let ratio = isLeft ? a : b
        guard tree.parts(ratio).allSatisfy({ Parser.isScalar(tree.kind($0)) }) else {
            return .different(.structure, "Only one side is a ratio.")
        }
        tree.root = tree.add(.divide, Array(tree.parts(ratio)))
        let side = Side(tree)
        let comparator = ScalarComparator(
            reference: isLeft ? side : reference, answer: isLeft ? answer : side,
            seed: scalars.seed, pool: scalars.pool, options: options,
            logarithmBase: scalars.logarithmBase)
        let finding = try comparator.compare(isLeft ? tree.root : a, isLeft ? b : tree.root)
        if finding.isEquivalent { policies.insert("ratio") }
        return finding
    }

    private mutating func compareCongruences(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding
    {
        // 3 (mod 7) has no subject.
        let (first, second) = (left.parts(a), right.parts(b))
        guard let m1 = first.last, let m2 = second.last, let r1 = first.dropLast().last,
            let r2 = second.dropLast().last
        else { return .different(.structure, "The congruences differ.") }
        let modulus = try compare(m1, m2)
        guard modulus.isEquivalent else { return modulus }
        if first.count != second.count {
            policies.insert("assignment")
        } else if first.count == 3, let x = first.first, let y = second.first {
            let subject = try compare(x, y)
            guard subject.isEquivalent else { return subject }
        }
        if let x = reference.exact[r1], let y = answer.exact[r2],
            let m = reference.exact[m1]?.integer, m > 0,
            let gap = x.adding(y.negated), gap.isInteger
        {
            return gap.numerator.remainder(by: UInt64(m)) == 0
                ? .equivalent(.structure) : .different(.structure, "The residues differ.")
        }
        return try compare(r1, r2)
    }

    // MARK: Assignments

    /// Whether a node can stand for the name of what is asked: `x`, `f(x)`, `AB`, `(x, y)`, `a:b`.
    static func isName(_ tree: ExpressionTree, _ node: Int32) -> Bool {
        switch tree.kind(node) {
        case .symbol: return true
        case .apply: return true
        case .text: return true
        case .opaque: return tree.text(node) == "differential quotient"
        case .tuple, .ratio, .interval:
            return tree.parts(node).allSatisfy { isName(tree, $0) }
        case .multiply:
            // Points, angles and changes: AB, ∠ABC, Δp.
            let parts = tree.parts(node)
            if parts.count == 2, let first = parts.first, let last = parts.last,
                tree.kind(first) == .symbol, tree.name(first) == "Delta", tree.kind(last) == .symbol
            {
                return true
            }
            return tree.parts(node).allSatisfy { part in
                if tree.kind(part) == .multiply { return isName(tree, part) }
                return tree.kind(part) == .symbol
                    && (tree.name(part).utf8.first.map { $0 &- 65 < 26 } == true
                        || ["angle", "triangle", "m"].contains(tree.name(part))
                        || tree.name(part).hasPrefix("angle "))
            }
        default: return false
        }
    }

    /// Name and value of `x = 5`, `x ∈ {1, 2}` or `5 = x`.
    static func assignment(_ tree: ExpressionTree, _ node: Int32) -> (name: Int32, value: Int32)? {
        guard tree.kind(node) == .relation, tree[node].count == 2 else { return nil }
        let (first, second) = (tree.part(node, 0), tree.part(node, 1))
        switch tree.signs(node) {
        case [.equal]:
            if isName(tree, first) { return (first, second) }
            return tree.kind(second) == .symbol && !hasNames(tree, first) ? (second, first) : nil
        case [.member]: return isName(tree, first) ? (first, second) : nil
        default: return nil
        }
    }

    static func hasNames(_ tree: ExpressionTree, _ node: Int32) -> Bool {
        tree.hasFreeNames(node)
    }

    /// Relations on one side or both.
    private mutating func compareRelationSides(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let isLeft = left.kind(a) == .relation
        let isRight = right.kind(b) == .relation
        if isLeft && isRight { return try compareRelations(a, b) }
        if isLeft || isRight, !options.acceptsAssignment, isEquationAlone(a, b) {
            return .different(.structure, "Only one side is an equation.")
        }
        if isLeft {
            if left.signs(a).allSatisfy({ $0 == .equal }), left[a].count > 2 {
                return try compareChain(a, b)
            }
            guard let (_, value) = Self.assignment(left, a) else { return nil }
            policies.insert("assignment")
            return try compare(value, b)
        }
        guard isRight else { return nil }
        if right.signs(b).allSatisfy({ $0 == .equal }) {
            if let (_, value) = Self.assignment(right, b), right[b].count == 2 {
                policies.insert("assignment")
                return try compare(a, value)
            }
            return try compareAnswerChain(a, b)
        }
        guard let (_, value) = Self.assignment(right, b) else { return nil }
        policies.insert("assignment")
        return try compare(a, value)
    }

    /// Whether one side is an equation or a membership and the other no relation.
    private func isEquationAlone(_ a: Int32, _ b: Int32) -> Bool {
        let signs = left.kind(a) == .relation ? left.signs(a) : right.signs(b)
        return signs.count == 1 && (signs == [.equal] || signs == [.member])
    }

    /// `x = 2 + 3 = 5` as the reference: its last member is the value.
    private mutating func compareChain(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding? {
        guard Self.isName(left, left.part(a, 0)), let last = left.parts(a).last else { return nil }
        policies.insert("assignment")
        return try compare(last, b)
    }

    /// `3 + 5 = 8` as the answer: every member must be the value, a leading name aside.
    private mutating func compareAnswerChain(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        guard Parser.isScalar(left.kind(a)), options.acceptsEquationChain else { return nil }
        var members = right.parts(b)
        // "f(1) + f(2) = 3 + 4 = 7": a first member with names says what is worked out.
        let isWorkedOut = members.count > 2 && Self.hasNames(right, right.part(b, 0))
        if isWorkedOut { members = members.dropFirst() }
        // "y = k = 5" names the value twice.
        while members.count > 1, let first = members.first, Self.isName(right, first) {
            members = members.dropFirst()
        }
        policies.insert("equation_chain")
        var result = Finding.equivalent(.structure)
        for member in members {
            let finding = try compare(a, member)
            guard finding.isEquivalent else { return finding }
            result = finding
        }
        return result
    }

    /// `x = 1, y = 2` against `(1, 2)` or `1, 2`; and `n = 2, 3, 4`, whose name stands once.
    private mutating func compareAssignmentLists(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let kinds: [NodeKind] = [.list, .tuple, .set, .interval]
        guard kinds.contains(left.kind(a)), kinds.contains(right.kind(b)) else { return nil }
        // "y = 2, x = 1" is (1, 2), whose places follow the alphabet.
        let first = Self.strippedMembers(
            left, right.kind(b) == .tuple ? Self.alphabetical(left, a) : left.parts(a))
        let second = Self.strippedMembers(
            right, left.kind(a) == .tuple ? Self.alphabetical(right, b) : right.parts(b))
        guard first != nil || second != nil else { return nil }
        if (first == nil) != (second == nil), !options.acceptsAssignment {
            return .different(.structure, "Only one side consists of equations.")
        }
        if first != nil, second != nil,
            Self.isFullyNamed(left, left.parts(a)), Self.isFullyNamed(right, right.parts(b))
        {
            return try compareUnordered(left.parts(a), right.parts(b))
        }
        policies.insert("assignment")
        let (x, y) = (first ?? Array(left.parts(a)), second ?? Array(right.parts(b)))
        let isOrdered = left.kind(a) == .tuple || right.kind(b) == .tuple
        if isOrdered { return try compareInOrder(x[...], y[...]) }
        return try compareLists(x[...], y[...])
    }

    /// The members of a list by the single letters they name, or as they stand.
    private static func alphabetical(_ tree: ExpressionTree, _ list: Int32) -> ArraySlice<Int32> {
        let parts = tree.parts(list)
        guard parts.count <= 26, tree.kind(list) == .list else { return parts }
        var named: [(name: String, part: Int32)] = []
        for part in parts {
            guard let (name, _) = assignment(tree, part), tree.kind(name) == .symbol,
                tree.name(name).utf8.count == 1
            else { return parts }
            named.append((tree.name(name), part))
        }
        guard Set(named.map(\.name)).count == named.count else { return parts }
        return ArraySlice(named.sorted { $0.name < $1.name }.map(\.part))
    }

    private static func isFullyNamed(_ tree: ExpressionTree, _ parts: ArraySlice<Int32>) -> Bool {
        parts.allSatisfy { assignment(tree, $0) != nil }
    }

    /// The values, if the members are assignments, or only the first is and the rest bare values.
    private static func strippedMembers(
        _ tree: ExpressionTree, _ parts: ArraySlice<Int32>
    ) -> [Int32]? {
        guard let first = parts.first, let (_, value) = assignment(tree, first) else { return nil }
        var values = [value]
        for part in parts.dropFirst() {
            if let (_, value) = assignment(tree, part) {
                values.append(value)
            } else if tree.kind(part) != .relation {
                values.append(part)
            } else {
                return nil
            }
        }
        return values
    }
}
