// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Kinds of code tests")
struct TestKindTests {
    @Test("verdicts are those of the table", arguments: Fixture.load("code/kinds.jsonl"))
    func kinds(example: FixtureCase) async throws {
        try await Self.judge(example)
    }

    @Test("no attack on a harness is accepted", arguments: Fixture.load("attacks/harness.jsonl"))
    func attacks(example: FixtureCase) async throws {
        let score = try await Self.judge(example)

        #expect(score?.verdict != "accepted" && score?.value == 0)
    }

    /// Grades a case and holds its verdict, and its trust where it names one, against the outcome.
    @discardableResult
    private static func judge(_ example: FixtureCase) async throws -> Score? {
        var body = JSONObject()
        for member in ["language", "code", "tests", "limits", "usual_imports", "compare"] {
            if let value = example.view[member] { body.append(member, .raw(value.raw)) }
        }
        var writer = JSONWriter()
        writer.write(.object(body))
        let registered = try #require(GraderProbe.registry.grader(named: "code"))
        let request = try registered.decodeRequest(try JSONDocument(writer.byteString).root)
        let grader = CodeGrader(sandbox: try await SandboxProbe.shared())

        let outcome = await grader.grade(
            request.rollout, GraderProbe.context(request.rollout, recipe: request.recipe))

        guard case .verdict(let score) = outcome else {
            Issue.record("no verdict: \(outcome)")
            return nil
        }
        let wanted = example.view["verdict"].map { view in
            view.string.map { [$0.string] } ?? view.elements.compactMap { $0.string?.string }
        }
        #expect(wanted?.contains(score.verdict.word) == true, "\(score)")
        if let trust = example.view["trust"]?.string {
            let told = score.details.members.first { $0.name == "trust" }?.value
            #expect(told == nil || told == .string(trust.string), "\(score)")
        }
        return score
    }
}
