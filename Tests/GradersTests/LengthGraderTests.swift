// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Grading
import TestSupport
import Testing
import Wire

@Suite("Length grader")
struct LengthGraderTests {
    @Test(
        "scores are those of equation 1, bit for bit", arguments: Fixture.load("length/cases.jsonl")
    )
    func table(example: FixtureCase) async throws {
        let expected = try example.view["score"]?.double()

        let score = try await GraderProbe.score("length", Self.body(example))

        #expect(score.verdict.word == example["verdict"])
        #expect(score.value == expected)
        #expect(score.value.sign == .plus || score.value < 0)
    }

    @Test("the penalty never falls while the completion grows")
    func monotonic() async throws {
        let grader = LengthGrader()
        var last = 0.0
        for tokens in 0...220 {
            var rollout = Rollout()
            (rollout.maxTokens, rollout.cacheTokens) = (200, 64)
            rollout.completionTokens = tokens

            guard
                case .verdict(let score) = await grader.grade(rollout, GraderProbe.context(rollout))
            else {
                Issue.record("no verdict at \(tokens)")
                return
            }

            #expect(score.value <= last && score.value >= -0.1)
            last = score.value
        }
    }

    @Test("without a token count nothing is estimated")
    func unmeasured() async {
        var rollout = Rollout()
        rollout.completion.content = "a long text that is not counted"

        let outcome = await LengthGrader().grade(rollout, GraderProbe.context(rollout))

        #expect(outcome == .verdict(Score("unmeasured", value: 0)))
    }

    @Test("a zone larger than the budget is the task's fault")
    func contradiction() async {
        var rollout = Rollout()
        (rollout.completionTokens, rollout.maxTokens, rollout.cacheTokens) = (1, 10, 11)

        guard
            case .ungraded(let failure) = await LengthGrader().grade(
                rollout, GraderProbe.context(rollout))
        else {
            Issue.record("it was graded")
            return
        }

        #expect(failure.status == .invalidTask && failure.cause == .reference)
    }

    private static func body(_ example: FixtureCase) -> JSONObject {
        var body = JSONObject()
        for (name, member) in [
            ("tokens", "completion_tokens"), ("max", "max_tokens"), ("cache", "cache_tokens"),
        ] {
            if let value = example.view[name] { body.append(member, .raw(value.raw)) }
        }
        return body
    }
}
