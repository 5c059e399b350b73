// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import HTTPServer
import TestSupport
import Testing

@Suite("Requests and answers", .serialized)
struct RequestTests {
    @Test("a body with a length is answered at once")
    func sizedBody() throws {
        let server = try TestServer()
        let client = try server.client()

        try client.request("POST", "/v1/x?a=1&b", body: "{\"a\":1}")

        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.text == "POST /v1/x a=1&b {\"a\":1}")
    }

    @Test("a chunked body is put together")
    func chunkedBody() throws {
        let server = try TestServer()
        let client = try server.client()

        try client.send(
            "POST /c HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n")

        #expect(try client.response().text == "POST /c - abcdefg")
    }

    @Test("a body that arrives byte by byte is whole, and has its padding")
    func byteByByte() throws {
        let server = try TestServer(answers: { request in
            let padding = request.body.withUnsafeBytes { bytes -> Bool in
                guard let start = bytes.baseAddress else { return false }
                return (0..<HTTPRequest.bodyPaddingBytes).allSatisfy {
                    start.load(fromByteOffset: bytes.count + $0, as: UInt8.self) == 0
                }
            }
            return .now(HTTPResponse(status: padding ? 200 : 500, text: request.body.string))
        })
        let client = try server.client()

        for byte in "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 4\r\n\r\nabcd"
        {
            try client.send(String(byte))
        }

        let response = try client.response()
        #expect(response.status == 200)
        #expect(response.text == "abcd")
    }

    @Test("a body of 5 MB comes through unchanged, sent back without a copy")
    func largeBody() throws {
        let server = try TestServer(answers: { request in
            .now(HTTPResponse(status: 200, headers: [], body: .bytes(request.body)))
        })
        let client = try server.client()
        let body = String(repeating: "0123456789abcdef", count: 5 << 16)

        try client.request("POST", "/", body: body)

        #expect(try client.response().body == Array(body.utf8))
    }

    @Test("a reply from another thread comes after a suspension")
    func later() throws {
        let server = try TestServer(answers: { request in
            .later { exchange in start { exchange.reply(echo(request)) } }
        })
        let client = try server.client()

        for round in 0..<50 {
            try client.request("POST", "/\(round)", body: "{}")
            #expect(try client.response().text == "POST /\(round) - {}")
        }
        #expect(server.reaches { $0.chargedRequests == 0 && $0.inFlightBodyBytes == 0 })
        #expect(server.server.statistics.acceptedRequests == 50)
    }

    @Test("a reply inside the closure that starts the work is sent")
    func immediateReply() throws {
        let server = try TestServer(answers: { request in
            .later { exchange in exchange.reply(echo(request)) }
        })
        let client = try server.client()

        try client.request("POST", "/", body: "1")

        #expect(try client.response().text == "POST / - 1")
    }

    @Test("an exchange dropped without a reply is answered 500")
    func abandoned() throws {
        let server = try TestServer(answers: { _ in .later { _ in } })
        let client = try server.client()

        try client.request("POST", "/", body: "1")

        #expect(try client.response().status == 500)
        #expect(server.reaches { $0.chargedRequests == 0 })
    }

    @Test("pipelined requests are answered in order")
    func pipelined() throws {
        let server = try TestServer(answers: { request in
            .later { exchange in start { exchange.reply(echo(request)) } }
        })
        let client = try server.client()
        let requests = (1...3).map { "GET /\($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }

        try client.send(requests.joined())

        let answers = try (1...3).map { _ in try client.response().text }
        #expect(answers == ["GET /1 - ", "GET /2 - ", "GET /3 - "])
    }

    @Test("HEAD gets the headers of the answer without its body")
    func head() throws {
        let server = try TestServer()
        let client = try server.client()

        try client.request("HEAD", "/h")
        let response = try client.response(isHead: true)
        try client.request("GET", "/g")

        #expect(response.status == 200)
        #expect(response.header("content-length") == "10")
        #expect(try client.response().text == "GET /g - ")
    }

    @Test("Expect: 100-continue is answered before the body is sent")
    func expectContinue() throws {
        let server = try TestServer()
        let client = try server.client()

        try client.send(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.response().status == 100)
        try client.send("{}")

        #expect(try client.response().text == "POST / - {}")
    }

    @Test("the handler's refusal comes before the body, even with Expect: 100-continue")
    func admitRefuses() throws {
        let server = try TestServer(admits: { head in
            head.path == "/known" ? nil : HTTPResponse(status: 404, text: "unknown")
        })
        let client = try server.client()

        try client.send(
            "POST /unknown HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 67108864\r\nExpect: 100-continue\r\n\r\n")

        let response = try client.response()
        #expect(response.status == 404)
        #expect(response.header("connection") == "close")
        #expect(try client.readToEnd().isEmpty)
        #expect(server.server.statistics.refusedByHandler == 1)
    }

    @Test("headers are found without regard to case, and the target is not decoded")
    func headerAccess() throws {
        let server = try TestServer(answers: { request in
            let head = request.head
            let values = [head.header("x-ONE"), head.header("X-Two"), head.header("X-None")]
            let text = values.map { $0 ?? "nil" }.joined(separator: ",")
            return .now(HTTPResponse(status: 200, text: "\(head.path) \(text)"))
        })
        let client = try server.client()

        try client.request("GET", "/a%00%zz/../b", headers: "X-One:  1 \r\nx-two:\r\n")

        #expect(try client.response().text == "/a%00%zz/../b 1,,nil")
    }

    @Test("a response header that would break the header is left out")
    func headerInjection() throws {
        let server = try TestServer(answers: { _ in
            .now(
                HTTPResponse(
                    status: 200, headers: [("X-A", "b\r\nX-Evil: 1"), ("", "c"), ("X-Good", "d")]))
        })
        let client = try server.client()

        try client.request("GET", "/")

        let response = try client.response()
        #expect(response.header("X-Evil") == nil)
        #expect(response.header("X-Good") == "d")
    }

    @Test("the time of receipt lies between sending and reply")
    func receivedTime() throws {
        let server = try TestServer(answers: { request in
            .now(HTTPResponse(status: 200, text: String(request.receivedNanoseconds)))
        })
        let client = try server.client()

        try client.request("POST", "/", body: "1")
        let first = UInt64(try client.response().text) ?? 0
        try client.request("POST", "/", body: "1")
        let second = UInt64(try client.response().text) ?? 0

        #expect(first > 0)
        #expect(second > first)
    }
}
