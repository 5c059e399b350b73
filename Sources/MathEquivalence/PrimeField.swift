// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Arithmetic modulo a prime below 2^61.
struct PrimeField {
    let prime: UInt64
    /// A square root of −1, since every prime here is 1 modulo 4: it stands for i.
    let imaginaryUnit: UInt64

    /// The first suitable prime at or after a random start.
    init(seed: inout SplitMix) {
        // 61-bit candidates of the form 4k + 1; about one in twenty is prime.
        var candidate = (seed.next() >> 4) | (1 << 60)
        candidate = (candidate & ~3) | 1
        while !Self.isPrime(candidate) { candidate += 4 }
        prime = candidate
        var base: UInt64 = 2
        while Self.power(base, (candidate - 1) / 2, candidate) != candidate - 1 { base += 1 }
        imaginaryUnit = Self.power(base, (candidate - 1) / 4, candidate)
    }

    @inline(__always)
    static func multiply(_ left: UInt64, _ right: UInt64, _ modulus: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return modulus.dividingFullWidth(product).remainder
    }

    static func power(_ base: UInt64, _ exponent: UInt64, _ modulus: UInt64) -> UInt64 {
        var result: UInt64 = 1
        var square = base % modulus
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = multiply(result, square, modulus) }
            square = multiply(square, square, modulus)
            rest >>= 1
        }
        return result
    }

    /// Deterministic Miller–Rabin for 64-bit numbers (Sinclair's seven bases).
    private static func isPrime(_ value: UInt64) -> Bool {
        for small: UInt64 in [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37] where value % small == 0 {
            return false
        }
        let twos = (value - 1).trailingZeroBitCount
        let odd = (value - 1) >> UInt64(twos)
        for base: UInt64 in [2, 325, 9375, 28178, 450_775, 9_780_504, 1_795_265_022] {
            var residue = power(base, odd, value)
            if residue <= 1 || residue == value - 1 { continue }
            var isWitness = true
            for _ in 1..<twos {
                residue = multiply(residue, residue, value)
                if residue == value - 1 {
                    isWitness = false
                    break
                }
            }
            if isWitness { return false }
        }
        return true
    }

    func add(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let sum = left + right
        return sum >= prime ? sum - prime : sum
    }

    func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 { Self.multiply(left, right, prime) }

    func negate(_ value: UInt64) -> UInt64 { value == 0 ? 0 : prime - value }

    func inverse(_ value: UInt64) -> UInt64? {
        value == 0 ? nil : Self.power(value, prime - 2, prime)
    }

    func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 { Self.power(base, exponent, prime) }

    func residue(of natural: Natural) -> UInt64 { natural.remainder(by: prime) }
}

/// A deterministic generator: splitmix64 (Steele, Lea, Flood 2014).
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A seed from bytes: FNV-1a, 64 bits.
    static func hash(_ bytes: some Sequence<UInt8>, from start: UInt64 = 0xcbf2_9ce4_8422_2325)
        -> UInt64
    {
        var hash = start
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
