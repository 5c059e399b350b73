// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

extension ByteString {
    /// Offset of the first occurrence of `needle` at or after `start`; nil if there is none.
    ///
    /// - Parameters:
    ///   - needle: the bytes sought; not empty.
    ///   - start: where the search begins, in `0 ... count`.
    /// - Returns: an offset from the start of this slice.
    /// - Complexity: O(bytes).
    public func firstOffset(of needle: ByteString, from start: Int = 0) -> Int? {
        precondition(start >= 0 && start <= count, "start \(start) outside 0...\(count)")
        return withUnsafeBytes { bytes in
            needle.withUnsafeBytes { wanted in
                guard let base = bytes.baseAddress, let sought = wanted.baseAddress,
                    let found = csys_find(base + start, bytes.count - start, sought, wanted.count)
                else { return nil }
                return found - base
            }
        }
    }

    /// Offsets of the first `limit` occurrences of `needle` that do not overlap.
    ///
    /// - Parameters:
    ///   - needle: the bytes sought; nothing is found for an empty one.
    ///   - limit: most offsets returned.
    /// - Returns: ascending offsets.
    public func occurrences(of needle: ByteString, limit: Int) -> [Int] {
        guard needle.count > 0 else { return [] }
        var found: [Int] = []
        var start = 0
        while found.count < limit, let offset = firstOffset(of: needle, from: start) {
            found.append(offset)
            start = offset + needle.count
        }
        return found
    }

    /// Offsets of the first `limit` occurrences of each of two needles, found in one pass where both
    /// begin with the same byte.
    ///
    /// - Parameters:
    ///   - first: the bytes sought; nothing is found for an empty one.
    ///   - second: other bytes sought; nothing is found for an empty one.
    ///   - limit: most offsets returned for each.
    /// - Returns: ascending offsets; those of one needle do not overlap.
    /// - Complexity: O(bytes).
    public func occurrences(
        of first: ByteString, and second: ByteString, limit: Int
    ) -> (first: [Int], second: [Int]) {
        let shared =
            first.isEmpty || second.isEmpty || first[0] != second[0]
            ? nil : sharedStarts(first, second, limit)
        return shared
            ?? (occurrences(of: first, limit: limit), occurrences(of: second, limit: limit))
    }

    /// Nil where the first byte is too frequent for this to be fast.
    private func sharedStarts(
        _ first: ByteString, _ second: ByteString, _ limit: Int
    ) -> (first: [Int], second: [Int])? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return ([], []) }
            var found: (first: [Int], second: [Int]) = ([], [])
            var ends = (first: 0, second: 0)
            var index = 0
            for _ in 0..<32 + bytes.count / 256 {
                guard let hit = memchr(base + index, Int32(first[0]), bytes.count - index) else {
                    return found
                }
                index = UnsafeRawPointer(hit) - base
                if index >= ends.first, found.first.count < limit,
                    first.stands(in: bytes, at: index)
                {
                    found.first.append(index)
                    ends.first = index + first.count
                }
                if index >= ends.second, found.second.count < limit,
                    second.stands(in: bytes, at: index)
                {
                    found.second.append(index)
                    ends.second = index + second.count
                }
                if found.first.count == limit, found.second.count == limit { return found }
                index += 1
            }
            return nil
        }
    }

    /// Whether these bytes stand in others.
    ///
    /// - Parameters:
    ///   - bytes: where to look.
    ///   - index: where they would begin; ≥ 0.
    /// - Returns: false also where they would reach beyond the end.
    public func stands(in bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index + count <= bytes.count, let base = bytes.baseAddress else { return false }
        return withUnsafeBytes { wanted in
            wanted.baseAddress.map { memcmp(base + index, $0, wanted.count) == 0 } ?? true
        }
    }

    /// Number of ASCII white-space bytes at the start.
    public var leadingWhitespaceCount: Int {
        withUnsafeBytes { bytes in bytes.firstIndex { !$0.isWhitespace } ?? bytes.count }
    }

    /// Number of ASCII white-space bytes at the end.
    public var trailingWhitespaceCount: Int {
        withUnsafeBytes { bytes in
            var end = bytes.count
            while end > 0, bytes[end - 1].isWhitespace { end -= 1 }
            return bytes.count - end
        }
    }

    /// The bytes without ASCII white space at either end.
    public var trimmed: ByteString {
        let start = leadingWhitespaceCount
        return start == count ? self[count..<count] : self[start..<count - trailingWhitespaceCount]
    }
}

extension UInt8 {
    /// Whether the byte is a space, tab, newline, vertical tab, form feed or carriage return.
    public var isWhitespace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0d) }

    /// Whether the byte is an ASCII letter.
    public var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7a }

    /// Whether the byte is an ASCII digit.
    public var isDigit: Bool { self >= 0x30 && self <= 0x39 }
}
