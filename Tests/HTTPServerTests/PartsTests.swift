// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Testing

@testable import HTTPServer

@Suite("Parts of the server")
struct PartsTests {
    @Test("a Host value gives its name, or nothing when malformed")
    func hostNames() {
        let cases: [(value: String, name: String?)] = [
            ("localhost", "localhost"), ("LOCALHOST:8080", "localhost"),
            ("127.0.0.1:1", "127.0.0.1"),
            ("[::1]", "::1"), ("[::1]:443", "::1"), ("a:", "a"), ("", nil), (":80", nil),
            ("[::1", nil), ("[::1]x", nil), ("::1", nil), ("a:b", nil), ("a:123456", nil),
            ("a:80@b", nil),
        ]
        for one in cases { #expect(hostName(one.value) == one.name, "\(one.value)") }
    }

    @Test("pieces of any size make the same body, padded with zeros")
    func bodyPieces() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<50 {
            let declared =
                [nil, 0, 1, 4096, 70_000, 1 << 30].randomElement(using: &generator) ?? nil
            var buffer = BodyBuffer(declaredBytes: declared)
            var expected: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<20, using: &generator) {
                let count = Int.random(in: 0..<20_000, using: &generator)
                let byte = UInt8.random(in: 1...255, using: &generator)
                let piece = [UInt8](repeating: byte, count: count)
                piece.withUnsafeBytes { buffer.append($0) }
                expected += piece
            }

            let body = buffer.finish()

            #expect(body.array == expected)
            let padding = body.withUnsafeBytes { bytes in
                (0..<HTTPRequest.bodyPaddingBytes).map { index in
                    bytes.baseAddress?.load(fromByteOffset: bytes.count + index, as: UInt8.self)
                }
            }
            #expect(padding.allSatisfy { $0 == 0 })
        }
    }

    @Test("a body that is thrown away early is freed")
    func bodyThrownAway() {
        var buffer = BodyBuffer(declaredBytes: 100)
        [UInt8](repeating: 1, count: 100).withUnsafeBytes { buffer.append($0) }
        #expect(buffer.count == 100)
    }

    @Test("a request made by hand has the same padding as one from the wire")
    func handMadeRequest() {
        let head = HTTPRequestHead(method: "POST", target: "/a?b?c", headers: [("X", " y ")])
        let request = HTTPRequest(head: head, body: "{}")
        #expect(head.path == "/a")
        #expect(head.query == "b?c")
        #expect(head.header("x") == " y")
        #expect(request.body == "{}")
    }

    @Test("charges end with their last owner")
    func charges() {
        let admission = Admission(maxRequests: 1, maxBytes: 10)
        var first: Charge? = Charge(admission)
        #expect(first?.addRequest() == true)
        #expect(first?.addRequest() == true)
        #expect(first?.addBytes(10) == true)
        #expect(first?.addBytes(1) == false)
        let second = Charge(admission)
        #expect(!second.addRequest())
        let shared = first
        first = nil
        #expect(admission.statistics.inFlightBodyBytes == 10)
        withExtendedLifetime(shared) {}
    }

    @Test("whoever waits for the end of a drain is called once the last request is closed")
    func drainOrder() {
        let admission = Admission(maxRequests: 1, maxBytes: 1)
        let idle = Event()
        #expect(admission.open(evenIfDraining: false))
        admission.startDraining()
        #expect(!admission.open(evenIfDraining: false))
        admission.whenIdle { idle.happen() }
        #expect(idle.occurrences == 0)
        admission.close()
        #expect(idle.occurrences == 1)
    }

    @Test("seconds become nanoseconds without overflow")
    func secondsToNanoseconds() {
        #expect(nanoseconds(1.5) == 1_500_000_000)
        #expect(nanoseconds(-1) == 0)
        #expect(nanoseconds(.infinity) == 9_200_000_000_000_000_000)
    }
}
