// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Compares lines or tokens as a multiset.
///
/// The expected items are counted in a hash table; each item of the output takes one of them away.
/// So the memory depends on the expected output alone, and a program cannot make it grow. Hashes
/// are keyed anew in each process and equal ones are compared in full: no program can aim at them,
/// and no result depends on them.
struct UnorderedComparison {
    /// The first item of the output that is not expected (so often), or, at the end of the output,
    /// the first expected one that is missing; and the number of the output's item, from 1.
    typealias Mismatch = (found: Range<Int>, expected: Range<Int>, number: Int)

    private let unit: OutputComparison.UnorderedUnit

    init(_ unit: OutputComparison.UnorderedUnit) { self.unit = unit }

    /// Compares two texts.
    ///
    /// - Complexity: O(bytes); 24 bytes of memory for each distinct expected item, and a table of 4.
    func mismatch(_ output: OutputText, _ expected: OutputText) -> Mismatch? {
        var items = ItemCounts(expected)
        var place = 0
        while let item = next(in: expected, from: &place) { items.add(item) }
        place = 0
        var number = 0
        while let item = next(in: output, from: &place) {
            number += 1
            guard items.take(item, of: output) else { return (item, 0..<0, number) }
        }
        return items.firstLeft.map { (output.count..<output.count, $0, number + 1) }
    }

    /// The next item; a line runs from its first token to the end of its last.
    private func next(in text: OutputText, from place: inout Int) -> Range<Int>? {
        guard let token = text.token(from: place) else { return nil }
        var end = token.upperBound
        if unit == .lines {
            var index = end
            while index < text.count, text[index] != UInt8(ascii: "\n") {
                if !text[index].isWhitespace { end = index + 1 }
                index += 1
            }
        }
        place = end
        return token.lowerBound..<end
    }
}

/// How often each item is still expected.
///
/// Open addressing: `slots` holds 1 + the index of an entry, or 0; it is at most half full.
private struct ItemCounts {
    private struct Entry {
        let start: Int
        let end: Int
        var left: Int
    }

    private let text: OutputText
    private var entries: [Entry] = []
    private var slots = [Int32](repeating: 0, count: 64)

    init(_ text: OutputText) { self.text = text }

    /// The first expected item that was not taken away as often as it was added.
    var firstLeft: Range<Int>? {
        entries.first { $0.left > 0 }.map { $0.start..<$0.end }
    }

    mutating func add(_ item: Range<Int>) {
        if entries.count * 2 >= slots.count { grow() }
        let slot = slot(of: item, in: text)
        if slots[slot] > 0 {
            entries[Int(slots[slot]) - 1].left += 1
        } else {
            entries.append(Entry(start: item.lowerBound, end: item.upperBound, left: 1))
            slots[slot] = Int32(entries.count)
        }
    }

    /// Takes one away; false if none is left.
    mutating func take(_ item: Range<Int>, of other: OutputText) -> Bool {
        let index = Int(slots[slot(of: item, in: other)]) - 1
        guard index >= 0, entries[index].left > 0 else { return false }
        entries[index].left -= 1
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for (index, entry) in entries.enumerated() {
            slots[slot(of: entry.start..<entry.end, in: text)] = Int32(index + 1)
        }
    }

    /// The slot of an equal item, or the free one for it.
    private func slot(of item: Range<Int>, in other: OutputText) -> Int {
        let mask = slots.count - 1
        var slot = hash(of: item, in: other) & mask
        while slots[slot] > 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if isSame(item, of: other, entry.start..<entry.end) { break }
            slot = (slot + 1) & mask
        }
        return slot
    }

    private func hash(of item: Range<Int>, in other: OutputText) -> Int {
        var hasher = Hasher()
        let line = OutputText(other.slice(item))
        var place = 0
        while let token = line.token(from: place) {
            hasher.combine(bytes: line.slice(token))
            hasher.combine(UInt8(ascii: " "))
            place = token.upperBound
        }
        return hasher.finalize()
    }

    /// Whether both are the same sequence of tokens.
    private func isSame(_ item: Range<Int>, of other: OutputText, _ entry: Range<Int>) -> Bool {
        let (left, right) = (OutputText(other.slice(item)), OutputText(text.slice(entry)))
        return TokenWalk(left, right, .bytes).firstMismatch() == nil
    }
}
