// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing
import Wire

@Suite("JSON strictness")
struct JSONStrictnessTests {
    @Test("what RFC 8259 allows is read", arguments: Fixture.load("wire/json_valid.jsonl"))
    func valid(_ valid: FixtureCase) throws {
        let text = try #require(valid.bytes("text"))

        let root = try JSONDocument(text).root

        #expect(root.raw == text.jsonTrimmed)
    }

    @Test("what it does not allow is refused", arguments: Fixture.load("wire/json_invalid.jsonl"))
    func invalid(_ invalid: FixtureCase) throws {
        let text = try #require(invalid.bytes("text") ?? invalid.bytes("hex")?.fromHex)

        let error = #expect(throws: JSONSyntaxError.self) { try JSONDocument(text) }

        #expect(error?.offset ?? -1 >= 0 && error?.offset ?? .max <= text.count)
        #expect(error?.message.contains("line") == true)
    }

    @Test("what holds inside a list of valid texts holds when they are joined")
    func joined() throws {
        let texts = Fixture.load("wire/json_valid.jsonl").filter { $0.name != "64 levels" }
            .compactMap { $0["text"] }

        let root = try JSONDocument(ByteString("[\(texts.joined(separator: ","))]")).root

        #expect(root.count == texts.count)
        for (element, text) in zip(root.elements, texts) {
            #expect(element.raw == ByteString(text).jsonTrimmed)
        }
    }

    @Test("a fault inside a long string is found where it is")
    func faultsAtEveryPlace() throws {
        for (fault, width) in [("\\x", 2), ("\u{1}", 1), ("\\ud800", 6), ("\\u00g0", 6)] {
            for length in 0..<150 {
                let before =
                    String(repeating: "\\n", count: length % 5)
                    + String(repeating: "y", count: length)
                let text = "[\"\(before)\(fault)\(String(repeating: "z", count: 150))\"]"
                let error = #expect(throws: JSONSyntaxError.self) {
                    try JSONDocument(ByteString(text))
                }
                #expect(error?.offset == 2 + before.utf8.count, "\(width) bytes after \(length)")
            }
        }
    }

    @Test("escapes of every length before and after long runs are undone")
    func escapesAtEveryPlace() throws {
        for length in 0..<150 {
            let run = String(repeating: "x", count: length)
            for (escape, character) in [("\\n", "\n"), ("\\u00e9", "é"), ("\\ud83d\\ude00", "😀")] {
                let text = ByteString(
                    "[\"\(run)\(escape)\(run)\(escape)\(escape)\(run)\",\"\(run)\"]")
                let strings = try JSONDocument(text).root.elements.map { $0.string?.string }
                #expect(
                    strings == [
                        run + character + run + character + character + run, run,
                    ])
            }
        }
    }
}

extension ByteString {
    /// The text without JSON's white space around it.
    fileprivate var jsonTrimmed: ByteString { trimmed }

    /// The bytes that hexadecimal digits stand for.
    fileprivate var fromHex: ByteString {
        let digits = array.map { UInt8(String(UnicodeScalar($0)), radix: 16) ?? 0 }
        return ByteString(
            stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}
