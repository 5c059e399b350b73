// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Evaluates rational functions with integer exponents at a random point of a prime field.
///
/// Nothing is expanded, so (x+…)^40 and 2^100000 cost a few multiplications. A different residue
/// proves two functions different. Equal residues modulo three random primes prove them equal as
/// long as degree and coefficients stay below 2^40: the chance that a wrong pair passes one prime
/// is below 2^-19 (2^34 bad primes of more than 2^54, 2^40 roots of 2^60), so below 2^-57 for three.
struct ResidueEvaluator {
    /// Bound on a fraction N/D: degrees and the bits of the sums of absolute coefficients.
    struct Size {
        var degree = 0.0
        var bits = 0.0
        var denominatorDegree = 0.0
        var denominatorBits = 0.0

        var isProvable: Bool {
            let limit = 1_099_511_627_776.0  // 2^40
            return degree < limit && bits < limit && denominatorDegree < limit
                && denominatorBits < limit
        }
    }

    enum Outcome {
        case value(UInt64, Size)
        /// A denominator vanished: identically, or by bad luck.
        case pole
        /// Not a rational function with integer exponents.
        case unsupported
    }

    let side: Side
    let field: PrimeField
    /// Chooses the point; the same name gets the same value in both trees.
    let pointSeed: UInt64

    private var tree: ExpressionTree { _read { yield side.tree } }
    private var exact: ExactEvaluator { _read { yield side.exact } }

    func evaluate(_ top: Int32) -> Outcome {
        guard let order = tree.postfix(top) else { return .unsupported }
        var stack: [(UInt64, Size)] = []
        stack.reserveCapacity(min(order.count, 16))
        for node in order {
            let count = Int(tree[node].count)
            let outcome = stack.withUnsafeBufferPointer {
                apply(node, UnsafeBufferPointer(rebasing: $0.suffix(count)))
            }
            guard case .value(let value, let size) = outcome else { return outcome }
            stack.removeLast(count)
            stack.append((value, size))
        }
        guard let (value, size) = stack.last else { return .unsupported }
        return .value(value, size)
    }

    private func apply(
        _ node: Int32, _ operands: UnsafeBufferPointer<(UInt64, Size)>
    ) -> Outcome {
        if let value = exact[node], tree.kind(node) != .number { return constant(value) }
        if exact.isUndefined(node) { return .pole }
        guard let first = operands.first else { return leaf(node) }
        switch tree.kind(node) {
        case .add:
            return .value(
                operands.dropFirst().reduce(first.0) { field.add($0, $1.0) },
                operands.dropFirst().reduce(first.1) { Self.sum($0, $1.1) })
        case .multiply:
            return .value(
                operands.dropFirst().reduce(first.0) { field.multiply($0, $1.0) },
                operands.dropFirst().reduce(first.1) { Self.product($0, $1.1) })
        case .negate: return .value(field.negate(first.0), first.1)
        case .divide:
            guard let second = operands.last, let inverse = field.inverse(second.0) else {
                return .pole
            }
            return .value(
                field.multiply(first.0, inverse), Self.product(first.1, Self.inverse(second.1)))
        case .percent:
            guard let inverse = field.inverse(100) else { return .pole }
            return .value(field.multiply(first.0, inverse), first.1)
        case .power: return power(node, first)
        default: return .unsupported
        }
    }

    private func leaf(_ node: Int32) -> Outcome {
        switch tree.kind(node) {
        case .number:
            guard let value = tree.literal(node).value else { return .unsupported }
            return constant(value)
        case .longNumber: return longNumber(tree.literal(node))
        case .symbol:
            var seed = SplitMix(seed: SplitMix.hash(tree.name(node).utf8, from: pointSeed))
            return .value(seed.next() % field.prime, Size(degree: 1, bits: 1))
        case .imaginaryUnit: return .value(field.imaginaryUnit, Size(bits: 1))
        default: return .unsupported
        }
    }

    private func constant(_ value: Rational) -> Outcome {
        let above = field.residue(of: value.numerator)
        guard let below = field.inverse(field.residue(of: value.denominator)) else { return .pole }
        let residue = field.multiply(above, below)
        return .value(
            value.isNegative ? field.negate(residue) : residue,
            Size(
                bits: Double(value.numerator.bitWidth),
                denominatorBits: Double(value.denominator.bitWidth)))
    }

    /// Digits times a power of ten, digit by digit.
    private func longNumber(_ literal: NumberLiteral) -> Outcome {
        var value: UInt64 = 0
        for digit in literal.digits {
            value = field.add(field.multiply(value, 10), UInt64(digit - 48))
        }
        let scale = field.power(10, UInt64(abs(literal.exponent)))
        let exponentBits = Double(abs(literal.exponent)) * 3.33
        var size = Size(bits: Double(literal.digits.count) * 3.33)
        if literal.exponent >= 0 {
            size.bits += exponentBits
            return .value(field.multiply(value, scale), size)
        }
        guard let inverse = field.inverse(scale) else { return .pole }
        size.denominatorBits = exponentBits
        return .value(field.multiply(value, inverse), size)
    }

    /// A power with an exact integer exponent, reduced modulo p − 1.
    private func power(_ node: Int32, _ base: (UInt64, Size)) -> Outcome {
        guard let exponent = exact[tree.part(node, 1)], exponent.isInteger else {
            return .unsupported
        }
        let reduced = exponent.numerator.remainder(by: field.prime - 1)
        let times = exponent.numerator.double
        if exponent.isZero { return .value(1, Size(bits: 1)) }
        var value = base.0
        var size = base.1
        if exponent.isNegative {
            guard let inverse = field.inverse(value) else { return .pole }
            value = inverse
            size = Self.inverse(size)
        }
        if value == 0 { return .value(0, size) }
        return .value(
            field.power(value, reduced),
            Size(
                degree: size.degree * times, bits: size.bits * times,
                denominatorDegree: size.denominatorDegree * times,
                denominatorBits: size.denominatorBits * times))
    }

    static func product(_ left: Size, _ right: Size) -> Size {
        Size(
            degree: left.degree + right.degree, bits: left.bits + right.bits,
            denominatorDegree: left.denominatorDegree + right.denominatorDegree,
            denominatorBits: left.denominatorBits + right.denominatorBits)
    }

    static func inverse(_ size: Size) -> Size {
        Size(
            degree: size.denominatorDegree, bits: size.denominatorBits,
            denominatorDegree: size.degree, denominatorBits: size.bits)
    }

    static func sum(_ left: Size, _ right: Size) -> Size {
        Size(
            degree: max(
                left.degree + right.denominatorDegree, right.degree + left.denominatorDegree),
            bits: max(left.bits + right.denominatorBits, right.bits + left.denominatorBits) + 1,
            denominatorDegree: left.denominatorDegree + right.denominatorDegree,
            denominatorBits: left.denominatorBits + right.denominatorBits)
    }
}
