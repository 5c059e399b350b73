// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Hashing
import Wire

/// Finds rows that are nearly the same, and rows that a benchmark holds too.
///
/// Theory of operation: `inspect` keeps a sketch of a row's shingles, and, for the few benchmark
/// items that share most with it, which of their shingles it has. Only `conclude` knows how rare a
/// shingle is, and weighs it by the logarithm of that: boilerplate such as "where m and n are
/// relatively prime positive integers" is worth next to nothing, so that two problems that share
/// nothing else are not called alike. ``SketchIndex`` says what that costs in memory.
public struct SimilarityCheck: Check {
    /// The check's name in journals.
    public let name = "similarity"
    /// What it finds.
    public let rules = [Self.nearDuplicate, Self.contaminated, Self.nearlyContaminated]

    static let nearDuplicate = Rule(
        "X001", "near-duplicate", .warning,
        "An earlier row asks nearly the same with the same numbers.")
    static let contaminated = Rule(
        "X002", "contaminated", .error,
        "An evaluation set holds the same statement, so that its scores mean nothing.")
    static let nearlyContaminated = Rule(
        "X003", "nearly-contaminated", .warning,
        "An evaluation set holds nearly the same statement.")

    /// How alike texts must be.
    public struct Thresholds: Sendable, Equatable {
        /// Least weighted Jaccard index of two rows with the same numbers, 0 … 1.
        public var nearDuplicate = 0.5
        /// Least weighted share of a benchmark's item that a row holds, where it has all of the
        /// item's numbers, 0 … 1.
        public var contamination = 0.5
        /// The same where it has other numbers, 0 … 1.
        public var contaminationOtherNumbers = 0.85
        /// Fewest shingles of a text for any of this; shorter ones are alike by chance.
        public var shinglesMin = 8

        /// The defaults of docs/verify-findings.md.
        public init() {}
    }

    private let sets: [EvaluationSet]
    private let thresholds: Thresholds
    /// Most items of a set that a row is compared with.
    private static let hitsMax = 3
    /// Most items of all sets together: what is kept of a row stays below 4 KiB.
    private static let allHitsMax = 8
    /// Most shingles of an item that count.
    private static let itemShinglesMax = 1024

    /// Makes the check.
    ///
    /// - Parameters:
    ///   - sets: the benchmarks that the dataset must not hold.
    ///   - thresholds: how alike texts must be.
    public init(against sets: [EvaluationSet] = [], thresholds: Thresholds = Thresholds()) {
        self.sets = sets
        self.thresholds = thresholds
    }

    /// Changes with the evaluation sets and thresholds.
    public var version: Int {
        var hash = SHA256()
        for set in sets {
            hash.update(lengthPrefixed: ByteString(set.name))
            hash.update(lengthPrefixed: ByteString(set.digest.hex))
        }
        hash.update(lengthPrefixed: ByteString("\(thresholds)"))
        // Above the low byte, which counts changes of the code.
        return hash.finish().bytes.prefix(6).reduce(0) { $0 << 8 | Int($1) } << 8 | 1
    }

    // MARK: - One row

