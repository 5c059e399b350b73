// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import HTTPServer
import TestSupport
import Testing

@Suite("Clients that leave", .serialized)
struct DisconnectTests {
    /// How a client can leave.
    enum Departure: CaseIterable {
        case close, reset, finish, pipelinedThenClose
    }

    private func leave(_ client: RawClient, _ departure: Departure) throws {
        switch departure {
        case .close: client.close()
        case .reset: client.reset()
        case .finish: client.finishSending()
        case .pipelinedThenClose:
            try client.send("GET /next HTTP/1.1\r\nHost: localhost\r\n\r\n")
            client.close()
        }
    }

    @Test("leaving after a complete request cancels it", arguments: Departure.allCases)
    func leavingCancels(_ departure: Departure) throws {
        let parked = Parked()
        let cancelled = Event()
        let server = try TestServer(answers: { _ in
            .later { exchange in
                exchange.onDisconnect { cancelled.happen() }
                parked.add(exchange)
            }
        })
        let client = try server.client()
        try client.request("POST", "/", body: "1")
        let exchange = parked.take()

        try leave(client, departure)

        #expect(cancelled.wait())
        #expect(exchange?.isDisconnected == true)
        #expect(server.reaches { $0.openConnections == 0 && $0.vanished == 1 })
        exchange?.reply(HTTPResponse(status: 200))
        #expect(server.reaches { $0.chargedRequests == 0 && $0.inFlightBodyBytes == 0 })
        #expect(cancelled.occurrences == 1)
    }

    @Test("an action registered after the client left runs at once, once")
    func lateRegistration() throws {
        let parked = Parked()
        let cancelled = Event()
        let server = try TestServer(answers: { _ in .later { parked.add($0) } })
        let client = try server.client()
        try client.request("POST", "/", body: "1")
        let exchange = parked.take()
        client.close()
        #expect(server.reaches { $0.vanished == 1 })

        exchange?.onDisconnect { cancelled.happen() }

        #expect(cancelled.occurrences == 1)
        exchange?.reply(HTTPResponse(status: 200))
    }

    @Test("a client that got its response did not leave early")
    func noFalseAlarm() throws {
        let cancelled = Event()
        let server = try TestServer(answers: { _ in
            .later { exchange in
                exchange.onDisconnect { cancelled.happen() }
                exchange.reply(HTTPResponse(status: 200))
            }
        })
        let client = try server.client()
        try client.request("POST", "/", body: "1")
        #expect(try client.response().status == 200)
        client.close()

        #expect(server.reaches { $0.openConnections == 0 })
        #expect(cancelled.occurrences == 0)
        #expect(server.server.statistics.vanished == 0)
    }

    @Test(
        "leaving inside a header or a body drops the request, long before its time is over",
        arguments: 0..<60)
    func leavingInsideRequest(_ round: Int) throws {
        let departure = [Departure.close, .reset, .finish][round % 3]
        let request =
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 10\r\n\r\n12345"
        // The wait below ends before these limits do.
        let server = try TestServer({
            $0.headerTimeoutSeconds = 60
            $0.bodyTimeoutSeconds = 60
        })
        let client = try server.client()
        try client.send(String(request.dropLast(round)))

        try leave(client, departure)

        #expect(server.reaches { $0.openConnections == 0 && $0.acceptedConnections == 1 })
        let counts = server.server.statistics
        #expect(counts.acceptedRequests == 0)
        #expect(counts.inFlightBodyBytes == 0)
    }

    @Test("a request and its FIN in one segment free the connection at once", arguments: 0..<20)
    func requestWithFIN(_ round: Int) throws {
        let server = try TestServer()
        let client = try server.client()
        try client.request("GET", "/")
        client.finishSending()

        #expect(try client.response().status == 200)
        #expect(try client.readToEnd().isEmpty)
        #expect(server.reaches { $0.openConnections == 0 })
    }

    @Test("a client that leaves while a long response is sent frees everything")
    func leavingInsideResponse() throws {
        let big = ByteString([UInt8](repeating: 65, count: 16 << 20))
        let server = try TestServer(answers: { _ in
            .later { $0.reply(HTTPResponse(status: 200, headers: [], body: .bytes(big))) }
        })
        let client = try server.client(receiveBufferBytes: 4096)
        try client.request("GET", "/")
        _ = try client.read(through: "\r\n\r\n")

        client.close()

        #expect(server.reaches { $0.openConnections == 0 && $0.inFlightRequests == 0 })
        #expect(server.server.statistics.vanished == 1)
    }

    @Test("200 clients that leave at random moments leave nothing behind")
    func manyDepartures() throws {
        let server = try TestServer(answers: { request in
            .later { exchange in start { exchange.reply(echo(request)) } }
        })
        var generator = SeededGenerator(seed: 11)
        for round in 0..<200 {
            let client = try server.client()
            try client.request("POST", "/\(round)", body: "{}")
            let departure = Departure.allCases.randomElement(using: &generator) ?? .close
            // A reset of the server's may come first.
            try? leave(client, departure)
        }
        #expect(
            server.reaches {
                $0.acceptedConnections == 200 && $0.openConnections == 0
                    && $0.chargedRequests == 0 && $0.inFlightBodyBytes == 0
                    && $0.inFlightRequests == 0
            })
    }
}
