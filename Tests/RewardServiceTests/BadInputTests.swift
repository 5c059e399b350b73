// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import HTTPServer
import TestSupport
import Testing
import Wire

@Suite("Bad input", .serialized)
struct BadInputTests {
    @Test(
        "a malformed request gets its status, a sentence and a place",
        arguments: Fixture.load("wire/refusals.jsonl"))
    func refusal(_ refusal: FixtureCase) throws {
        let probe = try ServiceProbe()
        let client = try probe.client()

        try client.send(refusal.requestBytes)
        let response = try client.response(isHead: refusal["method"] == "HEAD")

        let status = Int(refusal.view["status"]?.raw.string ?? "") ?? 0
        #expect(response.status == status, "\(response.text)")
        if let code = refusal["code"] {
            let fault = response.problemFault(
                status: status, code: code, pointer: refusal["pointer"])
            #expect(fault == nil)
        }
        if let part = refusal["detail_has"] {
            #expect(
                response.json["detail"]?.string?.string.contains(part) == true, "\(response.text)")
        }
        if let allow = refusal["allow"] { #expect(response.header("allow") == allow) }
        #expect(try probe.isAlive())
    }

    @Test("100,000 levels of brackets, and 100,000 open objects, are no JSON for us")
    func deep() throws {
        let probe = try ServiceProbe()

        for text in ["[", "{\"completion\":"] {
            let response = try probe.post("/v1/reward", String(repeating: text, count: 100_000))
            #expect(response.problemFault(status: 400, code: "invalid_json") == nil)
        }
        #expect(try probe.isAlive())
    }

    @Test("65 MiB announced are refused before they are read")
    func announcedTooLarge() throws {
        let probe = try ServiceProbe()
        let client = try probe.client()

        try client.send(head(["Content-Length: \(65 << 20)"]) + "{")
        let response = try client.response()

        #expect(response.problemFault(status: 413, code: "body_too_large") == nil)
        #expect(probe.server.statistics.inFlightBodyBytes == 0)
        #expect(try probe.isAlive())
    }

    @Test("65 MiB in chunks are cut off")
    func chunkedTooLarge() throws {
        let probe = try ServiceProbe({ _ in })
        let client = try probe.client()
        let mebibyte = "100000\r\n" + String(repeating: " ", count: 1 << 20) + "\r\n"

        try client.send(head(["Transfer-Encoding: chunked"]))
        for _ in 0..<65 {
            // The server may have answered and stopped reading before the last chunk.
            guard (try? client.send(mebibyte)) != nil else { break }
        }
        let response = try client.response()

        #expect(response.problemFault(status: 413, code: "body_too_large") == nil)
        #expect(probe.reaches { $0.inFlightBodyBytes == 0 })
        #expect(try probe.isAlive())
    }

    @Test("a valid body in chunks of every size is graded")
    func chunked() throws {
        let probe = try ServiceProbe()
        let body = #"{"completion":"<think>a</think>b"}"#
        for size in [1, 2, 7, 1000] {
            let client = try probe.client()
            var text = head(["Transfer-Encoding: chunked"])
            var rest = body[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(size)
                text += String(chunk.utf8.count, radix: 16) + "\r\n" + chunk + "\r\n"
                rest = rest.dropFirst(size)
            }
            try client.send(text + "0\r\n\r\n")
            #expect(try client.response().json["reward"]?.raw == "0.1")
        }
    }

