// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Words with their meanings, looked up by their bytes: neither a string is made nor the library's
/// slower hash, which matters in answers of a few words.
///
/// Made once and never freed: its memory is read through pointers, since counts of references to
/// arrays would be written by all threads.
struct WordTable<Value: Sendable>: @unchecked Sendable {
    // Invariant behind `@unchecked`: nothing is written after `init`.
    private let entries: UnsafeMutablePointer<Entry>
    /// The bytes of all words, one after the other.
    private let text: UnsafeMutablePointer<UInt8>
    /// Places in `entries`, −1 where free; a power of two of them, less than half of it in use.
    private let slots: UnsafeMutablePointer<Int32>
    private let slotCount: Int

    private struct Entry {
        let start: Int
        let count: Int
        let value: Value
    }

    init(_ table: [String: Value]) {
        var size = 16
        while size < table.count * 2 + 2 { size *= 2 }
        slotCount = size
        slots = .allocate(capacity: size)
        slots.initialize(repeating: -1, count: size)
        entries = .allocate(capacity: table.count)
        let spellings = table.map { (word: Array($0.key.utf8), value: $0.value) }
        text = .allocate(capacity: spellings.reduce(1) { $0 + $1.word.count })
        var end = 0
        for (index, (word, value)) in spellings.enumerated() {
            for (offset, byte) in word.enumerated() { text[end + offset] = byte }
            (entries + index).initialize(
                to: Entry(start: end, count: word.count, value: value))
            end += word.count
            var slot = Self.hash(word) & (size - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Int32(index)
        }
    }

    /// The meaning of `bytes[range]`.
    func value(of bytes: [UInt8], in range: Range<Int>) -> Value? {
        bytes.withUnsafeBufferPointer { buffer in
            let spelling = UnsafeBufferPointer(rebasing: buffer[range])
            var slot = Self.hash(spelling) & (slotCount - 1)
            while slots[slot] >= 0 {
                let entry = entries + Int(slots[slot])
                if entry.pointee.count == spelling.count,
                    UnsafeBufferPointer(start: text + entry.pointee.start, count: spelling.count)
                        .elementsEqual(spelling)
                {
                    return entry.pointee.value
                }
                slot = (slot + 1) & (slotCount - 1)
            }
            return nil
        }
    }

    /// The keys are ours, so that no text can make them collide.
    private static func hash(_ word: some Sequence<UInt8>) -> Int {
        Int(truncatingIfNeeded: SplitMix.hash(word) >> 20)
    }
}
