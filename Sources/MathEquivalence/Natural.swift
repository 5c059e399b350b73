// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A natural number of any size, as little-endian 64-bit limbs without leading zeros.
///
/// Only what exact comparison needs: the caller bounds sizes (`Rational.bitLimit`) before it
/// multiplies, so that every operation here is short.
struct Natural: Equatable, Sendable {
    /// Least significant limb first; empty is zero.
    private(set) var limbs: [UInt64]

    static let zero = Natural(0)
    static let one = Natural(1)

    init(_ value: UInt64) { limbs = value == 0 ? [] : [value] }

    init(limbs: [UInt64]) {
        self.limbs = limbs
        trim()
    }

    /// Reads ASCII digits; other bytes are skipped by the lexer before they get here.
    init(decimalDigits digits: some Sequence<UInt8>) {
        limbs = []
        var chunk: UInt64 = 0
        var scale: UInt64 = 1
        for digit in digits {
            chunk = chunk * 10 + UInt64(digit &- 48)
            scale *= 10
            if scale == 1_000_000_000_000_000_000 {
                multiply(by: scale, adding: chunk)
                chunk = 0
                scale = 1
            }
        }
        if scale > 1 { multiply(by: scale, adding: chunk) }
    }

    var isZero: Bool { limbs.isEmpty }
    var isOne: Bool { limbs.count == 1 && limbs[0] == 1 }

    /// The value, if it fits in one limb.
    var single: UInt64? {
        switch limbs.count {
        case 0: 0
        case 1: limbs[0]
        default: nil
        }
    }

    var bitWidth: Int {
        guard let top = limbs.last else { return 0 }
        return limbs.count * 64 - top.leadingZeroBitCount
    }

    /// The nearest double, or infinity.
    var double: Double {
        var result = 0.0
        for limb in limbs.reversed() {
            result = result * 18_446_744_073_709_551_616.0 + Double(limb)
        }
        return result
    }

    /// Lower-case hexadecimal digits, "0" for zero.
    var hexadecimal: String {
        guard let top = limbs.last else { return "0" }
        var text = String(top, radix: 16)
        for limb in limbs.dropLast().reversed() {
            let digits = String(limb, radix: 16)
            text += String(repeating: "0", count: 16 - digits.count) + digits
        }
        return text
    }

    private mutating func trim() { while limbs.last == 0 { limbs.removeLast() } }

    /// Replaces the value by `value * factor + addend`.
    mutating func multiply(by factor: UInt64, adding addend: UInt64) {
        var carry = addend
        for index in limbs.indices {
            let product = limbs[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            limbs[index] = low
            carry = product.high &+ (overflow ? 1 : 0)
        }
        if carry != 0 { limbs.append(carry) }
        trim()
    }

    /// The remainder by a non-zero word.
    func remainder(by divisor: UInt64) -> UInt64 {
        var rest: UInt64 = 0
        for limb in limbs.reversed() { rest = divisor.dividingFullWidth((rest, limb)).remainder }
        return rest
    }

    /// The quotient by a non-zero word, rounded down.
    func quotient(by divisor: UInt64) -> Natural {
        var result = limbs
        var rest: UInt64 = 0
        for index in result.indices.reversed() {
            let step = divisor.dividingFullWidth((rest, result[index]))
            result[index] = step.quotient
            rest = step.remainder
        }
        return Natural(limbs: result)
    }

    static func + (left: Natural, right: Natural) -> Natural {
        var (long, short) = (left.limbs, right.limbs)
        if long.count < short.count { swap(&long, &short) }
        var carry: UInt64 = 0
        for index in long.indices {
            let addend = index < short.count ? short[index] : 0
            if addend == 0 && carry == 0 && index >= short.count { break }
            let (first, overflow1) = long[index].addingReportingOverflow(addend)
            let (second, overflow2) = first.addingReportingOverflow(carry)
            long[index] = second
            carry = (overflow1 ? 1 : 0) + (overflow2 ? 1 : 0)
        }
        if carry != 0 { long.append(carry) }
        return Natural(limbs: long)
    }

    /// The difference; `left` must be at least `right`.
    static func - (left: Natural, right: Natural) -> Natural {
        var result = left.limbs
        var borrow: UInt64 = 0
        for index in result.indices {
            let subtrahend = index < right.limbs.count ? right.limbs[index] : 0
            let (first, overflow1) = result[index].subtractingReportingOverflow(subtrahend)
            let (second, overflow2) = first.subtractingReportingOverflow(borrow)
            result[index] = second
            borrow = (overflow1 ? 1 : 0) + (overflow2 ? 1 : 0)
        }
        return Natural(limbs: result)
    }

    static func * (left: Natural, right: Natural) -> Natural {
        if left.isZero || right.isZero { return .zero }
        if let word = right.single {
            var result = left
            result.multiply(by: word, adding: 0)
            return result
        }
        var result = [UInt64](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (offset, word) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (index, other) in right.limbs.enumerated() {
                let product = word.multipliedFullWidth(by: other)
                let (sum, overflow1) = product.low.addingReportingOverflow(result[offset + index])
                let (total, overflow2) = sum.addingReportingOverflow(carry)
                result[offset + index] = total
                carry = product.high &+ (overflow1 ? 1 : 0) &+ (overflow2 ? 1 : 0)
            }
            result[offset + right.limbs.count] = carry
        }
        return Natural(limbs: result)
    }

    /// `self` to the power `exponent`; the caller has bounded the result's size.
    func power(_ exponent: Int) -> Natural {
        var result = Natural.one
        var base = self
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = result * base }
            rest >>= 1
            if rest > 0 { base = base * base }
        }
        return result
    }
}

extension Natural: Comparable {
    static func < (left: Natural, right: Natural) -> Bool {
        if left.limbs.count != right.limbs.count { return left.limbs.count < right.limbs.count }
        for index in left.limbs.indices.reversed() where left.limbs[index] != right.limbs[index] {
            return left.limbs[index] < right.limbs[index]
        }
        return false
    }
}

/// Greatest common divisor of two words; `gcd(0, b) = b`.
func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var (a, b) = (first, second)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
