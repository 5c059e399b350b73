// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import HTTPServer
import TestSupport
import Testing

@Suite("Streams", .serialized)
struct StreamTests {
    /// A server that answers with a stream that `produce` writes.
    private func server(
        highWaterBytes: Int = 4096, isLater: Bool = true,
        produce: @escaping @Sendable (BodyStream) async -> Void
    ) throws -> TestServer {
        try TestServer(answers: { _ in
            let stream = BodyStream(highWaterBytes: highWaterBytes)
            let response = HTTPResponse(
                status: 200, headers: [("Content-Type", "application/x-ndjson")],
                body: .stream(stream))
            if isLater {
                return .later { exchange in
                    start {
                        exchange.reply(response)
                        await produce(stream)
                    }
                }
            }
            start { await produce(stream) }
            return .now(response)
        })
    }

    @Test("lines come in order, in chunks, and the connection is kept", arguments: [true, false])
    func lines(_ isLater: Bool) throws {
        let server = try server(isLater: isLater) { stream in
            for index in 0..<1000 {
                #expect(await stream.write(ByteString("{\"index\":\(index)}\n")))
            }
            stream.finish()
        }
        let client = try server.client()
        let expected = (0..<1000).map { "{\"index\":\($0)}\n" }.joined()

        for _ in 0..<2 {
            try client.request("GET", "/")
            let response = try client.response()
            #expect(response.header("transfer-encoding") == "chunked")
            #expect(response.text == expected)
        }
    }

    @Test("a line is sent when it is written, not at the end")
    func lineByLine() throws {
        let asked = Event()
        let server = try server { stream in
            _ = await stream.write("first\n")
            _ = asked.wait()
            _ = await stream.write("second\n")
            stream.finish()
        }
        let client = try server.client()
        try client.request("GET", "/")

        _ = try client.read(through: "first\n")
        asked.happen()

        _ = try client.read(through: "second\n")
        _ = try client.read(through: "0\r\n\r\n")
    }

    @Test("a writer waits while the client does not read, and memory stays bounded")
    func backPressure() throws {
        let line = ByteString([UInt8](repeating: 66, count: 10_000))
        let written = Locked(0)
        let finished = Event()
        let server = try server(highWaterBytes: 50_000) { stream in
            for _ in 0..<2000 {
                guard await stream.write(line) else { break }
                written.withLock { $0 += line.count }
            }
            stream.finish()
            finished.happen()
        }
        let client = try server.client(receiveBufferBytes: 4096)
        try client.request("GET", "/")
        _ = try client.read(through: "BBBB")

        // 20 MB would be written by now if nothing held the writer: the kernel's send buffer takes
        // at most 4 MiB by default, ours 50 kB.
        #expect(server.reaches { _ in written.withLock { $0 } > 50_000 })
        #expect(finished.occurrences == 0)
        client.close()

        #expect(finished.wait())
        #expect(written.withLock { $0 } < 20_000_000)
        #expect(server.reaches { $0.openConnections == 0 && $0.vanished == 1 })
    }

    @Test("a whole stream passes through a small high water mark")
    func throughput() throws {
        let line = ByteString([UInt8](repeating: 67, count: 1000))
        let server = try server(highWaterBytes: 0) { stream in
            for _ in 0..<3000 { _ = await stream.write(line) }
            stream.finish()
        }
        let client = try server.client()
        try client.request("GET", "/")
        #expect(try client.response().body.count == 3_000_000)
    }

    @Test("writing to a client that has gone gives false, also when nothing is being read")
    func goneWhileWaiting() throws {
        let stopped = Event()
        let cancelled = Event()
        let begun = Event()
        let server = try TestServer(answers: { _ in
            .later { exchange in
                exchange.onDisconnect { cancelled.happen() }
                let stream = BodyStream(highWaterBytes: 1000)
                exchange.reply(HTTPResponse(status: 200, headers: [], body: .stream(stream)))
                start {
                    _ = await stream.write("x")
                    begun.happen()
                    _ = cancelled.wait()
                    while await stream.write("x") {}
                    stopped.happen()
                }
            }
        })
        let client = try server.client()
        try client.request("GET", "/")
        _ = try client.read(through: "\r\n\r\n")
        #expect(begun.wait())

        client.close()

        #expect(cancelled.wait())
        #expect(stopped.wait())
        #expect(server.reaches { $0.openConnections == 0 && $0.inFlightRequests == 0 })
    }

    @Test("abandoned streams free their sockets although an older connection stays idle")
    func manyAbandonedStreams() throws {
        let server = try server(highWaterBytes: 100) { stream in
            while await stream.write("0123456789") {}
        }
        let idle = try server.client()
        try idle.send("GET / HTTP/1.1\r\nHost: localhost\r\n")
        for round in 0..<100 {
            let client = try server.client()
            try client.request("GET", "/")
            if round % 3 > 0 { _ = try client.read(through: "0123456789") }
            if round % 2 == 0 { client.close() } else { client.finishSending() }
            if round % 2 == 1 { _ = try client.readToEnd() }
        }
        #expect(server.reaches { $0.acceptedConnections == 101 && $0.openConnections == 1 })
        #expect(server.server.statistics.inFlightRequests == 0)
    }

    @Test("a stream replied to a client that has gone is closed")
    func replyAfterDeparture() throws {
        let parked = Parked()
        let server = try TestServer(answers: { _ in .later { parked.add($0) } })
        let client = try server.client()
        try client.request("GET", "/")
        let exchange = parked.take()
        client.close()
        #expect(server.reaches { $0.vanished == 1 })
        let stream = BodyStream(highWaterBytes: 0)
        let refused = Event()

        exchange?.reply(HTTPResponse(status: 200, headers: [], body: .stream(stream)))
        start { if await !stream.write("x") { refused.happen() } }

        #expect(refused.wait())
    }

    @Test("HEAD ends a stream without reading it")
    func head() throws {
        let stopped = Event()
        let server = try server(highWaterBytes: 10) { stream in
            while await stream.write("0123456789a") {}
            stopped.happen()
        }
        let client = try server.client()
        try client.request("HEAD", "/")

        #expect(try client.response(isHead: true).status == 200)
        #expect(stopped.wait())
    }

    @Test("HTTP/1.0 gets a stream without chunks, ended by the connection")
    func http10() throws {
        let server = try server { stream in
            for index in 0..<3 { _ = await stream.write(ByteString("line \(index)\n")) }
            stream.finish()
        }
        let client = try server.client()
        try client.send("GET / HTTP/1.0\r\n\r\n")

        let response = try client.response()
        #expect(response.header("transfer-encoding") == nil)
        #expect(response.text == "line 0\nline 1\nline 2\n")
    }

    @Test("a cancelled writer stops waiting")
    func cancelledWriter() async {
        let stream = BodyStream(highWaterBytes: 0)
        let task = Task(executorPreference: workers) { await stream.write("x") }
        task.cancel()
        #expect(await task.value == false)
    }

    @Test("nothing can be written after the end")
    func writeAfterFinish() async {
        let stream = BodyStream(highWaterBytes: 10)
        #expect(await stream.write("x"))
        stream.finish()
        #expect(await stream.write("x") == false)
    }
}
