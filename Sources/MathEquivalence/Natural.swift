// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A natural number of any size; one below 2^64 is a word and needs no memory of its own.
///
/// Only what exact comparison needs: the caller bounds sizes (`Rational.bitLimit`) before it
/// multiplies, so that every operation here is short.
enum Natural: Equatable, Sendable {
    case word(UInt64)
    /// At least two limbs, least significant first, the last one not zero.
    case long([UInt64])

    static let zero = Natural.word(0)
    static let one = Natural.word(1)

    init(_ value: UInt64) { self = .word(value) }

    init(limbs: [UInt64]) {
        var count = limbs.count
        while count > 0, limbs[count - 1] == 0 { count -= 1 }
        switch count {
        case 0: self = .zero
        case 1: self = .word(limbs[0])
        case limbs.count: self = .long(limbs)
        default: self = .long(Array(limbs[..<count]))
        }
    }

    /// Reads ASCII digits; other bytes are skipped by the lexer before they get here.
    init(decimalDigits digits: some Sequence<UInt8>) {
        self = .zero
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

    var isZero: Bool { single == 0 }
    var isOne: Bool { single == 1 }

    /// The value, if it fits in one limb.
    var single: UInt64? {
        if case .word(let value) = self { return value }
        return nil
    }

    /// Least significant limb first; empty is zero.
    var limbs: [UInt64] {
        switch self {
        case .word(let value): value == 0 ? [] : [value]
        case .long(let limbs): limbs
        }
    }

    var bitWidth: Int {
        switch self {
        case .word(let value): 64 - value.leadingZeroBitCount
        case .long(let limbs): limbs.count * 64 - limbs[limbs.count - 1].leadingZeroBitCount
        }
    }

    /// The nearest double, or infinity.
    var double: Double {
        guard case .long(let limbs) = self else { return Double(single ?? 0) }
        var result = 0.0
        for limb in limbs.reversed() {
            result = result * 18_446_744_073_709_551_616.0 + Double(limb)
        }
        return result
    }

    /// Lower-case hexadecimal digits, "0" for zero.
    var hexadecimal: String {
        guard case .long(let limbs) = self, let top = limbs.last else {
            return String(single ?? 0, radix: 16)
        }
        var text = String(top, radix: 16)
        for limb in limbs.dropLast().reversed() {
            let digits = String(limb, radix: 16)
            text += String(repeating: "0", count: 16 - digits.count) + digits
        }
        return text
    }

    /// Replaces the value by `value * factor + addend`.
    mutating func multiply(by factor: UInt64, adding addend: UInt64) {
        guard case .long(var limbs) = self else {
            let product = (single ?? 0).multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(addend)
            let high = product.high &+ (overflow ? 1 : 0)
            self = high == 0 ? .word(low) : .long([low, high])
            return
        }
        // Freed first, so that the limbs have one owner and change in place.
        self = .zero
        var carry = addend
        for index in limbs.indices {
            let product = limbs[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            limbs[index] = low
            carry = product.high &+ (overflow ? 1 : 0)
        }
        if carry != 0 { limbs.append(carry) }
        self = Natural(limbs: limbs)
    }

    /// The remainder by a non-zero word.
    func remainder(by divisor: UInt64) -> UInt64 {
        guard case .long(let limbs) = self else { return (single ?? 0) % divisor }
        var rest: UInt64 = 0
        for limb in limbs.reversed() { rest = divisor.dividingFullWidth((rest, limb)).remainder }
        return rest
    }

    /// The quotient by a non-zero word, rounded down.
    func quotient(by divisor: UInt64) -> Natural {
        guard case .long(var limbs) = self else { return .word((single ?? 0) / divisor) }
        var rest: UInt64 = 0
        for index in limbs.indices.reversed() {
            let step = divisor.dividingFullWidth((rest, limbs[index]))
            limbs[index] = step.quotient
            rest = step.remainder
        }
        return Natural(limbs: limbs)
    }

    static func + (left: Natural, right: Natural) -> Natural {
        if let x = left.single, let y = right.single {
            let (sum, overflow) = x.addingReportingOverflow(y)
            return overflow ? .long([sum, 1]) : .word(sum)
        }
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
        if let x = left.single, let y = right.single { return .word(x - y) }
        var result = left.limbs
        let other = right.limbs
        var borrow: UInt64 = 0
        for index in result.indices {
            let subtrahend = index < other.count ? other[index] : 0
            let (first, overflow1) = result[index].subtractingReportingOverflow(subtrahend)
            let (second, overflow2) = first.subtractingReportingOverflow(borrow)
            result[index] = second
            borrow = (overflow1 ? 1 : 0) + (overflow2 ? 1 : 0)
        }
        return Natural(limbs: result)
    }

    static func * (left: Natural, right: Natural) -> Natural {
        if let word = right.single {
            var result = left
            result.multiply(by: word, adding: 0)
            return result
        }
        if left.single != nil { return right * left }
        let (first, second) = (left.limbs, right.limbs)
        var result = [UInt64](repeating: 0, count: first.count + second.count)
        for (offset, word) in first.enumerated() {
            var carry: UInt64 = 0
            for (index, other) in second.enumerated() {
                let product = word.multipliedFullWidth(by: other)
                let (sum, overflow1) = product.low.addingReportingOverflow(result[offset + index])
                let (total, overflow2) = sum.addingReportingOverflow(carry)
                result[offset + index] = total
                carry = product.high &+ (overflow1 ? 1 : 0) &+ (overflow2 ? 1 : 0)
            }
            result[offset + second.count] = carry
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
        if let x = left.single, let y = right.single { return x < y }
        let (first, second) = (left.limbs, right.limbs)
        if first.count != second.count { return first.count < second.count }
        for index in first.indices.reversed() where first[index] != second[index] {
            return first[index] < second[index]
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
