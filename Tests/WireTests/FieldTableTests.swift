// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing
import Wire

private struct Sample: Sendable {
    enum Mode: String, CaseIterable, Sendable { case fast, exact }
    struct Limits: Sendable { var seconds = 4.0 }

    var text: ByteString = ""
    var tokens = 0
    var mode = Mode.fast
    var limits = Limits()

    static let limitsTable = FieldTable<Limits>(
        "limits",
        fields: [
            .number("time_s", FieldNotes(unit: "seconds", range: 0.1...60), doc: "Time.") {
                $0.seconds = $1
            }
        ])

    static let table = FieldTable<Sample>(
        "sample",
        fields: [
            .string("completion", FieldNotes(aliases: ["response"], isRequired: true), doc: "Text.")
            { $0.text = $1 },
            .integer("completion_tokens", FieldNotes(range: 0...1e9), doc: "Tokens.") {
                $0.tokens = $1
            },
            .choice("mode", Mode.self, doc: "How.") { $0.mode = $1 },
            .object(
                "limits", limitsTable, doc: "Limits.", get: { $0.limits }, set: { $0.limits = $1 }),
        ])

    static func decode(_ text: ByteString) throws -> Sample {
        var sample = Sample()
        try table.decode(try JSONDocument(text).root, into: &sample)
        return sample
    }
}

@Suite("Field tables")
struct FieldTableTests {
    @Test("declared members are read, aliases included")
    func members() throws {
        let sample = try Sample.decode(
            #"{"response":"hi","completion_tokens":7.0,"mode":"exact","limits":{"time_s":2}}"#)

        #expect(sample.text == "hi" && sample.tokens == 7)
        #expect(sample.mode == .exact && sample.limits.seconds == 2)
    }

    @Test("null and absent members keep the default")
    func defaults() throws {
        let sample = try Sample.decode(#"{"completion":"","completion_tokens":null}"#)

        #expect(sample.tokens == 0 && sample.mode == .fast && sample.limits.seconds == 4)
    }

    @Test(
        "a fault names its place, the value seen and what would do",
        arguments: [
            (#"{"completion":"","limits":{"time_s":99}}"#, "out_of_range", "/limits/time_s", "99"),
            (
                #"{"completion":"","limits":{"times":9}}"#, "unknown_field", "/limits/times",
                "time_s"
            ),
            (#"{"completion":7}"#, "wrong_type", "/completion", "a string"),
            (#"{"response":"","completion":""}"#, "duplicate_field", "/completion", "twice"),
            (#"{"mode":"fast"}"#, "missing_field", "", "completion"),
            (#"{"completion":null}"#, "missing_field", "", "completion"),
            (
                #"{"completion":"","completion_tokens":1.5}"#, "wrong_type", "/completion_tokens",
                "1.5"
            ),
            (
                #"{"completion":"","completion_tokens":1e400}"#, "wrong_type", "/completion_tokens",
                "1e400"
            ),
            (
                #"{"completion":"","limits":{"time_s":1e400}}"#, "out_of_range", "/limits/time_s",
                "1e400"
            ),
            (#"{"completion":"","mode":"slow"}"#, "wrong_type", "/mode", "\"exact\""),
            (#"[1]"#, "wrong_type", "", "an array of 1"),
        ])
    func faults(text: String, code: String, pointer: String, part: String) {
        let error = #expect(throws: WireError.self) { try Sample.decode(ByteString(text)) }

        #expect(error?.code == code)
        #expect(error?.pointer.description == pointer)
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }

    @Test("pointers escape tilde and slash")
    func pointerEscapes() {
        #expect(JSONPointer(["a/b", "~x", "0"]).description == "/a~1b/~0x/0")
    }
}