    /// Keeps a sketch and what benchmarks share with the row.
    public func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard rules.contains(where: context.runs), !row.problem.trimmed.isEmpty else {
            return Inspection()
        }
        let shingles = Shingles(row.problem)
        let sketch = ShingleSketch(shingles)
        let key = StatementKey.key(row.problem)
        let numbers = Self.numbersKey(shingles)
        var facts = JSONObject([
            "key": .string(key), "sketch": .text(sketch.hex), "cut": .boolean(sketch.isCut),
            "numbers": .string(numbers), "at": .string(row.problemPointer),
        ])
        let hits = sets.enumerated().flatMap { index, set in
            Self.hits(in: set, number: index, shingles, key)
        }
        // The same statement is never crowded out by nearly the same ones.
        let kept = (hits.filter(\.isSame) + hits.filter { !$0.isSame }).prefix(Self.allHitsMax)
        if !kept.isEmpty { facts.append("hits", .array(kept.map(\.json))) }
        return Inspection(facts: .object(facts))
    }

    private static func numbersKey(_ shingles: Shingles) -> String {
        var value: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a, 64 bits
        for number in shingles.numbers {
            value = (value ^ UInt64(number)) &* 0x0000_0100_0000_01b3
        }
        return String(value, radix: 16)
    }

    private static func hits(
        in set: EvaluationSet, number: Int, _ shingles: Shingles, _ key: String
    ) -> [(isSame: Bool, json: JSONValue)] {
        var near = set.nearest(to: shingles, limit: hitsMax)
        if let same = set.item(withKey: key), !near.contains(same) { near.append(same) }
        return near.map { index in
            let item = set.items[index]
            let json = JSONValue.members([
                "set": .integer(number), "item": .integer(index),
                "same": .boolean(item.key == key),
                "numbers": .boolean(holds(shingles.numbers, item.shingles.numbers)),
                "bits": .text(bits(of: item.shingles.hashes, in: shingles.hashes)),
            ])
            return (item.key == key, json)
        }
    }

    /// Whether one ascending list holds another.
    private static func holds(_ all: [UInt32], _ some: [UInt32]) -> Bool {
        var index = 0
        for value in some {
            while index < all.count, all[index] < value { index += 1 }
            guard index < all.count, all[index] == value else { return false }
        }
        return true
    }

    /// One bit an item's shingle, four to a hexadecimal digit: whether the row has it.
    private static func bits(of item: [UInt32], in row: [UInt32]) -> ByteString {
        var digits: [UInt8] = []
        var (index, value, filled) = (0, UInt8(0), 0)
        for shingle in item.prefix(itemShinglesMax) {
            while index < row.count, row[index] < shingle { index += 1 }
            let has = index < row.count && row[index] == shingle
            value = value << 1 | (has ? 1 : 0)
            filled += 1
            if filled == 4 {
                digits.append(HexDigits.digit(value))
                (value, filled) = (0, 0)
            }
        }
        if filled > 0 { digits.append(HexDigits.digit(value << UInt8(4 - filled))) }
        return ByteString(digits)
    }

    // MARK: - All rows

    /// Weighs shingles by their rarity and compares.
    public func conclude(
        _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding] {
        var index = SketchIndex()
        try rows.forEach { (_, row) throws(VerificationError) in
            try index.append(Self.record(row.facts))
        }
        try index.finish()
        var found: [RowFinding] = []
        try index.forEach { (place, visit, index) throws(VerificationError) in
            if visit.record.hasHits,
                let finding = contamination(try rows.row(place), index, context)
            {
                found.append(RowFinding(rowIndex: place, finding: finding))
            }
            if context.runs(Self.nearDuplicate),
                let finding = try nearDuplicate(place, visit, rows, index)
            {
                found.append(RowFinding(rowIndex: place, finding: finding))
            }
        }
        return found
    }

    /// What likeness needs of a row's facts.
    private static func record(_ facts: JSONView) -> SketchRecord {
        let isCut = facts["cut"]?.boolean ?? false
        let sketch = facts["sketch"]?.string.flatMap { ShingleSketch(hex: $0, isCut: isCut) }
        let key = facts["key"]?.string.flatMap { ShingleSketch(hex: $0, isCut: false) }
        let numbers = facts["numbers"]?.string.flatMap { UInt64($0.string, radix: 16) }
        return SketchRecord(
            hashes: sketch?.hashes.prefix(ShingleSketch.sizeMax) ?? [], isCut: isCut,
            hasHits: facts["hits"] != nil,
            key: ((key?.hashes ?? []) + [0, 0, 0, 0]).prefix(4), numbers: numbers ?? 0)
    }

    private func nearDuplicate(
        _ place: Int, _ visit: SketchIndex.Visit, _ rows: any RememberedRows,
        _ index: SketchIndex
    ) throws(VerificationError) -> Finding? {
        let mine = visit.record
        guard mine.hashes.count >= thresholds.shinglesMin else { return nil }
        var best: (row: Int, share: Double)?
        for other in index.earlierRows(like: visit, least: thresholds.nearDuplicate) {
            let theirs = try index.record(other)
            // The same statement is found by its key.
            guard theirs.numbers == mine.numbers, theirs.key != mine.key,
                theirs.hashes.count >= thresholds.shinglesMin
            else { continue }
            let share = index.jaccard(visit, theirs)
            if share >= thresholds.nearDuplicate, share > best?.share ?? 0 { best = (other, share) }
        }
        guard let best else { return nil }
        let (row, other) = (try rows.row(place), try rows.row(best.row))
        return Finding(
            Self.nearDuplicate,
            "Row \(ByteString(other.id).quote(80)) (line \(other.position.line)) asks nearly the"
                + " same.",
            pointer: row.facts["at"]?.string?.string ?? "",
            evidence: JSONObject([
                "other_id": .string(other.id), "share": .number(Self.rounded(best.share)),
            ]))
    }

    private func contamination(
        _ row: RememberedRow, _ index: SketchIndex, _ context: CheckContext
    ) -> Finding? {
        var best: (rule: Rule, share: Double, set: EvaluationSet, item: EvaluationSet.Item)?
        for hit in (row.facts["hits"] ?? row.facts).elements {
            guard let number = try? hit["set"]?.integer(), sets.indices.contains(number),
                let place = try? hit["item"]?.integer(),
                sets[number].items.indices.contains(place), let bits = hit["bits"]?.string
            else { continue }
            let set = sets[number]
            let item = set.items[place]
            let share = share(of: item, bits, set, index)
            let isSame = hit["same"]?.boolean ?? false
            let least =
                hit["numbers"]?.boolean ?? false
                ? thresholds.contamination : thresholds.contaminationOtherNumbers
            let isLong = item.shingles.hashes.count >= thresholds.shinglesMin
            guard isSame || (isLong && share >= least) else { continue }
            let rule = isSame ? Self.contaminated : Self.nearlyContaminated
            guard context.runs(rule) else { continue }
            if best == nil || (isSame ? 2 : share) > (best?.share ?? 0) {
                best = (rule, isSame ? 2 : share, set, item)
            }
        }
        guard let best else { return nil }
        return Finding(
            best.rule,
            "\(best.set.name) holds "
                + (best.rule == Self.contaminated ? "the same" : "nearly the same")
                + " statement as \(ByteString(best.item.id).quote(80)).",
            pointer: row.facts["at"]?.string?.string ?? "",
            evidence: JSONObject([
                "set": .string(best.set.name), "item": .string(best.item.id),
                "share": .number(Self.rounded(min(1, best.share))),
            ]))
    }

    /// The weighted share of an item's shingles that a row has.
    private func share(
        of item: EvaluationSet.Item, _ bits: ByteString, _ set: EvaluationSet,
        _ index: SketchIndex
    ) -> Double {
        var (shared, total) = (0.0, 0.0)
        let count = Double(index.rowCount + set.items.count + 1)
        for (place, shingle) in item.shingles.hashes.prefix(Self.itemShinglesMax).enumerated() {
            guard place / 4 < bits.count, let digit = HexDigits.value(bits[place / 4]) else {
                break
            }
            // The row and the item themselves have it: only others make it common.
            let others = index.others(with: shingle) + set.count(of: shingle)
            let weight = log(count / Double(max(1, others)))
            total += weight
            if digit >> UInt8(3 - place % 4) & 1 == 1 { shared += weight }
        }
        return total > 0 ? shared / total : 0
    }

    private static func rounded(_ share: Double) -> Double { (share * 1000).rounded() / 1000 }
}
