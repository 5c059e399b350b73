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
/// problem or answer without evidence ("42") is passed over. In mode `windows` every sentence or
/// two is labelled besides: thoughts and answer must be in that language for most of their letters,
/// and may not leave it for long.
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.4.
public struct LanguageGrader: Grader {
    private let model: LanguageModel?

    /// Texts of together at most this many bytes are judged at once; stripping
    /// and labelling take some 0.03 µs a byte.
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
        return bytes <= Self.bytesAtOnceMax ? judge(rollout, context) : nil
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: its problem, and its problem's language where that is given.
    ///   - context: thoughts and answer section.
    /// - Returns: a verdict with score 1 (consistent) or 0; `verifier_error` without a model.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        judge(rollout, context)
    }

    private func judge(_ rollout: Rollout, _ context: GradingContext) -> Outcome {
        let sections = context.sections
        guard let model else {
            return .ungraded(
                Ungraded(
                    .verifierError, cause: .host, code: "language_model_missing",
                    message: "this process has no language model; start it with --language-model"))
        }
        let problem =
            rollout.problemLanguage.map(LanguageModel.canonicalLabel)
            ?? model.identifyProblem(rollout.problem ?? "").label
        let labels = SectionLabels(
            problem: problem, thoughts: model.identify(sections.thoughts).label,
            answer: model.identify(sections.answer).label)
        if labels.thoughts == Self.unknown { return Self.verdict("no_evidence", labels.details) }
        let isConsistent = labels.known.allSatisfy { $0 == labels.thoughts }
        guard context.recipe.language.mode == .windows else {
            return Self.verdict(isConsistent ? "consistent" : "inconsistent", labels.details)
        }
        let native = problem == Self.unknown ? labels.thoughts : problem
        let windows = WindowJudgement(
            sections: sections, native: native, language: context.recipe.language, model: model)
        return Self.verdict(
            isConsistent && windows.isConsistent ? "consistent" : "inconsistent",
            windows.adding(to: labels.details))
    }

    private static func verdict(_ verdict: Verdict, _ details: JSONObject) -> Outcome {
        .verdict(Score(verdict, value: verdict == "consistent" ? 1 : 0, details: details))
    }

    /// The label of a text without enough evidence.
    static let unknown = "unknown"
}

/// The label of each part of a rollout.
private struct SectionLabels {
    let problem: String
    let thoughts: String
    let answer: String

    var known: [String] {
        [problem, thoughts, answer].filter { $0 != LanguageGrader.unknown }
    }

    var details: JSONObject {
        JSONObject([
            "problem": .string(problem), "thoughts": .string(thoughts), "answer": .string(answer),
        ])
    }
}
