// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A number written as digits alone, such as `-42` or `3.50`, read without a tree.
///
/// Most answers are of this kind. Comparing two needs no arithmetic: without leading and trailing
/// zeros, equal values have equal digits, however many there are.
struct PlainNumber {
    let isNegative: Bool
    /// Digits before the point, without leading zeros.
    let whole: Range<Int>
    /// Digits after the point, without trailing zeros.
    let fraction: Range<Int>
    let hasPoint: Bool

    /// What the lexer skips around a number.
    @inline(__always)
    static func isLayout(_ byte: UInt8) -> Bool { isASCIISpace(byte) || byte == UInt8(ascii: "$") }

    /// Nil unless the bytes are a sign, digits, perhaps a point and digits, and white space or `$`
    /// around.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var (start, end) = (0, bytes.count)
        while start < end, Self.isLayout(bytes[start]) { start += 1 }
        while end > start, Self.isLayout(bytes[end - 1]) { end -= 1 }
        guard start < end else { return nil }
        let hasMinus = bytes[start] == UInt8(ascii: "-")
        if hasMinus { start += 1 }
        var point = start
        while point < end, isASCIIDigit(bytes[point]) { point += 1 }
        guard point > start else { return nil }
        hasPoint = point < end
        var tail = end
        if hasPoint {
            guard bytes[point] == UInt8(ascii: "."), point + 1 < end,
                bytes[(point + 1)..<end].allSatisfy(isASCIIDigit)
            else { return nil }
            while tail > point + 1, bytes[tail - 1] == 48 { tail -= 1 }
            fraction = point + 1..<tail
        } else {
            fraction = end..<end
        }
        while start < point, bytes[start] == 48 { start += 1 }
        whole = start..<point
        isNegative = hasMinus && !(whole.isEmpty && fraction.isEmpty)
    }

    /// Whether two numbers, each of its own bytes, are the same.
    static func isEqual(
        _ x: PlainNumber, _ first: UnsafeRawBufferPointer, _ y: PlainNumber,
        _ second: UnsafeRawBufferPointer
    ) -> Bool {
        x.isNegative == y.isNegative && x.whole.count == y.whole.count
            && x.fraction.count == y.fraction.count
            && first[x.whole].elementsEqual(second[y.whole])
            && first[x.fraction].elementsEqual(second[y.fraction])
    }
}
