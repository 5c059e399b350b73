// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import MathEquivalence
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Switches of a math task")
struct MathPolicySwitchTests {
    @Test(
        "a switch that is on accepts its pair and is echoed, and off refuses it",
        arguments: Fixture.load("math/switches.jsonl"))
    func switches(example: FixtureCase) async throws {
        let name = try #require(example["switch"])

        let bridged = try await Self.grade(example, name, true)
        #expect(bridged.verdict.word == "equivalent", "\(bridged.details)")
        #expect(Self.policies(of: bridged) == example["echoed"].map { [$0] } ?? [])

        let parted = try await Self.grade(example, name, false)
        #expect(parted.verdict.word == "different", "\(parted.details)")
        #expect(Self.policies(of: parted) == [])
    }

    @Test("each of the switches has a case")
    func complete() {
        let tested = Set(Fixture.load("math/switches.jsonl").compactMap { $0["switch"] })
        #expect(tested == Self.names)
    }

    private static let names: Set = [
        "assignment", "equation_chain", "bare_degrees", "ratio", "vector",
        "integration_constant", "missing_constant", "unsimplified",
    ]

    @Test("a value that is no boolean is refused with a pointer", arguments: names.sorted())
    func badValues(name: String) throws {
        for value in ["1", "\"true\"", "[]", "{}"] {
            let policies = #"{"\#(name)":\#(value)}"#
            let task = try JSONDocument(
                ByteString(#"{"type":"math","reference":"1","policies":\#(policies)}"#))
            let error = #expect(throws: WireError.self) {
                try GraderProbe.registry.decodeTask(task.root)
            }
            #expect(error?.pointer.description == "/policies/\(name)", "\(value)")

            let body = try JSONDocument(
                ByteString(#"{"reference":"1","answer":"1","policies":\#(policies)}"#))
            let grader = try #require(GraderProbe.registry.grader(named: "math"))
            let refusal = #expect(throws: WireError.self) { try grader.decodeRequest(body.root) }
            #expect(refusal?.pointer.description == "/policies/\(name)", "\(value)")
        }
    }

    @Test("a switch nobody knows is refused with a pointer")
    func unknown() throws {
        let body = try JSONDocument(
            ByteString(#"{"reference":"1","answer":"1","policies":{"assignments":true}}"#))
        let grader = try #require(GraderProbe.registry.grader(named: "math"))
        let refusal = #expect(throws: WireError.self) { try grader.decodeRequest(body.root) }
        #expect(refusal?.pointer.description == "/policies/assignments")
    }

    private static func grade(
        _ example: FixtureCase, _ name: String, _ value: Bool
    ) async throws -> Score {
        var writer = JSONWriter()
        writer.write(
            .object(
                JSONObject([
                    "reference": .string(try #require(example["reference"])),
                    "answer": .string(try #require(example["answer"])),
                    "policies": .object(JSONObject([name: .boolean(value)])),
                ])))
        let grader = try #require(GraderProbe.registry.grader(named: "math"))
        let request = try grader.decodeRequest(try JSONDocument(writer.byteString).root)
        let outcome = await MathGrader(engine: try MathProbe.engine.get())
            .grade(request.rollout, GraderProbe.context(request.rollout))
        guard case .verdict(let score) = outcome else {
            throw UnexpectedOutcome(outcome: outcome)
        }
        return score
    }

    private struct UnexpectedOutcome: Error {
        let outcome: Outcome
    }

    private static func policies(of score: Score) -> [String]? {
        let member = score.details.members.first { $0.name == "policies" }
        guard case .array(let names)? = member?.value else { return nil }
        return names.compactMap { name in
            guard case .string(let text) = name else { return nil }
            return text
        }
    }
}
