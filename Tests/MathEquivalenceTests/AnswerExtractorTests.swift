// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import MathEquivalence
import Testing

@Suite("Answer extraction")
struct AnswerExtractorTests {
    @Test("finds the answer", arguments: MathCase.load("extraction.jsonl"))
    func finds(_ line: MathCase) throws {
        let mode = try #require(ExtractionMode(rawValue: line.mode ?? ""))
        let text = ByteString(line.text ?? "")

        let found = AnswerExtractor.extract(text, mode: mode)

        #expect(found?.text.string == line.answer, "\(line.why)")
        #expect(found?.extractedBy == line.extractedBy)
        if let found { #expect(text[found.range] == found.text) }
    }

    @Test(
        "a hundred thousand bytes of anything are searched at once",
        arguments: [
            "\\boxed{", "}", "{", "\\", "$", "**", "#", "Answer:\n", "answer is ", ". ", "\n", " ",
        ])
    func hostile(_ unit: String) {
        let text = Self.repeated(unit, bytes: 100_000)
        for mode in ExtractionMode.allCases {
            #expect(AnswerExtractor.extract(text, mode: mode)?.text.isEmpty != true)
        }
    }

    @Test("ten megabytes of unclosed boxes are no answer")
    func unclosedBoxes() {
        let text = Self.repeated("\\boxed{", bytes: 10_000_000)

        #expect(AnswerExtractor.extract(text, mode: .boxed) == nil)
    }

    private static func repeated(_ unit: String, bytes: Int) -> ByteString {
        let units = repeatElement(Array(unit.utf8), count: bytes / unit.utf8.count)
        return ByteString(Array(units.joined()))
    }

    @Test("ten megabytes around a box do not hide it")
    func farBox() {
        let noise = [UInt8](repeating: 97, count: 5_000_000)
        let text = ByteString(noise + Array("\\boxed{42}".utf8) + noise)

        #expect(AnswerExtractor.extract(text, mode: .boxed)?.text == "42")
    }
}
