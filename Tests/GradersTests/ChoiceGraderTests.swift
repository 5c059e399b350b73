// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import MathEquivalence
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Choice grader")
struct ChoiceGraderTests {
    @Test("verdicts are those of the table", arguments: Fixture.load("math/choice.jsonl"))
    func table(example: FixtureCase) async throws {
        let registered = try #require(GraderProbe.registry.grader(named: "choice"))
        let request = try registered.decodeRequest(try #require(example.view["body"]))
        let grader = ChoiceGrader(engine: try MathProbe.engine.get())
        let context = GraderProbe.context(request.rollout)

        let outcome = await grader.grade(request.rollout, context)
        let atOnce = grader.gradeAtOnce(request.rollout, context)

        guard case .verdict(let score) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(score.verdict.word == example["verdict"], "\(score.details)")
        #expect(score.value == (example["verdict"] == "equivalent" ? 1 : 0))
        if let atOnce { #expect(atOnce == outcome) }
    }

    @Test(
        "a faulty task is refused with the place of its fault",
        arguments: [
            (#"{"type":"choice","reference":"E","options":["1","2"]}"#, "/reference"),
            (#"{"type":"choice","reference":"some words"}"#, "/reference"),
            (#"{"type":"choice","reference":"A","options":["1"]}"#, "/options"),
            (#"{"type":"choice","reference":"A","options":{"A":"1","A B":"2"}}"#, "/options"),
            (#"{"type":"choice","reference":"A","options":{"A":[1],"B":"2"}}"#, "/options/A"),
        ])
    func faultyTask(body: String, pointer: String) throws {
        let task = try JSONDocument(ByteString(body)).root

        let error = #expect(throws: WireError.self) { try GraderProbe.registry.decodeTask(task) }

        #expect(error?.pointer.description == pointer)
    }

    @Test("a hundred thousand bytes are judged at once")
    func long() throws {
        var task = ChoiceTask()
        task.reference = ChoiceTask.Option(label: "A", text: "1")
        task.bareAnswer = ByteString(String(repeating: "(A", count: 50_000))
        var rollout = Rollout()
        rollout.task = task

        let outcome = ChoiceGrader(engine: nil).gradeAtOnce(rollout, GraderProbe.context(rollout))

        #expect(outcome != nil)
    }
}
