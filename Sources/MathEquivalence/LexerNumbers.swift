// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Numbers as people write them: separators, decimals, repetitions, powers of ten.

extension Lexer {
    mutating func readNumber() {
        if readShortInteger() { return }
        let start = position
        var digits: [UInt8] = []
        readInteger(into: &digits)
        let wholeCount = digits.count
        var flags = NumberFlags.integerLiteral
        // A point without digits after it ends a sentence; `readDots` judges it.
        if peek() == 46, isASCIIDigit(peek(1)) || startsRepetition(at: position + 1) {
            flags = NumberFlags.decimal
            position += 1
            while isASCIIDigit(peek()) {
                digits.append(peek())
                position += 1
            }
        }
        var exponent = wholeCount - digits.count
        var literal = NumberLiteral()
        literal.significantDigits = digits.drop { $0 == 48 }.count
        if flags == NumberFlags.decimal, startsRepetition(at: position),
            let repetition = readRepetition()
        {
            flags = NumberFlags.decimal | NumberFlags.repeating
            literal.value = Self.repeatingValue(digits, exponent, repetition)
        } else if flags == NumberFlags.decimal,
            let (head, block) = readEllipsis(digits, decimals: -exponent)
        {
            flags = NumberFlags.decimal | NumberFlags.repeating
            literal.value = Self.repeatingValue(
                Array(digits[..<head]), exponent + block.count, block)
        } else {
            let power = readExponent(isDecimal: flags == NumberFlags.decimal)
            if power != 0 || hadExponent { flags = NumberFlags.decimal }
            exponent += power
            literal.digits = digits
            literal.value = Self.value(digits, exponent)
        }
        literal.exponent = exponent
        literal.flags = flags
        append(literal, from: start)
    }

    /// Most numbers: a few digits, and nothing behind them that could belong to the number.
    private mutating func readShortInteger() -> Bool {
        var end = position
        var word: UInt64 = 0
        while end < bytes.count, isASCIIDigit(bytes[end]) {
            word = word &* 10 &+ UInt64(bytes[end] &- 48)
            end += 1
            if end - position > NumberLiteral.wordDigits { return false }
        }
        guard end > position, !mayExtendNumber(at: end) else { return false }
        let start = position
        position = end
        append(NumberLiteral(integer: word, digitCount: end - start), from: start)
        return true
    }

    private mutating func append(_ literal: NumberLiteral, from start: Int) {
        if numbers.isEmpty { numbers.reserveCapacity(4) }
        numbers.append(literal)
        append(.number, Int32(numbers.count - 1), from: start)
    }

    /// Whether a point, a separator or an exponent may stand at `index`, behind digits.
    private func mayExtendNumber(at index: Int) -> Bool {
        guard index < bytes.count else { return false }
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch bytes[index] {
        case 44: return isASCIIDigit(next) || next == 92
        case 46: return isASCIIDigit(next) || next == 92 || next == 40
        case 32, 39, 95, 126: return isASCIIDigit(next)
        case 69, 101: return isASCIIDigit(next) || next == 43 || next == 45
        case 92: return next == 44 || next == 32 || next == 59 || next == 58 || next == 33
        case 123: return next == 44
        default: return false
        }
    }

    /// Digits, with separators between groups of three.
    mutating func readInteger(into digits: inout [UInt8]) {
        let first = position
        while isASCIIDigit(peek()) {
            digits.append(peek())
            position += 1
        }
        guard position - first >= 1, position - first <= 3, bytes[first] != 48 else { return }
        var style: Int?
        while let (kind, width) = groupSeparator(), style == nil || style == kind {
            guard isGroup(at: position + width) else { return }
            if style == nil, kind == 0 || (3...5).contains(kind),
                !allGroupsFit(from: position, kind: kind)
            {
                return
            }
            style = kind
            position += width
            digits.append(contentsOf: bytes[position..<position + 3])
            position += 3
        }
    }

