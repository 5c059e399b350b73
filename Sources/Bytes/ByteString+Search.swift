// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem

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
