// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import TestSupport
import Testing
import Wire

@Suite("Wire examples", .serialized)
struct WireExampleTests {
    /// Requests with their answers, as the documentation shows them.
    static let examples = Fixture.load("wire/examples.jsonl")

    @Test("a documented request gets the documented answer", arguments: examples)
    func example(_ example: FixtureCase) throws {
        let probe = try ServiceProbe()
        let client = try probe.client()
        let accept = example["accept"].map { "Accept: \($0)\r\n" } ?? ""

        try client.request(
            example["method"] ?? "POST", example["path"] ?? "", headers: accept,
            body: example.view["body"]?.raw.string)
        let response = try client.response()

        #expect(response.status == 200, "\(response.text)")
        if let lines = example.view["lines"] {
            #expect(response.header("content-type") == "application/x-ndjson")
            expectSame(lines.elements.map { $0 }, response.lines.sortedByIndex)
        } else if let answer = example.view["answer"] {
            #expect(response.header("content-type") == "application/json")
            let difference = answer.difference(
                from: response.json, isPartial: example.flag("partial"))
            #expect(difference == nil, "\(response.text)")
        }
    }

    private func expectSame(_ expected: [JSONView], _ actual: [JSONView]) {
        #expect(expected.count == actual.count)
        for (wanted, found) in zip(expected, actual) {
            #expect(wanted.difference(from: found) == nil, "\(found.raw)")
        }
    }

    @Test("the example of every grader without an engine, and of every recipe, is graded")
    func graderExamples() throws {
        let probe = try ServiceProbe()
        let graders = try probe.get("/v1/graders").json["graders"]
        let recipes = try probe.get("/v1/recipes").json["recipes"]
        let bodies =
            (graders?.elements ?? .none).filter { $0["name"]?.string != "held" }
            .map { ($0["path"]?.string?.string ?? "", $0["example"]?.raw.string ?? "") }
            + (recipes?.elements ?? .none).map { ("/v1/reward", $0["example"]?.raw.string ?? "") }

        #expect(bodies.count == 4)
        for (path, body) in bodies {
            let answer = try probe.post(path, body)
            #expect(answer.status == 200, "\(path): \(answer.text)")
            #expect(answer.json["status"]?.string == "graded", "\(path): \(answer.text)")
        }
    }

    @Test("a large body is read and answered like a small one")
    func largeQuestion() throws {
        let probe = try ServiceProbe()
        let thoughts = String(repeating: "a", count: 100_000)

        let answer = try probe.post(
            "/v1/graders/format", #"{"type":"none","completion":"<think>\#(thoughts)</think>b"}"#)
        let refusal = try probe.post("/v1/graders/format", #"{"kind":"\#(thoughts)"}"#)

        #expect(answer.json["verdict"]?.string == "well_formed")
        #expect(refusal.problemFault(status: 422, code: "unknown_field", pointer: "/kind") == nil)
    }

    @Test("a grader takes many questions at once, and one bad question fails alone")
    func manyQuestions() throws {
        let probe = try ServiceProbe()

        let answer = try probe.post(
            "/v1/graders/length",
            #"{"items":[{"completion_tokens":1},{"completion_tokens":"x"},{"completion_tokens":40000}]}"#
        )

        let results = answer.json["results"]?.elements.map { $0 } ?? []
        #expect(
            results.map { $0["status"]?.string?.string } == ["graded", "invalid_task", "graded"])
        #expect(results.map { $0["score"]?.raw.string } == ["0.0", "null", "-0.1"])
        #expect(results[1]["error"]?["pointer"]?.string == "/items/1/completion_tokens")
    }
}

extension [JSONView] {
    /// The results in the order of their `index`.
    var sortedByIndex: [JSONView] {
        sorted { left, right in
            let indices = [left, right].map { Int($0["index"]?.raw.string ?? "") ?? -1 }
            return indices[0] < indices[1]
        }
    }
}

extension JSONView {
    /// Where another document differs from this one; nil if nowhere.
    ///
    /// Times (`elapsed_s`) need only be numbers. With `isPartial`, objects may have more members
    /// than shown here, and arrays more elements.
    func difference(from other: JSONView, isPartial: Bool = false) -> String? {
        guard kind == other.kind else { return "\(seen) / \(other.seen)" }
        switch kind {
        case .object:
            if !isPartial && count != other.count { return "\(raw) / \(other.raw)" }
            for (name, value) in members {
                guard let found = other[name.string] else { return "no \(name)" }
                if name == "elapsed_s" && found.kind == .number { continue }
                if let inner = value.difference(from: found, isPartial: isPartial) { return inner }
            }
            return nil
        case .array:
            if !isPartial && count != other.count { return "\(raw) / \(other.raw)" }
            var others = other.elements
            for element in elements {
                guard let found = others.next() else { return "no \(element.raw)" }
                if let inner = element.difference(from: found, isPartial: isPartial) {
                    return inner
                }
            }
            return nil
        case .string: return string == other.string ? nil : "\(seen) / \(other.seen)"
        default: return raw == other.raw ? nil : "\(seen) / \(other.seen)"
        }
    }
}
