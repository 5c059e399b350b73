// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Hashing
import TestSupport
import Testing
import Wire

@Suite("Test sets over HTTP")
struct TestSetRouteTests {
    /// Tests of its own for each test, so that their order does not matter.
    private static func body(_ note: String) -> (text: String, digest: String) {
        let text = #"[{"stdin":"1 \#(note)","stdout":"2"},{"stdin":"2 \#(note)","stdout":"3"}]"#
        return (text, SHA256.hash(ByteString(text)).hex)
    }

    @Test("a set is put once, described, and used by reference")
    func use() async throws {
        let service = try await WholeService.shared()
        let unique = "\(UInt64.random(in: 0 ... .max))"
        let (text, digest) = Self.body(unique)
        let rollout =
            #"{"completion":"<think>t</think>\n```python\nprint(int(input().split()[0]) + 1)\n```","#
            + #""task":{"type":"code","tests_ref":"\#(digest)"}}"#

        let early = try service.post("/v1/reward", rollout)
        let absent = try service.ask("GET", "/v1/tests/\(digest)")
        let first = try service.ask("PUT", "/v1/tests/\(digest)", text)
        let second = try service.ask("PUT", "/v1/tests/\(digest)", text)
        let described = try service.ask("GET", "/v1/tests/\(digest.uppercased())")
        let graded = try service.post("/v1/reward", rollout)

        #expect(
            early.problemFault(status: 422, code: "tests_not_found", pointer: "/task/tests_ref")
                == nil)
        #expect(absent.problemFault(status: 404, code: "tests_not_found") == nil)
        #expect(first.status == 201 && second.status == 200)
        #expect(
            first.text == #"{"tests_ref":"\#(digest)","tests":2,"bytes":\#(text.utf8.count)}"#
                + "\n")
        #expect(described.status == 200 && described.text == first.text)
        #expect(graded.json["correct"]?.boolean == true, "\(graded.text)")
    }

    @Test("in a batch only the rollouts whose set is missing fail")
    func batch() async throws {
        let service = try await WholeService.shared()
        let body =
            #"{"items":[{"completion":"a","task":{"type":"code","tests_ref":"\#(String(repeating: "0", count: 64))"}},"#
            + #"{"completion":"<think>a</think>b"}]}"#

        let results = try service.post("/v1/rewards", body).json["results"]?.elements.map { $0 }

        #expect(results?.first?["error"]?["code"]?.string == "tests_not_found")
        #expect(results?.first?["error"]?["pointer"]?.string == "/items/0/task/tests_ref")
        #expect(results?.last?["status"]?.string == "graded")
    }

    @Test(
        "what is no set under its name is refused",
        arguments: [
            ("[]", nil, 422, "wrong_type", ""), ("[{}]", nil, 422, "missing_field", "/0"),
            (#"[{"stdout":"1"},{"stdout":1}]"#, nil, 422, "wrong_type", "/1/stdout"),
            ("[", nil, 400, "invalid_json", nil), ("", nil, 400, "invalid_json", nil),
            (#"[{"stdout":"1"}]"#, String(repeating: "0", count: 64), 422, "digest_mismatch", nil),
            ("[]", "../../etc/passwd", 404, "not_found", nil),
            ("[]", "x", 422, "invalid_digest", nil),
            ("[]", "%2e%2e", 422, "invalid_digest", nil), ("[]", "", 404, "not_found", nil),
        ] as [(String, String?, Int, String, String?)])
    func refusals(
        _ text: String, _ name: String?, _ status: Int, _ code: String, _ pointer: String?
    ) async throws {
        let service = try await WholeService.shared()
        let digest = name ?? SHA256.hash(ByteString(text)).hex

        let answer = try service.ask("PUT", "/v1/tests/\(digest)", text)

        #expect(answer.problemFault(status: status, code: code, pointer: pointer) == nil)
    }

    @Test("other methods name those that there are")
    func methods() async throws {
        let service = try await WholeService.shared()
        let path = "/v1/tests/\(String(repeating: "0", count: 64))"

        let answer = try service.ask("POST", path, "[]")

        #expect(answer.status == 405 && answer.header("allow") == "GET, PUT")
    }
}
