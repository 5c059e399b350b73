// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

extension CallTest {
    /// The calls that the test makes: the function's path, then the function.
    var plan: OutsidePlan {
        var writer = JSONWriter()
        var count = 0
        func write(_ event: JSONValue) {
            writer.write(byte: UInt8(ascii: count == 0 ? "[" : ","))
            writer.write(event)
            count += 1
        }
        for (index, part) in function.text.split(separator: ".").enumerated() {
            let isCalled = part.hasSuffix("()")
            let name = JSONValue.string(String(isCalled ? part.dropLast(2) : part))
            write(index == 0 ? ["name", name] : ["attr", .integer(count - 1), name])
            if isCalled { write(["call", .integer(count - 1), [], .members([:])]) }
        }
        var values = JSONWriter()
        if let view = try? JSONDocument(arguments).root { Self.write(view, to: &values) }
        write(["call", .integer(count - 1), .raw(values.byteString), .members([:])])
        writer.write(byte: UInt8(ascii: "]"))
        return OutsidePlan(events: writer.byteString, eventCount: count)
    }

    /// Writes JSON as tagged values: an object becomes a `dict` with keys that are strings.
    private static func write(_ view: JSONView, to writer: inout JSONWriter) {
        switch view.kind {
        case .array:
            writer.write(byte: UInt8(ascii: "["))
            for (index, element) in view.elements.enumerated() {
                if index > 0 { writer.write(byte: UInt8(ascii: ",")) }
                write(element, to: &writer)
            }
            writer.write(byte: UInt8(ascii: "]"))
        case .object:
            writer.write(literal: #"{"dict":["#)
            for (index, member) in view.members.enumerated() {
                writer.write(literal: index > 0 ? ",[" : "[")
                writer.write(.text(member.key))
                writer.write(byte: UInt8(ascii: ","))
                write(member.value, to: &writer)
                writer.write(byte: UInt8(ascii: "]"))
            }
            writer.write(literal: "]}")
        default: writer.write(.raw(view.raw))
        }
    }
}
