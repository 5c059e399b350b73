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

    @Test(
        "a test that no solution can pass is the task's fault",
        arguments: [
            (#"{"assert":"assert f( == 1"}"#, "invalid_test"),
            (#"{"assert":"import no_such_module\nassert f() == 1"}"#, "invalid_test"),
            (#"{"program":"def verify(c): pass","entry_point":"f"}"#, "invalid_test"),
            (#"{"program":"def check(c)","entry_point":"f"}"#, "invalid_test"),
        ])
    func faultyTests(test: String, code: String) async throws {
        let outcome = try await Self.grade(test, recipe: Recipe())

        guard case .ungraded(let failure) = outcome else {
            Issue.record("it was graded: \(outcome)")
            return
        }
        #expect(failure.status == .invalidTask && failure.cause == .reference)
        #expect(failure.code == code && failure.pointer?.description == "/tests/1")
    }

    @Test("a C++ test without main is the task's fault")
    func testWithoutMain() async throws {
        let text =
            #"{"language":"cpp","code":"int f() { return 1; }","tests":[{"program":"int g();"}]}"#
        let registered = try #require(GraderProbe.registry.grader(named: "code"))
        let request = try registered.decodeRequest(try JSONDocument(ByteString(text)).root)

        let outcome = await CodeGrader(sandbox: try await SandboxProbe.shared())
            .grade(request.rollout, GraderProbe.context(request.rollout))

        guard case .ungraded(let failure) = outcome else {
            Issue.record("it was graded: \(outcome)")
            return
        }
        #expect(failure.status == .invalidTask && failure.code == "invalid_test")
    }

    @Test("a recipe may refuse tests that run beside their solution")
    func trust() async throws {
        var recipe = Recipe()
        recipe.correctness.trust = .outside
        let beside = #"{"assert":"assert f(lambda: 1) == 1"}"#

        let refused = try await Self.grade(beside, recipe: recipe)
        let graded = try await Self.grade(#"{"assert":"assert f() == 1"}"#, recipe: recipe)

        guard case .ungraded(let failure) = refused, case .verdict = graded else {
            Issue.record("\(refused), \(graded)")
            return
        }
        #expect(failure.status == .invalidTask && failure.code == "untrusted_test")
        #expect(recipe.hash != Recipe().hash)
    }

    /// Grades a right solution on a test that is the second of two.
    private static func grade(_ test: String, recipe: Recipe) async throws -> Outcome {
        let text =
            #"{"language":"python","code":"def f(*a): return 1","#
            + #""tests":[{"assert":"assert f() == 1"},\#(test)]}"#
        let registered = try #require(GraderProbe.registry.grader(named: "code"))
        let request = try registered.decodeRequest(try JSONDocument(ByteString(text)).root)
        return await CodeGrader(sandbox: try await SandboxProbe.shared())
            .grade(request.rollout, GraderProbe.context(request.rollout, recipe: recipe))
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
