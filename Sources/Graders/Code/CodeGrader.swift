// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
public import Grading
public import Sandbox
import Wire

/// Judges whether a program passes its tests in the sandbox.
///
/// The first fenced block of the answer section is compiled once and run on the tests drawn for its
/// group, several at a time. Expected outputs never enter the box: they are compared here.
/// What the program does to itself is a verdict; only the sandbox's own failure is none.
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.2.
public struct CodeGrader: Grader {
    private let sandbox: Sandbox?
    private let testSets: TestSetStore?
    private let checkerFiles: [BoxFile]
    private let selfTests = CheckerSelfTests()

    /// Makes the grader.
    ///
    /// - Parameters:
    ///   - sandbox: where programs run; nil makes every program `sandbox_failure`.
    ///   - testSets: holds test sets that tasks name; nil knows none.
    ///   - checkerFiles: lie beside every checker, unless it brings its own of that name.
    public init(
        sandbox: Sandbox?, testSets: TestSetStore? = nil, checkerFiles: [BoxFile] = []
    ) {
        self.sandbox = sandbox
        self.testSets = testSets
        self.checkerFiles = checkerFiles
    }

    /// Judges a program.
    ///
    /// - Parameters:
    ///   - rollout: its task is a ``CodeTask``.
    ///   - context: the answer section, the recipe's choice of block, the group's draw.
    /// - Returns: a verdict with score 1 (accepted) or the share of tests passed if the recipe
    ///   counts it, else 0; `sandbox_failure` or `cancelled` without one.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        guard var task = rollout.task as? CodeTask else {
            preconditionFailure("the registry sends only code tasks here")
        }
        do {
            try await resolve(&task)
        } catch {
            return .ungraded(error)
        }
        // Before the program is looked at: a task that cannot be judged has no reward for anybody.
        let drawn = TestDraw.indices(of: task, group: context.group)
        var judge: OutputJudge?
        do {
            if let sandbox {
                judge = try await OutputJudge(
                    of: task, drawn: drawn, in: sandbox, selfTests: selfTests,
                    group: context.group.key.string)
            }
        } catch {
            return .ungraded(error)
        }
        let source: (ProgramLanguage, ByteString)
        if let bare = task.bareSource {
            source = bare
        } else {
            switch CodeSource.find(
                in: context.sections.answer, block: context.recipe.correctness.codeBlock,
                demanded: task.language)
            {
            case .verdict(let verdict): return .verdict(Score(verdict, value: 0))
            case .program(let language, let code): source = (language, code)
            }
        }
        guard source.1.count <= CodeTask.sourceBytesMax else {
            let details = JSONObject(["cause": "source_too_large"])
            return .verdict(Score("compile_error", value: 0, details: details))
        }
        guard let sandbox, let judge else { return .ungraded(.sandboxMissing) }
        for case let (index, test) in task.tests.enumerated() {
            if case .standardIO = test { continue }
            return .ungraded(
                .invalidTask(
                    WireError(
                        code: "unsupported", message: "tests of this kind are not run here",
                        pointer: JSONPointer(["tests", String(index)]))))
        }
        do {
            let solution = Solution(
                task: task, sandbox: sandbox, context: context, language: source.0, drawn: drawn,
                judge: judge)
            return .verdict(try await solution.judge(source.1))
        } catch {
            return .ungraded(error)
        }
    }
}

extension CodeGrader {
    /// Refuses a task whose test set is not here, so that its sender puts it.
    ///
    /// - Throws: ``WireError`` `tests_not_found`.
    func checkReference(of task: CodeTask) throws(WireError) {
        guard let reference = task.testsReference else { return }
        guard testSets?.contains(reference) == true else {
            throw WireError(
                code: "tests_not_found",
                message: "this node has no test set \(reference); PUT /v1/tests/\(reference) it",
                pointer: JSONPointer(["tests_ref"]))
        }
    }

    /// Puts the tests of a named set, and the files of all checkers, into a task.
    private func resolve(_ task: inout CodeTask) async throws(Ungraded) {
        if !checkerFiles.isEmpty, let checker = task.checker {
            let names = Set(checker.files.map(\.name))
            task.checker?.files += checkerFiles.filter { !names.contains($0.name) }
        }
        guard let reference = task.testsReference else { return }
        do throws(TestSetError) {
            guard let testSets else { throw .notFound(reference) }
            task.take(try await testSets.load(reference))
        } catch {
            throw Ungraded(
                .verifierError, cause: .host, code: "tests_not_found",
                message: "the test set \(reference) is gone from this node; put it again",
                pointer: JSONPointer(["tests_ref"]))
        }
        do throws(WireError) {
            try task.settleLanguage()
        } catch {
            throw .invalidTask(error)
        }
    }
}

extension CodeGrader {
    /// Whether the tests that ran decide, although the sandbox failed in another.
    ///
    /// - Parameters:
    ///   - accepted: whether each test that ran was passed, in order.
    ///   - count: tests that were to run.
    ///   - countsShares: whether the score is a share.
    /// - Returns: true if one failed; where the score is a share, only if all ran.
    static func isDecided(_ accepted: [Bool], of count: Int, countsShares: Bool) -> Bool {
        countsShares ? accepted.count == count : accepted.contains(false)
    }
}

/// One program on its way through compilation and tests.
private struct Solution {
    let task: CodeTask
    let sandbox: Sandbox
    let context: GradingContext
    let language: ProgramLanguage
    let drawn: [Int]
    let judge: OutputJudge

