// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import DatasetVerifier

@Suite("What verification keeps beyond memory")
struct SortedSpillTests {
    @Test(
        "values come back sorted by their upper half, equal ones in the order they came",
        arguments: [0, 1, 2, 7, 64, 65, 1000, 70_000], [1, 64, 4096])
    func sorting(_ count: Int, _ capacity: Int) throws {
        // A run for every value would only test patience.
        if count / capacity > 2000 { return }
        var numbers = SmallGenerator(seed: UInt64(count))
        let values = (0..<UInt64(count)).map { index in
            UInt64.random(in: 0...200, using: &numbers) &* 0x0123_4567 << 32 | index
        }
        var spill = SortedSpill<UInt64>(capacity: capacity)
        for value in values { try spill.append(value) }
        var sorted: [UInt64] = []

        try spill.drain { (value) throws(VerificationError) in sorted.append(value) }

        #expect(sorted == values.sorted { ($0 >> 32, $0) < ($1 >> 32, $1) })
    }

    @Test("narrow values, the greatest included, come back sorted")
    func narrow() throws {
        var numbers = SmallGenerator(seed: 1)
        let values =
            (0..<5000).map { _ in UInt32.random(in: 0 ... .max, using: &numbers) } + [.max, 0]
        var spill = SortedSpill<UInt32>(capacity: 100)
        for value in values { try spill.append(value) }
        var sorted: [UInt32] = []

        try spill.drain { (value) throws(VerificationError) in sorted.append(value) }

        #expect(sorted == values.sorted())
    }

    @Test("what was appended is read at any place, on disk or not yet")
    func reading() throws {
        let file = SpillFile()
        for value in 0..<UInt64(100_000) { try file.append([value, value &* 3]) }
        var pair: [UInt64] = []

        for index in [0, 1, 16_383, 16_384, 16_385, 50_000, 99_998, 99_999] {
            try file.read(2, into: &pair, at: index * 16)
            #expect(pair == [UInt64(index), UInt64(index) &* 3])
        }
        var all: [UInt64] = []
        try file.read(200_000, into: &all, at: 0)
        #expect(all.count == 200_000 && all[199_998] == 99_999)
    }

    @Test("a shingle's count, first rows and last rows are those of a plain list")
    func shingleTable() {
        var numbers = SmallGenerator(seed: 2)
        // Rows of shingles that are rare and common, low and high.
        let rows = (0..<600).map { _ in
            Set(
                (0..<20).map { _ -> UInt32 in
                    let rank = UInt32.random(in: 1...400, using: &numbers)
                    return (400 / rank) &* 0x9e37_79b1 &+ rank % 3
                })
        }
        var members: [UInt32: [Int]] = [:]
        for (row, shingles) in rows.enumerated() {
            for shingle in shingles { members[shingle, default: []].append(row) }
        }
        var table = ShingleTable()
        for (shingle, rows) in members.sorted(by: { $0.key < $1.key }) where rows.count > 1 {
            table.append(shingle, count: rows.count)
        }
        table.finish()

        for (row, shingles) in rows.enumerated() {
            for shingle in shingles {
                guard let place = table.place(of: shingle) else {
                    #expect(members[shingle] == [row])
                    continue
                }
                let earlier = members[shingle, default: []].filter { $0 < row }
                var seen: Set<Int> = []
                table.forEachRow(at: place) { seen.insert($0) }
                #expect(seen == Set(earlier.prefix(4) + earlier.suffix(4)))
                #expect(table.count(at: place) == members[shingle]?.count)
            }
            for shingle in shingles {
                if let place = table.place(of: shingle) { table.visit(row, at: place) }
            }
        }
        #expect(table.place(of: 5) == nil && table.place(of: .max) == nil)
    }

    @Test("an empty table has nothing")
    func emptyTable() {
        var table = ShingleTable()
        table.finish()
        #expect(table.place(of: 0) == nil && table.place(of: .max) == nil)
    }

    @Test("every text that is a great share is among the frequent ones")
    func frequentTexts() {
        var numbers = SmallGenerator(seed: 3)
        var (common, total) = (FrequentTexts(), 0)
        for index in 0..<20_000 {
            let value = UInt64.random(in: 0..<100, using: &numbers)
            let text = value < 16 ? "a" : value < 33 ? "b" : "rare \(index)"
            common.add(ByteString(text))
            total += 1
        }

        let found = Set(common.texts(withShare: 0.15, of: total))

        #expect(found.isSuperset(of: ["a", "b"]))
        #expect(found.count <= 7)
    }
}
