// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing
import Wire

@Suite("Batches", .serialized)
struct BatchTests {
    @Test("results keep the order and the index of the items")
    func order() throws {
        let probe = try ServiceProbe()
        let items = Batch.items(300, seed: 1)

        let results = try probe.post("/v1/rewards", Batch.body(items)).json["results"]

        let found = results?.elements.map { $0 } ?? []
        #expect(found.map { $0["index"]?.raw.string } == (0..<300).map(String.init))
        #expect(found.map { $0["id"]?.raw.string } == (0..<300).map { "\"r\($0)\"" })
    }

    @Test("NDJSON has each index exactly once, with the rewards of the JSON answer")
    func lines() throws {
        let probe = try ServiceProbe()
        let body = Batch.body(Batch.items(300, seed: 2))

        let streamed = try probe.post(
            "/v1/rewards", body, headers: "Accept: application/x-ndjson\r\n")
        let whole = try probe.post("/v1/rewards", body)

        #expect(streamed.lines.count == 300)
        #expect(Batch.rewards(streamed.lines.sortedByIndex) == Batch.rewards(whole))
    }

    @Test("the same batch twice gives the same rewards, digit for digit", arguments: 0..<3)
    func determinism(_ seed: Int) throws {
        let probe = try ServiceProbe()
        let body = Batch.body(Batch.items(200, seed: UInt64(seed)))

        let first = try probe.post("/v1/rewards", body)
        let second = try probe.post("/v1/rewards", body)

        #expect(Batch.rewards(first).count == 200)
        #expect(Batch.rewards(first) == Batch.rewards(second))
    }

    @Test("groups give what their members give as items, and alone")
    func groups() throws {
        let probe = try ServiceProbe()
        let items = Batch.items(40, seed: 3)
        let groups = (0..<5).map { group in
            let members = items[(group * 8)..<(group * 8 + 8)].joined(separator: ",")
            return #"{"group":"g\#(group)","prompt":"p","completions":[\#(members)]}"#
        }

        let grouped = try probe.post(
            "/v1/rewards", "{\"groups\":[\(groups.joined(separator: ","))]}")
        let listed = try probe.post("/v1/rewards", Batch.body(items))
        let alone = try items.map { try probe.post("/v1/reward", $0).json["reward"]?.raw.string }

        #expect(Batch.rewards(grouped) == Batch.rewards(listed))
        #expect(Batch.rewards(grouped) == alone)
    }

    @Test("one bad rollout fails alone, with its place in the request")
    func badItem() throws {
        let probe = try ServiceProbe()
        let good = #"{"completion":"<think>a</think>b"}"#
        let bad = [#"{"completion":7}"#, "7", "{}", #"{"completion":"x","task":{"type":"mat"}}"#]
        let items = bad.flatMap { [good, $0] } + [good]

        let response = try probe.post("/v1/rewards", Batch.body(items))

        let results = response.json["results"]?.elements.map { $0 } ?? []
        #expect(response.status == 200)
        #expect(
            results.map { $0["reward"]?.raw.string }
                == ["0.1", "null", "0.1", "null", "0.1", "null", "0.1", "null", "0.1"])
        #expect(
            results.compactMap { $0["error"]?["pointer"]?.string?.string }
                == ["/items/1/completion", "/items/3", "/items/5", "/items/7/task/type"])
    }

    @Test("an item's null recipe means the batch's recipe")
    func nullRecipe() throws {
        let probe = try ServiceProbe()

        let response = try probe.post(
            "/v1/rewards",
            #"{"recipe":{"format":{"reward":0.5}},"items":[{"completion":"<think>a</think>b","recipe":null}]}"#
        )

        #expect(Batch.rewards(response) == ["0.5"])
    }

    @Test("an empty batch has empty results")
    func empty() throws {
        let probe = try ServiceProbe()

        #expect(try probe.post("/v1/rewards", #"{"items":[]}"#).text == "{\"results\":[]}\n")
        #expect(try probe.post("/v1/rewards", #"{"groups":[]}"#).text == "{\"results\":[]}\n")
    }

    @Test("a deadline that has passed gives a status to what takes time, and no reward")
    func deadline() throws {
        let probe = try ServiceProbe()

        let response = try probe.post(
            "/v1/reward",
            #"{"completion":"<think>a</think>b","task":{"type":"held"},"deadline_s":0}"#)

        #expect(response.status == 200)
        #expect(response.json["status"]?.string == "deadline_exceeded")
        #expect(response.json["reward"]?.isNull == true)
        #expect(response.json["error"]?["retryable"]?.boolean == true)
    }
}

/// Batches at random whose rollouts differ in every way that format and length see.
enum Batch {
    static func items(_ count: Int, seed: UInt64) -> [String] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678_9ABC_DEF1
        func next(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        let forms = [
            "<think>a</think>b", "<think>a</think> $\\\\boxed{7}$", "a</think>b", "b",
            "<think>a</think></think>", " <think>a</think>b", "<think>\\n\\u00e9</think>",
        ]
        return (0..<count).map { index in
            let tokens = next(3) == 0 ? "" : ",\"completion_tokens\":\(30_000 + next(9_000))"
            return #"{"id":"r\#(index)","completion":"\#(forms[next(7)])"\#(tokens)}"#
        }
    }

    static func body(_ items: [String]) -> String {
        "{\"items\":[\(items.joined(separator: ","))]}"
    }

    /// The rewards as they are written, so that equal means equal to the last bit.
    static func rewards(_ response: RawResponse) -> [String?] {
        rewards(response.json["results"]?.elements.map { $0 } ?? [])
    }

    static func rewards(_ results: [JSONView]) -> [String?] {
        results.map { $0["reward"]?.raw.string }
    }
}
