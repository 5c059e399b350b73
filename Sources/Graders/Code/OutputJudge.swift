// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Grading
import Hashing
import Sandbox
import Wire

/// Judges what a program wrote in a test: by comparison, or by the task's checker.
///
/// Theory of operation: a checker is the task's code, yet it reads what an adversary wrote, so it
/// runs in a box of its own, and what it does there is nobody's proof. Before a program is run at
/// all, its task's checker is compiled and shown each drawn test's own answer, which it must accept.
/// If it does not, the task is invalid for every member of the group alike. From there on a checker
/// that crashes or gives up on an output does so because of that output: a wrong answer, never a
/// mask. Both steps are done once for each content.
struct OutputJudge: Sendable {
    private enum Kind: Sendable {
        case comparison(OutputComparison)
        case checker(Checker, Program)
    }

    private let kind: Kind
    private let sandbox: Sandbox
    private let group: String

    /// Readies the judge of a task.
    ///
    /// - Parameters:
    ///   - task: with its tests.
    ///   - drawn: the tests that will be judged.
    ///   - sandbox: where a checker runs.
    ///   - selfTests: what checkers said of answers so far.
    ///   - group: opaque key of the caller.
    /// - Throws: ``Ungraded`` if the checker does not compile or refuses an answer; then no program
    ///   can be judged.
    init(
        of task: CodeTask, drawn: [Int], in sandbox: Sandbox, selfTests: CheckerSelfTests,
        group: String
    ) async throws(Ungraded) {
        self.sandbox = sandbox
        self.group = group
        guard let checker = task.checker else {
            kind = .comparison(task.compare)
            return
        }
        kind = .checker(checker, try await Self.compile(checker, in: sandbox, group: group))
        let digest = checker.digest
        for index in drawn {
            guard case .standardIO(let test) = task.tests[index] else { continue }
            let key = CheckerSelfTests.Key(checker: digest, test: task.digest(ofTest: index))
            let judgement = try await selfTests.judgement(for: key) { () throws(Ungraded) in
                try await self.ask(test, output: test.stdout)
            }
            guard judgement.isAccepted else {
                throw .checkerRefusal(of: index, judgement)
            }
        }
    }

    /// Judges an output.
    ///
    /// - Parameters:
    ///   - output: what a program wrote.
    ///   - test: with the expected output, or the answer that the checker is shown.
    /// - Returns: what was found.
    /// - Throws: ``Ungraded`` if the sandbox failed.
    func judge(
        _ output: ByteString, of test: StandardIOTest
    ) async throws(Ungraded) -> OutputJudgement {
        switch kind {
        case .comparison(let comparison):
            let difference = OutputComparator.firstDifference(
                output, expected: test.stdout, by: comparison)
            return OutputJudgement(share: difference == nil ? 1 : 0, difference: difference)
        case .checker:
            let judgement = try await ask(test, output: output)
            return OutputJudgement(
                share: judgement.share, checker: judgement)
        }
    }

    // MARK: - Checkers

    private static func compile(
        _ checker: Checker, in sandbox: Sandbox, group: String
    ) async throws(Ungraded) -> Program {
        let compiled: CompileResult
        do {
            compiled = try await sandbox.compile(
                language: checker.language, source: checker.code, files: checker.files,
                limits: checker.compileLimits, group: group)
        } catch {
            throw Ungraded(error)
        }
        guard let program = compiled.program else {
            throw .invalidTask(
                WireError(
                    code: "checker_compile_error",
                    message: "the checker does not compile"
                        + " (\(compiled.failure?.rawValue ?? "crashed")):"
                        + " \(compiled.diagnostics[0..<min(compiled.diagnostics.count, 1000)])",
                    pointer: JSONPointer(["checker", "code"])))
        }
        return program
    }

    private func ask(
        _ test: StandardIOTest, output: ByteString
    ) async throws(Ungraded) -> CheckerJudgement {
        guard case .checker(let checker, let program) = kind else {
            preconditionFailure("only a checker is asked")
        }
        let shown = [("input", test.stdin), ("output", output), ("answer", test.stdout)]
        var files = shown.map { name, content in
            BoxFile(name: name, content: content)
        }.compactMap(\.self)
        // A C++ checker took its files in when it was compiled.
        if checker.language == .python { files += checker.files }
        do {
            let result = try await sandbox.run(
                program, stdin: "", limits: checker.runLimits, arguments: shown.map(\.0),
                files: files, group: group)
            return CheckerJudgement(result, pointsMax: checker.pointsMax)
        } catch {
            throw Ungraded(error)
        }
    }
}

/// What was found of one output.
struct OutputJudgement: Sendable {
    /// Share of the test's worth, 0 to 1; 1 is accepted.
    let share: Double
    /// Where the output first differs, if it was compared and does.
    var difference: OutputDifference?
    /// What the checker said, if there is one.
    var checker: CheckerJudgement?
}

/// What checkers said of the answers of tests, by content; one run serves every rollout.
final class CheckerSelfTests: Sendable {
    struct Key: Hashable, Sendable {
        let checker: SHA256Digest
        let test: SHA256Digest
    }

    private let results = SharedResults<Key, CheckerJudgement>(costMax: 1 << 14, countMax: 1 << 14)

    /// The judgement kept, or a new one; a failure is not kept, since load may have a part in it.
    func judgement(
        for key: Key, ask: () async throws(Ungraded) -> CheckerJudgement
    ) async throws(Ungraded) -> CheckerJudgement {
        try await results.result(for: key) {
            $0.isJudged ? 1 : nil
        } make: { () throws(Ungraded) in
            try await ask()
        }.value
    }
}

extension Ungraded {
    fileprivate static func checkerRefusal(of index: Int, _ judgement: CheckerJudgement) -> Ungraded
    {
        .invalidTask(
            WireError(
                code: "checker_refuses_answer",
                message: "the checker does not accept this test's own answer: "
                    + "\(judgement.word.rawValue) (\(judgement.ending))",
                pointer: JSONPointer(["tests", String(index)])))
    }
}
