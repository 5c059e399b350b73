// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MathEquivalence

@Suite("Prime fields")
struct PrimeFieldTests {
    @Test("primes have 61 bits, are 1 modulo 4 and hold a root of -1")
    func primes() {
        var seed = SplitMix(seed: 3)
        for _ in 0..<20 {
            let field = PrimeField(seed: &seed)
            #expect(field.prime >> 60 == 1)
            #expect(field.prime % 4 == 1)
            #expect(field.multiply(field.imaginaryUnit, field.imaginaryUnit) == field.prime - 1)
            #expect(field.power(12_345, field.prime - 1) == 1)
        }
    }

    @Test("inverses invert, and zero has none")
    func inverses() throws {
        var seed = SplitMix(seed: 4)
        let field = PrimeField(seed: &seed)
        for value: UInt64 in [1, 2, 3, 1 << 59] {
            let inverse = try #require(field.inverse(value))
            #expect(field.multiply(value, inverse) == 1)
        }
        #expect(field.inverse(0) == nil)
    }

    @Test("the same seed draws the same prime")
    func deterministic() {
        var (first, second) = (SplitMix(seed: 5), SplitMix(seed: 5))
        #expect(PrimeField(seed: &first).prime == PrimeField(seed: &second).prime)
    }

    @Test("primality agrees with trial division, and with what is known of large numbers")
    func primality() {
        for value in stride(from: UInt64(3), to: 4000, by: 2) {
            let divisor = stride(from: UInt64(3), to: value, by: 2).first { value % $0 == 0 }
            #expect(PrimeField.isPrime(value) == (divisor == nil), "\(value)")
        }
        #expect(PrimeField.isPrime((1 << 61) - 1))
        #expect(PrimeField.isPrime(1_152_921_504_606_847_009))
        // Strong pseudoprimes to the bases 2, 3, 5 and 7, and to the first twelve primes.
        #expect(!PrimeField.isPrime(3_215_031_751))
        #expect(!PrimeField.isPrime(341_550_071_728_321))
        #expect(!PrimeField.isPrime(4_611_685_975_477_714_963))
    }

    @Test("products and powers are those of plain division")
    func products() {
        var seed = SplitMix(seed: 6)
        let field = PrimeField(seed: &seed)
        for _ in 0..<200 {
            let (x, y) = (seed.next() % field.prime, seed.next() % field.prime)
            let expected = field.prime.dividingFullWidth(x.multipliedFullWidth(by: y)).remainder
            #expect(field.multiply(x, y) == expected)
            #expect(field.power(x, 3) == field.multiply(x, field.multiply(x, x)))
        }
        #expect(field.power(5, 0) == 1)
        #expect(field.power(0, 5) == 0)
    }
}
