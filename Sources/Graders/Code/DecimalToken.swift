// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A number as a program wrote it, seen in place: nothing is converted, so nothing is rounded.
///
/// Accepted are `[+-] digits [. digits] [e [+-] digits]` with a digit before or after the point, and
/// `inf`, `infinity`, `nan` in any case with a sign. Hexadecimal, digit groups, decimal commas and
/// suffixes are no numbers, nor is an exponent beyond ±1,000,000.
///
/// It must not outlive the bytes that it was made from.
struct DecimalToken {
    enum Kind { case finite, infinite, nan }

    let kind: Kind
    let isNegative: Bool
    /// Whether it was written without point and exponent.
    let isInteger: Bool
    /// Digits from the first to the last that is not 0; 0 digits are the number 0.
    let count: Int
    /// Power of ten of the first of these digits.
    let exponent: Int
    private let bytes: UnsafeRawBufferPointer
    private let start: Int
    private let point: Int

    private static let exponentMax = 1_000_000

    /// Reads a whole token; nil if it is no number.
    ///
    /// - Complexity: O(bytes).
    init?(_ bytes: UnsafeRawBufferPointer) {
        var index = 0
        let sign = bytes.first
        let isNegative = sign == UInt8(ascii: "-")
        if isNegative || sign == UInt8(ascii: "+") { index = 1 }
        if let kind = Self.word(bytes, from: index) {
            (self.kind, self.isNegative, self.bytes) = (kind, isNegative, bytes)
            (isInteger, count, exponent, start, point) = (false, 0, 0, 0, 0)
            return
        }
        var (point, first, last, digits) = (-1, -1, -1, 0)
        while index < bytes.count {
            let byte = bytes[index]
            if byte.isDigit {
                digits += 1
                if byte != UInt8(ascii: "0") {
                    if first < 0 { first = index }
                    last = index
                }
            } else if byte == UInt8(ascii: "."), point < 0 {
                point = index
            } else {
                break
            }
            index += 1
        }
        guard digits > 0, let power = Self.power(bytes, from: index) else { return nil }
        kind = .finite
        self.isNegative = isNegative
        isInteger = point < 0 && index == bytes.count
        self.bytes = bytes
        start = max(first, 0)
        // Without a point it stands behind the last digit.
        self.point = point < 0 ? index : point
        guard first >= 0 else {
            (count, exponent) = (0, 0)
            return
        }
        let hasPointInside = first < self.point && self.point < last
        count = last - first + (hasPointInside ? 0 : 1)
        let place = first < self.point ? self.point - first - 1 : self.point - first
        exponent = place + power
    }

    /// The significant digit at `index`, from 0.
    func digit(_ index: Int) -> Int {
        let place = start + index
        let shift = start < point && place >= point ? 1 : 0
        return Int(bytes[place + shift] - UInt8(ascii: "0"))
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Kind? {
        func isWord(_ word: StaticString) -> Bool {
            guard bytes.count - start == word.utf8CodeUnitCount else { return false }
            return (start..<bytes.count).allSatisfy {
                bytes[$0] | 0x20 == word.utf8Start[$0 - start]
            }
        }
        if isWord("nan") { return .nan }
        return isWord("inf") || isWord("infinity") ? .infinite : nil
    }

    /// The exponent that stands at `start`; 0 if the token ends there, nil if anything else follows.
    private static func power(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count else { return 0 }
        guard bytes[start] | 0x20 == UInt8(ascii: "e") else { return nil }
        var index = start + 1
        let isNegative = index < bytes.count && bytes[index] == UInt8(ascii: "-")
        if isNegative || index < bytes.count && bytes[index] == UInt8(ascii: "+") { index += 1 }
        guard index < bytes.count else { return nil }
        var power = 0
        for byte in bytes[index...] {
            guard byte.isDigit else { return nil }
            power = min(power * 10 + Int(byte - UInt8(ascii: "0")), exponentMax + 1)
        }
        guard power <= exponentMax else { return nil }
        return isNegative ? -power : power
    }
}

// MARK: - Comparing

extension DecimalToken {
    /// Whether this number is near enough to the expected one.
    ///
    /// - Complexity: O(digits of both), however far apart their exponents are.
    func isEqual(to expected: DecimalToken, within tolerance: FloatTolerance) -> Bool {
        guard kind == .finite, expected.kind == .finite else {
            return kind == .infinite && expected.kind == .infinite
                && isNegative == expected.isNegative
        }
        if hasValue(of: expected) { return true }
        if expected.isInteger && tolerance.integersAreExact { return false }
        return isWithin(tolerance.absolute, of: expected)
            || isWithin(tolerance, shareOf: expected)
    }

