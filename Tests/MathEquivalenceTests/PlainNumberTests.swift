// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import MathEquivalence
import Testing

@Suite("Plain numbers")
struct PlainNumberTests {
    @Test(
        "spellings of one value are equal",
        arguments: [
            ("0", "-0"), ("007", "7"), ("1.50", "1.5"), ("2.0", "2"), ("0.0", "0"), (" 3\n", "3"),
        ])
    func equal(_ first: String, _ second: String) {
        let result = MathEngine.compareInProcess(
            reference: ByteString(first), answer: ByteString(second))
        #expect(result?.outcome == .equivalent)
        #expect(result?.decidedBy == .rational)
    }

    @Test(
        "different values are not",
        arguments: [
            ("1", "-1"), ("10", "1"), ("0.1", "0.01"), ("12", "1.2"), ("5", "5.0000000001"),
        ])
    func different(_ first: String, _ second: String) {
        let result = MathEngine.compareInProcess(
            reference: ByteString(first), answer: ByteString(second))
        #expect(result?.outcome == .different)
    }

    @Test("a hundred thousand digits are compared")
    func long() {
        let digits = String(repeating: "1", count: 100_000)
        let same = MathEngine.compareInProcess(
            reference: ByteString(digits), answer: ByteString("0" + digits))
        let other = MathEngine.compareInProcess(
            reference: ByteString(digits), answer: ByteString(digits + "1"))
        #expect(same?.outcome == .equivalent)
        #expect(other?.outcome == .different)
    }
}
