// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Glibc
import HTTPServer
import TestSupport
import Testing

@Suite("Drain and stop", .serialized)
struct DrainTests {
    /// Starts a drain; the event happens when it is over, `isClean` says how.
    private func drain(
        _ server: TestServer, deadlineSeconds: Double = 20
    ) -> (over: Event, isClean: Locked<Bool?>) {
        let over = Event()
        let isClean = Locked<Bool?>(nil)
        let draining = server.server
        start {
            let result = await draining.drain(deadlineSeconds: deadlineSeconds)
            isClean.withLock { $0 = result }
            over.happen()
        }
        return (over, isClean)
    }

    @Test("an idle server drains at once, and its port is closed")
    func idle() throws {
        let server = try TestServer()
        let client = try server.client()
        try client.request("GET", "/")
        #expect(try client.response().status == 200)
        let port = server.server.port

        let (over, isClean) = drain(server)

        #expect(over.wait())
        #expect(isClean.withLock { $0 } == true)
        #expect(try client.readToEnd().isEmpty)
        #expect(throws: RawClient.Failure.self) { _ = try RawClient(port: port) }
    }

    @Test("an accepted request finishes, a new one gets 503 and close")
    func acceptedFinishes() throws {
        let parked = Parked()
        let server = try TestServer(
            { $0.pathsAnsweredWhileDraining = ["/healthz"] },
            answers: { request in
                request.head.path == "/work" ? .later { parked.add($0) } : .now(echo(request))
            })
        let accepted = try server.client()
        try accepted.request("POST", "/work", body: "1")
        let exchange = parked.take()
        let inBody = try server.client()
        try inBody.send(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 2\r\n\r\n1")
        #expect(server.reaches { $0.inFlightBodyBytes == 2 })
        let waiting = try server.client()

        let (over, isClean) = drain(server)
        var refused = try exchangeOne(waiting, "/x")
        while refused.status == 200 { refused = try exchangeOne(waiting, "/x") }
        try inBody.send("2")
        let late = try inBody.response()
        let probe = try server.client()
        let probed = try exchangeOne(probe, "/healthz")
        exchange?.reply(HTTPResponse(status: 200, text: "graded"))

        #expect(refused.status == 503)
        #expect(refused.header("connection")?.lowercased() == "close")
        #expect(late.status == 503)
        #expect(probed.status == 200)
        #expect(try accepted.response().text == "graded")
        #expect(over.wait())
        #expect(isClean.withLock { $0 } == true)
    }

    private func exchangeOne(_ client: RawClient, _ path: String) throws -> RawResponse {
        try client.request("GET", path)
        return try client.response()
    }

    @Test("after the deadline the rest is told and answered 503")
    func deadline() throws {
        let parked = Parked()
        let told = Event()
        let server = try TestServer(answers: { _ in
            .later { exchange in
                exchange.onDisconnect { told.happen() }
                parked.add(exchange)
            }
        })
        let client = try server.client()
        try client.request("POST", "/", body: "1")
        let exchange = parked.take()

        let (over, isClean) = drain(server, deadlineSeconds: 0.05)

        #expect(try client.response().status == 503)
        #expect(told.wait())
        #expect(over.wait())
        #expect(isClean.withLock { $0 } == false)
        exchange?.reply(HTTPResponse(status: 200))
        #expect(told.occurrences == 1)
    }

    @Test("a stream that never ends is cut at the deadline, its writer told")
    func endlessStream() throws {
        let stopped = Event()
        let server = try TestServer(answers: { _ in
            let stream = BodyStream(highWaterBytes: 100)
            start {
                _ = await stream.write("begun\n")
                while await stream.write("") { poll(nil, 0, 1) }
                stopped.happen()
            }
            return .now(HTTPResponse(status: 200, headers: [], body: .stream(stream)))
        })
        let client = try server.client()
        try client.request("GET", "/")
        _ = try client.read(through: "begun\n")

        let (over, isClean) = drain(server, deadlineSeconds: 0.05)

        #expect(stopped.wait())
        #expect(over.wait())
        #expect(isClean.withLock { $0 } == false)
    }

    @Test("stop ends suspended requests without aborting, twice does nothing")
    func stop() throws {
        let parked = Parked()
        let server = try TestServer(answers: { _ in .later { parked.add($0) } })
        let clients = try (0..<10).map { _ in try server.client() }
        for client in clients { try client.request("POST", "/", body: "1") }
        #expect(server.reaches { $0.inFlightRequests == 10 })

        server.server.stop()
        server.server.stop()

        for client in clients { #expect(try client.response().status == 503) }
        #expect(server.server.statistics.inFlightRequests == 0)
        #expect(server.server.port == 0)
        while let exchange = parked.takeNow() { exchange.reply(HTTPResponse(status: 200)) }
    }

    @Test(
        "stopping under load never aborts, and every accepted request is answered", arguments: 0..<8
    )
    func stopUnderLoad(_ round: Int) throws {
        let server = try TestServer(answers: { request in
            round % 2 == 0
                ? .later { exchange in start { exchange.reply(echo(request)) } }
                : .now(echo(request))
        })
        let port = server.server.port
        let served = Locked(0)
        let ended = Locked(0)
        for _ in 0..<4 {
            onThread {
                // Ends when the server closes the connection.
                if let client = try? RawClient(port: port) {
                    while (try? client.request("POST", "/", body: "{}")) != nil,
                        let response = try? client.response(), response.status == 200
                    {
                        served.withLock { $0 += 1 }
                    }
                }
                ended.withLock { $0 += 1 }
            }
        }
        #expect(server.reaches { _ in served.withLock { $0 } > 20 })

        let (over, isClean) = drain(server)

        #expect(over.wait())
        #expect(isClean.withLock { $0 } == true)
        #expect(server.reaches { _ in ended.withLock { $0 } == 4 })
        #expect(server.server.statistics.openConnections == 0)
    }

    @Test("a server can be thrown away without having started")
    func neverStarted() throws {
        let server = try HTTPServer(
            configuration: HTTPServerConfiguration(),
            handler: ClosureHandler(answers: { .now(echo($0)) }))
        server.stop()
        #expect(server.port == 0)
    }
}

/// Runs `work` on a thread of its own.
func onThread(_ work: @escaping @Sendable () -> Void) {
    start { work() }
}
