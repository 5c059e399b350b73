// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Numbers with units: converted within a kind, compared by name otherwise.

extension Comparator {
    mutating func compareQuantities(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding {
        if let finding = try compareSpelledUnits(a, b) { return finding }
        let x = left.kind(a) == .quantity ? left.part(a, 0) : a
        let y = right.kind(b) == .quantity ? right.part(b, 0) : b
        if left.kind(x) == .ratio, right.kind(y) == .ratio,
            isTimeOfDay(left, a) || isTimeOfDay(right, b)
        {
            return try compareTimes(a, b, x, y)
        }
        guard x != a, y != b else {
            if let finding = try compareMarkedQuantity(a, b) { return finding }
            guard options.acceptsMissingUnits else {
                return .different(.structure, "Only one side has a unit.")
            }
            policies.insert("unit")
            return try compare(x, y)
        }
        if left.text(a) == right.text(b) { return try compare(x, y) }
        let (first, second) = (Unit(left.text(a)), Unit(right.text(b)))
        if let from = first.scale, let to = second.scale {
            // "pounds" are of weight or of money.
            let money = ["sterling": 1], weight = ["g": 1]
            let isPound =
                from.dimension == money && to.dimension == weight && Self.saysPound(right.text(b))
                || to.dimension == money && from.dimension == weight
                    && Self.saysPound(left.text(a))
            if isPound { return try compare(x, y) }
            guard from.dimension == to.dimension else {
                return .different(.structure, "The units measure different things.")
            }
            if from.factor != to.factor { return try compareConverted(x, from, y, to) }
            return try compare(x, y)
        }
        if first != second {
            let isMeasured = !first.measure.isEmpty && !second.measure.isEmpty
            guard !isMeasured || first.measure == second.measure else {
                return .different(.structure, "The units \(first.name) and \(second.name) differ.")
            }
            guard options.acceptsMissingUnits else {
                return .different(.structure, "The units differ.")
            }
            policies.insert("unit")
        }
        return try compare(x, y)
    }

    /// A quantity against a percentage or an angle in degrees: the mark is a unit of its own.
    private mutating func compareMarkedQuantity(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let isLeft = left.kind(a) == .quantity
        let mark = isLeft ? right.kind(b) : left.kind(a)
        guard mark == .percent || mark == .degrees else { return nil }
        let unit = isLeft ? left.text(a) : right.text(b)
        let isAngle = ["rad", "rads", "radian", "radians"].contains(unit.trimmedSpaces.lowercased())
        guard mark == .degrees, isAngle else {
            return .different(.structure, "The units measure different things.")
        }
        return try scalars.compare(isLeft ? left.part(a, 0) : a, isLeft ? b : right.part(b, 0))
    }

    /// Whether a quantity is a time in the first or second half of the day.
    private func isTimeOfDay(_ tree: ExpressionTree, _ node: Int32) -> Bool {
        guard tree.kind(node) == .quantity else { return false }
        return ["am", "pm"].contains(Unit(tree.text(node)).name)
    }

    /// 4:30 pm and 4:30, digit by digit: 2:15 is the same ratio but another time.
    private mutating func compareTimes(
        _ a: Int32, _ b: Int32, _ x: Int32, _ y: Int32
    ) throws(NeedsWorker) -> Finding {
        if x == a || y == b {
            guard options.acceptsMissingUnits else {
                return .different(.structure, "Only one side has a unit.")
            }
            policies.insert("unit")
        } else if Unit(left.text(a)) != Unit(right.text(b)) {
            return .different(.structure, "The times are in different halves of the day.")
        }
        return try compareInOrder(left.parts(x), right.parts(y))
    }

    private static func saysPound(_ unit: String) -> Bool {
        ["pound", "pounds"].contains(unit.trimmedSpaces.lowercased())
    }

    /// `5\text{ cm}` and `0.05 m`: letters behind a number spell a unit where the other side has one.
    private mutating func compareSpelledUnits(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let isLeft = left.kind(a) == .quantity
        let (known, other) = isLeft ? (left.text(a), right) : (right.text(b), left)
        let node = isLeft ? b : a
        // Letters spell a unit in a product or a quotient, which is told faster than a unit.
        guard other.kind(node) == .multiply || other.kind(node) == .divide,
            Unit(known).scale != nil,
            let quantity = SpelledUnit.read(other, node)
        else { return nil }
        let side = Side(quantity)
        var comparator = Comparator(
            reference: isLeft ? reference : side, answer: isLeft ? side : answer, scalars: scalars)
        comparator.policies = policies
        let finding = try comparator.compareQuantities(
            isLeft ? a : quantity.root, isLeft ? quantity.root : b)
        policies = comparator.policies
        return finding
    }

    /// `100 N m` and `100 J`: letters on both sides, equal as units though not as names.
    mutating func compareBothSpelled(
        _ a: Int32, _ b: Int32
    ) throws(NeedsWorker) -> Finding? {
        let kinds: [NodeKind] = [.multiply, .divide]
        guard isWhole, options.convertsUnits, kinds.contains(left.kind(a)),
            kinds.contains(right.kind(b)),
            let first = SpelledUnit.read(left, a), let second = SpelledUnit.read(right, b),
            let from = UnitScale(first.text(first.root)),
            let to = UnitScale(second.text(second.root)),
            from.dimension == to.dimension
        else { return nil }
        var comparator = Comparator(
            reference: Side(first), answer: Side(second), scalars: scalars)
        let finding = try comparator.compareQuantities(first.root, second.root)
        guard finding.isEquivalent else { return nil }
        policies.formUnion(comparator.policies)
        return finding
    }

    /// 5 m and 500 cm: both in base units.
    private mutating func compareConverted(
        _ x: Int32, _ from: UnitScale, _ y: Int32, _ to: UnitScale
    ) throws(NeedsWorker) -> Finding {
        guard options.convertsUnits, Parser.isScalar(left.kind(x)), Parser.isScalar(right.kind(y))
        else { return .different(.structure, "The units differ.") }
        guard let first = Self.scaled(left, x, from.factor),
            let second = Self.scaled(right, y, to.factor)
        else { return .different(.budget, "The answer is too large to convert.") }
        let converted = ScalarComparator(
            reference: Side(first), answer: Side(second), seed: scalars.seed, pool: scalars.pool,
            options: options, logarithmBase: scalars.logarithmBase)
        var finding = try converted.compare(first.root, second.root)
        if finding.isEquivalent { policies.insert("unit_conversion") }
        if finding.verdict == .different, finding.step != .budget {
            finding.step = .structure
            finding.sentence = "In base units: \(finding.sentence)"
        }
        return finding
    }

    private static func scaled(
        _ tree: ExpressionTree, _ node: Int32, _ factor: Rational
    ) -> ExpressionTree? {
        var result = ExpressionTree()
        guard let value = TreeCopier().copy(node, of: tree, into: &result) else { return nil }
        let scale = result.addNumber(factor)
        result.root = result.add(.multiply, value, scale)
        return result
    }
}