    /// Whether both are the same number, `-0` and `0` included.
    func hasValue(of other: DecimalToken) -> Bool {
        guard count == other.count, exponent == other.exponent || count == 0 else { return false }
        guard isNegative == other.isNegative || count == 0 else { return false }
        return (0..<count).allSatisfy { digit($0) == other.digit($0) }
    }

    private func isWithin(_ bound: ByteString, of expected: DecimalToken) -> Bool {
        bound.withUnsafeBytes { bytes in
            guard let bound = DecimalToken(bytes) else { return false }
            let isSameSign = isNegative == expected.isNegative || count == 0 || expected.count == 0
            var distance = DecimalSum(DecimalTerm(self), DecimalTerm(expected))
            if isSameSign {
                let isGreater =
                    DecimalSum(DecimalTerm(self), DecimalTerm(expected, factor: -1)).sign > 0
                distance = DecimalSum(
                    DecimalTerm(self, factor: isGreater ? 1 : -1),
                    DecimalTerm(expected, factor: isGreater ? -1 : 1))
            }
            distance.third = DecimalTerm(bound, factor: -1)
            return distance.sign <= 0
        }
    }

    /// |x − y| ≤ share·|y| without a division: (1 − share)·y ≤ x ≤ (1 + share)·y, of magnitudes.
    private func isWithin(_ tolerance: FloatTolerance, shareOf expected: DecimalToken) -> Bool {
        guard isNegative == expected.isNegative || count == 0 else { return false }
        let unit = tolerance.unit
        let scaled = DecimalTerm(self, shiftedBy: tolerance.decimals)
        let upper = DecimalTerm(expected, factor: -(unit + tolerance.share))
        let lower = DecimalTerm(expected, factor: -(unit - tolerance.share))
        return DecimalSum(scaled, upper).sign <= 0 && DecimalSum(scaled, lower).sign >= 0
    }
}

/// A multiple of a number's magnitude.
private struct DecimalTerm {
    let factor: Int
    private let number: DecimalToken
    /// Places of its first and its last digit.
    private let first: Int
    private let last: Int

    init(_ number: DecimalToken, factor: Int = 1, shiftedBy shift: Int = 0) {
        self.number = number
        self.factor = factor
        first = number.exponent + shift
        last = first - number.count + 1
    }

    /// The greatest place of a digit that is not above `place`; `Int.min` if all are.
    func place(atMost place: Int) -> Int {
        number.count > 0 && last <= place ? min(first, place) : .min
    }

    func contribution(at place: Int) -> Int {
        place <= first && place >= last ? factor * number.digit(first - place) : 0
    }
}

/// A sum of up to three multiples, whose sign is sought.
private struct DecimalSum {
    let first: DecimalTerm
    let second: DecimalTerm
    var third: DecimalTerm?

    init(_ first: DecimalTerm, _ second: DecimalTerm) {
        (self.first, self.second) = (first, second)
    }

    /// −1, 0 or 1.
    ///
    /// Digits are added place by place from the greatest down. What is below a place adds less than
    /// one unit of it for each unit of a factor; once the sum so far is beyond that, it is decided.
    /// Until then it is at most 2·10^17, so that ten times it with one more place fits 64 bits.
    var sign: Int {
        let above = limit(1)
        let below = limit(-1)
        var sum = 0
        var place = nextPlace(atMost: .max)
        while place != .min {
            sum += first.contribution(at: place) + second.contribution(at: place)
            if let third { sum += third.contribution(at: place) }
            let next = nextPlace(atMost: place - 1)
            if next == .min { return sum.signum() }
            // Over a gap of zeros a sum other than 0 grows beyond its bound within 19 places.
            var gap = sum == 0 ? 0 : place - next
            while gap > 0 {
                if sum > below { return 1 }
                if sum < -above { return -1 }
                sum *= 10
                gap -= 1
            }
            place = next
        }
        return 0
    }

    /// The sum of the factors of one sign.
    private func limit(_ sign: Int) -> Int {
        max(sign * first.factor, 0) + max(sign * second.factor, 0)
            + max(sign * (third?.factor ?? 0), 0)
    }

    private func nextPlace(atMost place: Int) -> Int {
        let places = max(first.place(atMost: place), second.place(atMost: place))
        return max(places, third?.place(atMost: place) ?? .min)
    }
}
