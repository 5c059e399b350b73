// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Grading
import Sandbox
import Wire

/// C002 to C005, C009, C014, C018: programs that should be right, judged on all tests.
///
/// A program is run once, as training would. With more `runs` Python's string hashes are seeded
/// anew in each further one; chance, clocks and addresses differ by themselves.
struct ReferenceProgramCheck: Check {
    let name = "code-reference"
    let runsPrograms = true
    let rules = [
        CodeRules.doesNotCompile, CodeRules.referenceFails, CodeRules.nearLimit,
        CodeRules.unstable, CodeRules.otherLanguageFails, CodeRules.whiteSpaceOnly,
        CodeRules.notRun,
    ]

    /// The share of a limit beyond which a solution has too little margin: a judge of twice the
    /// time, or a language twice as slow, is common.
    private static let shareMax = 0.5

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard isSelected(context), case .ready(let code) = await CodeRow.read(row, context)
        else { return Inspection() }
        var inspection = Inspection()
        var strangers: Set<String> = []
        let references = row.solutions.filter { $0.expectation == .accepted }
        for solution in references.prefix(context.solutionsMax) {
            guard let language = ProgramLanguage.named(solution.language), code.accepts(language)
            else {
                if strangers.insert(solution.language).inserted {
                    inspection.findings.append(notRun(solution))
                }
                continue
            }
            let outcome = await code.judge(solution.code, in: language)
            switch outcome {
            // The task's own fault is another rule's.
            case .ungraded(let failure) where failure.status == .invalidTask:
                return inspection.selected(by: context)
            case .ungraded(let failure):
                inspection.note(failure, CodeRules.referenceFails)
            case .verdict(let score):
                let reference = Reference(
                    code: code, solution: solution, language: language, score: score)
                if let finding = await unstable(reference, context, &inspection) {
                    inspection.findings.append(finding)
                } else if let finding = await fault(reference) {
                    inspection.findings.append(finding)
                }
                inspection.findings += margins(reference)
            }
        }
        return inspection.selected(by: context)
    }

    /// A program that should be right, and how it was judged first.
    private struct Reference {
        let code: CodeRow
        let solution: RowSolution
        let language: ProgramLanguage
        let score: Score
    }

    private func notRun(_ solution: RowSolution) -> Finding {
        Finding(
            CodeRules.notRun,
            "A solution in \"\(solution.language.prefix(40))\" is not run against these tests.",
            pointer: solution.pointer,
            evidence: JSONObject(["language": .string(String(solution.language.prefix(40)))]))
    }

    // MARK: - Verdicts

    private func fault(_ reference: Reference) async -> Finding? {
        let (score, code) = (reference.score, reference.code)
        guard score.value < 1 else { return nil }
        let run = RunEvidence(score)
        var rule = CodeRules.referenceFails
        var message = "The reference solution fails: \(run.summary)."
        if let first = code.language, reference.language != first {
            rule = CodeRules.otherLanguageFails
            message = "The solution in \(reference.language.name) fails: \(run.summary)."
        } else if score.verdict == "compile_error" {
            rule = CodeRules.doesNotCompile
            message = "The reference solution does not compile."
        } else if score.verdict == "wrong_answer", await isWhiteSpace(reference) {
            rule = CodeRules.whiteSpaceOnly
            message =
                "The reference solution is wrong by white space alone; \"tokens\" accepts it."
        }
        return Finding(
            rule, message, pointer: reference.solution.pointer, evidence: run.evidence,
            measured: run.measured)
    }

    /// Whether the program passes once white space does not count.
    private func isWhiteSpace(_ reference: Reference) async -> Bool {
        let task = reference.code.task
        guard task.compare == .exact || task.compare == .lines, task.checker == nil else {
            return false
        }
        let outcome = await reference.code.judge(
            reference.solution.code, in: reference.language
        ) { $0.compare = .tokens }
        guard case .verdict(let score) = outcome else { return false }
        return score.value == 1
    }

    private func unstable(
        _ reference: Reference, _ context: CheckContext, _ inspection: inout Inspection
    ) async -> Finding? {
        guard context.runs > 1, context.runs(CodeRules.unstable) else { return nil }
        var verdicts = [reference.score.verdict.word]
        for run in 1..<context.runs {
            let seed = UInt32(truncatingIfNeeded: context.seed &+ run)
            let outcome = await Sandbox.$pythonHashSeed.withValue(max(seed, 1)) {
                await reference.code.judge(reference.solution.code, in: reference.language)
            }
            switch outcome {
            case .ungraded(let failure):
                inspection.note(failure, CodeRules.unstable)
                return nil
            case .verdict(let score): verdicts.append(score.verdict.word)
            }
        }
        let passed = verdicts.count { $0 == "accepted" }
        guard passed > 0, passed < verdicts.count else { return nil }
        return Finding(
            CodeRules.unstable, "The reference solution passes in some runs and fails in others.",
            pointer: reference.solution.pointer,
            evidence: JSONObject(["runs": .integer(verdicts.count)]),
            measured: JSONObject(["verdicts": .array(verdicts.map { .string($0) })]))
    }

    // MARK: - Margins

    private func margins(_ reference: Reference) -> [Finding] {
        guard reference.score.value == 1 else { return [] }
        let task = reference.code.task
        let limits: [(name: String, words: String, used: String, limit: Double)] = [
            ("time_s", "the time limit", "cpu_s_max", task.runLimits.cpuSeconds),
            (
                "memory_bytes", "the memory limit", "peak_memory_bytes_max",
                Double(task.runLimits.memoryBytes)
            ),
            (
                "compile_time_s", "the limit of compiling", "compile_s",
                task.compileLimits.cpuSeconds
            ),
        ]
        let run = RunEvidence(reference.score)
        return limits.compactMap { name, words, used, limit in
            guard let value = reference.score.details[used]?.double,
                value > Self.shareMax * limit
            else { return nil }
            return Finding(
                CodeRules.nearLimit,
                "The reference solution passes, but uses more than half of \(words).",
                pointer: reference.solution.pointer,
                evidence: JSONObject(["limit": .string(name), "value": .number(limit)]),
                measured: run.measured)
        }
    }
}
