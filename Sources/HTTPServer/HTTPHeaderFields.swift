// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The header fields of one request, in the order they came, kept as one block of bytes.
///
/// A request has about eight fields and a route reads two: names and values become strings only
/// when asked for.
struct HTTPHeaderFields: Sendable {
    private struct Span {
        let start: Int
        let nameCount: Int
        let valueCount: Int
    }

    private var bytes: [UInt8] = []
    private var spans: [Span] = []

    /// Whether a field's name is not a token (RFC 9110 §5.6.2), or a value holds a control byte.
    ///
    /// `Content-Length : 5` is such a field: libmicrohttpd takes "Content-Length " for another
    /// name, so that the body would be read as the next request.
    private(set) var isMalformed = false

    var count: Int { spans.count }

    mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if name.isEmpty || !name.allSatisfy(isTokenByte) || !value.allSatisfy(isFieldByte) {
            isMalformed = true
        }
        // libmicrohttpd removes blanks before a value, but not after it.
        let kept = value.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? 0
        let value = UnsafeRawBufferPointer(rebasing: value[..<kept])
        let span = Span(start: bytes.count, nameCount: name.count, valueCount: value.count)
        spans.append(span)
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: value)
    }

    mutating func append(_ name: String, _ value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in
            value.withUTF8 { value in
                append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
            }
        }
    }

    /// How often a field occurs; `name` is compared without regard to case.
    func occurrences(of name: StaticString) -> Int {
        var total = 0
        for span in spans where matches(span, name.utf8Start, name.utf8CodeUnitCount) {
            total += 1
        }
        return total
    }

    /// The first field's value, or nil.
    func first(_ name: StaticString) -> String? {
        for span in spans where matches(span, name.utf8Start, name.utf8CodeUnitCount) {
            return value(span)
        }
        return nil
    }

    /// The first field's value, or nil.
    func first(_ name: String) -> String? {
        var name = name
        return name.withUTF8 { wanted -> String? in
            guard let start = wanted.baseAddress else { return nil }
            for span in spans where matches(span, start, wanted.count) { return value(span) }
            return nil
        }
    }

    private func matches(_ span: Span, _ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard span.nameCount == count else { return false }
        for index in 0..<count
        where lowercased(bytes[span.start + index]) != lowercased(name[index]) {
            return false
        }
        return true
    }

    private func value(_ span: Span) -> String {
        let start = span.start + span.nameCount
        return String(decoding: bytes[start..<start + span.valueCount], as: UTF8.self)
    }
}

/// The byte with an ASCII capital letter made small.
func lowercased(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"):
        return true
    default:
        return "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

private func isFieldByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }
