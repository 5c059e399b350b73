// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Graders
import Grading
import Sandbox
import Wire

/// C008: programs that are known to be wrong must fail a test.
struct KnownBadProgramCheck: Check {
    let name = "code-known-bad"
    let runsPrograms = true
    let rules = [CodeRules.knownBadPasses]

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        let wrong = row.solutions.filter { $0.expectation == .rejected }
        guard !wrong.isEmpty, isSelected(context),
            case .ready(let code) = await CodeRow.read(row, context)
        else { return Inspection() }
        var inspection = Inspection()
        for solution in wrong.prefix(context.solutionsMax) {
            guard let language = ProgramLanguage.named(solution.language), code.accepts(language)
            else { continue }
            switch await code.judge(solution.code, in: language) {
            case .ungraded(let failure) where failure.status == .invalidTask: return inspection
            case .ungraded(let failure): inspection.note(failure, CodeRules.knownBadPasses)
            case .verdict(let score) where score.value == 1:
                let run = RunEvidence(score)
                inspection.findings.append(
                    Finding(
                        CodeRules.knownBadPasses,
                        "A solution that is known to be wrong passes all tests.",
                        pointer: solution.pointer, evidence: run.evidence, measured: run.measured))
            case .verdict: break
            }
        }
        return inspection
    }
}
