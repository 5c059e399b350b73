// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Arithmetic modulo a prime below 2^61.
struct PrimeField {
    let prime: UInt64
    private let modulus: Montgomery

    /// The first suitable prime at or after a random start.
    init(seed: inout SplitMix) {
        // 61-bit candidates of the form 4k + 1; about one in twenty is prime.
        var candidate = (seed.next() >> 4) | (1 << 60)
        candidate = (candidate & ~3) | 1
        while !Self.isPrime(candidate) { candidate += 4 }
        prime = candidate
        modulus = Montgomery(candidate)
    }

    /// A square root of −1, since every prime here is 1 modulo 4: it stands for i.
    var imaginaryUnit: UInt64 {
        var base: UInt64 = 2
        while modulus.power(base, (prime - 1) / 2) != prime - 1 { base += 1 }
        return modulus.power(base, (prime - 1) / 4)
    }

    /// What most candidates are divided by before anything else.
    private static let smallPrimes: [UInt64] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47,
    ]
    /// Sinclair's bases of Miller–Rabin, certain for 64-bit numbers, without 2.
    private static let bases: [UInt64] = [325, 9375, 28178, 450_775, 9_780_504, 1_795_265_022]

    /// Whether an odd number of 64 bits or less is prime: deterministic Miller–Rabin.
    static func isPrime(_ value: UInt64) -> Bool {
        for small in smallPrimes where value % small == 0 { return value == small }
        let modulus = Montgomery(value)
        return modulus.isProbablePrime() && modulus.isProbablePrime(bases: bases)
    }

    func add(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let sum = left + right
        return sum >= prime ? sum - prime : sum
    }

    func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 { modulus.multiply(left, right) }

    func negate(_ value: UInt64) -> UInt64 { value == 0 ? 0 : prime - value }

    func inverse(_ value: UInt64) -> UInt64? {
        if value <= 1 { return value == 0 ? nil : 1 }
        return modulus.power(value, prime - 2)
    }

    func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
        modulus.power(base % prime, exponent)
    }

    func residue(of natural: Natural) -> UInt64 { natural.remainder(by: prime) }
}

/// Products modulo an odd number without a division (Montgomery 1985).
///
/// With R = 2^64, `reduce(a · b)` is a · b / R modulo the number; a second factor R² undoes that.
private struct Montgomery {
    private let modulus: UInt64
    /// −1 / modulus, modulo 2^64.
    private let negatedInverse: UInt64
    /// R² modulo the number.
    private let squaredRadix: UInt64
    /// R modulo the number: 1, scaled.
    private let one: UInt64

    /// The modulus is odd, between 3 and 2^62.
    init(_ modulus: UInt64) {
        self.modulus = modulus
        // Newton's iteration doubles the correct bits: 3, 6, 12, 24, 48, 96.
        var inverse = modulus
        for _ in 0..<5 { inverse = inverse &* (2 &- modulus &* inverse) }
        negatedInverse = 0 &- inverse
        one = UInt64.max % modulus + 1
        squaredRadix = modulus.dividingFullWidth(one.multipliedFullWidth(by: one)).remainder
    }

    /// product / 2^64 for a product below modulus · 2^64.
    @inline(__always)
    private func reduce(_ product: (high: UInt64, low: UInt64)) -> UInt64 {
        let multiple = (product.low &* negatedInverse).multipliedFullWidth(by: modulus)
        // The low halves cancel, with a carry unless both are zero.
        let sum = product.high &+ multiple.high &+ (product.low == 0 ? 0 : 1)
        return sum >= modulus ? sum &- modulus : sum
    }

    @inline(__always)
    private func product(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let full = left.multipliedFullWidth(by: right)
        return reduce((full.high, full.low))
    }

    func multiply(_ left: UInt64, _ right: UInt64) -> UInt64 {
        product(product(left, right), squaredRadix)
    }

    /// The base must be below the modulus.
    func power(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
        reduce((0, scaledPower(base, exponent)))
    }

    /// base^exponent · R, from the highest bit down.
    private func scaledPower(_ base: UInt64, _ exponent: UInt64) -> UInt64 {
        let factor = product(base, squaredRadix)
        var result = one
        var bit = UInt64.bitWidth - exponent.leadingZeroBitCount
        while bit > 0 {
            bit -= 1
            result = product(result, result)
            if exponent >> UInt64(bit) & 1 == 1 { result = product(result, factor) }
        }
        return result
    }

    /// 2^exponent · R: the factor 2 is an addition.
    private func scaledPowerOfTwo(_ exponent: UInt64) -> UInt64 {
        var result = one
        var bit = UInt64.bitWidth - exponent.leadingZeroBitCount
        while bit > 0 {
            bit -= 1
            result = product(result, result)
            result <<= exponent >> UInt64(bit) & 1
            if result >= modulus { result -= modulus }
        }
        return result
    }

    /// Miller's test of the modulus with base 2; a prime always passes it.
    func isProbablePrime() -> Bool { passes(scaledPowerOfTwo(odd)) }

    /// Miller's test with each of `bases`; a prime always passes it.
    ///
    /// All powers grow in step: a product waits for the one before it, but not for those of the
    /// other bases, so that six take less than twice the time of one.
    func isProbablePrime(bases: [UInt64]) -> Bool {
        let count = bases.count
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * count) { words in
            let (factors, powers) = (words.baseAddress, words.baseAddress.map { $0 + count })
            guard let factors, let powers else { return true }
            for index in 0..<count {
                factors[index] = product(bases[index] % modulus, squaredRadix)
                powers[index] = one
            }
            let exponent = odd
            var bit = UInt64.bitWidth - exponent.leadingZeroBitCount
            while bit > 0 {
                bit -= 1
                let isSet = exponent >> UInt64(bit) & 1 == 1
                for index in 0..<count { powers[index] = product(powers[index], powers[index]) }
                guard isSet else { continue }
                for index in 0..<count { powers[index] = product(powers[index], factors[index]) }
            }
            // A base that the modulus divides says nothing.
            return (0..<count).allSatisfy { factors[$0] == 0 || passes(powers[$0]) }
        }
    }

    private var odd: UInt64 { (modulus - 1) >> UInt64((modulus - 1).trailingZeroBitCount) }

    /// Whether a scaled base^odd becomes −1 by squaring, or is 1.
    private func passes(_ power: UInt64) -> Bool {
        let twos = (modulus - 1).trailingZeroBitCount
        var residue = power
        if residue == one || residue == modulus - one { return true }
        for _ in 1..<twos {
            residue = product(residue, residue)
            if residue == modulus - one { return true }
        }
        return false
    }
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
