// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Sandbox

/// Evens out what fenced blocks and data sets do to programs without meaning it.
enum SourceShape {
    /// A source without a byte order mark; Python also without the margin that all its lines share.
    ///
    /// - Complexity: O(bytes).
    static func normalized(_ source: ByteString, _ language: ProgramLanguage) -> ByteString {
        let mark: ByteString = "\u{FEFF}"
        let text = source.firstOffset(of: mark) == 0 ? source[mark.count..<source.count] : source
        guard language == .python, text.withUnsafeBytes({ startsIndented($0) }) else { return text }
        return withoutMargin(text)
    }

    private static func startsIndented(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var isIndented = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): isIndented = true
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): isIndented = false
            default: return isIndented
            }
        }
        return false
    }

    private static func withoutMargin(_ source: ByteString) -> ByteString {
        let lines = source.array.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let isBlank = { (line: ArraySlice<UInt8>) in line.allSatisfy(\.isWhitespace) }
        var margin: ArraySlice<UInt8>?
        for line in lines where !isBlank(line) {
            let indent = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let known = margin else { margin = indent; continue }
            let shared = zip(known, indent).prefix { $0 == $1 }.count
            margin = known.prefix(shared)
        }
        let count = margin?.count ?? 0
        let kept = lines.map { isBlank($0) ? [] : $0.dropFirst(count) }
        return ByteString(Array(kept.joined(separator: [UInt8(ascii: "\n")])))
    }
}
