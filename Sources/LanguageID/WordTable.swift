// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Up to eight sets of words, asked together: of each word the sets that it is in.
struct WordTable: Sendable {
    private let words: NameTable
    private let masks: [UInt8]

    /// - Parameter lists: words in lower case, separated by white space; ≤ 8 lists, ≤ 1,000
    ///   different words.
    init(_ lists: [String]) {
        precondition(lists.count <= 8, "a mask has eight bits")
        var masks: [Substring: UInt8] = [:]
        for (bit, list) in lists.enumerated() {
            for word in list.split(whereSeparator: \.isWhitespace) {
                masks[word, default: 0] |= 1 << UInt8(bit)
            }
        }
        let sorted = masks.keys.sorted()
        words = NameTable(sorted.joined(separator: " "))
        self.masks = sorted.map { masks[$0] ?? 0 }
    }

    /// The sets that `word` is in, bit 0 for the first.
    @inline(__always)
    func mask(of word: UnsafeBufferPointer<UInt8>) -> UInt8 {
        words.index(of: word).map { masks[$0] } ?? 0
    }
}

/// Calls `body` with each word of stripped text.
@inline(__always)
func forEachWord(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
) {
    var start = 0
    for position in 0...text.count where position == text.count || text[position] == 0x20 {
        if position > start { body(UnsafeBufferPointer(rebasing: text[start..<position])) }
        start = position + 1
    }
}
