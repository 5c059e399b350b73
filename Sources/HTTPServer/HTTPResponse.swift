// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// What is sent back.
///
/// `Content-Length`, `Transfer-Encoding` and `Date` are added by the server. A header whose name or
/// value cannot be sent (line breaks, empty name) is left out: such values come from outside.
public struct HTTPResponse: Sendable {
    /// Status code from 200 to 599.
    public var status: Int
    /// Header fields in the order they are sent.
    ///
    /// `Connection: close` closes the connection afterwards.
    public var headers: [(name: String, value: String)]
    /// The content.
    public var body: HTTPBody

    /// Makes a response.
    ///
    /// - Parameters:
    ///   - status: 200 ... 599.
    ///   - headers: names and values.
    ///   - body: the content; none by default.
    public init(
        status: Int, headers: [(name: String, value: String)] = [], body: HTTPBody = .bytes("")
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes a response of one media type.
    ///
    /// - Parameters:
    ///   - status: 200 ... 599.
    ///   - contentType: the media type, for example `application/json`.
    ///   - bytes: the content.
    public init(status: Int, contentType: String, bytes: ByteString) {
        self.init(
            status: status, headers: [(name: "Content-Type", value: contentType)],
            body: .bytes(bytes))
    }

    /// Makes a plain-text response.
    ///
    /// - Parameters:
    ///   - status: 200 ... 599.
    ///   - text: the content.
    public init(status: Int, text: String) {
        self.init(
            status: status, contentType: "text/plain; charset=utf-8", bytes: ByteString(text))
    }
}

/// The content of a response.
public enum HTTPBody: Sendable {
    /// All of it; it is sent from where it lies, without a copy, if it is longer than 1 KiB.
    case bytes(ByteString)
    /// Sent in chunks while a producer writes it. A stream belongs to one response.
    case stream(BodyStream)
}
