// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import MathEquivalence

@Suite("Math worker")
struct MathWorkerTests {
    private static let path = Locations.products + "/assay-math"

    private static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }

    private static func program(_ nodes: [[UInt8]]) -> [UInt8] {
        words([UInt32(nodes.count)]) + nodes.flatMap { $0 }
    }

    private static func node(
        _ code: UInt8, function: UInt8 = 0, variable: UInt16 = 0, count: UInt32 = 0,
        _ tail: String = ""
    ) -> [UInt8] {
        let low = UInt8(truncatingIfNeeded: variable)
        return [code, function, low, UInt8(variable >> 8)] + words([count]) + Array(tail.utf8)
    }

    @Test(
        "a malformed frame is refused and the worker lives on",
        arguments: [
            ("nothing", []),
            ("an unknown kind", ScalarComparator.header(kind: 9, seed: 0, variables: [])),
            ("no programs", ScalarComparator.header(kind: 1, seed: 0, variables: [])),
            (
                "a code of 0",
                ScalarComparator.header(kind: 1, seed: 0, variables: []) + program([node(0)])
            ),
            (
                "a code beyond the last",
                ScalarComparator.header(kind: 1, seed: 0, variables: []) + program([node(200)])
            ),
            (
                "operands missing",
                ScalarComparator.header(kind: 1, seed: 0, variables: [])
                    + program([node(6, count: 2)])
            ),
            (
                "four thousand million operands",
                ScalarComparator.header(kind: 1, seed: 0, variables: [])
                    + program([node(3), node(6, count: .max)])
            ),
            (
                "a variable beyond the table",
                ScalarComparator.header(kind: 1, seed: 0, variables: ["x"])
                    + program([node(2, variable: 7)])
            ),
            (
                "a zero denominator",
                ScalarComparator.header(kind: 1, seed: 0, variables: [])
                    + program([node(1, count: 3, "1/0")])
            ),
            (
                "digits that are none",
                ScalarComparator.header(kind: 1, seed: 0, variables: [])
                    + program([node(1, count: 3, "1/z")])
            ),
            (
                "a length beyond the end",
                ScalarComparator.header(kind: 1, seed: 0, variables: [])
                    + program([node(1, count: 1000, "1/1")])
            ),
            (
                "four thousand million nodes",
                ScalarComparator.header(kind: 1, seed: 0, variables: []) + words([.max])
            ),
            (
                "two results",
                ScalarComparator.header(kind: 1, seed: 0, variables: [])
                    + program([node(3), node(4)])
            ),
        ] as [(String, [UInt8])])
    func malformed(_ name: String, _ payload: [UInt8]) throws {
        let worker = try MathWorker(WorkerProgram(path: Self.path))

        let reply = try worker.perform(payload)
        let echo = try worker.perform(ScalarComparator.header(kind: 3, seed: 0, variables: []))

        #expect(reply.outcome == WorkerOutcome.badFrame, "\(name)")
        #expect(echo.outcome == WorkerOutcome.equivalent)
    }

    @Test("a frame over the size limit ends the worker")
    func oversized() throws {
        let worker = try MathWorker(WorkerProgram(path: Self.path))
        try worker.sendAll(Self.words([1 << 30]))

        #expect(throws: MathWorker.Death.self) { try worker.receive(4) }
    }

    @Test("random bytes never crash the worker")
    func randomFrames() throws {
        let worker = try MathWorker(WorkerProgram(path: Self.path))
        var random = SplitMix(seed: 20_260_101)
        for _ in 0..<500 {
            let count = Int(random.next() % 200)
            var payload = ScalarComparator.header(kind: 1, seed: 1, variables: ["x", "y"])
            payload += Self.words([UInt32(random.next() % 12)])
            for _ in 0..<count { payload.append(UInt8(random.next() % 30)) }
            let reply = try worker.perform(payload)
            #expect(reply.outcome <= WorkerOutcome.badFrame)
        }
    }
}
