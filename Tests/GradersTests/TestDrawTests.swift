// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Test draw")
struct TestDrawTests {
    @Test("fewer tests than asked for are all drawn")
    func fewTests() {
        #expect(Self.draw(20, of: 7, group: "g", seed: 1) == Array(0..<7))
    }

    @Test("a draw is the same on every node", arguments: Fixture.load("code/draws.jsonl"))
    func goldenVector(example: FixtureCase) throws {
        func number(_ name: String) throws -> Int { try #require(example.view[name]).integer() }
        let indices = try #require(example.view["indices"]).elements.map { try $0.integer() }

        let drawn = Self.draw(
            try number("count"), of: try number("total"),
            group: try #require(example.bytes("group")), seed: try number("seed"))

        #expect(drawn == indices)
    }

    @Test("indices ascend and none comes twice")
    func order() {
        let drawn = Self.draw(20, of: 500, group: "g", seed: 3)

        #expect(drawn.count == 20 && drawn == Array(Set(drawn)).sorted())
    }

    @Test("the tests of other kinds are told apart by all their members")
    func otherKinds() throws {
        let texts = [
            #"{"function":"f","arguments":[1],"expected":2}"#,
            #"{"function":"f","arguments":[1],"expected":"2"}"#,
            #"{"function":"f","arguments":[],"expected":2}"#, #"{"assert":"assert f(1) == 2"}"#,
            #"{"assert":"assert f(1) == 2","setup":"import math"}"#,
            #"{"program":"assert f(1) == 2"}"#,
            #"{"program":"assert f(1) == 2","entry_point":"f"}"#,
            #"{"stdin":"call","stdout":"f"}"#,
        ]

        let digests = try texts.map {
            "\(try CodeTest(JSONDocument(ByteString($0)).root).digest)"
        }

        #expect(Set(digests).count == texts.count)
    }

    @Test("another seed or group draws anew")
    func seedsAndGroups() {
        let first = Self.draw(20, of: 500, group: "g", seed: 3)

        #expect(first != Self.draw(20, of: 500, group: "g", seed: 4))
        #expect(first != Self.draw(20, of: 500, group: "h", seed: 3))
    }

    @Test("every test is drawn about equally often")
    func uniformity() {
        var counts = [Int](repeating: 0, count: 40)
        for seed in 0..<400 {
            for index in Self.draw(20, of: 40, group: "g", seed: seed) { counts[index] += 1 }
        }

        // 400 draws of half of the tests: 200 on average, standard deviation 10.
        #expect(counts.allSatisfy { $0 > 140 && $0 < 260 })
    }

    private static func draw(_ count: Int, of total: Int, group: ByteString, seed: Int) -> [Int] {
        var rollout = Rollout()
        (rollout.group, rollout.seed) = (group, seed)
        let tests = (0..<total).map { index -> CodeTest in
            var test = StandardIOTest()
            (test.stdin, test.stdout) = (ByteString("in \(index)"), ByteString("out \(index)"))
            return .standardIO(test)
        }
        var task = CodeTask()
        (task.tests, task.sampleCount) = (tests, count)
        return TestDraw.indices(of: task, group: GroupContext(rollout))
    }
}
