// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
public import Grading
public import MathEquivalence
import Wire

/// Judges whether an answer equals the reference in value.
///
/// The answer is the content of the last box of the answer section. What cannot be read whole is
/// `unparsable_answer`; a number is never picked out of the rubble.
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.2.
public struct MathGrader: Grader {
    private let engine: MathEngine?
    private let fallback: SymPyFallback?

    /// Makes the grader.
    ///
    /// - Parameters:
    ///   - engine: decides what this process cannot; nil makes those `verifier_error`.
    ///   - fallback: is asked about what the engine leaves undecided; nil leaves it so.
    public init(engine: MathEngine?, fallback: SymPyFallback? = nil) {
        self.engine = engine
        self.fallback = fallback
    }

    /// Whether every reference can be read.
    ///
    /// - Parameter rollout: its task is a ``MathTask``.
    /// - Returns: `invalid_task` for the first reference that cannot be read.
    public func fault(ofTaskOf rollout: Rollout) -> Ungraded? {
        let references = task(of: rollout).references
        for (index, reference) in references.enumerated() {
            guard let problem = MathEngine.validate(reference: reference) else { continue }
            return Ungraded(
                .invalidTask, cause: .reference, code: "unparsable_reference",
                message: problem.message,
                pointer: Self.pointer(references.count > 1 ? index : nil))
        }
        return nil
    }

    /// Judges what needs no worker process: numbers, fractions, polynomials, most texts.
    ///
    /// - Parameters:
    ///   - rollout: its task is a ``MathTask``.
    ///   - context: the answer section.
    /// - Returns: as ``grade(_:_:)``; nil when a worker is needed.
    public func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome? {
        let task = task(of: rollout)
        guard let answer = answer(task, context.sections.answer) else { return Self.noAnswer }
        var comparisons: [Comparison] = []
        for reference in task.references {
            let comparison = MathEngine.compareInProcess(
                reference: reference, answer: answer.text, options: task.options)
            guard let comparison, !mayAsk(comparison) else { return nil }
            comparisons.append(comparison)
            if Self.settles(comparison, task.rule) { break }
        }
        return outcome(comparisons, task, answer)
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: its task is a ``MathTask``.
    ///   - context: the answer section.
    /// - Returns: a verdict with score 1 (equivalent) or 0; `invalid_task` for a reference that
    ///   cannot be read, `undecided` where neither equality nor difference is proven,
    ///   `verifier_error` when a worker failed twice.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        let task = task(of: rollout)
        guard let answer = answer(task, context.sections.answer) else { return Self.noAnswer }
        guard let engine else { return .ungraded(.engineMissing) }
        var comparisons: [Comparison] = []
        for reference in task.references {
            let comparison = await compare(reference, answer.text, task.options, engine)
            comparisons.append(comparison)
            if Self.settles(comparison, task.rule) { break }
        }
        return outcome(comparisons, task, answer)
    }

    // MARK: - Steps

    private func mayAsk(_ comparison: Comparison) -> Bool {
        guard fallback != nil, case .undecided = comparison.outcome else { return false }
        return true
    }

    /// The engine's result, or the fallback's where the engine has none.
    private func compare(
        _ reference: ByteString, _ answer: ByteString, _ options: ComparisonOptions,
        _ engine: MathEngine
    ) async -> Comparison {
        let comma = options.readsDecimalComma
        let sides = (
            MathExpression(reference, readsDecimalComma: comma),
            MathExpression(answer, readsDecimalComma: comma)
        )
        let decided = await engine.compare(
            reference: sides.0, answer: sides.1, options: options)
        guard mayAsk(decided), let fallback else { return decided }
        return await fallback.compare(reference: sides.0, answer: sides.1, options: options)
            ?? decided
    }

    private struct Answer {
        let text: ByteString
        let extractedBy: String
    }

    private static let noAnswer = Outcome.verdict(Score("no_answer", value: 0))

    /// Longest quotation of an answer, in bytes.
    private static let quotedBytesMax = 256

