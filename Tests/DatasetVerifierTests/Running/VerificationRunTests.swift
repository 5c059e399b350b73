// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import DatasetVerifier
import Execution
import Glibc
import Hashing
import Testing
import Wire

@Suite("Runs of dataset verification")
struct VerificationRunTests {
    @Test("the journal has a line for every row in the order of the dataset, whatever was slow")
    func order() async throws {
        var run = StubRun(StubRun.mixed)
        run.width = 16
        run.window = 8
        #expect(try await run.perform() == .finished)

        let lines = try run.folder.text("journal").split(separator: "\n").dropFirst().dropLast()
        let places = lines.compactMap { RowRecord(ByteString(String($0))) }.map {
            [$0.fileIndex, $0.line]
        }
        #expect(places == (1...200).map { [0, $0] } + (1...52).map { [1, $0] })
    }

    @Test("two runs are byte for byte the same, journals and all reports")
    func determinism() async throws {
        var one = StubRun(StubRun.mixed)
        one.width = 1
        let many = StubRun(StubRun.mixed)
        try await one.perform()
        try await many.perform()

        #expect(try one.folder.text("journal") == many.folder.text("journal"))
        for format in ReportFormat.allCases {
            let first = try await one.report(format)
            let second = try await many.report(format)
            #expect(first == second, "\(format.rawValue)")
        }
    }

    @Test("facts of all rows together lead to findings of the later row")
    func conclusions() async throws {
        let run = StubRun([["{\"id\":\"a\",\"key\":\"x\"}"], ["{\"id\":\"b\",\"key\":\"x\"}"]])
        try await run.perform()

        let text = try await run.report(.text)
        #expect(text.contains("data1.jsonl:1 b: its twin is a"))
        #expect(try await run.dataset().summary.verdict == .findings)
    }

    @Test("a row whose check failed is no finding, and the run is not clean")
    func failures() async throws {
        let run = StubRun([["{\"id\":\"a\",\"broken\":\"no sandbox\"}", "{\"id\":\"b\"}"]])
        try await run.perform()

        let dataset = try await run.dataset()
        #expect(dataset.summary.verdict == .unchecked)
        #expect(dataset.summary.verdict.exitCode == 4)
        #expect(dataset.summary.uncheckedRows == 1)
        #expect(dataset.summary.rules.isEmpty)
    }

    @Test("a file without rows fails the run")
    func emptyFile() async throws {
        let run = StubRun([["{\"id\":\"a\"}"], []])
        try await run.perform()

        let dataset = try await run.dataset()
        #expect(dataset.summary.verdict == .findings)
        #expect(dataset.summary.rules.map(\.rule.code) == ["D001"])
        #expect(try await run.report(.text).contains("  data1.jsonl: the file has no rows"))
    }

    @Test("a file that breaks off fails the run and leaves a journal to go on with")
    func brokenFile() async throws {
        let run = StubRun(StubRun.mixed)
        let writer = try JournalWriter(run.folder.file("journal"), run.parameters, resume: false)
        let verification = VerificationRun(
            checks: [run.check], context: run.context, pool: StubRun.pool, width: 2)
        await #expect(throws: VerificationError("the disk is gone")) {
            _ = try await verification.perform(
                into: writer, rows: StubRows(run.files, failingAt: 51))
        }
        #expect(try await run.dataset().summary.verdict == .partial)

        let whole = StubRun(StubRun.mixed)
        try await whole.perform()
        try await run.perform(resume: true)
        #expect(try run.folder.text("journal") == whole.folder.text("journal"))
    }

    @Test(
        "engines for programs are asked for by rows with code tasks alone, where a check runs them",
        arguments: [
            (#"{"task":{"type":"code"}}"#, true, true),
            (#"{"task":{"type":"code"}}"#, false, false),
            (#"{"task":{"type":"math"}}"#, true, false), ("{}", true, false),
            ("no json", true, false),
        ])
    func onDemand(_ row: String, runsPrograms: Bool, isAsked: Bool) async throws {
        var run = StubRun([[row, row]])
        run.check.runsPrograms = runsPrograms
        let asked = Locked(0)
        let context = run.context
        let verification = VerificationRun(
            checks: [run.check], context: context,
            contextForPrograms: {
                asked.withLock { $0 += 1 }
                return context
            }, pool: StubRun.pool, width: 2)
        let writer = try JournalWriter(run.folder.file("journal"), run.parameters, resume: false)
        _ = try await verification.perform(into: writer, rows: StubRows(run.files))

        #expect(asked.withLock { $0 } == (isAsked ? 2 : 0))
        #expect(run.check.looked.withLock { $0 } == 2)
    }

    @Test("rows beyond the standard size are looked at one at a time, among others too")
    func largeRows() async throws {
        let large =
            #"{"key":""# + String(repeating: "x", count: ReadOptions.rowBytesStandard) + #""}"#
        let run = StubRun([Array(repeating: large, count: 6)])
        try await run.perform()
        #expect(run.check.looked.withLock { $0 } == 6)
        #expect(run.check.inside.withLock { $0.most } == 1)

        let mixed = StubRun([["{}", large, "{}", "{}", large, large, "{}"]])
        try await mixed.perform()
        #expect(mixed.check.looked.withLock { $0 } == 7)
    }

    @Test("rules that were not selected find nothing")
    func selection() async throws {
        var run = StubRun(StubRun.mixed)
        run.select = ["T002"]
        try await run.perform()

        #expect(try await run.dataset().summary.rules.map(\.rule.code) == ["T002"])
    }
}

@Suite("Budgets of dataset verification")
struct BudgetTests {
    @Test("a spent budget leaves a partial report and a journal to go on with")
    func budget() async throws {
        var run = StubRun(StubRun.mixed)
        run.check.stuckID = "row-100"
        run.budgetSeconds = 0.05
        #expect(try await run.perform() == .budgetSpent)
        let partial = try await run.dataset()
        #expect(partial.summary.verdict == .partial)
        #expect(partial.summary.verdict.exitCode == 3)
        #expect(partial.summary.rowsIn <= 100)
        #expect(
            try await run.report(.text).hasSuffix(
                "the budget was spent before every row was looked at\n"))

        run.check.stuckID = nil
        run.budgetSeconds = 600
        #expect(try await run.perform(resume: true) == .finished)
        let whole = StubRun(StubRun.mixed)
        try await whole.perform()
        #expect(try run.folder.text("journal") == whole.folder.text("journal"))
    }
}