    /// Kinds: 0 `,` · 1 `{,}` or `,\!` · 2 `\,` or `\ ` · 3 one plain space · 4 `'` · 5 `_`.
    func groupSeparator() -> (kind: Int, width: Int)? {
        let mark = peek()
        // Most numbers end here: a comma, a space, `\`, `{`, `'` or `_` alone may separate.
        guard [44, 32, 92, 123, 39, 95, 126].contains(mark) else { return nil }
        if matches("{,}", at: position) { return (1, 3) }
        if matches("\\!,\\!", at: position) { return (1, 5) }
        if matches("\\,", at: position) || matches("\\ ", at: position) { return (2, 2) }
        if matches("\\;", at: position) || matches("\\:", at: position) { return (6, 2) }
        if mark == 126, isASCIIDigit(peek(1)) { return (7, 1) }
        if peek() == 44 {
            var width = 1
            if matches("\\!", at: position + 1) {
                width = 3
                while isASCIISpace(peek(width)) { width += 1 }
                return (1, width)
            }
            if bracketDepth == 0 { return (0, 1) }
        }
        if peek() == 39, isASCIIDigit(peek(1)) { return (4, 1) }
        if peek() == 95, isASCIIDigit(peek(1)) { return (5, 1) }
        if peek() == 32, bracketDepth == 0, isASCIIDigit(peek(1)) { return (3, 1) }
        return nil
    }

    func isGroup(at index: Int) -> Bool {
        guard index + 3 <= bytes.count else { return false }
        let isLong = index + 3 < bytes.count && isASCIIDigit(bytes[index + 3])
        return !isLong && bytes[index..<index + 3].allSatisfy(isASCIIDigit)
    }

    /// `1,234` is a number only if every following group has three digits: `1,234,5` is a list.
    func allGroupsFit(from start: Int, kind: Int) -> Bool {
        let separator: UInt8 = kind == 0 ? 44 : kind == 4 ? 39 : kind == 5 ? 95 : 32
        var index = start
        while index < bytes.count, bytes[index] == separator,
            index + 1 < bytes.count, isASCIIDigit(bytes[index + 1])
        {
            guard isGroup(at: index + 1) else { return false }
            index += 4
        }
        return true
    }

    func startsRepetition(at index: Int) -> Bool {
        matches("\\overline", at: index) || matches("\\bar", at: index)
            || matches("\\dot{", at: index) || isBareDot(at: index)
            || isBracketedRepetition(at: index)
    }

    /// `\dot6`, whose argument has no braces.
    private func isBareDot(at index: Int) -> Bool {
        matches("\\dot", at: index) && index + 4 < bytes.count && isASCIIDigit(bytes[index + 4])
    }

    /// `(6)` of `0.1(6)`: digits alone between round brackets.
    func isBracketedRepetition(at index: Int) -> Bool {
        guard index < bytes.count, bytes[index] == 40 else { return false }
        var end = index + 1
        while end < bytes.count, isASCIIDigit(bytes[end]) { end += 1 }
        guard end > index + 1, end < bytes.count, bytes[end] == 41 else { return false }
        return end + 1 == bytes.count || ![33, 40, 94].contains(bytes[end + 1])
    }

    mutating func readRepetition() -> [UInt8]? {
        let start = position
        position += 1
        if bytes[start] == 40 {
            while isASCIIDigit(peek()) { position += 1 }
            position += 1
            return Array(bytes[(start + 1)..<(position - 1)])
        }
        if matches("dot{", at: position) || isBareDot(at: start) {
            return readDottedRepetition(start)
        }
        while isASCIILetter(peek()) { position += 1 }
        if isASCIIDigit(peek()) {
            position += 1
            return [bytes[position - 1]]
        }
        guard let content = bracedArgument(), !content.isEmpty, content.utf8.count <= 200,
            content.utf8.allSatisfy(isASCIIDigit)
        else {
            position = start
            return nil
        }
        return Array(content.utf8)
    }

