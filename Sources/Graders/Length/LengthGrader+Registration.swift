// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Grading
import Wire

extension LengthGrader {
    /// The grader as the registry lists it.
    static func registered() -> RegisteredGrader {
        RegisteredGrader(descriptor, grader: LengthGrader()) { view throws(WireError) in
            var request = GraderRequest()
            try fields.decode(view, into: &request)
            return request
        }
    }

    private static let descriptor = GraderDescriptor(
        name: "length", axis: .length,
        summary: "How far the completion, in tokens, runs into the last part of its budget.",
        score: "0 within the budget, falling to -penalty at max_tokens, -penalty above",
        verdicts: ["within_budget", "in_cache_zone", "over_budget", "unmeasured"],
        source: "Magistral (arXiv 2506.10910) §2.2.3, eq. 1",
        example: #"{"completion_tokens":34000,"max_tokens":36864,"cache_tokens":4096}"#)

    private static let tokens = FieldNotes(unit: "tokens", range: 0...1e9)

    private static let fields = FieldTable<GraderRequest>(
        "length request",
        fields: [
            .integer(
                "completion_tokens",
                FieldNotes(unit: "tokens", range: 0...1e9, isRequired: true),
                doc: "Length of the completion in the trainer's tokens."
            ) { $0.rollout.completionTokens = $1 },
            .integer("max_tokens", tokens, doc: "l_max of the paper; 36864 by default.") {
                $0.rollout.maxTokens = $1
            },
            .integer("cache_tokens", tokens, doc: "l_cache of the paper; 4096 by default.") {
                $0.rollout.cacheTokens = $1
            },
            .number("penalty", FieldNotes(range: 0...100), doc: "Greatest penalty; 0.1.") {
                $0.recipe.length.penalty = $1
            },
        ])
}
