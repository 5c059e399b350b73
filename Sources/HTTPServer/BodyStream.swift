// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CMicrohttpd
import Execution
import Glibc

/// A response body that a producer writes while the client reads it, with back-pressure.
///
/// Give it to one response, write from any thread, and finish it:
///
///     let stream = BodyStream(highWaterBytes: 256 << 10)
///     exchange.reply(HTTPResponse(status: 200, headers: [], body: .stream(stream)))
///     while let line = await nextLine(), await stream.write(line) {}
///     stream.finish()
///
/// Theory of operation. Chunks wait in a queue. The polling thread copies from it into the send
/// buffer (`read`); when it is empty, that thread suspends the connection under the lock, and the
/// next `write` or `finish` resumes it under the same lock. Writers that find more than the high
/// water mark unsent wait as continuations, resumed outside the lock once the polling thread has
/// taken enough. `clientLeft()` ends everything: the queue is dropped, writers get false, and the
/// polling thread closes the connection when it reads next.
///
/// Lock order: exchange → stream → libmicrohttpd's own mutex.
public final class BodyStream: Sendable {
    fileprivate struct Writer {
        let ticket: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    fileprivate struct State {
        var chunks: [ByteString] = []
        var head = 0
        var headOffset = 0
        var unsentBytes = 0
        var writers: [Writer] = []
        var nextTicket: UInt64 = 0
        var isFinished = false
        var isGone = false
        var suspended: ConnectionReference?
    }

    /// What the polling thread finds.
    enum ReadResult {
        case bytes(Int)
        case suspended
        case end
        case gone
    }

    private let highWaterBytes: Int
    private let state = Locked(State())

    /// Makes an empty stream.
    ///
    /// - Parameter highWaterBytes: unsent bytes above which `write` waits; ≥ 0.
    public init(highWaterBytes: Int) {
        precondition(highWaterBytes >= 0, "a high water mark is not negative")
        self.highWaterBytes = highWaterBytes
    }

    // MARK: Producer, any thread

    /// Adds bytes, then waits while more than the high water mark is unsent.
    ///
    /// - Parameter bytes: sent as they are, in the order of the calls; empty ones are skipped.
    /// - Returns: false when the client is gone or the task was cancelled: stop producing. True
    ///   says that the bytes are on their way, not that they arrived.
    public func write(_ bytes: ByteString) async -> Bool {
        let ticket = state.withLock { $0.append(bytes) }
        guard let ticket else { return false }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(Writer(ticket: ticket, continuation: continuation))
            }
        } onCancel: {
            cancel(ticket)
        }
    }

    /// Ends the body after the bytes written so far.
    ///
    /// Writes after it return false.
    public func finish() {
        state.withLock {
            $0.isFinished = true
            $0.resumeConnection()
        }
    }

    private func wait(_ writer: Writer) {
        let answer = state.withLock { state -> Bool? in
            if state.isGone { return false }
            if state.unsentBytes <= highWaterBytes { return true }
            if Task.isCancelled { return false }
            state.writers.append(writer)
            return nil
        }
        if let answer { writer.continuation.resume(returning: answer) }
    }

    private func cancel(_ ticket: UInt64) {
        let writer = state.withLock { state -> Writer? in
            guard let index = state.writers.firstIndex(where: { $0.ticket == ticket }) else {
                return nil
            }
            return state.writers.remove(at: index)
        }
        writer?.continuation.resume(returning: false)
    }

    // MARK: Polling thread

    /// Moves bytes into `target`, or suspends the connection if there are none yet.
    func read(into target: UnsafeMutableRawBufferPointer, _ connection: OpaquePointer) -> ReadResult
    {
        let (result, ready) = state.withLock { state -> (ReadResult, [Writer]) in
            if state.isGone { return (.gone, []) }
            let count = state.take(into: target)
            if count > 0 {
                guard state.unsentBytes <= highWaterBytes else { return (.bytes(count), []) }
                defer { state.writers = [] }
                return (.bytes(count), state.writers)
            }
            if state.isFinished { return (.end, []) }
            state.suspended = ConnectionReference(pointer: connection)
            MHD_suspend_connection(connection)
            return (.suspended, [])
        }
        for writer in ready { writer.continuation.resume(returning: true) }
        return result
    }

    // MARK: Any thread of the server

    /// The client is gone, or the response is over.
    func clientLeft() {
        let writers = state.withLock { state -> [Writer] in
            state.isGone = true
            state.chunks = []
            state.unsentBytes = 0
            state.resumeConnection()
            defer { state.writers = [] }
            return state.writers
        }
        for writer in writers { writer.continuation.resume(returning: false) }
    }
}

extension BodyStream.State {
    /// Queues bytes; nil if nobody will read them.
    fileprivate mutating func append(_ bytes: ByteString) -> UInt64? {
        guard !isGone, !isFinished else { return nil }
        nextTicket += 1
        if !bytes.isEmpty {
            chunks.append(bytes)
            unsentBytes += bytes.count
            resumeConnection()
        }
        return nextTicket
    }

    fileprivate mutating func resumeConnection() {
        guard let connection = suspended else { return }
        suspended = nil
        MHD_resume_connection(connection.pointer)
    }

    /// Copies as much as fits; returns the number of bytes.
    fileprivate mutating func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        var copied = 0
        while head < chunks.count, copied < target.count {
            let chunk = chunks[head]
            let count = min(chunk.count - headOffset, target.count - copied)
            chunk.withUnsafeBytes { source in
                if let from = source.baseAddress, let to = target.baseAddress {
                    memcpy(to + copied, from + headOffset, count)
                }
            }
            copied += count
            headOffset += count
            if headOffset == chunk.count { dropHead() }
        }
        unsentBytes -= copied
        return copied
    }

    private mutating func dropHead() {
        chunks[head] = ""
        head += 1
        headOffset = 0
        if head == chunks.count || head > 256 {
            chunks.removeFirst(head)
            head = 0
        }
    }
}
