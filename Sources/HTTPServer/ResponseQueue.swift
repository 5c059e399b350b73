// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CMicrohttpd
import CSocket
import Glibc

/// Turns responses into libmicrohttpd's and queues them; only on the connection's polling thread,
/// inside the access handler (queueing elsewhere is a data race in 0.9.75).
enum ResponseQueue {
    /// Longest body that is copied; beyond it, keeping the bytes alive is cheaper.
    static let copiedBytesMax = 1024
    /// What a stream is asked for at once when it is not sent in chunks (HTTP/1.0), in bytes.
    static let streamBlockBytes = 16 << 10

    /// Queues `response`; NO closes the connection.
    static func queue(_ response: HTTPResponse, on connection: OpaquePointer) -> MHD_Result {
        guard let made = make(response.body, connection) else { return .NO }
        defer { MHD_destroy_response(made) }
        // The library refuses names and values that would break the header; those are left out.
        for header in response.headers { MHD_add_response_header(made, header.name, header.value) }
        return MHD_queue_response(connection, UInt32(clamping: response.status), made)
    }

    private static func make(_ body: HTTPBody, _ connection: OpaquePointer) -> OpaquePointer? {
        switch body {
        case .bytes(let bytes):
            return make(bytes)
        case .stream(let stream):
            // Released by `freeStreamReader`, which the library calls once for each response.
            let reader = Unmanaged.passRetained(StreamReader(stream, connection))
            let made = MHD_create_response_from_callback(
                UInt64.max, streamBlockBytes, readStream, reader.toOpaque(), freeStreamReader)
            if made == nil { reader.release() }
            return made
        }
    }

    private static func make(_ bytes: ByteString) -> OpaquePointer? {
        bytes.withUnsafeBytes { buffer -> OpaquePointer? in
            // The library takes a mutable pointer but does not write to it.
            let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress)
            guard buffer.count > copiedBytesMax else {
                return MHD_create_response_from_buffer(buffer.count, start, .RESPMEM_MUST_COPY)
            }
            // The pointer outlives this closure: storage does not move, and the box keeps it alive
            // until `freeBytes`.
            let box = Unmanaged.passRetained(BytesBox(bytes))
            let made = MHD_create_response_from_buffer_with_free_callback_cls(
                buffer.count, start, freeBytes, box.toOpaque())
            if made == nil { box.release() }
            return made
        }
    }

    /// Writes a whole response to the socket without the library.
    ///
    /// The library cannot queue a response while a body is coming in; but then nothing else is
    /// being sent, so a refusal can go out directly before the connection is closed. What the
    /// kernel does not take at once is lost: a refusal fits into an empty send buffer.
    static func sendDirectly(_ response: HTTPResponse, socket: Int32) {
        guard case .bytes(let body) = response.body else { return }
        var text = "HTTP/1.1 \(response.status) \(reason(response.status))\r\n"
        for header in response.headers where isSendable(header.name) && isSendable(header.value) {
            text += "\(header.name): \(header.value)\r\n"
        }
        text += "Content-Length: \(body.count)\r\n\r\n"
        let bytes = Array(text.utf8) + body.array
        _ = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { csock_send(socket, $0, buffer.count) }
        }
    }

    private static func reason(_ status: Int) -> String {
        MHD_get_reason_phrase_for(UInt32(clamping: status)).map { String(cString: $0) } ?? ""
    }

    private static func isSendable(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

// MARK: - Bodies kept alive

private final class BytesBox {
    let bytes: ByteString
    init(_ bytes: ByteString) { self.bytes = bytes }
}

/// Takes over the box retained by `ResponseQueue.make(_:)`; on any thread of the library.
private func freeBytes(_ box: UnsafeMutableRawPointer?) {
    guard let box else { return }
    Unmanaged<BytesBox>.fromOpaque(box).release()
}

private final class StreamReader {
    let stream: BodyStream
    let connection: OpaquePointer

    init(_ stream: BodyStream, _ connection: OpaquePointer) {
        self.stream = stream
        self.connection = connection
    }
}

/// Fills the send buffer; 0 after the connection was suspended.
///
/// When the client is gone the socket is shut and a byte returned, which cannot be sent: the failed
/// write makes the library clean up. MHD_CONTENT_READER_END_WITH_ERROR would close the request but
/// keep the socket: 0.9.75 forgets a connection that is closed there after a resumption, because it
/// is neither ready nor in the epoll set.
private func readStream(
    _ reader: UnsafeMutableRawPointer?, _ position: UInt64, _ target: UnsafeMutablePointer<CChar>?,
    _ capacity: Int
) -> Int {
    let endOfStream = -1  // MHD_CONTENT_READER_END_OF_STREAM, a cast that Swift cannot import
    guard let reader, let target, capacity > 0 else { return endOfStream }
    // Borrowed: `freeStreamReader` releases it.
    let context = Unmanaged<StreamReader>.fromOpaque(reader).takeUnretainedValue()
    let buffer = UnsafeMutableRawBufferPointer(start: target, count: capacity)
    switch context.stream.read(into: buffer, context.connection) {
    case .bytes(let count): return count
    case .suspended: return 0
    case .end: return endOfStream
    case .gone:
        shutdown(cmhd_socket(context.connection), Int32(SHUT_RDWR))
        target.pointee = 0
        return 1
    }
}

/// Takes over the reader retained by `ResponseQueue.make(_:_:)`: the response is over.
private func freeStreamReader(_ reader: UnsafeMutableRawPointer?) {
    guard let reader else { return }
    let context = Unmanaged<StreamReader>.fromOpaque(reader).takeRetainedValue()
    context.stream.clientLeft()
}
