// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A fraction of machine words read without a tree: `-3/4`, `\frac{3}{4}`, `0.75`, `42`, `1,234`.
struct PlainFraction {
    let isNegative: Bool
    let above: UInt64
    let below: UInt64
    /// Whether a decimal point was written, so that a rounding policy may apply.
    let isDecimal: Bool

    /// Nil for anything else, for numbers of more than 18 digits, and for a zero denominator.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = Reader(bytes: bytes)
        reader.skipSpaces()
        isNegative = reader.accept("-")
        let isCommand = ["\\frac{", "\\dfrac{", "\\tfrac{"].contains { reader.accept($0) }
        guard let first = isCommand ? reader.digits() : reader.groupedDigits() else { return nil }
        var (denominator, hasPoint) = (UInt64(1), false)
        var numerator = first.value
        if isCommand || reader.accept("/") {
            guard !isCommand || reader.accept("}{"), let second = reader.digits(),
                !isCommand || reader.accept("}")
            else { return nil }
            denominator = second.value
        } else if reader.accept(".") {
            guard let second = reader.digits(), first.count + second.count <= 18 else { return nil }
            hasPoint = true
            for _ in 0..<second.count { denominator *= 10 }
            numerator = first.value * denominator + second.value
        }
        reader.skipSpaces()
        guard reader.isAtEnd, denominator > 0 else { return nil }
        (above, below, isDecimal) = (numerator, denominator, hasPoint)
    }

    static func == (left: PlainFraction, right: PlainFraction) -> Bool {
        guard left.isNegative == right.isNegative || (left.above == 0 && right.above == 0) else {
            return false
        }
        return left.above.multipliedFullWidth(by: right.below)
            == right.above.multipliedFullWidth(by: left.below)
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func skipSpaces() {
            while position < bytes.count, PlainNumber.isLayout(bytes[position]) { position += 1 }
        }

        mutating func accept(_ mark: StaticString) -> Bool {
            let count = mark.utf8CodeUnitCount
            guard position + count <= bytes.count else { return false }
            for index in 0..<count where bytes[position + index] != mark.utf8Start[index] {
                return false
            }
            position += count
            return true
        }

        /// Digits in groups of three as in `12,345` and `12{,}345`, or without any group.
        ///
        /// Nil for every other use of commas.
        mutating func groupedDigits() -> (value: UInt64, count: Int)? {
            let start = position
            guard var result = digits() else { return nil }
            guard result.count <= 3 || !isSeparator else { return nil }
            let isBraced = position < bytes.count && bytes[position] == UInt8(ascii: "{")
            while isBraced ? accept("{,}") : accept(",") {
                guard bytes[start] != UInt8(ascii: "0"), let group = digits(), group.count == 3,
                    result.count <= 15
                else { return nil }
                result = (result.value * 1000 + group.value, result.count + 3)
            }
            return result
        }

        /// Whether a comma follows, in braces or not.
        private var isSeparator: Bool {
            position < bytes.count && [44, 123].contains(bytes[position])
        }

        mutating func digits() -> (value: UInt64, count: Int)? {
            var value: UInt64 = 0
            let start = position
            while position < bytes.count, isASCIIDigit(bytes[position]) {
                guard position - start < 18 else { return nil }
                value = value * 10 + UInt64(bytes[position] - 48)
                position += 1
            }
            return position > start ? (value, position - start) : nil
        }
    }
}
