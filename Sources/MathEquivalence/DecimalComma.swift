// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Rewrites numbers with a decimal comma: `2,5` and `2{,}5` as 2.5, `1.234,5` as 1234.5.
///
/// A number with several commas keeps them. A comma with a space behind it separates, as always.
enum DecimalComma {
    static func rewrite(_ text: ByteString) -> ByteString {
        text.withUnsafeBytes { bytes in
            guard bytes.contains(UInt8(ascii: ",")), bytes.count <= Parser.inputLimit else {
                return text
            }
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            var index = 0
            while index < bytes.count {
                guard isASCIIDigit(bytes[index]) else {
                    result.append(bytes[index])
                    index += 1
                    continue
                }
                let end = numberEnd(bytes, index)
                result += rewritten(Array(bytes[index..<end]))
                index = end
            }
            return ByteString(result)
        }
    }

    /// Digits with points, commas and `{,}` between digits.
    private static func numberEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var end = start
        while end < bytes.count {
            if isASCIIDigit(bytes[end]) {
                end += 1
                continue
            }
            let isBraced =
                end + 2 < bytes.count && bytes[end] == 123 && bytes[end + 1] == 44
                && bytes[end + 2] == 125
            let width = isBraced ? 3 : bytes[end] == 44 || bytes[end] == 46 ? 1 : 0
            guard width > 0, end + width < bytes.count, isASCIIDigit(bytes[end + width]) else {
                break
            }
            end += width
        }
        return end
    }

    private static func rewritten(_ number: [UInt8]) -> [UInt8] {
        let bare = number.filter { $0 != 123 && $0 != 125 }
        guard let comma = bare.firstIndex(of: 44), bare.lastIndex(of: 44) == comma else {
            return number
        }
        let whole = bare[..<comma].split(separator: 46, omittingEmptySubsequences: false)
        let isGrouped = whole.dropFirst().allSatisfy { $0.count == 3 }
        guard isGrouped, !bare[(comma + 1)...].contains(46) else { return number }
        return whole.flatMap { $0 } + [46] + bare[(comma + 1)...]
    }
}
