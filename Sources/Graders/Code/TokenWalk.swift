// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// When two tokens are the same.
enum TokenEquality {
    /// Byte for byte.
    case bytes
    /// Byte for byte, ASCII letters without case.
    case ignoringCase
    /// Numbers within a tolerance, all else byte for byte.
    case numbers(FloatTolerance)
}

/// Walks over two texts at once, token by token.
struct TokenWalk {
    /// A token of each; empty at the end of a text that has no more.
    typealias Mismatch = (found: Range<Int>, expected: Range<Int>)

    private let output: OutputText
    private let expected: OutputText
    private let equality: TokenEquality

    init(_ output: OutputText, _ expected: OutputText, _ equality: TokenEquality) {
        self.output = output
        self.expected = expected
        self.equality = equality
    }

    /// The first pair of tokens that are not the same; nil when all are.
    func firstMismatch() -> Mismatch? {
        switch equality {
        case .bytes: mismatchOfBytes { $0 == $1 }
        case .ignoringCase: mismatchOfBytes { $0.asciiLowercased == $1.asciiLowercased }
        case .numbers(let tolerance): mismatchOfNumbers(tolerance)
        }
    }

    // MARK: - Bytes

    /// Bytes that are the same leave both sides at the same place of the same token, whatever they
    /// are; so most of an equal output is passed eight bytes at a time.
    @inline(__always)
    private func mismatchOfBytes(_ isSame: (UInt8, UInt8) -> Bool) -> Mismatch? {
        var (left, right) = (0, 0)
        var isInside = false
        while true {
            let before = left
            while left + 8 <= output.count, right + 8 <= expected.count,
                output.word(at: left) == expected.word(at: right)
            {
                left += 8
                right += 8
            }
            while left < output.count, right < expected.count,
                isSame(output[left], expected[right])
            {
                left += 1
                right += 1
            }
            if left > before { isInside = !output[left - 1].isWhitespace }
            if isInside, !(ends(output, left) && ends(expected, right)) {
                return (token(of: output, around: left), token(of: expected, around: right))
            }
            isInside = false
            left = output.skippingWhitespace(from: left)
            right = expected.skippingWhitespace(from: right)
            let isOver = (left == output.count, right == expected.count)
            if isOver == (true, true) { return nil }
            if isOver.0 || isOver.1 || !isSame(output[left], expected[right]) {
                return (left..<output.tokenEnd(from: left), right..<expected.tokenEnd(from: right))
            }
        }
    }

    private func ends(_ text: OutputText, _ place: Int) -> Bool {
        place == text.count || text[place].isWhitespace
    }

    /// The token that holds, or ends at, a place.
    private func token(of text: OutputText, around place: Int) -> Range<Int> {
        var start = place
        while start > 0, !text[start - 1].isWhitespace { start -= 1 }
        return start..<text.tokenEnd(from: place)
    }

    // MARK: - Numbers

    private func mismatchOfNumbers(_ tolerance: FloatTolerance) -> Mismatch? {
        var (left, right) = (0, 0)
        while true {
            let (found, wanted) = (output.token(from: left), expected.token(from: right))
            guard let found, let wanted else {
                guard found != nil || wanted != nil else { return nil }
                return (
                    found ?? output.count..<output.count, wanted ?? expected.count..<expected.count
                )
            }
            guard isSame(found, wanted, within: tolerance) else { return (found, wanted) }
            (left, right) = (found.upperBound, wanted.upperBound)
        }
    }

    private func isSame(
        _ found: Range<Int>, _ wanted: Range<Int>, within tolerance: FloatTolerance
    ) -> Bool {
        let hasSameBytes = output.hasSameBytes(found, expected, wanted)
        // Only the word nan, 3 letters and perhaps a sign, does not equal itself.
        if hasSameBytes && found.count > 4 { return true }
        guard let number = DecimalToken(expected.slice(wanted)) else { return hasSameBytes }
        guard let other = DecimalToken(output.slice(found)) else { return false }
        return other.isEqual(to: number, within: tolerance)
    }
}

extension UInt8 {
    /// The byte in lower case, if it is an ASCII letter.
    fileprivate var asciiLowercased: UInt8 {
        self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
    }
}
