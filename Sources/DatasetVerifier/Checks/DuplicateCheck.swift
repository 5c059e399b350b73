// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import MathEquivalence
import Wire

/// Finds rows that repeat another: its name, or its statement, with the same or another reference.
///
/// Statements are compared by ``StatementKey``; references by the math engine, so that `\frac12`
/// and `0.5` are no conflict.
public struct DuplicateCheck: Check {
    /// The check's name in journals.
    public let name = "duplicates"
    /// What it finds.
    public let rules = [
        Self.duplicateID, Self.duplicatePrompt, Self.conflictingReferences,
    ]

    static let duplicateID = Rule(
        "S101", "duplicate-id", .warning,
        "Another row of the file has the same id, so that results cannot be told apart.")
    static let duplicatePrompt = Rule(
        "S102", "duplicate-prompt", .warning,
        "An earlier row asks the same and has an equal reference: it is trained on twice.")
    static let conflictingReferences = Rule(
        "S103", "conflicting-references", .error,
        "Rows ask the same and have different references, so that at least one is wrong.")

    /// Most bytes of a reference that are remembered; of longer ones their hash is.
    private static let referenceBytesMax = 256
    /// Most bytes of all of them: escaped as JSON they stay below the 4 KiB of facts.
    private static let referencesBytesMax = 480
    /// Most references of a row that are remembered.
    private static let referencesMax = 8
    /// Most different references that a further one is compared with.
    private static let comparedMax = 8
    /// Most other rows that evidence names.
    private static let namedMax = 5
    /// Most kinds of references in a group from which those are chosen.
    private static let sampledMax = 64

    /// Makes the check.
    public init() {}

