// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Sorts more values than memory should hold by their upper 32 bits.
///
/// Theory of operation: values fill a buffer; a full one is sorted and spilled as a run, and in the
/// end all runs are merged. Values with the same upper 32 bits keep the order in which they came,
/// so that a row's number may lie below: radix passes are stable, and the merge takes equal values
/// from the earlier run. Memory is two buffers, and one block a run while they are merged.
struct SortedSpill<Value: FixedWidthInteger & UnsignedInteger> {
    private static var bufferBytes: Int { 8 << 20 }
    private static var blockBytes: Int { 32 << 10 }

    private let capacity: Int
    private var buffer: [Value] = []
    private let file = SpillFile()
    private var runs: [Run] = []

    /// Starts without values.
    ///
    /// - Parameter capacity: values in memory at a time, ≥ 1; 8 MiB of them by default.
    init(capacity: Int = Self.bufferBytes / MemoryLayout<Value>.stride) {
        precondition(capacity >= 1, "a buffer without room")
        self.capacity = capacity
    }

    /// Takes a value.
    ///
    /// - Throws: ``VerificationError`` when a run cannot be spilled.
    mutating func append(_ value: Value) throws(VerificationError) {
        buffer.append(value)
        guard buffer.count == capacity else { return }
        radixSort(&buffer)
        runs.append(Run(offset: file.size, left: buffer.count))
        try file.append(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    /// Visits all values in order and lets go of them.
    ///
    /// - Parameter body: takes a value.
    /// - Throws: ``VerificationError`` when a run cannot be read, or what `body` throws.
    mutating func drain(
        _ body: (Value) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        radixSort(&buffer)
        if runs.isEmpty {
            for value in buffer { try body(value) }
        } else {
            // The last run stays where it is.
            runs.append(Run(block: buffer))
            try merge(body)
        }
        buffer = []
        runs = []
    }

    // MARK: - Merging

    /// A run and how far it has been read.
    private struct Run {
        var offset = 0
        var left = 0
        var block: [Value] = []
        var next = 0

        mutating func pop(_ file: SpillFile) throws(VerificationError) -> Value? {
            if next == block.count {
                guard left > 0 else { return nil }
                let stride = MemoryLayout<Value>.stride
                let count = min(left, blockBytes / stride)
                try file.read(count, into: &block, at: offset)
                offset += count * stride
                left -= count
                next = 0
            }
            next += 1
            return block[next - 1]
        }
    }

    private mutating func merge(
        _ body: (Value) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        buffer = []
        var heads: [Value] = []
        // The upper bits of each run's head above the run's number, least first.
        var heap: [UInt64] = []
        for run in runs.indices {
            let head = try runs[run].pop(file)
            heads.append(head ?? 0)
            if let head { heap.append(UInt64(upperBits(head)) << 32 | UInt64(run)) }
        }
        heap.sort()
        while let top = heap.first {
            let run = Int(top & 0xffff_ffff)
            try body(heads[run])
            if let head = try runs[run].pop(file) {
                heads[run] = head
                heap[0] = UInt64(upperBits(head)) << 32 | UInt64(run)
            } else {
                let last = heap.removeLast()
                if heap.isEmpty { break }
                heap[0] = last
            }
            Self.siftDown(&heap)
        }
    }

    private static func siftDown(_ heap: inout [UInt64]) {
        var place = 0
        let value = heap[0]
        while 2 * place + 1 < heap.count {
            var child = 2 * place + 1
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < value else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = value
    }
}

extension SortedSpill where Value == UInt64 {
    /// Visits what lies below equal upper halves, where there are several, and lets go of all.
    ///
    /// - Parameter body: takes the lower halves of a group, in the order in which they came.
    /// - Throws: ``VerificationError`` when a run cannot be read, or what `body` throws.
    mutating func drainGroups(
        _ body: ([Int]) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        var (upper, group) = (UInt64(0), [Int]())
        try drain { (value) throws(VerificationError) in
            if value >> 32 != upper {
                if group.count > 1 { try body(group) }
                group.removeAll(keepingCapacity: true)
                upper = value >> 32
            }
            group.append(Int(value & 0xffff_ffff))
        }
        if group.count > 1 { try body(group) }
    }
}

// MARK: - Sorting

/// What values are sorted by.
private func upperBits<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) -> UInt32 {
    UInt32(truncatingIfNeeded: value >> Value(Value.bitWidth - 32))
}

/// Sorts by the upper 32 bits, stably, in three passes of 11 bits.
private func radixSort<Value: FixedWidthInteger & UnsignedInteger>(_ values: inout [Value]) {
    guard values.count > 1 else { return }
    var other = [Value](repeating: 0, count: values.count)
    for shift in [UInt32(0), 11, 22] {
        var starts = [Int](repeating: 0, count: 2048)
        for value in values { starts[Int(upperBits(value) >> shift & 2047)] += 1 }
        var total = 0
        for digit in starts.indices { (starts[digit], total) = (total, total + starts[digit]) }
        for value in values {
            let digit = Int(upperBits(value) >> shift & 2047)
            other[starts[digit]] = value
            starts[digit] += 1
        }
        swap(&values, &other)
    }
}
