// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Sandbox
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Code grader")
struct CodeGraderTests {
    @Test("verdicts are those of the table", arguments: Fixture.load("code/programs.jsonl"))
    func table(example: FixtureCase) async throws {
        var body = JSONObject()
        for member in ["language", "completion", "tests", "limits", "partial"] {
            if let value = example.view[member] { body.append(member, .raw(value.raw)) }
        }
        let grader = CodeGrader(sandbox: try await SandboxProbe.shared())

        let request = try Self.request(body)
        let outcome = await grader.grade(
            request.rollout, GraderProbe.context(request.rollout, recipe: request.recipe))

        guard case .verdict(let score) = outcome else {
            Issue.record("no verdict: \(outcome)")
            return
        }
        #expect(score.verdict.word == example["verdict"], "\(score.details)")
        #expect(score.value == (try example.view["score"]?.double()))
    }

    @Test("members of a group are run on the same tests")
    func sameDraw() async throws {
        let tests = (0..<30).map { #"{"stdin":"\#($0)","stdout":"\#($0 + 1)"}"# }
        let text =
            #"{"language":"python","code":"print(int(input())+1)","group":"g","seed":9,"#
            + #""sample":3,"tests":[\#(tests.joined(separator: ","))]}"#
        let grader = CodeGrader(sandbox: try await SandboxProbe.shared())
        var draws: [JSONValue?] = []
        for _ in 0..<2 {
            let request = try Self.request(ByteString(text))
            let outcome = await grader.grade(request.rollout, GraderProbe.context(request.rollout))
            guard case .verdict(let score) = outcome else { continue }
            draws.append(score.details.members.first { $0.name == "indices" }?.value)
        }

        #expect(draws.count == 2 && draws[0] == draws[1])
        #expect(draws[0] != .array([0, 1, 2]))
    }

    @Test("what is expected is never shown")
    func expectedOutputStaysHidden() async throws {
        let text =
            #"{"language":"python","code":"print(1)","#
            + #""tests":[{"stdin":"","stdout":"secret-token"}]}"#
        let request = try Self.request(ByteString(text))

        let outcome = await CodeGrader(sandbox: try await SandboxProbe.shared())
            .grade(request.rollout, GraderProbe.context(request.rollout))

        #expect(!"\(outcome)".contains("secret-token"))
    }

    @Test("a share is never counted over tests that the sandbox failed to run")
    func failureAmongShares() {
        #expect(CodeGrader.isDecided([true, false], of: 2, countsShares: true))
        #expect(!CodeGrader.isDecided([false], of: 20, countsShares: true))
        #expect(CodeGrader.isDecided([false], of: 20, countsShares: false))
        #expect(!CodeGrader.isDecided([true], of: 20, countsShares: false))
    }

    @Test("a test that ran keeps no output, which may be large and is compared")
    func outputIsDropped() async throws {
        let sandbox = try await SandboxProbe.shared()
        let compiled = try await sandbox.compile(
            language: .python,
            source: "import sys\nprint(1, ' ' * 100000)\nsys.stderr.write('e' * 100000)\n")
        let program = try #require(compiled.program)
        let result = try await sandbox.run(program, stdin: "")
        let run = TestRun(
            index: 0, result: result, judgement: OutputJudgement(share: 1), showsExpected: false)

        #expect(run.isAccepted && result.stdout.count > 100_000)
        #expect(run.result.stdout.isEmpty && run.result.stderr.count == 512)
    }

    @Test("without a sandbox there is a status, never a number")
    func noSandbox() async throws {
        let text = #"{"language":"python","code":"print(1)","tests":[{"stdout":"1"}]}"#
        let request = try Self.request(ByteString(text))

        let outcome = await CodeGrader(sandbox: nil)
            .grade(request.rollout, GraderProbe.context(request.rollout))

        guard case .ungraded(let failure) = outcome else {
            Issue.record("it was graded")
            return
        }
        #expect(failure.status == .sandboxFailure && failure.cause == .host)
    }

    @Test(
        "malformed tasks name their place",
        arguments: [
            (#"{"type":"code","tests":[]}"#, "/tests"),
            (#"{"type":"code"}"#, ""),
            (#"{"type":"code","language":"cobol","tests":[{"stdout":"1"}]}"#, "/language"),
            (#"{"type":"code","tests":[{"stdin":"1"}]}"#, "/tests/0"),
            (#"{"type":"code","tests":[{"stdout":"1"},{"stdout":2}]}"#, "/tests/1/stdout"),
            (
                #"{"type":"code","tests":[{"stdout":"1"}],"limits":{"time_s":1e9}}"#,
                "/limits/time_s"
            ),
            (#"{"type":"code","tests":[{"stdout":"1"}],"compare":"fuzzy"}"#, "/compare"),
            (#"{"type":"code","tests":[{"stdout":"1"}],"sample":0}"#, "/sample"),
            (#"{"type":"code","tests_ref":"abc"}"#, "/tests_ref"),
            (#"{"type":"code","tests":[{"stdout":""}],"checker":{"code":""}}"#, "/checker"),
            (
                #"{"type":"code","tests":[{"stdout":""}],"checker":{"language":"go","code":""}}"#,
                "/checker/language"
            ),
            (
                #"{"type":"code","tests":[{"stdout":""}],"compare":"lines","#
                    + #""checker":{"language":"cpp","code":""}}"#, "/compare"
            ),
            (
                #"{"type":"code","tests":[{"stdout":""}],"checker":{"language":"cpp","code":"","#
                    + #""files":{"../x":""}}}"#, "/checker/files/..~1x"
            ),
            (
                #"{"type":"code","tests":[{"stdout":""}],"checker":{"language":"cpp","code":"","#
                    + #""files":{"main.cpp":""}}}"#, "/checker/files/main.cpp"
            ),
            (
                #"{"type":"code","tests":[{"stdout":""}],"checker":{"language":"cpp","code":"","#
                    + #""points_max":0}}"#, "/checker/points_max"
            ),
            (#"{"type":"code","tests":[{"function":"f()","expected":1}]}"#, "/tests/0/function"),
            (#"{"type":"code","tests":[{"function":"f"}]}"#, "/tests/0"),
            (
                #"{"type":"code","tests":[{"function":"f","expected":1,"stdin":""}]}"#,
                "/tests/0/stdin"
            ),
            (
                #"{"type":"code","tests":[{"function":"f","expected":1,"arguments":{}}]}"#,
                "/tests/0/arguments"
            ),
            (#"{"type":"code","tests":[{"assert":"","program":""}]}"#, "/tests/0/program"),
            (#"{"type":"code","tests":[{"stdout":"","setup":""}]}"#, "/tests/0/setup"),
            (#"{"type":"code","tests":[{"assert":"","asert":""}]}"#, "/tests/0/asert"),
            (#"{"type":"code","tests":[{"stdout":"1"},{"program":""}]}"#, "/tests/1"),
            (
                #"{"type":"code","language":"cpp","tests":[{"assert":"assert f()"}]}"#, "/tests/0"
            ),
        ])
    func malformedTask(text: String, pointer: String) throws {
        let task = try JSONDocument(ByteString(text)).root

        let error = #expect(throws: WireError.self) { try GraderProbe.registry.decodeTask(task) }

        #expect(error?.pointer.description == pointer)
    }

    @Test("one side of a test has at most 32 MiB")
    func largeSide() throws {
        let text = String(repeating: "a", count: 32 << 20)
        func body(_ side: String) -> JSONObject {
            JSONObject([
                "language": "python", "code": "print(1)",
                "tests": .array([.members(["stdin": .string(side), "stdout": ""])]),
            ])
        }

        #expect(throws: Never.self) { try Self.request(body(text)) }
        let error = #expect(throws: WireError.self) { try Self.request(body(text + "a")) }
        #expect(error?.code == "too_large" && error?.pointer.description == "/tests/0/stdin")
    }

    private static func request(_ body: JSONObject) throws -> GraderRequest {
        var writer = JSONWriter()
        writer.write(.object(body))
        return try request(writer.byteString)
    }

    private static func request(_ body: ByteString) throws -> GraderRequest {
        let registered = try #require(GraderProbe.registry.grader(named: "code"))
        return try registered.decodeRequest(try JSONDocument(body).root)
    }
}

/// The sandbox that all tests of this bundle share.
enum SandboxProbe {
    private static let started = Task {
        try await Sandbox.start(
            SandboxConfiguration(
                helperPath: Locations.products + "/assay-sandbox",
                cacheDirectory: Locations.cache, workers: 2))
    }

    static func shared() async throws -> Sandbox { try await started.value }
}