    /// Remembers the row's name, its statement's key and its references.
    public func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard rules.contains(where: context.runs) else { return Inspection() }
        var facts = JSONObject()
        if row.hasOwnID { facts.append("named", true) }
        let type = RowTask.type(of: row)
        if !row.problem.trimmed.isEmpty {
            facts.append(
                "key", .string(StatementKey.key(row.problem, and: [ByteString(type)] + row.options))
            )
        }
        facts.append("math", .boolean(type == "math"))
        // Beyond the caps conflicts are still seen, since texts that differ keep their own names.
        var room = Self.referencesBytesMax
        let references = row.references.prefix(Self.referencesMax).map { reference in
            room -= reference.count
            return reference.count <= Self.referenceBytesMax && room >= 0
                ? reference : ByteString("sha256 " + StatementKey.key(reference))
        }
        facts.append("references", .array(references.map { .text($0) }))
        facts.append("at", .string(row.problemPointer))
        facts.append("reference_at", .string(row.taskPointer))
        return Inspection(facts: .object(facts))
    }

    /// Groups the rows by name and by statement.
    ///
    /// Memory is that of the rows that repeat others, beside two sorting buffers.
    public func conclude(
        _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding] {
        // A hash above the row's index: what is equal comes together, in the order of the rows.
        var (names, keys) = (SortedSpill<UInt64>(), SortedSpill<UInt64>())
        try rows.forEach { (index, row) throws(VerificationError) in
            let low = UInt64(UInt32(index))
            if row.facts["named"]?.boolean == true, context.runs(Self.duplicateID) {
                try names.append(UInt64(Name(row).hash) << 32 | low)
            }
            if let key = row.facts["key"]?.string {
                try keys.append(UInt64(Self.hash(key)) << 32 | low)
            }
        }
        var found = try duplicateIDs(&names, rows)
        for group in try groups(&keys, rows) {
            found += try await findings(in: group, rows, context)
        }
        return found.enumerated().sorted {
            ($0.element.rowIndex, $0.offset) < ($1.element.rowIndex, $1.offset)
        }.map(\.element)
    }

    /// FNV-1a, 32 bits: rows whose hashes agree are compared.
    private static func hash(_ text: ByteString, seed: Int = 0) -> UInt32 {
        text.withUnsafeBytes { bytes in
            var value = (0x811c_9dc5 ^ UInt32(truncatingIfNeeded: seed)) &* 0x0100_0193
            for byte in bytes { value = (value ^ UInt32(byte)) &* 0x0100_0193 }
            return value
        }
    }

    // MARK: - Names

    private struct Name: Hashable {
        let file: Int
        let id: String

        init(_ row: RememberedRow) {
            file = row.position.fileIndex
            id = row.id
        }

        var hash: UInt32 { DuplicateCheck.hash(ByteString(id), seed: file) }
    }

    private func duplicateIDs(
        _ names: inout SortedSpill<UInt64>, _ rows: any RememberedRows
    ) throws(VerificationError) -> [RowFinding] {
        var found: [RowFinding] = []
        try names.drainGroups { (group) throws(VerificationError) in
            var lines: [Name: Int] = [:]
            for index in group {
                let row = try rows.row(index)
                guard let line = lines[Name(row)] else {
                    lines[Name(row)] = row.position.line
                    continue
                }
                found.append(
                    RowFinding(
                        rowIndex: index,
                        finding: Finding(
                            Self.duplicateID,
                            "The id \"\(ByteString(row.id).quote(80))\" is that of row \(line) too.",
                            evidence: JSONObject(["first_line": .integer(line)]))))
            }
        }
        return found
    }

    // MARK: - Statements

    /// Rows with the same statement, in the order of the first of each.
    private func groups(
        _ keys: inout SortedSpill<UInt64>, _ rows: any RememberedRows
    ) throws(VerificationError) -> [[Int]] {
        var found: [[Int]] = []
        try keys.drainGroups { (group) throws(VerificationError) in
            var members: [ByteString: [Int]] = [:]
            for index in group {
                let row = try rows.row(index)
                guard let key = row.facts["key"]?.string else { continue }
                // A copy: the key is a slice of the row's line.
                members[ByteString(key.array), default: []].append(index)
            }
            found += members.values.filter { $0.count > 1 }
        }
        return found.sorted { $0[0] < $1[0] }
    }

    private struct Answers: Hashable {
        let texts: [ByteString]
        let isMath: Bool

        init(_ facts: JSONView) {
            let references = facts["references"]?.elements.compactMap(\.string) ?? []
            // Copies: references are slices of the row's line.
            texts = references.map { ByteString($0.array) }
            isMath = facts["math"]?.boolean ?? false
        }
    }

    /// What the rows of a group answer: a row that repeats a hundred times is held once.
    private struct GroupAnswers {
        /// The different ones, in the order in which they come.
        private(set) var distinct: [Answers] = []
        /// For each row of the group its place among them.
        private(set) var places: [Int] = []
        private var known: [Answers: Int] = [:]

        mutating func append(_ answers: Answers) {
            let place = known[answers] ?? distinct.count
            if place == distinct.count {
                known[answers] = place
                distinct.append(answers)
            }
            places.append(place)
        }
    }

    private func findings(
        in group: [Int], _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding] {
        var answers = GroupAnswers()
        for index in group { answers.append(Answers(try rows.row(index).facts)) }
        // For each of the different answers the first that it agrees with.
        var kinds: [Int] = []
        var representatives: [Answers] = []
        for answer in answers.distinct {
            var kind = representatives.count
            // Once there are several, one more or less changes nothing.
            for (index, representative) in representatives.prefix(Self.comparedMax).enumerated()
            where await agree(representative, answer, context) {
                kind = index
                break
            }
            if kind == representatives.count { representatives.append(answer) }
            kinds.append(kind)
        }
        let rule = representatives.count > 1 ? Self.conflictingReferences : Self.duplicatePrompt
        guard context.runs(rule) else { return [] }
        return rule == Self.conflictingReferences
            ? try conflicts(group, answers, kinds, rows) : try repetitions(group, rows)
    }

    /// Whether some reference of one row equals some reference of the other.
    private func agree(
        _ left: Answers, _ right: Answers, _ context: CheckContext
    ) async -> Bool {
        if left.texts.isEmpty || right.texts.isEmpty { return true }
        for first in left.texts {
            for second in right.texts {
                if first.trimmed == second.trimmed { return true }
                guard left.isMath, right.isMath else { continue }
                let comparison = await context.compare(first, second)
                switch comparison?.outcome {
                case .different, .unparsableAnswer, .invalidReference: continue
                // What nobody can decide is no conflict.
                default: return true
                }
            }
        }
        return false
    }

    private func repetitions(
        _ group: [Int], _ rows: any RememberedRows
    ) throws(VerificationError) -> [RowFinding] {
        let first = try rows.row(group[0])
        var found: [RowFinding] = []
        for index in group.dropFirst() {
            found.append(
                RowFinding(
                    rowIndex: index,
                    finding: Finding(
                        Self.duplicatePrompt,
                        "Row \(place(first)) asks the same; \(group.count) rows do.",
                        pointer: try rows.row(index).facts["at"]?.string?.string ?? "",
                        evidence: JSONObject([
                            "first_id": .string(first.id), "rows": .integer(group.count),
                        ]))))
        }
        return found
    }

    /// Members of a group that evidence may name, ascending: the first few of each kind, so that
    /// every row finds one of another kind.
    private func sample(_ answers: GroupAnswers, _ kinds: [Int]) -> [Int] {
        var samples: [Int: [Int]] = [:]
        for (member, place) in answers.places.enumerated()
        where samples[kinds[place], default: []].count < Self.namedMax {
            samples[kinds[place], default: []].append(member)
        }
        return samples.values.sorted { $0[0] < $1[0] }.prefix(Self.sampledMax).joined().sorted()
    }

    /// Nobody knows which is right, so that all of them are blamed.
    private func conflicts(
        _ group: [Int], _ answers: GroupAnswers, _ kinds: [Int], _ rows: any RememberedRows
    ) throws(VerificationError) -> [RowFinding] {
        let sampled = sample(answers, kinds)
        var named: [Int: (id: String, place: String)] = [:]
        for member in sampled {
            let row = try rows.row(group[member])
            named[member] = (row.id, place(row))
        }
        var found: [RowFinding] = []
        for (member, index) in group.enumerated() {
            let mine = answers.places[member]
            let others = sampled.filter { kinds[answers.places[$0]] != kinds[mine] }
            let other = others.first ?? member
            let own = shown(answers.distinct[mine])
            let theirs = shown(answers.distinct[answers.places[other]])
            found.append(
                RowFinding(
                    rowIndex: index,
                    finding: Finding(
                        Self.conflictingReferences,
                        "The reference is \(own), but row \(named[other]?.place ?? "") asks the"
                            + " same and has \(theirs).",
                        pointer: try rows.row(index).facts["reference_at"]?.string?.string ?? "",
                        evidence: JSONObject([
                            "reference": .string(own), "other_reference": .string(theirs),
                            "other_ids": .array(
                                others.prefix(Self.namedMax).map { .string(named[$0]?.id ?? "") }),
                        ]))))
        }
        return found
    }

    private func shown(_ answers: Answers) -> String {
        answers.texts.first.map { "\"\($0.quote(60))\"" } ?? "none"
    }

    private func place(_ row: RememberedRow) -> String {
        "\(ByteString(row.id).quote(80)) (line \(row.position.line))"
    }
}
