// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MathEquivalence

@Suite("Exact fractions")
struct RationalTests {
    private func random(_ generator: inout SplitMix) -> Rational {
        let limbs = Int(generator.next() % 4)
        let above = Natural(limbs: (0..<limbs).map { _ in generator.next() })
        let below = Natural(limbs: (0...(limbs % 3)).map { _ in generator.next() | 1 })
        return Rational(
            isNegative: generator.next() & 1 == 1, numerator: above, denominator: below)
    }

    @Test("sums, products and orders keep the laws of a field")
    func laws() throws {
        var generator = SplitMix(seed: 1)
        for _ in 0..<500 {
            let (a, b, c) = (random(&generator), random(&generator), random(&generator))
            let sum = try #require(a.adding(b))
            let other = try #require(b.adding(a))
            #expect(sum == other)
            let (left, right) = (try #require(a.multiplying(c)), try #require(b.multiplying(c)))
            let distributed = try #require(left.adding(right))
            #expect(sum.multiplying(c) == distributed)
            #expect(a.adding(a.negated)?.isZero == true)
            if !a.isZero { #expect(a.multiplying(a.inverse) == .one) }
            #expect((a < b) == (b.negated < a.negated))
        }
    }

    @Test("operands beyond 4,096 bits are refused")
    func limit() {
        #expect(Rational(2).raised(to: 4000) != nil)
        #expect(Rational(2).raised(to: 5000) == nil)
        #expect(Rational(1).raised(to: .max) == .one)
        #expect(Rational(-1).raised(to: .max) == Rational(-1))
    }

    @Test("digits and hexadecimal agree")
    func digits() {
        let value = Natural(decimalDigits: Array("340282366920938463463374607431768211456".utf8))

        #expect(value.hexadecimal == "1" + String(repeating: "0", count: 32))
        #expect(value.bitWidth == 129)
    }

    @Test("doubles approximate")
    func doubles() {
        #expect(Rational(1).double == 1)
        let third = Rational(3).inverse
        #expect(abs(third.double - 1.0 / 3) < 1e-15)
    }

    @Test("square roots are exact or nil", arguments: [(0, 0), (1, 1), (16, 4), (144, 12)])
    func roots(_ square: Int, _ root: Int) {
        #expect(Rational(square).squareRoot == Rational(root))
        #expect(Rational(square + 2).squareRoot == nil)
    }
}
