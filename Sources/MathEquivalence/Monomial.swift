// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A rational number times powers of names, such as 50x²y; for greatest common divisors of them.
struct Monomial {
    var coefficient: Rational
    var powers: [String: Int]

    /// Reads a subtree; nil if it is no monomial.
    init?(_ tree: ExpressionTree, _ top: Int32) {
        guard let order = tree.postfix(top, limit: 64) else { return nil }
        var stack: [Monomial] = []
        for node in order {
            let operands = Array(stack.suffix(Int(tree[node].count)))
            stack.removeLast(operands.count)
            guard let next = Self.apply(tree, node, operands) else { return nil }
            stack.append(next)
        }
        guard let result = stack.last, !result.coefficient.isZero else { return nil }
        self = result
    }

    private init(_ coefficient: Rational, _ powers: [String: Int] = [:]) {
        self.coefficient = coefficient
        self.powers = powers
    }

    private static func apply(
        _ tree: ExpressionTree, _ node: Int32, _ operands: [Monomial]
    ) -> Monomial? {
        switch tree.kind(node) {
        case .number: return tree.literal(node).value.map { Monomial($0) }
        case .symbol: return Monomial(.one, [tree.name(node): 1])
        case .negate: return Monomial(operands[0].coefficient.negated, operands[0].powers)
        case .multiply:
            var result = Monomial(.one)
            for operand in operands {
                guard let product = result.coefficient.multiplying(operand.coefficient) else {
                    return nil
                }
                result.coefficient = product
                result.powers.merge(operand.powers) { $0 + $1 }
            }
            return result
        case .power:
            guard operands[1].powers.isEmpty, let exponent = operands[1].coefficient.integer,
                (0...1000).contains(exponent),
                let value = operands[0].coefficient.raised(to: exponent)
            else { return nil }
            return Monomial(value, operands[0].powers.mapValues { $0 * exponent })
        case .divide:
            guard operands[1].powers.isEmpty, !operands[1].coefficient.isZero,
                let value = operands[0].coefficient.multiplying(operands[1].coefficient.inverse)
            else { return nil }
            return Monomial(value, operands[0].powers)
        default: return nil
        }
    }

    /// The gcd or lcm of the powers of several monomials.
    static func combinedPowers(_ all: [Monomial], isGreatest: Bool) -> [(String, Int)] {
        let names = Set(all.flatMap { $0.powers.keys }).sorted()
        return names.compactMap { name in
            let exponents = all.map { $0.powers[name] ?? 0 }
            let chosen = (isGreatest ? exponents.min() : exponents.max()) ?? 0
            return chosen == 0 ? nil : (name, chosen)
        }
    }
}

extension Parser {
    /// gcd and lcm of polynomials with one term each: gcd(125, 50x) is 25·gcd(5, 2x) = 25.
    ///
    /// Names are indeterminates there, not numbers. Returns nil if an argument is no monomial or
    /// all are plain numbers.
    mutating func monomialDivisor(
        _ arguments: [Int32], isGreatest: Bool
    ) throws(ParseFailure) -> Int32? {
        let all = arguments.compactMap { Monomial(tree, $0) }
        guard all.count == arguments.count, all.contains(where: { !$0.powers.isEmpty }),
            let number = ExactEvaluator.divisors(all.map(\.coefficient), isGreatest: isGreatest)
        else { return nil }
        var factors = [tree.addNumber(number)]
        for (name, exponent) in Monomial.combinedPowers(all, isGreatest: isGreatest) {
            let base = try symbol(name)
            let power = tree.addNumber(Rational(exponent))
            factors.append(try node(.power, [base, power]))
        }
        return try node(.multiply, factors)
    }
}
