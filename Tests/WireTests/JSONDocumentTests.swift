// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing
import Wire

@Suite("JSON documents")
struct JSONDocumentTests {
    @Test("values keep kind, text and order")
    func valuesKeepTheirText() throws {
        let document = try JSONDocument(#" {"a":[1,-2.50e3,true,null],"b":{"c":"x\ny"},"d":""} "#)

        let root = document.root

        #expect(root.kind == .object && root.count == 3)
        #expect(root.members.map(\.key.string) == ["a", "b", "d"])
        #expect(root["a"]?.elements.map(\.raw.string) == ["1", "-2.50e3", "true", "null"])
        #expect(root["b"]?["c"]?.string == "x\ny")
        #expect(root["d"]?.string?.isEmpty == true)
    }

    @Test("escapes become the characters they name")
    func escapes() throws {
        let document = try JSONDocument(#"["\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\","plain é"]"#)

        let texts = document.root.elements.map { $0.string?.string }

        #expect(texts == ["é😀/\u{8}\u{c}\n\r\t\"\\", "plain é"])
    }

    @Test("an unescaped string outlives its document")
    func stringsOutliveTheDocument() throws {
        var text: ByteString?
        do {
            let document = try JSONDocument(#"{"k":"a\u0041b"}"#)
            text = document.root["k"]?.string
        }

        #expect(text == "aAb")
    }

    @Test("big integers and huge exponents stay raw tokens")
    func bigNumbersStayRaw() throws {
        let digits = String(repeating: "9", count: 5000)
        let document = try JSONDocument(ByteString("[\(digits),1e400]"))

        #expect(document.root.elements.map(\.raw.string) == [digits, "1e400"])
    }

    @Test(
        "what is not strict JSON is refused",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1 2]", "tru", "nulll", "01",
            "1.", ".5", "+1", "1e", "-", "--1", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
            "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\u{1}b\"", "[1]]", "{} {}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}", "'a'", "[,1]", "NaN", "Infinity", "// x\n1", "\u{feff}1",
            "]",
        ])
    func malformed(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(ByteString(text)) }
    }

    @Test("bytes that are not UTF-8 are refused, with their place")
    func invalidUTF8() {
        let error = #expect(throws: JSONSyntaxError.self) {
            try JSONDocument(ByteString([0x22, 0x61, 0x0a, 0x62, 0xff, 0x22]))
        }

        #expect(error?.offset == 4)
        #expect(error?.line == 2 && error?.column == 2)
    }

    @Test("64 levels are read, 65 and 100,000 are refused")
    func depth() throws {
        let accepted = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)

        #expect(try JSONDocument(ByteString(accepted)).root.kind == .array)
        for levels in [65, 100_000] {
            let nested = ByteString(Array(repeating: UInt8(ascii: "["), count: levels))
            #expect(throws: JSONSyntaxError.self) { try JSONDocument(nested) }
        }
    }

    @Test("an object with many keys is checked for repeats")
    func manyKeys() throws {
        let distinct = (0..<5000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")

        #expect(try JSONDocument(ByteString("{\(distinct)}")).root.count == 5000)
        #expect(throws: JSONSyntaxError.self) {
            try JSONDocument(ByteString("{\(distinct),\"k77\":0}"))
        }
    }

    @Test("a string is found whole at every alignment and length")
    func stringBoundaries() throws {
        for length in 0..<70 {
            let plain = String(repeating: "x", count: length)
            let text = "[\"\(plain)\",\"\(plain)\\n\(plain)\"]"
            let strings = try JSONDocument(ByteString(text)).root.elements.map { $0.string?.string }

            #expect(strings == [plain, plain + "\n" + plain])
        }
    }

    @Test("what is written reads back the same")
    func writerRoundTrip() throws {
        let value = JSONValue.members([
            "text": "tab\t quote\" back\\ nul\u{0} é 😀", "list": [1, 2.5, true, .null],
            "object": .members(["x": 0.1, "y": -3]),
        ])
        var writer = JSONWriter()

        writer.write(value)
        let root = try JSONDocument(writer.byteString).root

        #expect(root["text"]?.string?.string == "tab\t quote\" back\\ nul\u{0} é 😀")
        #expect(root["list"]?.raw == "[1,2.5,true,null]")
        #expect(root["object"]?.raw == "{\"x\":0.1,\"y\":-3}")
    }

    @Test("bytes that are not UTF-8 are written as replacement characters")
    func writerRepairsUTF8() throws {
        var writer = JSONWriter()

        writer.write(.text(ByteString([0x61, 0xff, 0x62])))

        #expect(try JSONDocument(writer.byteString).root.string?.string == "a\u{fffd}b")
    }
}
