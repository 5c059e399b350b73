// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import TestSupport
import Testing

@Suite("Fenced blocks")
struct FencedBlockTests {
    @Test(
        "the first named block is found as the table says",
        arguments: Fixture.load("completion/fences.jsonl"))
    func table(example: FixtureCase) {
        let block = FencedBlock.firstNamed(in: example.bytes("text") ?? "")

        #expect(block?.language == example["language"])
        #expect(block?.code.string == example["code"])
    }

    @Test("the last named block can be asked for")
    func lastBlock() {
        let text: ByteString = "```cpp\na\n```\n```python\nb\n```\n```\nc\n```"

        #expect(FencedBlock.lastNamed(in: text)?.code == "b\n")
    }

    @Test("a million fences are read in one pass")
    func manyFences() {
        let text = ByteString(String(repeating: "```\n", count: 1_000_000))

        #expect(FencedBlock.firstNamed(in: text) == nil)
    }
}
