// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import MathEquivalence
import Wire

extension MathGrader {
    /// The grader as the registry lists it.
    static func registered(
        engine: MathEngine?, fallback: SymPyFallback? = nil
    ) -> RegisteredGrader {
        RegisteredGrader(
            descriptor, grader: MathGrader(engine: engine, fallback: fallback),
            tasks: [TaskType(MathTask.self, decode: MathTask.decode)]
        ) { view throws(WireError) in
            var question = MathQuestion()
            try MathQuestion.fields.decode(view, into: &question)
            return try question.request()
        }
    }

    private static let descriptor = GraderDescriptor(
        name: "math", axis: .correctness,
        summary: "Whether an answer equals the reference in value.",
        score: "1 equivalent, 0 otherwise",
        verdicts: ["equivalent", "different", "unparsable_answer", "no_answer"],
        source: "Magistral (arXiv 2506.10910) §2.2.2",
        example: #"{"reference":"\\frac{1}{2}","answer":"0.5"}"#)
}

/// A body of `POST /v1/graders/math` while it is read.
private struct MathQuestion: Sendable {
    var task = MathTask()
    var rollout = Rollout()
    var hasCompletion = false

    static let fields = FieldTable<MathQuestion>(
        "math request",
        fields: MathTask.sharedFields(get: { $0.task }, set: { $0.task = $1 }) + [
            .string("answer", doc: "The answer itself, taken whole.") { $0.task.bareAnswer = $1 },
            Field(
                "completion", .any, FieldNotes(aliases: ["response", "solution_str"]),
                doc: "A completion in which the answer is found."
            ) { view, root throws(WireError) in
                root.rollout.completion = try CompletionFields.decode(view)
                root.hasCompletion = true
            },
        ])

    func request() throws(WireError) -> GraderRequest {
        guard (task.bareAnswer != nil) != hasCompletion else {
            throw WireError(
                code: "missing_field", message: "give either \"answer\" or \"completion\"")
        }
        var request = GraderRequest()
        request.rollout = rollout
        request.rollout.task = task
        return request
    }
}
