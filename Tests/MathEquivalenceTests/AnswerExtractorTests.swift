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
        "ten megabytes of anything are searched in linear time",
        arguments: [
            "\\boxed{", "}", "{", "\\", "$", "**", "#", "Answer:\n", "answer is ", ". ", "\n", " ",
        ])
    func hostile(_ unit: String) {
        let units = repeatElement(Array(unit.utf8), count: 10_000_000 / unit.utf8.count)
        let text = ByteString(Array(units.joined()))
        _ = AnswerExtractor.extract(text, mode: .boxed)
        _ = AnswerExtractor.extract(text, mode: .hash)
        // The other modes do more for each byte, which a debug build shows.
        for mode in ExtractionMode.allCases {
            _ = AnswerExtractor.extract(text[0..<500_000], mode: mode)
        }
    }

    @Test("ten megabytes around a box do not hide it")
    func farBox() {
        let noise = [UInt8](repeating: 97, count: 5_000_000)
        let text = ByteString(noise + Array("\\boxed{42}".utf8) + noise)

        #expect(AnswerExtractor.extract(text, mode: .boxed)?.text == "42")
    }
}
