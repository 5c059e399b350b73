// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import TestSupport
import Testing

@Suite("Completion sections")
struct CompletionSectionsTests {
    @Test(
        "thoughts and answer are cut as the table says",
        arguments: Fixture.load("completion/sections.jsonl"))
    func table(example: FixtureCase) throws {
        let sections = Self.sections(example)

        #expect(Self.word(sections.fault) == example["fault"])
        if example["fault"] == nil {
            #expect(sections.thoughts.string == example["thoughts"])
            #expect(sections.answer.string == example["answer"])
        }
    }

    @Test("a million tags are counted in one pass")
    func manyTags() {
        let text = ByteString(String(repeating: "<think></think>", count: 1_000_000))

        #expect(CompletionSections(text, format: CompletionFormat()).fault == .repeated)
    }

    @Test("bytes that are not UTF-8 are cut like any others")
    func arbitraryBytes() {
        let text = ByteString(
            Array("<think>".utf8) + [0xff, 0x00] + Array("</think>".utf8) + [0xfe])

        let sections = CompletionSections(text, format: CompletionFormat())

        #expect(sections.thoughts.array == [0xff, 0x00] && sections.answer.array == [0xfe])
    }

    private static func sections(_ example: FixtureCase) -> CompletionSections {
        var format = CompletionFormat()
        format.allowsLeadingWhitespace = example.flag("leading")
        format.isThinkPrefilled = example.flag("prefilled")
        format.stripSuffixes = example.texts("suffixes")
        let text = example.bytes("text") ?? ""
        guard let reasoning = example.bytes("reasoning") else {
            return CompletionSections(text, format: format)
        }
        return CompletionSections(content: text, reasoning: reasoning, format: format)
    }

    private static func word(_ fault: ThinkFault?) -> String? {
        switch fault {
        case nil: nil
        case .missing?: "missing"
        case .repeated?: "repeated"
        case .notFirst?: "not_first"
        }
    }
}
