// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@testable import MathEquivalence

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

    /// A number of few digits, so that many pairs are equal, spelled in one of several ways.
    private func spelling(_ random: inout SplitMix) -> String {
        let whole = [0, 1, 2, 12, 1234, 12_345, 1_234_567][Int(random.next() % 7)]
        let digits = String(whole)
        var grouped = ""
        let mark = random.next() % 2 == 0 ? "," : "{,}"
        for (offset, digit) in digits.enumerated() {
            if offset > 0, (digits.count - offset) % 3 == 0 { grouped += mark }
            grouped.append(digit)
        }
        let sign = random.next() % 3 == 0 ? "-" : ""
        let parts = [1, 2, 4, 3][Int(random.next() % 4)]
        let forms = [
            digits, grouped, "0" + digits, digits + ".50", grouped + ".5", grouped + ",5",
            digits + ",234", "\(whole * parts)/\(parts)", "\\frac{\(whole)}{\(parts)}",
            "\\dfrac{\(whole * parts)}{\(parts)}", grouped + "/\(parts)", " \(grouped) $",
            grouped + ",2345", "\\frac{\(grouped)}{\(parts)}",
        ]
        return sign + forms[Int(random.next() % UInt64(forms.count))]
    }

    @Test("numbers compared without a tree have the verdict of those with one")
    func agreement() {
        var random = SplitMix(seed: 42)
        for _ in 0..<4000 {
            let (reference, answer) = (spelling(&random), spelling(&random))
            let plain = MathEngine.compareInProcess(
                reference: ByteString(reference), answer: ByteString(answer))
            // A command that says nothing is enough to need the parser.
            let parsed = MathEngine.compareInProcess(
                reference: ByteString("\\displaystyle " + reference),
                answer: ByteString("\\displaystyle " + answer))
            #expect(plain?.outcome == parsed?.outcome, "\(reference) and \(answer)")
        }
    }
}
