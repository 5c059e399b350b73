// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Solves inequalities that are linear in one name, or in the absolute value of such a form.
struct LinearInequality {
    /// ax + b.
    private struct Form {
        var slope: Rational
        var constant: Rational
    }

    private let tree: ExpressionTree
    private let exact: ExactEvaluator
    private let name: String

    /// A tree whose root is the relation, a chain, or two of them joined by "or", with the name
    /// alone between constants; nil for what is not solved so.
    static func solve(_ tree: ExpressionTree, _ node: Int32) -> ExpressionTree? {
        guard tree.kind(node) == .relation, let order = tree.postfix(node, limit: 256) else {
            return nil
        }
        let names = Set(order.filter { tree.kind($0) == .symbol }.map { tree.name($0) })
        guard names.count == 1, let name = names.first else { return nil }
        let solver = LinearInequality(tree: tree, exact: ExactEvaluator(tree), name: name)
        return solver.solved(node)
    }

    private init(tree: ExpressionTree, exact: ExactEvaluator, name: String) {
        self.tree = tree
        self.exact = exact
        self.name = name
    }

    private func solved(_ node: Int32) -> ExpressionTree? {
        let (signs, sides) = (tree.signs(node), Array(tree.parts(node)))
        guard signs.allSatisfy({ $0.isOrder || $0 == .notEqual }), signs.count <= 2 else {
            return nil
        }
        if signs.count == 1, let result = absolute(sides[0], signs[0], sides[1]) { return result }
        var result = ExpressionTree()
        var bounds: [(RelationSign, Rational)] = []
        for (index, sign) in signs.enumerated() {
            guard let x = form(sides[index]), let y = form(sides[index + 1]),
                let slope = x.slope.adding(y.slope.negated), !slope.isZero,
                let gap = y.constant.adding(x.constant.negated),
                let bound = gap.multiplying(slope.inverse)
            else { return nil }
            bounds.append((slope.isNegative ? sign.mirrored : sign, bound))
        }
        let parts = bounds.map { Self.relation($0, $1, name, &result) }
        result.root =
            parts.count == 1 ? parts[0] : result.add(.list, parts, payload: Parser.Joint.and)
        return result
    }

    private static func relation(
        _ sign: RelationSign, _ bound: Rational, _ name: String, _ result: inout ExpressionTree
    ) -> Int32 {
        let symbol = result.addSymbol(name)
        return result.addRelation([symbol, result.addNumber(bound)], [sign])
    }

    /// |ax + b| against a positive constant, on either side.
    private func absolute(
        _ first: Int32, _ sign: RelationSign, _ second: Int32
    ) -> ExpressionTree? {
        guard sign.isOrder else { return nil }
        let isLeft = tree.kind(first) == .function
        let (bars, other) = isLeft ? (first, second) : (second, first)
        guard tree.kind(bars) == .function,
            tree[bars].payload == Int32(FunctionName.abs.rawValue), let limit = exact[other],
            !limit.isNegative, !limit.isZero, let inner = form(tree.part(bars, 0)),
            !inner.slope.isZero,
            let one = ends(inner, limit), let two = ends(inner, limit.negated)
        else { return nil }
        let (low, high) = one < two ? (one, two) : (two, one)
        let turned = isLeft ? sign : sign.mirrored
        let isInside = turned == .less || turned == .lessOrEqual
        var result = ExpressionTree()
        let parts = [
            Self.relation(turned.mirrored, low, name, &result),
            Self.relation(turned, high, name, &result),
        ]
        result.root = result.add(
            .list, parts, payload: isInside ? Parser.Joint.and : Parser.Joint.or)
        return result
    }

    private func ends(_ form: Form, _ value: Rational) -> Rational? {
        value.adding(form.constant.negated)?.multiplying(form.slope.inverse)
    }

    private func form(_ node: Int32) -> Form? {
        if let value = exact[node] { return Form(slope: .zero, constant: value) }
        let parts = tree.parts(node)
        switch tree.kind(node) {
        case .symbol: return Form(slope: .one, constant: .zero)
        case .negate: return scaled(parts.first, Rational(-1))
        case .divide:
            guard let below = parts.last.flatMap({ exact[$0] }), !below.isZero else { return nil }
            return scaled(parts.first, below.inverse)
        case .multiply:
            var factor = Rational.one
            var rest: Int32?
            for part in parts {
                if let value = exact[part] {
                    guard let product = factor.multiplying(value) else { return nil }
                    factor = product
                } else if rest == nil {
                    rest = part
                } else {
                    return nil
                }
            }
            return scaled(rest, factor)
        case .add:
            var total = Form(slope: .zero, constant: .zero)
            for part in parts {
                guard let one = form(part), let slope = total.slope.adding(one.slope),
                    let constant = total.constant.adding(one.constant)
                else { return nil }
                total = Form(slope: slope, constant: constant)
            }
            return total
        default: return nil
        }
    }

    private func scaled(_ node: Int32?, _ factor: Rational) -> Form? {
        guard let node, let inner = form(node), let slope = inner.slope.multiplying(factor),
            let constant = inner.constant.multiplying(factor)
        else { return nil }
        return Form(slope: slope, constant: constant)
    }
}
