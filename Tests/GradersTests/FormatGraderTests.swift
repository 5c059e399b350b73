// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Grading
import TestSupport
import Testing
import Wire

@Suite("Format grader")
struct FormatGraderTests {
    @Test("verdicts are those of the table", arguments: Fixture.load("format/cases.jsonl"))
    func table(example: FixtureCase) async throws {
        var body = JSONObject(["type": .optional(example["type"])])
        if let completion = example.view["completion"] {
            body.append("completion", .raw(completion.raw))
        }
        for (name, value) in example.view["options"]?.members.map({ ($0.key, $0.value) }) ?? [] {
            body.append(name.string, .raw(value.raw))
        }

        let score = try await GraderProbe.score("format", body)

        #expect(score.verdict.word == example["verdict"])
        #expect(score.value == (example["verdict"] == "well_formed" ? 1 : 0))
    }

    @Test("ten megabytes of tags and braces end in a verdict")
    func hostileSize() async throws {
        let text = ByteString("<think></think>" + String(repeating: "\\boxed{", count: 1_000_000))

        let score = try await GraderProbe.score("format", JSONObject(["completion": .text(text)]))

        #expect(score.verdict == "missing_boxed")
    }
}
