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
}