    @Test("a client that closes its sending side after the body still gets its answer")
    func halfClosed() throws {
        let probe = try ServiceProbe()
        let client = try probe.client()

        try client.request("POST", "/v1/reward", body: #"{"completion":"<think>a</think>b"}"#)
        client.finishSending()

        #expect(try client.response().json["reward"]?.raw == "0.1")
    }

    @Test("a client that closes its sending side while its rollout is graded counts as gone")
    func halfClosedWhileGraded() throws {
        let probe = try ServiceProbe()
        let client = try probe.client()
        try client.request(
            "POST", "/v1/reward",
            body: #"{"completion":"<think>a</think>b","task":{"type":"held"}}"#)
        while probe.gate.waitingCount < 1 { poll(nil, 0, 1) }

        client.finishSending()

        #expect(try client.readToEnd().isEmpty)
        #expect(probe.reaches { $0.vanished == 1 })
        #expect(try probe.isAlive())
    }

    @Test("a client that closes inside the body is not graded and harms nobody")
    func closedInside() throws {
        let probe = try ServiceProbe()
        let client = try probe.client()

        try client.send(head(["Content-Length: 100"]) + "{\"completion\":")
        client.finishSending()

        _ = try client.readToEnd()
        #expect(probe.server.statistics.acceptedRequests == 0)
        #expect(try probe.isAlive())
    }

    @Test("a body that comes byte by byte is cut off by the server's clock")
    func trickle() throws {
        let probe = try ServiceProbe { $0.bodyTimeoutSeconds = 0.2 }
        let client = try probe.client()
        try client.send(head(["Content-Length: 1000000"]))

        var isOver = false
        for _ in 0..<500 where !isOver {
            var waited = pollfd(fd: client.socket, events: Int16(POLLIN), revents: 0)
            isOver = poll(&waited, 1, 20) > 0
            if !isOver { try client.send(" ") }
        }

        #expect(isOver)
        #expect(probe.reaches { $0.slowRequests == 1 && $0.inFlightBodyBytes == 0 })
        #expect(try probe.isAlive())
    }

    @Test("HEAD answers with the header of GET and no body")
    func head() throws {
        let probe = try ServiceProbe()
        let client = try probe.client()

        try client.request("HEAD", "/healthz")
        let response = try client.response(isHead: true)
        try client.request("GET", "/healthz")

        #expect(response.status == 200)
        #expect(response.header("content-type") == "application/json")
        #expect(try client.response().json["status"]?.string == "alive")
    }

    @Test("pipelined requests are answered in their order")
    func pipelined() throws {
        let probe = try ServiceProbe()
        let client = try probe.client()
        let bodies = (0..<20).map { #"{"id":\#($0),"completion":"<think>a</think>b"}"# }
        let requests = bodies.map { head(["Content-Length: \($0.utf8.count)"]) + $0 }

        try client.send(requests.joined())
        let ids = try bodies.map { _ in try client.response().json["id"]?.raw.string }

        #expect(ids == (0..<20).map(String.init))
    }

    @Test("a full service says 429 and when to come again, and then grades again")
    func full() throws {
        let probe = try ServiceProbe(maxInFlightRollouts: 2)
        let held = #"{"completion":"<think>a</think>b","task":{"type":"held"}}"#
        let first = try probe.client()
        try first.request("POST", "/v1/rewards", body: "{\"items\":[\(held),\(held),\(held)]}")
        while probe.gate.waitingCount < 3 { poll(nil, 0, 1) }

        let refusedOne = try probe.post("/v1/reward", held)
        let refusedBatch = try probe.post("/v1/rewards", "{\"items\":[\(held)]}")
        let refusedGrader = try probe.post("/v1/graders/held", "{\"items\":[{}]}")
        let cheap = try probe.isAlive()
        probe.gate.open()
        let results = try first.response().json["results"]

        for refused in [refusedOne, refusedBatch, refusedGrader] {
            #expect(refused.problemFault(status: 429, code: "overloaded") == nil)
            #expect(refused.header("retry-after") == "1")
        }
        #expect(cheap, "what is graded at once needs no place")
        #expect(results?.elements.map { $0["reward"]?.raw.string } == ["1.0", "1.0", "1.0"])
        #expect(try probe.post("/v1/reward", held).status == 200)
    }

    /// The head of a POST of a rollout.
    private func head(_ fields: [String]) -> String {
        "POST /v1/reward HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}

extension FixtureCase {
    /// The request of the case: its `body` as UTF-8, or the bytes of `body_hex`.
    fileprivate var requestBytes: [UInt8] {
        var body = self["body"].map { Array($0.utf8) }
        if let hex = bytes("body_hex")?.array {
            body = stride(from: 0, to: hex.count - 1, by: 2).compactMap {
                UInt8(String(decoding: hex[$0...$0 + 1], as: UTF8.self), radix: 16)
            }
        }
        var text = "\(self["method"] ?? "POST") \(self["path"] ?? "/v1/reward") HTTP/1.1\r\n"
        text += "Host: \(self["host"] ?? "localhost")\r\n"
        if let origin = self["origin"] { text += "Origin: \(origin)\r\n" }
        if let body {
            text += "Content-Type: \(self["content_type"] ?? "application/json")\r\n"
            text += "Content-Length: \(body.count)\r\n"
        }
        return Array((text + "\r\n").utf8) + (body ?? [])
    }
}
