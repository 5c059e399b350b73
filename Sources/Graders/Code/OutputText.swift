// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// An output while it is compared: bytes in place, which it must not outlive.
struct OutputText {
    private let bytes: UnsafeRawBufferPointer
    let count: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        count = bytes.count
    }

    /// The byte at `index`, which must be below `count`: checked where debugging, for speed.
    subscript(index: Int) -> UInt8 {
        @inline(__always) get { bytes[index] }
    }

    /// Eight bytes from `index`, which must be at most `count` − 8.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    /// A copy, so that a quotation does not keep the whole output in memory.
    func copy(_ range: Range<Int>) -> ByteString { ByteString(copying: slice(range)) }

    func without(prefix: [UInt8]) -> OutputText {
        bytes.starts(with: prefix) ? OutputText(slice(prefix.count..<count)) : self
    }

    var withoutTrailingWhitespace: OutputText {
        var end = count
        while end > 0, bytes[end - 1].isWhitespace { end -= 1 }
        return OutputText(slice(0..<end))
    }

    // MARK: - Comparing

    /// Number of equal bytes at the start of both.
    func commonPrefixCount(_ other: OutputText) -> Int {
        let end = min(count, other.count)
        var index = 0
        while index + 8 <= end, word(at: index) == other.word(at: index) { index += 8 }
        while index < end, self[index] == other[index] { index += 1 }
        return index
    }

    func hasSameBytes(_ range: Range<Int>, _ other: OutputText, _ otherRange: Range<Int>) -> Bool {
        guard range.count == otherRange.count else { return false }
        let (left, right) = (OutputText(slice(range)), OutputText(other.slice(otherRange)))
        return left.commonPrefixCount(right) == range.count
    }

    // MARK: - Tokens

    /// The first place at or after `index` that is no white space.
    @inline(__always)
    func skippingWhitespace(from index: Int) -> Int {
        var index = index
        while index < count, self[index].isWhitespace { index += 1 }
        return index
    }

    /// The end of the token that holds `index`.
    @inline(__always)
    func tokenEnd(from index: Int) -> Int {
        var index = index
        while index < count, !self[index].isWhitespace { index += 1 }
        return index
    }

    /// The next token at or after `index`; nil if there is none.
    func token(from index: Int) -> Range<Int>? {
        let start = skippingWhitespace(from: index)
        return start < count ? start..<tokenEnd(from: start) : nil
    }

    /// Number of tokens that start before `place`.
    func tokenCount(before place: Int) -> Int {
        var (number, isInside) = (0, false)
        for index in 0..<place {
            let isToken = !self[index].isWhitespace
            if isToken && !isInside { number += 1 }
            isInside = isToken
        }
        return number
    }

    func newlineCount(before place: Int) -> Int {
        bytes[0..<place].count { $0 == UInt8(ascii: "\n") }
    }
}
