// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
public import Grading

/// Judges whether a completion has the demanded form: the gate of the recipe.
///
/// One think pair, first and in order; then, in the answer section, a box for math and choice
/// tasks or a fenced block with a language name for code tasks.
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.1.
public struct FormatGrader: Grader {
    /// Makes the grader.
    public init() {}

    /// Judges at once: one pass over the bytes.
    ///
    /// - Parameters:
    ///   - rollout: its task decides what the answer section must hold.
    ///   - context: the cut completion.
    /// - Returns: a verdict with score 1 (well-formed) or 0.
    public func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome? {
        .verdict(score(context.sections, demand: rollout.task.demand))
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: its task decides what the answer section must hold.
    ///   - context: the cut completion.
    /// - Returns: a verdict with score 1 (well-formed) or 0.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        .verdict(score(context.sections, demand: rollout.task.demand))
    }

    private func score(_ sections: CompletionSections, demand: AnswerDemand) -> Score {
        switch sections.fault {
        case .missing?: return Score("missing_think", value: 0)
        case .repeated?: return Score("repeated_think", value: 0)
        case .notFirst?: return Score("think_not_first", value: 0)
        case nil: break
        }
        switch demand {
        case .nothing: break
        case .box:
            guard case .content = LastBox(in: sections.answer) else {
                return Score("missing_boxed", value: 0)
            }
        case .codeBlock:
            guard FencedBlock.firstNamed(in: sections.answer) != nil else {
                return Score("missing_code_block", value: 0)
            }
        }
        return Score("well_formed", value: 1)
    }
}
