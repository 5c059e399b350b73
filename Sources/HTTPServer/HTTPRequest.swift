// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import Glibc

/// The request line and the header fields of a request.
public struct HTTPRequestHead: Sendable {
    /// The method as it was sent: case matters, and it may be an unknown one.
    public let method: String
    /// The target up to the first `?`, not percent-decoded: starts with `/`, or is `*`.
    public let path: String
    /// What follows the first `?`, not percent-decoded; nil without a `?`.
    public let query: String?
    let fields: HTTPHeaderFields

    init(method: String, target: String, fields: HTTPHeaderFields) {
        self.method = method
        self.fields = fields
        contentLength = fields.first("content-length" as StaticString).flatMap { text in
            text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? Int(text) : nil
        }
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = String(target[..<mark])
            query = String(target[target.utf8.index(after: mark)...])
        } else {
            path = target
            query = nil
        }
    }

    /// Makes a head by hand, for tests of routes.
    ///
    /// - Parameters:
    ///   - method: for example `POST`.
    ///   - target: path, and query after a `?`.
    ///   - headers: names and values.
    public init(method: String, target: String, headers: [(name: String, value: String)] = []) {
        var fields = HTTPHeaderFields()
        for header in headers { fields.append(header.name, header.value) }
        self.init(method: method, target: target, fields: fields)
    }

    /// The value of the first field of that name.
    ///
    /// - Parameter name: compared without regard to case.
    /// - Returns: the value without surrounding blanks; invalid UTF-8 becomes U+FFFD; nil if absent.
    public func header(_ name: String) -> String? { fields.first(name) }

    /// The declared size of the body in bytes; nil if absent, not a number, or chunked.
    public let contentLength: Int?

    /// Whether a body follows: a `Content-Length` above 0, or any `Transfer-Encoding`.
    public var hasBody: Bool {
        if let contentLength { return contentLength > 0 }
        return fields.occurrences(of: "transfer-encoding") > 0
    }
}

/// A request whose body has arrived in full.
public struct HTTPRequest: Sendable {
    /// Number of zero bytes that can be read after the end of every body, for parsers that read
    /// ahead (simdjson's SIMDJSON_PADDING is 64).
    public static let bodyPaddingBytes = 64

    /// Request line and header fields.
    public let head: HTTPRequestHead
    /// The body, followed in memory by ``bodyPaddingBytes`` zero bytes.
    public let body: ByteString
    /// CLOCK_MONOTONIC in nanoseconds when the last byte of the body was read.
    public let receivedNanoseconds: UInt64

    init(head: HTTPRequestHead, padded body: ByteString, receivedNanoseconds: UInt64) {
        self.head = head
        self.body = body
        self.receivedNanoseconds = receivedNanoseconds
    }

    /// Makes a request by hand, for tests of routes; the body is copied and padded.
    ///
    /// - Parameters:
    ///   - head: request line and header fields.
    ///   - body: any bytes.
    ///   - receivedNanoseconds: CLOCK_MONOTONIC in nanoseconds.
    public init(head: HTTPRequestHead, body: ByteString, receivedNanoseconds: UInt64 = 0) {
        var buffer = BodyBuffer(declaredBytes: body.count)
        body.withUnsafeBytes { buffer.append($0) }
        self.init(head: head, padded: buffer.finish(), receivedNanoseconds: receivedNanoseconds)
    }
}

/// CLOCK_MONOTONIC in nanoseconds.
func monotonicNanoseconds() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
}
