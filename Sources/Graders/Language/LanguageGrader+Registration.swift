// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import LanguageID
import Wire

extension LanguageGrader {
    /// The grader as the registry lists it.
    static func registered(model: LanguageModel?) -> RegisteredGrader {
        RegisteredGrader(descriptor, grader: LanguageGrader(model: model)) {
            view throws(WireError) in
            var question = LanguageQuestion()
            try LanguageQuestion.fields.decode(view, into: &question)
            return try question.request(model)
        }
    }

    private static let descriptor = GraderDescriptor(
        name: "language", axis: .language,
        summary: "Whether problem, thoughts and answer section are in one language; or, for"
            + " {\"text\"}, which one.",
        score: "1 consistent, 0 otherwise",
        verdicts: ["consistent", "inconsistent", "no_evidence"],
        source: "Magistral (arXiv 2506.10910) §2.2.4; fastText lid.176 (CC BY-SA 3.0)",
        example:
            #"{"problem":"Combien font six fois sept, et pourquoi ?","completion":"<think>Je dois multiplier ces deux nombres entiers.</think> Le produit de ces nombres vaut 42."}"#
    )
}

/// A body of `POST /v1/graders/language` while it is read.
private struct LanguageQuestion: Sendable {
    var text: ByteString?
    var wantsScores = false
    var request = GraderRequest()
    var hasCompletion = false

    static let fields = FieldTable<LanguageQuestion>(
        "language request",
        fields: [
            .string("text", doc: "A text whose language is asked for.") { $0.text = $1 },
            .boolean("scores", doc: "Whether to list the probabilities of all labels of the text.")
            {
                $0.wantsScores = $1
            },
            .choice(
                "mode", Recipe.Language.Mode.self, doc: "How much text one label stands for."
            ) { $0.request.recipe.language.mode = $1 },
            .number(
                "min_share", FieldNotes(range: 0...1, defaultText: "0.85"),
                doc: "For mode windows: least share of letters in the problem's language."
            ) { $0.request.recipe.language.minShare = $1 },
            .integer(
                "foreign_letters_max",
                FieldNotes(unit: "letters", range: 0...1e9, defaultText: "40"),
                doc: "For mode windows: most letters in a row in another language."
            ) { $0.request.recipe.language.foreignLettersMax = $1 },
            .string("problem", FieldNotes(aliases: ["question"]), doc: "The user's own words.") {
                $0.request.rollout.problem = $1
            },
            Field(
                "problem_language", .string,
                doc: "The problem's language, e.g. fr, if it is known."
            ) { view, root throws(WireError) in
                root.request.rollout.problemLanguage = try CompletionFields.decodeLanguage(view)
            },
            Field(
                "completion", .any, FieldNotes(aliases: ["response", "solution_str"]),
                doc: "All that the policy wrote."
            ) { view, root throws(WireError) in
                root.request.rollout.completion = try CompletionFields.decode(view)
                root.hasCompletion = true
            },
        ])

    func request(_ model: LanguageModel?) throws(WireError) -> GraderRequest {
        var request = self.request
        do {
            try request.recipe.validate()
        } catch {
            // Here the recipe's members stand at the top.
            throw WireError(
                code: error.code, message: error.message,
                pointer: JSONPointer(error.pointer.tokens.suffix(1)))
        }
        switch (text, hasCompletion) {
        case (nil, true):
            if wantsScores {
                throw WireError(
                    code: "conflict", message: "\"scores\" goes with \"text\" only",
                    pointer: JSONPointer(["scores"]))
            }
        case (let text?, false):
            let rollout = request.rollout
            guard rollout.problem == nil, rollout.problemLanguage == nil else {
                throw WireError(
                    code: "conflict", message: "a problem goes with \"completion\", not \"text\"")
            }
            if let model {
                let wantsScores = wantsScores
                request.direct = { Self.answer(text, model, wantsScores: wantsScores) }
            }
        default:
            throw WireError(
                code: "missing_field", message: "give either \"text\" or \"completion\"")
        }
        return request
    }

    private static func answer(
        _ text: ByteString, _ model: LanguageModel, wantsScores: Bool
    ) -> JSONValue {
        let guess = model.identify(text, evidence: .light)
        var answer = JSONObject([
            "status": "graded", "language": .string(guess.label),
            "probability": .number(guess.probability), "letters": .integer(guess.evidence),
        ])
        if wantsScores {
            var scores = JSONObject()
            for score in model.scores(of: text) {
                scores.append(score.label, .number(score.probability))
            }
            answer.append("scores", .object(scores))
        }
        return .object(answer)
    }
}
