// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Finds the texts that are a great share of many, in memory for a few of them.
///
/// - Source: J. Misra and D. Gries, Finding repeated elements, Science of Computer Programming 2
///   (1982).
struct FrequentTexts {
    /// Texts that are counted at a time: a count is short of the truth by at most one in 64.
    private static let countersMax = 63

    private var counters: [ByteString: Int] = [:]
    private var total = 0

    /// Counts a text.
    mutating func add(_ text: ByteString) {
        total += 1
        if counters[text] != nil {
            counters[text, default: 0] += 1
        } else if counters.count < Self.countersMax {
            // A copy: the text may be a slice of a long line.
            counters[ByteString(text.array)] = 1
        } else {
            counters = counters.compactMapValues { $0 > 1 ? $0 - 1 : nil }
        }
    }

    /// All texts that may be more than a share of the rows, and perhaps others.
    ///
    /// - Parameters:
    ///   - share: in `0 ..< 1`.
    ///   - rows: number of them, at least that of the texts.
    /// - Returns: at most 63, in no order.
    func texts(withShare share: Double, of rows: Int) -> [ByteString] {
        let short = Double(total) / Double(Self.countersMax + 1)
        return counters.filter { Double($0.value) + short >= share * Double(rows) }.map(\.key)
    }
}
