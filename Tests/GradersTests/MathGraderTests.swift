// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import MathEquivalence
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Math grader")
struct MathGraderTests {
    @Test("verdicts are those of the table", arguments: Fixture.load("math/grader.jsonl"))
    func table(example: FixtureCase) async throws {
        let outcome = try await Self.grade(example)

        switch outcome {
        case .verdict(let score):
            #expect(score.verdict.word == example["verdict"], "\(score.details)")
            #expect(score.value == (example["verdict"] == "equivalent" ? 1 : 0))
        case .ungraded(let failure):
            #expect(failure.status.rawValue == example["status"])
            #expect(failure.pointer?.description == example["pointer"])
        }
    }

    @Test(
        "the same question twice gives the same bytes", arguments: Fixture.load("math/grader.jsonl")
    )
    func determinism(example: FixtureCase) async throws {
        #expect(try await Self.grade(example) == (try await Self.grade(example)))
    }

    @Test("a rollout's task looks into boxes only, as its gate does")
    func extractionOfTask() throws {
        func task(_ mode: String) throws -> JSONView {
            try JSONDocument(
                ByteString(#"{"type":"math","reference":"18","extract":"\#(mode)"}"#)
            ).root
        }

        #expect(throws: Never.self) { try GraderProbe.registry.decodeTask(try task("boxed")) }
        for mode in ["hash", "prose", "answer_line"] {
            let error = #expect(throws: WireError.self) {
                try GraderProbe.registry.decodeTask(try task(mode))
            }
            #expect(error?.code == "conflict" && error?.pointer.description == "/extract")
        }
    }

    @Test(
        "what is said at once is what is said after waiting",
        arguments: Fixture.load("math/grader.jsonl"))
    func atOnceAgrees(example: FixtureCase) async throws {
        let request = try Self.request(example)
        let grader = MathGrader(engine: try MathProbe.engine.get())
        let context = GraderProbe.context(request.rollout)

        guard grader.fault(ofTaskOf: request.rollout) == nil else { return }
        let atOnce = grader.gradeAtOnce(request.rollout, context)

        if let atOnce { #expect(atOnce == (await grader.grade(request.rollout, context))) }
    }

    private static func grade(_ example: FixtureCase) async throws -> Outcome {
        let request = try request(example)
        let grader = MathGrader(engine: try MathProbe.engine.get())
        if let fault = grader.fault(ofTaskOf: request.rollout) { return .ungraded(fault) }
        return await grader.grade(request.rollout, GraderProbe.context(request.rollout))
    }

    private static func request(_ example: FixtureCase) throws -> GraderRequest {
        let registered = try #require(GraderProbe.registry.grader(named: "math"))
        return try registered.decodeRequest(try #require(example.view["body"]))
    }
}

/// The math workers that all tests of this bundle share.
enum MathProbe {
    static let engine = Result {
        try MathEngine(
            configuration: MathConfiguration(
                workerPath: Locations.products + "/assay-math", workerCount: 2))
    }
}