    func judge(_ source: ByteString) async throws(Ungraded) -> Score {
        let group = context.group.key.string
        let compiled: CompileResult
        do {
            compiled = try await sandbox.compile(
                language: language, source: source, limits: task.compileLimits, group: group)
        } catch {
            throw Ungraded(error)
        }
        guard let program = compiled.program else { return compileError(compiled) }
        let runs = try await run(program, on: drawn, group: group)
        return score(runs, drawn: drawn, compiled: compiled)
    }

    /// Runs the drawn tests in order, as many at a time as there are slots.
    ///
    /// Stops after the first failure in that order unless the recipe counts shares or the task runs
    /// all. Which failure is reported does not depend on which run ends first: a test before it is
    /// always waited for.
    private func run(
        _ program: Program, on drawn: [Int], group: String
    ) async throws(Ungraded) -> [TestRun] {
        let countsShares = context.recipe.correctness.isPartial
        let outcome = await withTaskGroup(of: Result<(Int, TestRun), Ungraded>.self) { tasks in
            var runs: [Int: TestRun] = [:]
            var stopAt = drawn.count
            var next = 0
            var failure: Ungraded?
            func startNext() {
                guard next < min(stopAt, drawn.count), failure == nil else { return }
                let (place, index) = (next, drawn[next])
                next += 1
                tasks.addTask { await self.run(program, place: place, index: index, group: group) }
            }
            for _ in 0..<sandbox.workers { startNext() }
            while let finished = await tasks.next() {
                switch finished {
                case .success((let place, let run)):
                    runs[place] = run
                    let stops = (run.endsTheSolution || !countsShares) && !task.runsAll
                    if !run.isAccepted && stops { stopAt = min(stopAt, place + 1) }
                case .failure(let error):
                    if failure == nil { failure = error }
                }
                startNext()
            }
            let kept = (0..<stopAt).compactMap { runs[$0] }
            let isDecided = CodeGrader.isDecided(
                kept.map(\.isAccepted), of: stopAt, countsShares: countsShares)
            if let failure, !isDecided {
                return Result<[TestRun], Ungraded>.failure(failure)
            }
            return .success(kept)
        }
        return try outcome.get()
    }

    private func run(
        _ program: Program, place: Int, index: Int, group: String
    ) async -> Result<(Int, TestRun), Ungraded> {
        guard case .standardIO(let test) = task.tests[index] else {
            preconditionFailure("other kinds were refused")
        }
        let result: RunResult
        do {
            result = try await sandbox.run(
                program, stdin: test.stdin, limits: task.runLimits, group: group)
        } catch {
            return .failure(Ungraded(error))
        }
        do {
            var judgement: OutputJudgement?
            if result.outcome == .finished {
                judgement = try await judge.judge(result.stdout, of: test)
            }
            let run = TestRun(
                index: index, result: result, judgement: judgement,
                showsExpected: task.showsExpected)
            return .success((place, run))
        } catch {
            return .failure(error)
        }
    }

    // MARK: - Scores

    private func compileError(_ compiled: CompileResult) -> Score {
        var details = JSONObject(["language": .string(language.name)])
        details.append("cause", .string(compiled.failure?.rawValue ?? "crashed"))
        details.append("diagnostics", .text(compiled.diagnostics))
        if compiled.nearLimit { details.append("near_limit", true) }
        return Score("compile_error", value: 0, details: details)
    }

    private func score(_ runs: [TestRun], drawn: [Int], compiled: CompileResult) -> Score {
        let passed = runs.count(where: \.isAccepted)
        let failed = runs.first { !$0.isAccepted }
        var details = JSONObject([
            "language": .string(language.name), "passed": .integer(passed),
            "run": .integer(runs.count), "drawn": .integer(drawn.count),
            "tests": .integer(task.tests.count),
            "indices": .array(drawn.map { .integer($0) }),
        ])
        if let failed { details.append("failed", failed.json) }
        details.append("runs", .array(runs.map(\.summary)))
        details.append(
            "cpu_s_max", .number(runs.map(\.result.cpuSeconds).max() ?? 0))
        details.append(
            "peak_memory_bytes_max", .integer(runs.map(\.result.peakMemoryBytes).max() ?? 0))
        details.append("compile_s", .number(compiled.cpuSeconds))
        if compiled.nearLimit || runs.contains(where: \.result.nearLimit) {
            details.append("near_limit", true)
        }
        details.append("trust", "isolated")
        if sandbox.layers.mode != "full" { details.append("sandbox", .string(sandbox.layers.mode)) }
        let share = runs.reduce(0) { $0 + $1.share } / Double(drawn.count)
        let value = failed == nil ? 1 : (context.recipe.correctness.isPartial ? share : 0)
        return Score(failed?.verdict ?? "accepted", value: value, details: details)
    }
}

extension Ungraded {
    /// This process has no sandbox.
    fileprivate static let sandboxMissing = Ungraded(
        .sandboxFailure, cause: .host, code: "sandbox_unavailable",
        message: "this process has no sandbox; `assay doctor` says what is missing")

    /// A run that the sandbox could not make.
    init(_ error: SandboxError) {
        switch error {
        case .cancelled, .shutDown:
            self.init(.cancelled, cause: .host, code: "cancelled", message: error.description)
        case .failure, .unavailable:
            self.init(
                .sandboxFailure, cause: .host, code: "sandbox_failure", message: error.description)
        }
    }
}
