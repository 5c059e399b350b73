// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import LanguageID
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Language grader")
struct LanguageGraderTests {
    @Test("verdicts are those of the table", arguments: Fixture.load("language/consistency.jsonl"))
    func table(example: FixtureCase) async throws {
        let rollout = Self.rollout(example)

        let outcome = await LanguageGrader(model: try LanguageProbe.model.get())
            .grade(rollout, GraderProbe.context(rollout))

        guard case .verdict(let score) = outcome else {
            Issue.record("no verdict: \(outcome)")
            return
        }
        #expect(score.verdict.word == example["verdict"], "\(score.details)")
        #expect(score.value == (example["verdict"] == "consistent" ? 1 : 0))
    }

    @Test(
        "a body that would be read in part is refused",
        arguments: [
            (#"{"text":"a","problem":"b"}"#, "conflict"),
            (#"{"text":"a","problem_language":"fr"}"#, "conflict"),
            (#"{"completion":"a","problem_language":"français"}"#, "wrong_type"),
        ])
    func refused(body: String, code: String) throws {
        let registered = try #require(GraderProbe.registry.grader(named: "language"))

        let error = #expect(throws: WireError.self) {
            try registered.decodeRequest(try JSONDocument(ByteString(body)).root)
        }
        #expect(error?.code == code)
    }

    @Test("a given problem language overrides detection")
    func givenLanguage() async throws {
        var rollout = Rollout()
        rollout.problem = "Calculate the sum of these two numbers and explain it."
        rollout.completion.content =
            "<think>Je dois additionner ces deux nombres entiers.</think> La somme vaut sept."
        let grader = LanguageGrader(model: try LanguageProbe.model.get())

        let detected = await grader.grade(rollout, GraderProbe.context(rollout))
        rollout.problemLanguage = "fr"
        let given = await grader.grade(rollout, GraderProbe.context(rollout))

        #expect(detected.score?.verdict == "inconsistent")
        #expect(given.score?.verdict == "consistent")
    }

    @Test("without a model there is a status, never a number")
    func noModel() async {
        let rollout = Rollout()

        let outcome = await LanguageGrader(model: nil).grade(rollout, GraderProbe.context(rollout))

        guard case .ungraded(let failure) = outcome else {
            Issue.record("it was graded")
            return
        }
        #expect(failure.status == .verifierError && failure.cause == .host)
    }

    private static func rollout(_ example: FixtureCase) -> Rollout {
        var rollout = Rollout()
        rollout.problem = example.bytes("problem")
        let thoughts = example["thoughts"] ?? ""
        rollout.completion.content = ByteString(
            "<think>\(thoughts)</think>\(example["answer"] ?? "")")
        return rollout
    }
}

extension Outcome {
    /// The score of a verdict.
    var score: Score? {
        guard case .verdict(let score) = self else { return nil }
        return score
    }
}

/// The language model, which `scripts/fetch-language-model` fetches.
enum LanguageProbe {
    static let model = Result { try LanguageModel(path: Locations.root + "/.models/lid.176.ftz") }
}
