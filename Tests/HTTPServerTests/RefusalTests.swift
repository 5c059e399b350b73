// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import HTTPServer
import TestSupport
import Testing

/// One line of `fixtures/http/requests.jsonl`.
struct WireCase: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let why: String
    /// Sent as Latin-1: one character, one byte.
    let request: String
    /// 0: the connection is closed, with or without an error page, and nothing else happens.
    let status: Int
    /// The server's reason; nil if the handler or libmicrohttpd answers.
    let reason: String?

    var testDescription: String { name }

    static let all: [WireCase] = {
        let path = Locations.fixture("http/requests.jsonl")
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            try? JSONDecoder().decode(WireCase.self, from: Data(line.utf8))
        }
    }()
}

@Suite("Refusals", .serialized)
struct RefusalTests {
    @Test("every line of the fixture is a case")
    func fixtureIsWhole() throws {
        let path = Locations.fixture("http/requests.jsonl")
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(WireCase.all.count == lines.count)
        #expect(Set(WireCase.all.map(\.name)).count == lines.count)
    }

    @Test("a request gets the status the fixture says", arguments: WireCase.all)
    func wireCase(_ wireCase: WireCase) throws {
        let server = try TestServer(
            { $0.refusal = { HTTPResponse(status: $0.status, text: $0.reason.rawValue) } },
            admits: { head in
                ["GET", "HEAD", "POST", "PUT"].contains(head.method)
                    ? nil : HTTPResponse(status: 405, headers: [("Allow", "GET, POST")])
            })
        let client = try server.client()

        try client.send(wireCase.request.unicodeScalars.map { UInt8($0.value & 0xFF) })

        if wireCase.status == 0 {
            client.finishSending()
            _ = try client.readToEnd()
            #expect(server.server.statistics.acceptedRequests == 0)
        } else {
            let response = try client.response()
            #expect(response.status == wireCase.status)
            if let reason = wireCase.reason { #expect(response.text == reason) }
        }
        #expect(try isAlive(server))
    }

    private func isAlive(_ server: TestServer) throws -> Bool {
        let client = try server.client()
        try client.request("GET", "/")
        return try client.response().status == 200
    }

    @Test("a NUL in the target or in a field does not crash and never reaches past it")
    func nulBytes() throws {
        for request in [
            "GET /a\0b HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost\0.evil.example\r\n\r\n",
            "GET\0 / HTTP/1.1\r\n\0: \0\r\n\r\n",
        ] {
            let server = try TestServer()
            let client = try server.client()
            try client.send(request)
            client.finishSending()
            _ = try client.readToEnd()
            #expect(try isAlive(server))
        }
    }

    @Test("bytes at random do not crash the server", arguments: 0..<40)
    func randomBytes(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let server = try TestServer()
        let words = [
            "GET ", "POST ", "/", " HTTP/1.1", "\r\n", "Host: localhost", "Content-Length: ", "5",
            "Transfer-Encoding: chunked", "\0", "\u{7F}", "?", "%", ":", " ",
            "Expect: 100-continue",
        ]
        let client = try server.client()
        let text = (0..<60).map { _ in words.randomElement(using: &generator) ?? "" }.joined()

        // The server may refuse and close before it has read everything.
        try? client.send(text)
        client.finishSending()
        _ = try client.readToEnd()

        #expect(try isAlive(server))
    }

    @Test("a header of 200 KB is refused with 431 or 414 and does not reach the handler")
    func hugeHeader() throws {
        let server = try TestServer()
        let long = String(repeating: "a", count: 200 << 10)
        let inField = try server.client()
        try? inField.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(long)\r\n\r\n")
        let inTarget = try server.client()
        try? inTarget.send("GET /\(long) HTTP/1.1\r\nHost: localhost\r\n\r\n")

        #expect(try inField.response().status == 431)
        #expect(try inTarget.response().status == 414)
        #expect(server.server.statistics.acceptedRequests == 0)
    }

    /// Requests that try to fill the memory of a connection, and what becomes of them.
    static let floods: [(name: String, request: String, status: Int)] = {
        let chunked =
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
        let get = "GET / HTTP/1.1\r\nHost: localhost\r\n"
        let long = String(repeating: "a", count: 200_000)
        let fields = (0..<20_000).map { "X\($0): a\r\n" }.joined()
        return [
            (
                "many arguments",
                get.replacing("/ ", with: "/?\(String(repeating: "a&", count: 14_000)) ")
                    + "\r\n", 200
            ),
            ("many fields", get + fields + "\r\n", 431),
            (
                "many cookies", get + "Cookie: \(String(repeating: "a=b;", count: 50_000))\r\n\r\n",
                431
            ),
            ("many trailers", chunked + "0\r\n" + fields + "\r\n", 431),
            ("a long trailer", chunked + "0\r\nX: " + long, 431),
            // libmicrohttpd's own page blames the server.
            ("a long chunk extension", chunked + "1;" + long, 500),
            ("a long chunk size", chunked + String(repeating: "0", count: 200_000), 500),
            (
                "chunks of one byte",
                chunked + String(repeating: "1\r\nx\r\n", count: 20_000)
                    + "0\r\n\r\n", 200
            ),
        ]
    }()

    @Test("a flood is answered and frees everything", arguments: 0..<floods.count)
    func flood(_ index: Int) throws {
        let flood = Self.floods[index]
        let server = try TestServer()
        let client = try server.client()

        // The server may answer and close before it has read everything.
        try? client.send(flood.request)

        #expect(try client.response().status == flood.status, "\(flood.name)")
        client.close()
        #expect(server.reaches { $0.openConnections == 0 && $0.inFlightBodyBytes == 0 })
        #expect(try isAlive(server))
    }

    @Test("a configured host, and a star, are answered")
    func configuredHosts() throws {
        let named = try TestServer({ $0.allowedHosts.insert("Grader.Internal") })
        let any = try TestServer({ $0.allowedHosts = ["*"] })
        for (server, host) in [(named, "grader.internal:80"), (any, "whatever.example")] {
            let client = try server.client()
            try client.send("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(try client.response().status == 200)
        }
    }

    @Test("a configured origin is answered")
    func configuredOrigin() throws {
        let server = try TestServer({ $0.allowedOrigins = ["https://board.example"] })
        let client = try server.client()
        try client.request("GET", "/", headers: "Origin: https://Board.example\r\n")
        #expect(try client.response().status == 200)
    }

    @Test("a refusal carries status and headers whatever the closure renders")
    func refusalHeaders() throws {
        let server = try TestServer({ configuration in
            configuration.refusal = { _ in HTTPResponse(status: 200, text: "rendered") }
        })
        let client = try server.client()
        try client.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")

        let response = try client.response()

        #expect(response.status == 421)
        #expect(response.text == "rendered")
        #expect(response.header("connection")?.lowercased() == "close")
        #expect(server.server.statistics.refused == [.misdirected: 1])
    }

    @Test("values out of range are refused before anything listens")
    func configurationRanges() {
        var configuration = HTTPServerConfiguration()
        configuration.port = 70_000
        let handler = ClosureHandler(answers: { .now(echo($0)) })
        #expect(throws: HTTPServerError.self) {
            _ = try HTTPServer(configuration: configuration, handler: handler)
        }
    }

    @Test("a port in use is an error with its name")
    func portInUse() throws {
        let first = try TestServer()
        var configuration = HTTPServerConfiguration()
        configuration.port = first.server.port
        let second = try HTTPServer(
            configuration: configuration, handler: ClosureHandler(answers: { .now(echo($0)) }))

        let error = #expect(throws: HTTPServerError.self) { try second.start() }

        #expect(error?.code == .cannotListen)
        #expect(error?.message.contains("127.0.0.1:\(first.server.port)") == true)
    }
}

/// SplitMix64, so that a failing case can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
