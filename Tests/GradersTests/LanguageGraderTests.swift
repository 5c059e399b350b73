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
    func refusedInPart(body: String, code: String) throws {
        let registered = try #require(GraderProbe.registry.grader(named: "language"))

        let error = #expect(throws: WireError.self) {
            try registered.decodeRequest(try JSONDocument(ByteString(body)).root)
        }
        #expect(error?.code == code)
    }

    @Test(
        "windows see what whole labels do not",
        arguments: Fixture.load("language/windows.jsonl"))
    func windows(example: FixtureCase) async throws {
        let rollout = Self.rollout(example)
        let grader = LanguageGrader(model: try LanguageProbe.model.get())
        var recipe = Recipe()

        let whole = await grader.grade(rollout, GraderProbe.context(rollout, recipe: recipe))
        recipe.language.mode = .windows
        let windows = await grader.grade(rollout, GraderProbe.context(rollout, recipe: recipe))

        let score = try #require(windows.score)
        #expect(score.verdict.word == example["verdict"], "\(score.details)")
        #expect(whole.score?.verdict.word == example["whole"])
        let quoted = score.json.member("foreign")?.member("text")
        if let text = example.bytes("quoted") {
            #expect(quoted == .text(text), "\(score.details)")
        }
    }

    @Test("the endpoint gives all labels' scores on request")
    func scores() throws {
        let request = try Self.request(#"{"text":"Où est la gare ?","scores":true}"#)

        let direct = try #require(request.direct)
        let answer = direct()

        #expect(answer.member("language") == .string("fr"))
        guard case .object(let scores)? = answer.member("scores") else {
            Issue.record("no scores")
            return
        }
        #expect(scores.members.count == 176 && scores.members.first?.name == "fr")
    }

    @Test(
        "what does not fit is refused with its place",
        arguments: [
            (#"{"completion":"a","scores":true}"#, "/scores"),
            (#"{"completion":"a","min_share":0.5}"#, "/min_share"),
            (#"{"completion":"a","mode":"whole","foreign_letters_max":5}"#, "/foreign_letters_max"),
        ])
    func refused(body: String, pointer: String) {
        let error = #expect(throws: WireError.self) { _ = try Self.request(body) }

        #expect(error?.pointer.description == pointer)
    }

    private static func request(_ body: String) throws -> GraderRequest {
        var engines = Engines()
        engines.languageModel = try LanguageProbe.model.get()
        let registry = GraderRegistry(engines: engines)
        let registered = try #require(registry.grader(named: "language"))
        return try registered.decodeRequest(try JSONDocument(ByteString(body)).root)
    }

    @Test(
        "a region or an alias of the given language does not matter",
        arguments: ["zh-CN", "ZH", "yue"])
    func givenAlias(code: String) async throws {
        var rollout = Rollout()
        rollout.problemLanguage = code
        rollout.completion.content = "<think>我需要把这两个数相加，然后检查得到的结果是否正确。</think>答案是七。"

        let outcome = await LanguageGrader(model: try LanguageProbe.model.get())
            .grade(rollout, GraderProbe.context(rollout))

        #expect(outcome.score?.verdict == "consistent")
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

extension JSONValue {
    /// A member of an object; nil for anything else.
    func member(_ name: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object.members.first { $0.name == name }?.value
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
