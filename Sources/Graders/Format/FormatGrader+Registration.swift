// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import Grading
import Wire

extension FormatGrader {
    /// The grader as the registry lists it.
    static func registered() -> RegisteredGrader {
        RegisteredGrader(descriptor, grader: FormatGrader()) { view throws(WireError) in
            var request = GraderRequest()
            request.rollout.task = FormatProbe(demand: .box)
            try fields.decode(view, into: &request)
            return request
        }
    }

    private static let descriptor = GraderDescriptor(
        name: "format", axis: .format,
        summary: "Whether the completion has one think pair, first and in order, and then a box"
            + " (math, choice) or a fenced block with a language name (code).",
        score: "1 well-formed, 0 otherwise",
        verdicts: [
            "well_formed", "missing_think", "repeated_think", "think_not_first", "missing_boxed",
            "missing_code_block",
        ],
        source: "Magistral (arXiv 2506.10910) §2.2.1",
        example: #"{"type":"math","completion":"<think>6 times 7</think> It is $\\boxed{42}$."}"#)

    private enum AnswerType: String, CaseIterable, Sendable {
        case math, choice, code, none

        var demand: AnswerDemand {
            switch self {
            case .math, .choice: .box
            case .code: .codeBlock
            case .none: .nothing
            }
        }
    }

    private static let fields = FieldTable<GraderRequest>(
        "format request",
        fields: [
            .completion(FieldNotes(aliases: Field.completionAliases, isRequired: true)),
            .choice(
                "type", AnswerType.self, FieldNotes(defaultText: "\"math\""),
                doc: "What the answer section must hold."
            ) { $0.rollout.task = FormatProbe(demand: $1.demand) },
            .boolean("think_prefilled", doc: "Whether the template wrote the opening tag.") {
                $0.recipe.format.completion.isThinkPrefilled = $1
            },
            .boolean("allow_leading_whitespace", doc: "Whether space may precede the tag.") {
                $0.recipe.format.completion.allowsLeadingWhitespace = $1
            },
            Field("strip_suffixes", .array, doc: "Special tokens removed from the end.") {
                view, root throws(WireError) in
                root.recipe.format.completion.stripSuffixes =
                    try view.texts(countMax: 16, bytesMax: 64)
            },
        ])
}

/// Stands for a task of which only the demand on the answer section is known.
private struct FormatProbe: GradingTask {
    static let type = "none"
    let demand: AnswerDemand
}
