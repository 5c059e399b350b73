// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
public import Grading
public import MathEquivalence
import Wire

/// Judges whether an answer names the right option.
///
/// A letter decides; without one the answer must be the text of the right option, as words or in
/// value. Several letters are no answer, and a letter with the text of another option is wrong.
public struct ChoiceGrader: Grader {
    private let engine: MathEngine?

    /// Makes the grader.
    ///
    /// - Parameter engine: compares option texts where this process cannot; nil makes those
    ///   `verifier_error`.
    public init(engine: MathEngine?) { self.engine = engine }

    /// Judges what needs no worker process: letters, words, plain numbers.
    ///
    /// - Parameters:
    ///   - rollout: its task is a ``ChoiceTask``.
    ///   - context: the answer section.
    /// - Returns: as ``grade(_:_:)``; nil when a worker is needed.
    public func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome? {
        let task = task(of: rollout)
        switch question(task, context.sections.answer) {
        case .settled(let outcome): return outcome
        case .compare(let answer):
            return MathEngine.compareInProcess(reference: task.reference.text, answer: answer)
                .map { Self.outcome($0, answer) }
        }
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: its task is a ``ChoiceTask``.
    ///   - context: the answer section.
    /// - Returns: a verdict with score 1 (equivalent) or 0; `verifier_error` when a worker failed
    ///   twice.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        let task = task(of: rollout)
        switch question(task, context.sections.answer) {
        case .settled(let outcome): return outcome
        case .compare(let answer):
            guard let engine else {
                return .ungraded(
                    Ungraded(
                        .verifierError, cause: .host, code: "math_engine_missing",
                        message: "this process has no math workers"))
            }
            let result = await engine.compare(reference: task.reference.text, answer: answer)
            return Self.outcome(result, answer)
        }
    }

    // MARK: - Steps

    private enum Question {
        case settled(Outcome)
        /// The answer is no letter: is it the right option's value?
        case compare(ByteString)
    }

    private func task(of rollout: Rollout) -> ChoiceTask {
        guard let task = rollout.task as? ChoiceTask else {
            preconditionFailure("the registry sends only choice tasks here")
        }
        return task
    }

    private func question(_ task: ChoiceTask, _ section: ByteString) -> Question {
        guard let answer = answer(task, section) else {
            return .settled(.verdict(Score("no_answer", value: 0)))
        }
        guard answer.count <= ChoiceTask.optionBytesMax else {
            return .settled(Self.verdict("unparsable_answer", answer, by: "syntax"))
        }
        let right = task.reference
        let labels = task.options.isEmpty ? Self.letters(right.label) : task.options.map(\.label)
        let said = answer.string
        switch ChoiceSpelling.label(of: said, among: labels) {
        case .alone(let label):
            return .settled(Self.verdict(label == right.label, answer, by: "label"))
        case .withText(let label, let text):
            guard label == right.label else {
                return .settled(Self.verdict(false, answer, by: "label"))
            }
            if task.options.isEmpty || ChoiceSpelling.isSame(text, right.text.string) {
                return .settled(Self.verdict(true, answer, by: "label"))
            }
            return compared(ByteString(text), task)
        case .none:
            return compared(answer, task)
        }
    }

    /// By words where they are the same or no formulas; else in value.
    private func compared(_ answer: ByteString, _ task: ChoiceTask) -> Question {
        let said = answer.string
        let named = task.options.first { ChoiceSpelling.isSame($0.text.string, said) }
        if let named {
            return .settled(Self.verdict(named.label == task.reference.label, answer, by: "text"))
        }
        let text = task.reference.text
        guard !task.options.isEmpty, MathEngine.validate(reference: text) == nil,
            MathEngine.expressionType(of: text) != .text
        else { return .settled(Self.verdict(false, answer, by: "text")) }
        return .compare(answer)
    }

    /// Labels to expect when only the right one is known: its kind from the first on.
    private static func letters(_ right: String) -> [String] {
        guard let byte = right.utf8.first, right.utf8.count == 1 else { return [right] }
        let first: UInt8
        let count: UInt8
        switch byte {
        case 65...90: (first, count) = (65, 26)
        case 97...122: (first, count) = (97, 26)
        case 48...57: (first, count) = (48, 10)
        default: return [right]
        }
        return (0..<count).map { String(UnicodeScalar(first + $0)) }
    }

    private func answer(_ task: ChoiceTask, _ section: ByteString) -> ByteString? {
        if let bare = task.bareAnswer { return bare.trimmed.isEmpty ? nil : bare }
        guard case .content(let content) = LastBox(in: section) else { return nil }
        return content
    }

    private static let quotedBytesMax = 256

    private static func verdict(_ isRight: Bool, _ answer: ByteString, by step: String) -> Outcome {
        verdict(isRight ? "equivalent" : "different", answer, by: step)
    }

    private static func verdict(
        _ word: Verdict, _ answer: ByteString, by step: String
    ) -> Outcome {
        let details = JSONObject([
            "answer": .text(answer[0..<min(answer.count, quotedBytesMax)]),
            "decided_by": .string(step),
        ])
        return .verdict(Score(word, value: word == "equivalent" ? 1 : 0, details: details))
    }

    /// An option that the engine cannot judge is matched by its letter or its words alone.
    private static func outcome(_ comparison: Comparison, _ answer: ByteString) -> Outcome {
        let step = comparison.decidedBy.rawValue
        switch comparison.outcome {
        case .equivalent: return verdict("equivalent", answer, by: step)
        case .unparsableAnswer: return verdict("unparsable_answer", answer, by: step)
        case .failed:
            return .ungraded(
                Ungraded(
                    .verifierError, cause: .host, code: "math_worker_failed",
                    message: comparison.explanation))
        default: return verdict("different", answer, by: step)
        }
    }
}
