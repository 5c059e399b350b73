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
        let comparison = try OutputComparison.decode(try #require(example.view["compare"]))

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

    @Test(
        "what is no comparison names its place",
        arguments: [
            (#""fuzzy""#, ""), ("1", ""), ("{}", ""), (#"{"mode":"close"}"#, "/mode"),
            (#"{"mode":"float","abs":-1}"#, "/abs"), (#"{"mode":"float","abs":"1"}"#, "/abs"),
            (#"{"mode":"float","abs":1e9999999}"#, "/abs"), (#"{"mode":"float","rel":2}"#, "/rel"),
            (#"{"mode":"float","rel":1e-18}"#, "/rel"),
            (#"{"mode":"float","epsilon":1}"#, "/epsilon"),
            (#"{"mode":"tokens","abs":1}"#, "/abs"), (#"{"mode":"float","by":"lines"}"#, "/by"),
            (#"{"mode":"unordered","by":"bytes"}"#, "/by"),
            (#"{"mode":"float","integers":"some"}"#, "/integers"),
        ])
    func malformed(text: String, pointer: String) throws {
        let view = try JSONDocument(ByteString(text)).root

        let error = #expect(throws: WireError.self) { try OutputComparison.decode(view) }

        #expect(error?.pointer.description == pointer)
    }

    @Test("one bound given alone is the only one")
    func loneBounds() throws {
        func isEqual(_ compare: String, _ output: ByteString, _ expected: ByteString) throws -> Bool
        {
            let comparison = try OutputComparison.decode(JSONDocument(ByteString(compare)).root)
            return !comparison.differs(output, expected: expected)
        }

        #expect(try !isEqual(#"{"mode":"float","abs":1e-9}"#, "1000000.5", "1000000.0"))
        #expect(try isEqual(#"{"mode":"float"}"#, "1000000.5", "1000000.0"))
        #expect(try !isEqual(#"{"mode":"float","rel":1e-9}"#, "0.0000001", "0.0"))
        #expect(try isEqual(#"{"mode":"float"}"#, "0.0000001", "0.0"))
    }

    // MARK: - Hostile outputs

    private static let each: [OutputComparison] = [
        .exact, .lines, .tokens, .tokensIgnoringCase, .float(.standard), .unordered(.lines),
        .unordered(.tokens),
    ]

    @Test("a megabyte without white space is compared once", arguments: each)
    func largeOutputs(comparison: OutputComparison) {
        let output = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + [0x79])
        let expected = ByteString([UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) + [0x7a])

        let difference = OutputComparator.firstDifference(
            output, expected: expected, by: comparison)

        #expect(difference != nil)
        #expect((difference?.found.count ?? 0) <= 64)
        #expect(!comparison.differs(output, expected: output))
    }

    @Test("many tokens are compared once", arguments: each)
    func manyTokens(comparison: OutputComparison) {
        let output = ByteString(
            [UInt8](repeating: 0, count: 1 << 17).indices.map { index in
                index % 2 == 0 ? UInt8(ascii: "a") + UInt8(index / 2 % 26) : 0x20
            })

        #expect(!comparison.differs(output, expected: output))
        #expect(comparison.differs(output, expected: "a b c"))
        #expect(comparison.differs("a b c", expected: output))
    }

    @Test("a number of a million digits is compared exactly")
    func longNumbers() {
        let digits = String(repeating: "123456789", count: 112_000)
        let tolerance = OutputComparison.float(.standard)

        #expect(
            !tolerance.differs(ByteString("0.\(digits)1"), expected: ByteString("0.\(digits)2")))
        #expect(tolerance.differs(ByteString("\(digits)1"), expected: ByteString("\(digits)2")))
        #expect(
            !tolerance.differs(
                ByteString("\(digits)e-1000000"), expected: ByteString("0.\(digits)e8000")))
        #expect(tolerance.differs(ByteString(digits), expected: "1.0"))
        #expect(tolerance.differs("1.0", expected: ByteString(digits + ".5")))
    }

    @Test("hostile tokens in a float comparison take linear time")
    func manyNumbers() {
        let tokens = [
            "1e999999", "-1e-999999", "1e1000001", "0.0000000000000001", "9.99e-5", "nan",
        ]
        let output = ByteString(
            String(repeating: tokens.joined(separator: " ") + "\n", count: 1000))
        let expected = ByteString(String(repeating: "1.5 1.5 1.5 1.5 1.5 1.5\n", count: 1000))

        #expect(OutputComparison.float(.standard).differs(output, expected: expected))
        let loose = FloatTolerance(absolute: "1e999999", relative: "1")
        let finite = ByteString(String(repeating: "1e999999 -1e-999999 9.99e-5\n", count: 3000))
        let ones = ByteString(String(repeating: "1.5 1.5 1.5\n", count: 3000))
        #expect(loose.map { OutputComparison.float($0).differs(finite, expected: ones) } == false)
    }

    @Test("bytes that are not UTF-8 are compared like any others", arguments: each.dropFirst(2))
    func arbitraryBytes(comparison: OutputComparison) {
        let output = ByteString([0xff, 0x20, 0xfe])

        #expect(!comparison.differs(output, expected: output))
        #expect(comparison.differs(output, expected: ByteString([0xff, 0x20, 0xfd])))
    }

    // MARK: - Properties

    /// Texts that differ in little, drawn from few pieces by a fixed generator.
    private static func texts(count: Int) -> [ByteString] {
        let pieces = [
            "1", "1.0", "1.0000001", "-1", "2e0", "nan", "inf", "A", "a", " ", " ", "\n", "\n",
            "\r",
            "12345678", "\u{0}", "é", "",
        ]
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        return (0..<count).map { _ in
            ByteString((0..<next(9)).map { _ in pieces[next(pieces.count)] }.joined())
        }
    }

    @Test("it does not matter which of two texts is expected, but for shares of a number")
    func symmetry() {
        let absolute = FloatTolerance(absolute: "0.1", relative: "0", integersAreExact: false)
        let comparisons = Self.each + (absolute.map { [.float($0)] } ?? [])
        let texts = Self.texts(count: 50)
        for left in texts {
            for right in texts {
                for comparison in comparisons where comparison != .float(.standard) {
                    #expect(
                        comparison.differs(left, expected: right)
                            == comparison.differs(right, expected: left), "\(left)|\(right)")
                }
            }
        }
    }

    @Test("the fast walk over tokens finds what a plain split finds")
    func plainSplit() {
        func split(_ text: ByteString) -> [[UInt8]] {
            text.array.split { $0.isWhitespace }.map { Array($0) }
        }
        let texts = Self.texts(count: 60)
        for left in texts {
            for right in texts {
                let (found, expected) = (split(left), split(right))
                let difference = OutputComparator.firstDifference(
                    left, expected: right, by: .tokens)

                #expect((difference == nil) == (found == expected), "\(left)|\(right)")
                let first = zip(found, expected).prefix { $0 == $1 }.count
                if let difference {
                    #expect(difference.position == first + 1, "\(left)|\(right)")
                    #expect(difference.found.array == (first < found.count ? found[first] : []))
                    #expect(
                        difference.expected.array
                            == (first < expected.count ? expected[first] : []))
                }
                let multiset =
                    found.map(\.description).sorted() == expected.map(\.description).sorted()
                #expect(
                    OutputComparison.unordered(.tokens).differs(left, expected: right) != multiset)
            }
        }
    }

    @Test("what stricter comparisons accept, laxer ones accept too")
    func strictness() {
        let texts = Self.texts(count: 60)
        for left in texts {
            for right in texts {
                let differs = Self.each.map { $0.differs(left, expected: right) }
                let ladder = [differs[0], differs[1], differs[2], differs[3]]
                #expect(zip(ladder, ladder.dropFirst()).allSatisfy { $0 || !$1 })
                #expect(differs[2] || !differs[6])
                #expect(differs[1] || !differs[5])
            }
        }
    }

    @Test("differences between decimals are those of whole numbers")
    func decimals() throws {
        // Numbers with three decimals, as thousandths, against tolerances in thousandths.
        func text(_ thousandths: Int) -> ByteString {
            let magnitude = abs(thousandths)
            let decimals = String(1000 + magnitude % 1000).dropFirst()
            return ByteString("\(thousandths < 0 ? "-" : "")\(magnitude / 1000).\(decimals)")
        }
        for absolute in [0, 1, 5, 1000] {
            for percent in [0, 1, 10, 100] {
                let relative = ByteString("0.\(String(100 + percent).dropFirst())")
                let tolerance = try #require(
                    FloatTolerance(
                        absolute: text(absolute), relative: percent == 100 ? "1" : relative))
                for x in stride(from: -1210, through: 1210, by: 55) {
                    for y in stride(from: -1100, through: 1100, by: 50) {
                        let isNear =
                            abs(x - y) <= absolute || 100 * abs(x - y) <= percent * abs(y)
                        #expect(
                            OutputComparison.float(tolerance).differs(text(x), expected: text(y))
                                == !isNear, "\(x) \(y) \(absolute) \(percent)")
                    }
                }
            }
        }
    }
}