    /// `\dot{3}` and `\dot{1}4285\dot{7}`: dots over the first and the last digit that repeat.
    private mutating func readDottedRepetition(_ start: Int) -> [UInt8]? {
        position = start + 4
        if isASCIIDigit(peek()) {
            position += 1
            return [bytes[position - 1]]
        }
        guard let first = bracedArgument(), first.utf8.count == 1,
            let digit = first.utf8.first, isASCIIDigit(digit)
        else {
            position = start
            return nil
        }
        var digits = [digit]
        var index = position
        while index < bytes.count, isASCIIDigit(bytes[index]) { index += 1 }
        guard matches("\\dot{", at: index), index + 6 < bytes.count, isASCIIDigit(bytes[index + 5]),
            bytes[index + 6] == 125
        else { return digits }
        digits += bytes[position..<index] + [bytes[index + 5]]
        position = index + 7
        return digits
    }

    /// `0.1666…` repeats what its end repeats at least three times; nil if it repeats nothing.
    mutating func readEllipsis(_ digits: [UInt8], decimals: Int) -> (head: Int, block: [UInt8])? {
        let spellings = ["...", "\\ldots", "\\dots", "\\cdots"]
        guard let spelling = spellings.first(where: { matches($0, at: position) }) else {
            return nil
        }
        let end = digits.count
        guard end <= 200 else { return nil }
        for width in 1...6 where 3 * width <= decimals {
            let block = digits[(end - width)..<end]
            guard digits[(end - 2 * width)..<(end - width)].elementsEqual(block),
                digits[(end - 3 * width)..<(end - 2 * width)].elementsEqual(block)
            else { continue }
            position += spelling.utf8.count
            return (end - width, Array(block))
        }
        return nil
    }

    var hadExponent: Bool { lastExponentEnd == position }

    /// `1e5`, `1.5e-7`, `2E-3`; but `2e-1` is 2·e − 1, since people write Euler's number so.
    mutating func readExponent(isDecimal: Bool) -> Int {
        let mark = peek()
        guard mark == 101 || mark == 69 else { return 0 }
        var index = position + 1
        var isNegative = false
        let hasSign = index < bytes.count && (bytes[index] == 43 || bytes[index] == 45)
        if hasSign {
            isNegative = bytes[index] == 45
            index += 1
        }
        let start = index
        var power = 0
        while index < bytes.count, isASCIIDigit(bytes[index]) {
            power = min(power * 10 + Int(bytes[index] - 48), 1_000_000_000)
            index += 1
        }
        guard index > start else { return 0 }
        if hasSign, mark == 101, !isDecimal, index - start < 2 { return 0 }
        position = index
        lastExponentEnd = index
        return isNegative ? -power : power
    }

    static func value(_ digits: [UInt8], _ exponent: Int) -> Rational? {
        // 1,234 digits are 4,100 bits.
        guard digits.count <= 1234, abs(exponent) <= 1234 else { return nil }
        var numerator = Natural(decimalDigits: digits)
        var denominator = Natural.one
        if exponent > 0 { numerator = numerator * Natural(10).power(exponent) }
        if exponent < 0 { denominator = Natural(10).power(-exponent) }
        let result = Rational(
            isNegative: false, numerator: numerator, denominator: denominator)
        return result.fits ? result : nil
    }

    /// 0.1666… from digits "01", exponent −1, repetition "6".
    static func repeatingValue(
        _ digits: [UInt8], _ exponent: Int, _ repetition: [UInt8]
    ) -> Rational? {
        guard digits.count <= 200 else { return nil }
        let base = Natural(10).power(-exponent)
        let nines = Natural(10).power(repetition.count) - .one
        let whole = Natural(decimalDigits: digits) * nines + Natural(decimalDigits: repetition)
        return Rational(isNegative: false, numerator: whole, denominator: base * nines)
    }
}
