// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The shingles that several rows have: how many do, and the first and the last few of these.
///
/// Theory of operation: a shingle of one row alone finds nothing and weighs like one of two rows,
/// so that only those of more are kept: in order, with the place of each one's slots in one array.
/// The rows are visited in order. A shingle of few rows has a slot for each but the last; one of
/// many has slots for the first rows, a ring for the last, its count, and how many were visited.
struct ShingleTable {
    private var shingles: [UInt32] = []
    /// Where the slots of each shingle begin, and where the last one's end.
    private var starts: [UInt32] = [0]
    private var slots: [UInt32] = []
    /// For each beginning of a shingle, the first with at least that one.
    private var directory: [UInt32] = [0, 0]
    private var shift: UInt32 = 32

    /// Most earlier rows that are remembered from either end: of a row that repeats a thousand
    /// times the first and the last few are enough.
    private static let rowsMax = 4
    /// Slots of a shingle of many rows.
    private static let manySlots = 2 * rowsMax + 2
    private static let empty = UInt32.max

    /// Adds a shingle; in ascending order.
    ///
    /// - Parameters:
    ///   - shingle: greater than all before.
    ///   - count: rows that have it, ≥ 2.
    mutating func append(_ shingle: UInt32, count: Int) {
        shingles.append(shingle)
        if count - 1 <= 2 * Self.rowsMax {
            for _ in 1..<count { slots.append(Self.empty) }
        } else {
            for _ in 0..<2 * Self.rowsMax { slots.append(Self.empty) }
            slots.append(UInt32(count))
            slots.append(0)
        }
        starts.append(UInt32(slots.count))
    }

    /// Makes look-ups quick, once all shingles are there.
    mutating func finish() {
        let bits = max(0, Int.bitWidth - shingles.count.leadingZeroBitCount - 2)
        shift = UInt32(32 - min(bits, 24))
        directory = [UInt32](repeating: 0, count: (1 << (32 - Int(shift))) + 1)
        for shingle in shingles { directory[Int(UInt64(shingle) >> shift) + 1] += 1 }
        for place in 1..<directory.count { directory[place] += directory[place - 1] }
    }

    /// Where a shingle is; nil for one of less than two rows.
    func place(of shingle: UInt32) -> Int? {
        let bucket = Int(UInt64(shingle) >> shift)
        var (low, high) = (Int(directory[bucket]), Int(directory[bucket + 1]))
        let end = high
        while low < high {
            let middle = (low + high) / 2
            if shingles[middle] < shingle { low = middle + 1 } else { high = middle }
        }
        return low < end && shingles[low] == shingle ? low : nil
    }

    /// Number of rows that have a shingle, ≥ 2.
    func count(at place: Int) -> Int {
        let (start, end) = (Int(starts[place]), Int(starts[place + 1]))
        return end - start == Self.manySlots ? Int(slots[end - 2]) : end - start + 1
    }

    /// Notes that the row that is visited has a shingle.
    mutating func visit(_ row: Int, at place: Int) {
        let (start, end) = (Int(starts[place]), Int(starts[place + 1]))
        guard end - start == Self.manySlots else {
            // The last row needs no slot: none comes after it.
            if let free = (start..<end).first(where: { slots[$0] == Self.empty }) {
                slots[free] = UInt32(row)
            }
            return
        }
        let seen = Int(slots[end - 1])
        if seen < Self.rowsMax { slots[start + seen] = UInt32(row) }
        slots[start + Self.rowsMax + seen % Self.rowsMax] = UInt32(row)
        slots[end - 1] += 1
    }

    /// Calls with the first and the last of the rows visited so far that have a shingle.
    func forEachRow(at place: Int, _ body: (Int) -> Void) {
        let (start, end) = (Int(starts[place]), Int(starts[place + 1]))
        for slot in start..<min(end, start + 2 * Self.rowsMax) where slots[slot] != Self.empty {
            body(Int(slots[slot]))
        }
    }
}
