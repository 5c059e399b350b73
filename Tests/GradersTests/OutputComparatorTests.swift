// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Output comparison")
struct OutputComparatorTests {
    @Test("differences are those of the table", arguments: Fixture.load("code/comparison.jsonl"))
    func table(example: FixtureCase) throws {
        let comparison = try #require(OutputComparison(rawValue: example["compare"] ?? ""))

        let difference = OutputComparator.firstDifference(
            example.bytes("output") ?? "", expected: example.bytes("expected") ?? "", by: comparison
        )

        #expect((difference == nil) == example.flag("equal"))
        if let difference {
            #expect(difference.position == (try example.view["position"]?.integer()))
            #expect(difference.line == (try example.view["line"]?.integer()))
            #expect(difference.found.string == example["found"])
        }
    }

    @Test("megabytes without white space are compared once", arguments: OutputComparison.allCases)
    func largeOutputs(comparison: OutputComparison) {
        let output = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 4 << 20) + [0x79])
        let expected = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 4 << 20) + [0x7a])

        let difference = OutputComparator.firstDifference(
            output, expected: expected, by: comparison)

        #expect(difference != nil)
        #expect((difference?.found.count ?? 0) <= 64)
    }

    @Test("bytes that are not UTF-8 are compared like any others")
    func arbitraryBytes() {
        let output = ByteString([0xff, 0x20, 0xfe])

        let same = OutputComparator.firstDifference(
            output, expected: ByteString([0xff, 0x0a, 0xfe]), by: .tokens)

        #expect(same == nil)
    }
}
