// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Wire

/// The journals of one run or of all its shards, read as one in the order of the dataset.
public struct JournalSet: Sendable {
    /// Where they lie.
    public let paths: [String]
    /// What they have in common; the part is the whole.
    public let parameters: RunParameters
    /// Rows of each file; nil when some journal is unfinished.
    let rowCounts: [Int]?
    /// Names of the checks that left facts.
    let checksWithFacts: Set<String>
    /// Records in all journals.
    public let recordCount: Int
    /// Whether every row of the dataset is in some journal.
    public var isWhole: Bool { rowCounts != nil }

    /// Opens journals and holds them against each other.
    ///
    /// - Parameter paths: one journal of a whole dataset, or one of each shard, in any order.
    /// - Throws: ``VerificationError`` when they do not belong together or a shard is missing.
    public init(_ paths: [String]) throws(VerificationError) {
        self.paths = paths
        var readers: [JournalReader] = []
        for path in paths { readers.append(try JournalReader(path)) }
        parameters = try Self.commonParameters(readers, paths)
        var checks = Set<String>()
        var count = 0
        var trailers: [JournalTrailer?] = []
        for reader in readers {
            while let record = try reader.next() {
                count += 1
                for fact in record.facts { checks.insert(fact.check) }
            }
            trailers.append(reader.trailer)
        }
        checksWithFacts = checks
        recordCount = count
        rowCounts = try Self.commonRowCounts(trailers, paths, recordCount: count)
    }

    /// Visits all records in the order of the dataset.
    ///
    /// - Parameter body: takes a record and its ordinal.
    /// - Throws: ``VerificationError`` when a journal cannot be read, or what `body` throws.
    func forEach(
        _ body: (Int, RowRecord) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        try forEachLine { (ordinal, line) throws(VerificationError) in
            try body(ordinal, line.record)
        }
    }

    /// Visits all records in the order of the dataset, with where they lie.
    ///
    /// - Parameter body: takes a record's ordinal and the record.
    /// - Throws: ``VerificationError`` when a journal cannot be read, or what `body` throws.
    func forEachLine(
        _ body: (Int, JournalLine) throws(VerificationError) -> Void
    ) throws(VerificationError) {
        let merged = try MergedRecords(paths)
        var ordinal = 0
        while let line = try merged.next() {
            try body(ordinal, line)
            ordinal += 1
        }
    }

    /// Reads one record again.
    ///
    /// - Parameters:
    ///   - journal: its journal among ``paths``.
    ///   - offset: of its line.
    ///   - size: of its line.
    /// - Returns: the record.
    /// - Throws: ``VerificationError`` when there is no record any more.
    func line(
        _ journal: Int, offset: Int, size: Int
    ) throws(VerificationError) -> JournalLine {
        let text = try JournalLines.line(of: paths[journal], offset: offset, size: size)
        guard let root = try? JSONDocument(text).root, let record = RowRecord(root) else {
            throw VerificationError("\(paths[journal]) has changed")
        }
        return JournalLine(
            record: record, root: root, journal: journal, offset: offset, size: size)
    }

    // MARK: - Steps

    private static func commonParameters(
        _ readers: [JournalReader], _ paths: [String]
    ) throws(VerificationError) -> RunParameters {
        guard var first = readers.first?.parameters else {
            throw VerificationError("there is no journal to report on")
        }
        let count = first.shard.count
        first.shard = .whole
        var seen: [Int: String] = [:]
        for (reader, path) in zip(readers, paths) {
            var other = reader.parameters
            let shard = other.shard
            other.shard = .whole
            let differences = first.differences(from: other)
            guard differences.isEmpty, shard.count == count else {
                let words = differences + (shard.count == count ? [] : ["number of shards"])
                throw VerificationError(
                    "\(paths[0]) and \(path) are of different runs: "
                        + "\(words.joined(separator: ", ")) differ")
            }
            if let twin = seen.updateValue(path, forKey: shard.number) {
                throw VerificationError(
                    "\(twin) and \(path) are both shard \(shard.number)/\(count)")
            }
        }
        let missing = (1...count).filter { seen[$0] == nil }
        guard missing.isEmpty else {
            let words = missing.map { "\($0)/\(count)" }.joined(separator: ", ")
            throw VerificationError("there is no journal of shard \(words)")
        }
        return first
    }

    private static func commonRowCounts(
        _ trailers: [JournalTrailer?], _ paths: [String], recordCount: Int
    ) throws(VerificationError) -> [Int]? {
        var common: JournalTrailer?
        for (trailer, path) in zip(trailers, paths) {
            guard let trailer else { return nil }
            guard common ?? trailer == trailer else {
                throw VerificationError("\(paths[0]) and \(path) saw different rows")
            }
            common = trailer
        }
        guard let common, common.rowCounts.reduce(0, +) == recordCount else {
            throw VerificationError("the journals do not hold every row; verify again")
        }
        return common.rowCounts
    }
}

/// Merges journals, each in the order of the dataset, into that order.
private final class MergedRecords {
    private var readers: [JournalReader] = []
    private var heads: [JournalLine?] = []

    init(_ paths: [String]) throws(VerificationError) {
        for (journal, path) in paths.enumerated() {
            let reader = try JournalReader(path, journal: journal)
            heads.append(try reader.nextLine())
            readers.append(reader)
        }
    }

    func next() throws(VerificationError) -> JournalLine? {
        var first: (index: Int, line: JournalLine)?
        for (index, head) in heads.enumerated() {
            guard let head else { continue }
            if let first {
                let (least, other) = (first.line.record, head.record)
                if (least.fileIndex, least.line) < (other.fileIndex, other.line) { continue }
            }
            first = (index, head)
        }
        guard let first else { return nil }
        heads[first.index] = try readers[first.index].nextLine()
        return first.line
    }
}
