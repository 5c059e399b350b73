// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Decides what the server answers.
///
/// Both methods run on the server's polling threads: they must return within microseconds and never
/// block, because all other connections of that thread wait.
public protocol HTTPHandler: Sendable {
    /// Looks at a header before its body is read.
    ///
    /// - Parameter head: request line and header fields; `Host`, `Origin`, sizes and media type
    ///   have passed the server's own checks only where ``HTTPServerConfiguration`` says so.
    /// - Returns: a response that refuses the request (404, 405, 401, …), or nil to read the body.
    ///   If a body was announced, the connection is closed after the refusal.
    func admit(_ head: HTTPRequestHead) -> HTTPResponse?

    /// Answers a request whose body has arrived.
    ///
    /// - Parameter request: head and body.
    /// - Returns: the response, or the work that will reply.
    func answer(_ request: HTTPRequest) -> HTTPAnswer
}

/// How a handler answers.
public enum HTTPAnswer: Sendable {
    /// At once; the connection is never suspended.
    case now(HTTPResponse)
    /// Later, from any thread: the connection is suspended first, then the closure is called once
    /// to start the work. It must not block. It is not called if the server is being stopped.
    case later(@Sendable (Exchange) -> Void)
}
