// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
public import Grading
public import LanguageID
import Wire

/// Judges whether problem, thoughts and answer section are in one language.
///
/// Each of the three is stripped of LaTeX and code and labelled by fastText. It pays only on
/// evidence: the thoughts' language must be known, and every known label must be the same. A
/// problem or answer without evidence ("42") is passed over.
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.4.
public struct LanguageGrader: Grader {
    private let model: LanguageModel?

    /// Texts of together at most this many bytes are judged at once; fastText takes 0.1 µs a byte.
    private static let bytesAtOnceMax = 512

    /// Makes the grader.
    ///
    /// - Parameter model: labels texts; nil makes every rollout `verifier_error`.
    public init(model: LanguageModel?) { self.model = model }

    /// Judges short texts.
    ///
    /// - Parameters:
    ///   - rollout: its problem, and its problem's language where that is given.
    ///   - context: thoughts and answer section.
    /// - Returns: as ``grade(_:_:)``; nil for longer texts.
    public func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome? {
        let sections = context.sections
        let bytes = (rollout.problem?.count ?? 0) + sections.thoughts.count + sections.answer.count
        return bytes <= Self.bytesAtOnceMax ? judge(rollout, sections) : nil
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: its problem, and its problem's language where that is given.
    ///   - context: thoughts and answer section.
    /// - Returns: a verdict with score 1 (consistent) or 0; `verifier_error` without a model.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        judge(rollout, context.sections)
    }

    private func judge(_ rollout: Rollout, _ sections: CompletionSections) -> Outcome {
        guard let model else {
            return .ungraded(
                Ungraded(
                    .verifierError, cause: .host, code: "language_model_missing",
                    message: "this process has no language model; start it with --language-model"))
        }
        let problem = rollout.problemLanguage ?? label(rollout.problem ?? "", model)
        let thoughts = label(sections.thoughts, model)
        let answer = label(sections.answer, model)
        let known = [problem, thoughts, answer].filter { $0 != Self.unknown }
        let details = JSONObject([
            "problem": .string(problem), "thoughts": .string(thoughts), "answer": .string(answer),
        ])
        if thoughts == Self.unknown {
            return .verdict(Score("no_evidence", value: 0, details: details))
        }
        let isConsistent = known.allSatisfy { $0 == thoughts }
        return .verdict(
            Score(
                isConsistent ? "consistent" : "inconsistent", value: isConsistent ? 1 : 0,
                details: details))
    }

    private static let unknown = "unknown"

    private func label(_ text: ByteString, _ model: LanguageModel) -> String {
        model.identify(text).label
    }
}
