// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import MathEquivalence
import Wire

extension ChoiceGrader {
    /// The grader as the registry lists it.
    static func registered(engine: MathEngine?) -> RegisteredGrader {
        RegisteredGrader(
            descriptor, grader: ChoiceGrader(engine: engine),
            tasks: [TaskType(ChoiceTask.self, decode: ChoiceTask.decode)]
        ) { view throws(WireError) in
            var question = ChoiceQuestion()
            try ChoiceQuestion.fields.decode(view, into: &question)
            return try question.request()
        }
    }

    private static let descriptor = GraderDescriptor(
        name: "choice", axis: .correctness,
        summary: "Whether an answer names the right option, by letter or text.",
        score: "1 equivalent, 0 otherwise",
        verdicts: ["equivalent", "different", "unparsable_answer", "no_answer"],
        source: "our own: the rule for multiple-choice problems in docs/math.md",
        example: #"{"reference":"B","options":["12","\\frac{1}{2}"],"answer":"(B)"}"#)
}

/// A body of `POST /v1/graders/choice` while it is read.
private struct ChoiceQuestion: Sendable {
    var draft = ChoiceTask.Draft()
    var answer: ByteString?
    var rollout = Rollout()
    var hasCompletion = false

    static let fields = FieldTable<ChoiceQuestion>(
        "choice request",
        fields: ChoiceTask.sharedFields { question, change in change(&question.draft) } + [
            .string("answer", doc: "The answer itself, taken whole.") { $0.answer = $1 },
            Field(
                "completion", .any, FieldNotes(aliases: ["response", "solution_str"]),
                doc: "A completion whose last box is the answer."
            ) { view, root throws(WireError) in
                root.rollout.completion = try CompletionFields.decode(view)
                root.hasCompletion = true
            },
        ])

    func request() throws(WireError) -> GraderRequest {
        guard (answer != nil) != hasCompletion else {
            throw WireError(
                code: "missing_field", message: "give either \"answer\" or \"completion\"")
        }
        var task = try draft.task()
        task.bareAnswer = answer
        var request = GraderRequest()
        request.rollout = rollout
        request.rollout.task = task
        return request
    }
}
