// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import TestSupport
import Testing

@Suite("Last box")
struct LastBoxTests {
    @Test(
        "the last box is found as the table says", arguments: Fixture.load("completion/boxes.jsonl")
    )
    func table(example: FixtureCase) {
        let box = LastBox(in: example.bytes("text") ?? "")

        switch example["box"] {
        case "content": #expect(box == .content(example.bytes("content") ?? ""))
        case "unclosed": #expect(box == .unclosed)
        case "empty": #expect(box == .empty)
        default: #expect(box == LastBox.none)
        }
    }

    @Test("ten megabytes of open boxes end in a verdict")
    func manyOpenBoxes() {
        let text = ByteString(String(repeating: #"\boxed{"#, count: 1_500_000))

        #expect(LastBox(in: text) == .unclosed)
    }

    @Test("deep nesting closes where it should")
    func deepNesting() {
        let depth = 100_000
        let inner = String(repeating: "{", count: depth) + String(repeating: "}", count: depth)

        #expect(LastBox(in: ByteString(#"\boxed{"# + inner + "}")) == .content(ByteString(inner)))
    }
}
