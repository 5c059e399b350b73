// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import DatasetVerifier
import Execution
import Glibc
import Testing

@Suite("Journals of dataset verification")
struct JournalTests {
    @Test("cut anywhere, as by kill -9, a journal is gone on with to the same bytes")
    func cutAnywhere() async throws {
        let whole = StubRun([Array(StubRun.mixed[0].prefix(12)), ["{\"id\":\"z\"}"]])
        try await whole.perform()
        let text = Array(try whole.folder.text("journal").utf8)

        for size in stride(from: 0, through: text.count, by: 7) {
            let run = StubRun(whole.files)
            try ByteString(Array(text.prefix(size))).write(
                toNewFile: run.folder.file("journal"), mode: 0o644)
            try await run.perform(resume: true)
            #expect(Array(try run.folder.text("journal").utf8) == text, "cut at \(size)")
        }
    }

    @Test("rows in the journal are not looked at again")
    func skipping() async throws {
        let run = StubRun(StubRun.mixed)
        try await run.perform()
        let text = try run.folder.text("journal")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let half = lines.prefix(101).joined(separator: "\n") + "\n{\"file\":0,\"li"
        let resumed = StubRun(StubRun.mixed)
        try ByteString(half).write(toNewFile: resumed.folder.file("journal"), mode: 0o644)

        try await resumed.perform(resume: true)

        #expect(resumed.check.looked.withLock { $0 } == 252 - 100)
        #expect(try resumed.folder.text("journal") == text)
    }

    @Test("a journal of another run is refused by what differs")
    func otherRun() async throws {
        let run = StubRun(StubRun.mixed)
        try await run.perform()
        var other = run
        other.select = ["T001"]
        other.version = "next"

        await #expect(
            throws: VerificationError(
                "\(run.folder.file("journal")) belongs to another run: version, rules differ")
        ) { try await other.perform(resume: true) }
    }

    @Test("whatever results depend on tells a journal, and a cache, from others")
    func everyParameter() throws {
        let parameters = StubRun([["{}"]]).parameters
        let folder = TemporaryFolder()
        let path = folder.file("journal")
        _ = try JournalWriter(path, parameters, resume: false)
        _ = try JournalWriter(path, parameters, resume: true)
        let input = RunParameters.Input(name: "testlib.h", content: "1")
        let changes: [(name: String, change: (inout RunParameters) -> Void)] = [
            ("profile", { $0.profile = "verl" }), ("against", { $0.against = [input] }),
            ("runs", { $0.runs += 1 }), ("solutions_max", { $0.solutionsMax += 1 }),
            ("mutants_max", { $0.mutantsMax += 1 }), ("seed", { $0.seed += 1 }),
            ("row_bytes_max", { $0.rowBytesMax += 1 }),
            ("language_model", { $0.languageModel = "lid.176.bin" }),
            ("math_fallback", { $0.mathFallback = "sympy" }),
            ("checker_files", { $0.checkerFiles = [input] }),
            ("recipe_hash", { $0.recipeHash += "1" }), ("toolchain", { $0.toolchain += "1" }),
        ]
        for (name, change) in changes {
            var other = parameters
            change(&other)
            #expect(
                throws: VerificationError("\(path) belongs to another run: \(name) differ")
            ) { try JournalWriter(path, other, resume: true) }
            #expect(other.cacheKey != parameters.cacheKey, "\(name)")
        }
    }

    @Test("a dataset that changed under its journal is refused")
    func changedDataset() async throws {
        var run = StubRun([["{\"id\":\"a\"}", "{\"id\":\"b\"}"]])
        try await run.perform()
        run.files = [["{\"id\":\"a\"}", "{\"id\":\"c\"}"]]

        await #expect(
            throws: VerificationError(
                "data0.jsonl:2 is not what it was when the journal was begun; remove the journal")
        ) { try await run.perform(resume: true) }
    }

    @Test("a journal in the way is not overwritten")
    func inTheWay() async throws {
        let run = StubRun([["{}"]])
        try await run.perform()
        await #expect(throws: VerificationError.self) { try await run.perform() }
    }

    @Test("what is no journal is refused with its name")
    func foreign() throws {
        let run = StubRun([["{}"]])
        let path = run.folder.file("notes")
        try ByteString("hello\nworld\n").write(toNewFile: path, mode: 0o644)
        #expect(
            throws: VerificationError("\(path) is no journal of this version of assay verify")
        ) { try JournalSet([path]) }
    }
}

