// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Writes JSON by appending bytes.
///
///     var writer = JSONWriter()
///     writer.write(.members(["reward": 1.1]))
///     String(decoding: writer.bytes, as: UTF8.self)   // {"reward":1.1}
public struct JSONWriter: Sendable {
    /// The UTF-8 text so far.
    public private(set) var bytes: [UInt8] = []

    /// Starts an empty text.
    public init() {}

    /// Starts an empty text with room for more.
    ///
    /// - Parameter reservingBytes: expected size in bytes.
    public init(reservingBytes: Int) { bytes.reserveCapacity(reservingBytes) }

    /// Appends one value.
    ///
    /// - Parameter value: any value; NaN and infinities become `null`.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: write(literal: "null")
        case .boolean(let flag): write(literal: flag ? "true" : "false")
        case .integer(let number): write(integer: number)
        case .number(let number): write(number: number)
        case .string(let text): write(string: text)
        case .text(let text): write(text: text)
        case .raw(let document): document.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .array(let elements): write(array: elements)
        case .object(let object): write(object: object)
        }
    }

    /// Appends bytes that are JSON already.
    ///
    /// - Parameter literal: copied as it stands.
    public mutating func write(literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Appends one byte, such as a newline between documents.
    ///
    /// - Parameter byte: copied as it stands.
    public mutating func write(byte: UInt8) { bytes.append(byte) }

    /// The text as immutable bytes.
    public var byteString: ByteString { ByteString(bytes) }

    // MARK: - Kinds

    private mutating func write(integer: Int) { write(utf8: integer.description) }

    private mutating func write(number: Double) {
        guard number.isFinite else { return write(literal: "null") }
        // Swift prints the shortest text that reads back as the same double; its forms
        // (0.1, 1e-05, 5e+20) are all JSON.
        write(utf8: number.description)
    }

    private mutating func write(array: [JSONValue]) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in array.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(object: JSONObject) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in object.members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(string: member.name)
            bytes.append(UInt8(ascii: ":"))
            write(member.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(utf8 text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    private mutating func write(string: String) {
        var string = string
        string.withUTF8 { write(quoted: $0) }
    }

    private mutating func write(text: ByteString) {
        text.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: UInt8.self) { utf8 in
                if (try? UTF8Span(validating: Span(_unsafeElements: utf8))) != nil {
                    write(quoted: utf8)
                } else {
                    write(string: String(decoding: utf8, as: UTF8.self))
                }
            }
        }
    }

    /// Appends valid UTF-8 in quotes, with `"`, `\` and control characters escaped.
    private mutating func write(quoted utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var rest = utf8[...]
        while let index = rest.firstIndex(where: {
            $0 < 0x20 || $0 == 0x22 || $0 == 0x5c || $0 == 0x7f
        }) {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: rest[..<index]))
            write(escaped: rest[index])
            rest = rest[(index + 1)...]
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: rest))
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func write(escaped byte: UInt8) {
        switch byte {
        case 0x22: write(literal: "\\\"")
        case 0x5c: write(literal: "\\\\")
        case 0x0a: write(literal: "\\n")
        case 0x0d: write(literal: "\\r")
        case 0x09: write(literal: "\\t")
        default:
            let digits = Array("0123456789abcdef".utf8)
            write(literal: "\\u00")
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
