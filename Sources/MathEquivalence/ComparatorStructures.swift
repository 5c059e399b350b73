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
        case (.tuple, .tuple), (.cases, .cases), (.setBuilder, .setBuilder),
            (.difference, .difference):
            return try compareInOrder(x, y)
        case (.tuple, .interval), (.interval, .tuple), (.interval, .interval):
            let flags = left[a].flags | right[b].flags
            guard left[a].flags == right[b].flags || (first != second && flags == 0) else {
                return .different(.structure, "The ends of the intervals differ.")
            }
            return try compareInOrder(x, y)
        case (.list, .list): return try compareLists(x, y)
        case (.set, .set), (.union, .union), (.intersection, .intersection):
            return try compareUnordered(x, y)
        case (.list, .set), (.set, .list):
            policies.insert("set_braces")
            return try compareUnordered(x, y)
        case (.matrix, .matrix):
            guard left[a].payload == right[b].payload else {
                return .different(.structure, "The matrices have different shapes.")
            }
            return try compareInOrder(x, y)
        case (.ratio, .ratio): return try compareRatios(a, b)
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
        let first = x.compactMap { reference.exact[$0] }
        let second = y.compactMap { answer.exact[$0] }
        guard first.count == x.count, second.count == y.count, !first[0].isZero, !second[0].isZero,
            !first[1].isZero
        else { return try compareInOrder(x, y) }
        for (p, q) in zip(first, second) {
            guard let one = p.multiplying(second[0]), let other = q.multiplying(first[0]),
                one == other
            else { return .different(.structure, "The ratios differ.") }
        }
        return .equivalent(.structure)
    }

    private mutating func compareCongruences(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding
    {
        let modulus = try compare(left.part(a, 2), right.part(b, 2))
        guard modulus.isEquivalent else { return modulus }
        let subject = try compare(left.part(a, 0), right.part(b, 0))
        guard subject.isEquivalent else { return subject }
        if let x = reference.exact[left.part(a, 1)], let y = answer.exact[right.part(b, 1)],
            let m = reference.exact[left.part(a, 2)]?.integer, m > 0,
            let gap = x.adding(y.negated), gap.isInteger
        {
            return gap.numerator.remainder(by: UInt64(m)) == 0
                ? .equivalent(.structure) : .different(.structure, "The residues differ.")
        }
        return try compare(left.part(a, 1), right.part(b, 1))
    }

    // MARK: Assignments

    /// Whether a node can stand for the name of what is asked: `x`, `f(x)`, `AB`, `(x, y)`, `a:b`.
    static func isName(_ tree: ExpressionTree, _ node: Int32) -> Bool {
        switch tree.kind(node) {
        case .symbol: return true
        case .apply: return true
        case .text: return true
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
                tree.kind(part) == .symbol
                    && (tree.name(part).utf8.first.map { $0 &- 65 < 26 } == true
                        || ["angle", "triangle"].contains(tree.name(part)))
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
        tree.contains(node) { $0.kind == .symbol || $0.kind == .apply }
    }

    /// Relations on one side or both.
    private mutating func compareRelationSides(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let isLeft = left.kind(a) == .relation
        let isRight = right.kind(b) == .relation
        if isLeft && isRight { return try compareRelations(a, b) }
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
        guard Parser.isScalar(left.kind(a)) else { return nil }
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
        let first = Self.strippedMembers(left, left.parts(a))
        let second = Self.strippedMembers(right, right.parts(b))
        guard first != nil || second != nil else { return nil }
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