@Suite("Shards of dataset verification")
struct ShardTests {
    @Test("four shards merged are one run, byte for byte, in every format")
    func merging() async throws {
        var run = StubRun(StubRun.mixed)
        try await run.perform("whole")
        for number in [3, 1, 4, 2] {
            run.shard = try #require(Shard(number, of: 4))
            try await run.perform("part\(number)")
        }
        for format in ReportFormat.allCases {
            let whole = try await run.report(format, ["whole"])
            let merged = try await run.report(format, ["part4", "part2", "part1", "part3"])
            #expect(whole == merged, "\(format.rawValue)")
        }
    }

    @Test("a missing, doubled or foreign shard is refused")
    func incomplete() async throws {
        var run = StubRun(StubRun.mixed)
        for number in 1...2 {
            run.shard = try #require(Shard(number, of: 2))
            try await run.perform("part\(number)")
        }
        #expect(throws: VerificationError("there is no journal of shard 2/2")) {
            try JournalSet([run.folder.file("part1")])
        }
        #expect(throws: VerificationError.self) {
            try JournalSet(["part1", "part1", "part2"].map(run.folder.file))
        }
        run.files[0].removeLast()
        run.shard = try #require(Shard(2, of: 2))
        try await run.perform("other2")
        #expect(throws: VerificationError.self) {
            try JournalSet(["part1", "other2"].map(run.folder.file))
        }
    }

    @Test("every row belongs to exactly one part, wherever it stands")
    func parts() async throws {
        var run = StubRun([Array(StubRun.mixed[0].reversed())])
        var total = 0
        for number in 1...3 {
            run.shard = try #require(Shard(number, of: 3))
            try await run.perform("part\(number)")
            total += run.check.looked.withLock { $0 }
            run.check.looked.withLock { $0 = 0 }
        }
        #expect(total == 200)
    }

    @Test(
        "only numbers within the count name a part",
        arguments: ["0/4", "5/4", "1", "1/0", "a/b", "1/2/3", "", "-1/4", "1/10000"])
    func malformed(_ text: String) { #expect(Shard(text) == nil) }
}

@Suite("The cache of dataset verification")
struct RowCacheTests {
    @Test("rows looked at before come from the cache with their new places")
    func hits() async throws {
        var run = StubRun(StubRun.mixed)
        run.cache = "cache"
        try await run.perform("first")
        run.check.looked.withLock { $0 = 0 }
        try await run.perform("second")
        #expect(run.check.looked.withLock { $0 } == 0)
        #expect(try run.folder.text("first") == run.folder.text("second"))

        run.files = [run.files[1], run.files[0].reversed()]
        try await run.perform("moved")
        run.cache = nil
        let count = run.check.looked.withLock { $0 }
        try await run.perform("fresh")
        #expect(count == 0)
        #expect(try run.folder.text("moved") == run.folder.text("fresh"))
    }

    @Test("rows that could not be checked are looked at again, others not")
    func failuresAreNotKept() async throws {
        var run = StubRun([["{\"broken\":\"no sandbox\"}", "{\"id\":\"b\"}"]])
        run.cache = "cache"
        try await run.perform("first")
        run.check.looked.withLock { $0 = 0 }
        try await run.perform("second")
        #expect(run.check.looked.withLock { $0 } == 1)
    }

    @Test("another version or other rules do not share records")
    func keys() async throws {
        var run = StubRun([["{\"id\":\"b\"}"]])
        run.cache = "cache"
        try await run.perform("first")
        run.version = "next"
        try await run.perform("second")
        run.select = ["T001"]
        try await run.perform("third")
        #expect(run.check.looked.withLock { $0 } == 3)
    }
}
