// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import DatasetVerifier
import Execution
import Glibc
import Graders
import Grading
import Hashing
import Rewards
import TestSupport
import Wire

/// Rows in memory, as a file would give them.
final class StubRows: RowStream, @unchecked Sendable {
    // Invariant behind `@unchecked`: a `RowFeed` pulls under its lock.
    private var files: ArraySlice<[String]>
    private var line = 0
    private var fileIndex = 0
    private(set) var bytesRead = 0
    let bytesTotal: Int
    private let failingAt: Int?

    // `failingAt`: line at which the file cannot be read further.
    init(_ files: [[String]], failingAt: Int? = nil) {
        self.files = files[...]
        self.failingAt = failingAt
        bytesTotal = files.joined().reduce(0) { $0 + $1.utf8.count }
    }

    func next() throws(ReadError) -> (row: RawRow, decoder: any RowDecoder)? {
        while let rows = files.first {
            if line < rows.count {
                line += 1
                if line == failingAt { throw ReadError("the disk is gone") }
                let text = ByteString(rows[line - 1])
                bytesRead += text.count
                let position = RowPosition(
                    fileIndex: fileIndex, file: StubRun.name(fileIndex), line: line)
                return (RawRow(position: position, text: text), StubDecoder())
            }
            files = files.dropFirst()
            line = 0
            fileIndex += 1
        }
        return nil
    }
}

/// Reads `{"id":…,"key":…,"bad":…,"broken":…}`.
struct StubDecoder: RowDecoder {
    let profile = "stub"

    func decode(_ raw: RawRow) -> DatasetRow {
        var row = DatasetRow(position: raw.position, profile: profile, raw: raw.text)
        if let id = try? JSONDocument(raw.text).root["id"]?.string {
            row.id = id.string
            row.hasOwnID = true
        }
        row.task = (try? JSONDocument(raw.text).root["task"])?.raw
        return row
    }
}

/// Finds what a row says of itself, and rows with the same key.
struct StubCheck: Check {
    static let bad = Rule("T001", "bad", .error, "The row says that it is bad.")
    static let odd = Rule("T002", "odd", .warning, "The row says that it is odd.")
    static let twin = Rule("T003", "twin", .error, "An earlier row has the same key.")
    static let slow = Rule("T004", "slow", .note, "A slow rule.", isDefault: false)

    let name = "stub"
    let rules = [bad, odd, twin, slow]
    /// Rows looked at, by whom it may concern.
    let looked = Locked(0)
    /// Row, by id, that never comes back until it is cancelled.
    var stuckID: String?
    var runsPrograms = false
    /// Rows looked at now, and the most that ever were.
    let inside = Locked((now: 0, most: 0))

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        looked.withLock { $0 += 1 }
        inside.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
        defer { inside.withLock { $0.now -= 1 } }
        await Task.yield()
        guard let root = try? JSONDocument(row.raw).root else {
            return Inspection(findings: [Finding(Self.bad, "no JSON: \(row.raw.string)")])
        }
        if let stuckID, row.id == stuckID {
            while !Task.isCancelled { try? await Task.sleep(nanoseconds: 1_000_000) }
        }
        var inspection = Inspection()
        for (rule, member) in [(Self.bad, "bad"), (Self.odd, "odd")] {
            guard let text = root[member]?.string else { continue }
            inspection.findings.append(
                Finding(
                    rule, "it is \(text.string)", pointer: "/\(member)",
                    evidence: JSONObject([member: .text(text)])))
        }
        if let key = root["key"]?.string { inspection.facts = .members(["key": .text(key)]) }
        if let why = root["broken"]?.string { inspection.failures = [why.string] }
        return inspection
    }

    func conclude(
        _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding] {
        var first: [String: Int] = [:]
        var found: [RowFinding] = []
        try rows.forEach { (index, row) throws(VerificationError) in
            let key = row.facts["key"]?.string?.string ?? ""
            guard let twin = first[key] else {
                first[key] = index
                return
            }
            let id = try rows.row(twin).id
            found.append(
                RowFinding(rowIndex: index, finding: Finding(Self.twin, "its twin is \(id)")))
        }
        return found
    }
}