    private func task(of rollout: Rollout) -> MathTask {
        guard let task = rollout.task as? MathTask else {
            preconditionFailure("the registry sends only math tasks here")
        }
        return task
    }

    private func answer(_ task: MathTask, _ section: ByteString) -> Answer? {
        if let bare = task.bareAnswer {
            return bare.trimmed.isEmpty ? nil : Answer(text: bare, extractedBy: "answer")
        }
        guard task.extraction == .boxed else {
            let found = AnswerExtractor.extract(section, mode: task.extraction)
            return found.map { Answer(text: $0.text, extractedBy: $0.extractedBy) }
        }
        guard case .content(let content) = LastBox(in: section) else { return nil }
        return Answer(text: content, extractedBy: "boxed")
    }

    /// Whether a comparison makes those with the remaining references pointless.
    private static func settles(_ comparison: Comparison, _ rule: MathTask.ReferenceRule) -> Bool {
        switch rule {
        case .any: comparison.outcome == .equivalent
        case .all: comparison.outcome == .different || comparison.outcome == .unparsableAnswer
        }
    }

    /// Joins the comparisons with all references into one outcome.
    ///
    /// Any: one equality suffices. All: one difference decides. Otherwise a reference that could
    /// not be judged leaves the rollout without a reward.
    private func outcome(
        _ comparisons: [Comparison], _ task: MathTask, _ answer: Answer
    ) -> Outcome {
        let settling = comparisons.last { Self.settles($0, task.rule) }
        if let settling { return verdict(settling, answer) }
        let failed = comparisons.enumerated().first { Self.failure($0.element, at: nil) != nil }
        if let (index, comparison) = failed {
            let place = task.references.count > 1 ? index : nil
            if let failure = Self.failure(comparison, at: place) { return .ungraded(failure) }
        }
        guard let last = comparisons.last else {
            preconditionFailure("a math task has at least one reference")
        }
        return verdict(last, answer)
    }

    private func verdict(_ comparison: Comparison, _ answer: Answer) -> Outcome {
        let details = JSONObject([
            "answer": .text(answer.text[0..<min(answer.text.count, Self.quotedBytesMax)]),
            "extracted_by": .string(answer.extractedBy),
            "decided_by": .string(comparison.decidedBy.rawValue),
            "proof": .string(comparison.proof.rawValue),
            "policies": .array(comparison.policies.map { .string($0) }),
            "explanation": .string(comparison.explanation),
        ])
        switch comparison.outcome {
        case .equivalent: return .verdict(Score("equivalent", value: 1, details: details))
        case .unparsableAnswer:
            return .verdict(Score("unparsable_answer", value: 0, details: details))
        default: return .verdict(Score("different", value: 0, details: details))
        }
    }

    private static func pointer(_ index: Int?) -> JSONPointer {
        JSONPointer(["reference"] + (index.map { [String($0)] } ?? []))
    }

    /// Why a comparison says nothing about the answer; nil when it does.
    private static func failure(_ comparison: Comparison, at index: Int?) -> Ungraded? {
        let pointer = Self.pointer(index)
        switch comparison.outcome {
        case .equivalent, .different, .unparsableAnswer: return nil
        case .invalidReference:
            return Ungraded(
                .invalidTask, cause: .reference, code: "unparsable_reference",
                message: comparison.explanation, pointer: pointer)
        case .undecided(let cause):
            return Ungraded(
                .undecided, cause: Cause(cause), code: "undecided",
                message: comparison.explanation, pointer: pointer)
        case .failed(let cause):
            return Ungraded(
                .verifierError, cause: Cause(cause), code: "math_worker_failed",
                message: comparison.explanation)
        }
    }
}

extension Cause {
    fileprivate init(_ cause: Comparison.Cause) {
        switch cause {
        case .reference: self = .reference
        case .engine: self = .engine
        case .host: self = .host
        }
    }
}

extension Ungraded {
    /// This process has no math workers.
    fileprivate static let engineMissing = Ungraded(
        .verifierError, cause: .host, code: "math_engine_missing",
        message: "this process has no math workers; `assay doctor` says what is missing")
}
