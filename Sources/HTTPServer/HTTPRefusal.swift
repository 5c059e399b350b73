// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Why the server itself refuses a request.
public struct HTTPRefusal: Sendable {
    /// The kinds of refusal.
    public enum Reason: String, Sendable, CaseIterable {
        /// 400: field names, target or lengths that could be read in two ways, or no `Host`.
        case malformed
        /// 403: the `Origin` of a page that is not ours.
        case foreignOrigin
        /// 413: the body is, or would become, longer than `maxBodyBytes`.
        case bodyTooLarge
        /// 415: a body that is not of an accepted media type, or that is encoded.
        case unsupportedMediaType
        /// 417: an expectation other than `100-continue`.
        case expectationFailed
        /// 421: a `Host` that is not in the allow-list.
        case misdirected
        /// 429: `maxInFlightRequests` or `maxInFlightBodyBytes` is reached.
        case full
        /// 500: the handler dropped the request without a reply.
        case abandoned
        /// 501: a transfer coding other than `chunked`.
        case unsupportedTransferCoding
        /// 503: the server is draining, or was stopped before the reply.
        case draining
    }

    /// The kind.
    public let reason: Reason
    /// Status code to be sent.
    public let status: Int
    /// What happened and what would be accepted: one sentence of ASCII that never quotes the
    /// request.
    public let detail: String
    /// Fields that the server adds to the response: `Connection`, `Retry-After`.
    public let headers: [(name: String, value: String)]
}

extension HTTPRefusal {
    static func malformed(_ detail: String) -> Self {
        Self(reason: .malformed, status: 400, detail: detail, headers: [close])
    }

    static let foreignOrigin = Self(
        reason: .foreignOrigin, status: 403,
        detail: "the Origin header names another site than the Host header", headers: [close])

    static func bodyTooLarge(maxBytes: Int) -> Self {
        Self(
            reason: .bodyTooLarge, status: 413,
            detail: "the body may have at most \(maxBytes) bytes", headers: [close])
    }

    static func unsupportedMediaType(_ accepted: [String]) -> Self {
        Self(
            reason: .unsupportedMediaType, status: 415,
            detail: "send Content-Type " + accepted.joined(separator: " or ")
                + " and no Content-Encoding", headers: [close])
    }

    static let expectationFailed = Self(
        reason: .expectationFailed, status: 417,
        detail: "the only expectation that is met is 100-continue", headers: [close])

    static let misdirected = Self(
        reason: .misdirected, status: 421,
        detail: "this server does not answer for the name in the Host header", headers: [close])

    static func full(retryAfterSeconds: Int) -> Self {
        Self(
            reason: .full, status: 429, detail: "too many requests are in flight",
            headers: [(name: "Retry-After", value: String(retryAfterSeconds))])
    }

    static let abandoned = Self(
        reason: .abandoned, status: 500, detail: "the request was dropped without a reply",
        headers: [])

    static let unsupportedTransferCoding = Self(
        reason: .unsupportedTransferCoding, status: 501,
        detail: "the only transfer coding that is read is chunked", headers: [close])

    static let draining = Self(
        reason: .draining, status: 503, detail: "the server is shutting down", headers: [close])

    private static var close: (name: String, value: String) {
        (name: "Connection", value: "close")
    }
}