/// A folder of its own, removed at the end.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/assay-verify-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
            return String(cString: made)
        }
    }

    deinit {
        guard path != "/tmp" else { return }
        remove(path)
    }

    private func remove(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove(path + "/" + name) }
            }
            closedir(folder)
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    func file(_ name: String) -> String { path + "/" + name }

    func text(_ name: String) throws -> String {
        try ByteString(contentsOfFile: file(name)).string
    }
}

/// Runs the stub check over rows in memory.
struct StubRun {
    let folder = TemporaryFolder()
    var files: [[String]]
    var check = StubCheck()
    var width = 4
    var window = 4096
    var shard = Shard.whole
    var select: [String] = []
    var budgetSeconds: Double?
    var cache: String?
    var version = "test"
    static let pool = BlockingPool(name: "verify-tests", width: 2)

    static func name(_ fileIndex: Int) -> String { "data\(fileIndex).jsonl" }

    init(_ files: [[String]]) { self.files = files }

    /// A few hundred rows with findings of all kinds among them.
    static let mixed: [[String]] = [
        (0..<200).map { index in
            var members = "\"id\":\"row-\(index)\",\"key\":\"k\(index % 190)\""
            if index % 17 == 3 { members += ",\"bad\":\"wrong \(index)\"" }
            if index % 13 == 5 { members += ",\"odd\":\"strange\"" }
            return "{\(members)}"
        },
        (0..<50).map { "{\"key\":\"other\($0)\",\"n\":\($0)}" } + ["{\"key\":\"k7\"}", "no json"],
    ]

    var context: CheckContext {
        let rules = check.rules + RunRules.all
        let codes = (try? RuleSelection.codes(select: select, ignore: [], among: rules)) ?? []
        let engines = Engines()
        return CheckContext(
            rewards: RewardEngine(
                registry: GraderRegistry(engines: engines), pool: Self.pool, batchWidth: 4),
            engines: engines, recipe: Recipe(), selected: codes)
    }

    var parameters: RunParameters {
        var parameters = RunParameters(
            version: version,
            files: files.indices.map { .init(name: Self.name($0), content: "0 bytes") },
            checks: [check], context: context, recipeHash: "0",
            toolchain: "none")
        parameters.shard = shard
        return parameters
    }

    @discardableResult
    func perform(_ journal: String = "journal", resume: Bool = false) async throws
        -> VerificationRun.Ending
    {
        var run = VerificationRun(
            checks: [check], context: context, pool: Self.pool, width: width)
        run.window = window
        run.budgetSeconds = budgetSeconds
        run.cache = try cache.map {
            try RowCache(folder: folder.file($0), key: parameters.cacheKey)
        }
        let writer = try JournalWriter(folder.file(journal), parameters, resume: resume)
        return try await run.perform(into: writer, rows: StubRows(files))
    }

    func dataset(
        _ journals: [String] = ["journal"], policy: FailurePolicy = FailurePolicy(),
        baseline: Baseline = Baseline()
    ) async throws -> VerifiedDataset {
        let set = try JournalSet(journals.map(folder.file))
        let conclusion = try await Conclusion(set, checks: [check], context: context)
        return try VerifiedDataset(
            set, conclusion, rules: check.rules + RunRules.all, policy: policy, baseline: baseline)
    }

    func report(
        _ format: ReportFormat, _ journals: [String] = ["journal"],
        policy: FailurePolicy = FailurePolicy(), baseline: Baseline = Baseline()
    ) async throws -> String {
        let dataset = try await dataset(journals, policy: policy, baseline: baseline)
        return try Self.text(format, dataset)
    }

    static func text(_ format: ReportFormat, _ dataset: VerifiedDataset) throws -> String {
        let text = Locked<[UInt8]>([])
        let output = ReportOutput { (bytes) throws(VerificationError) in
            text.withLock { $0 += bytes.array }
        }
        try format.write(dataset, shown: 20, to: output)
        return String(decoding: text.withLock { $0 }, as: UTF8.self)
    }
}
