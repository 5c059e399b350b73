// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Hashing
import Sandbox
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Checkers")
struct CheckerTests {
    @Test("judgements are those of the table", arguments: Fixture.load("code/checkers.jsonl"))
    func table(example: FixtureCase) async throws {
        let grader = CodeGrader(sandbox: try await SandboxProbe.shared())

        let request = try Self.request(try #require(example.view["task"]))
        let outcome = await grader.grade(
            request.rollout, GraderProbe.context(request.rollout, recipe: request.recipe))

        switch outcome {
        case .verdict(let score):
            #expect(score.verdict.word == example["verdict"], "\(score.details)")
            #expect(score.value == (try example.view["score"]?.double()))
            #expect(Self.failed(score)?["checker"]?.string?.string == example["checker_word"])
        case .ungraded(let failure):
            #expect(failure.status.rawValue == example["status"], "\(failure)")
            #expect(failure.code == example["code"], "\(failure)")
            #expect(failure.pointer?.description == example["pointer"])
            #expect(failure.cause == .reference)
        }
    }

    @Test("a checker is shown an answer once, whatever the number of rollouts")
    func selfTestIsShared() async throws {
        let selfTests = CheckerSelfTests()
        let key = CheckerSelfTests.Key(checker: SHA256.hash("c"), test: SHA256.hash("t"))
        let result = try await Self.result("import sys\nsys.exit(0)\n")
        var asked = 0

        for _ in 0..<3 {
            _ = try await selfTests.judgement(for: key) { () throws(Ungraded) in
                asked += 1
                return CheckerJudgement(result, pointsMax: 1)
            }
        }

        #expect(asked == 1)
    }

    @Test("a checker that crashed is asked again")
    func crashIsNotKept() async throws {
        let selfTests = CheckerSelfTests()
        let key = CheckerSelfTests.Key(checker: SHA256.hash("c"), test: SHA256.hash("t"))
        let result = try await Self.result("import os\nos.abort()\n")
        var asked = 0

        for _ in 0..<2 {
            _ = try await selfTests.judgement(for: key) { () throws(Ungraded) in
                asked += 1
                return CheckerJudgement(result, pointsMax: 1)
            }
        }

        #expect(asked == 2)
    }

    @Test("files of the node lie beside every checker, its own come first")
    func filesOfTheNode() async throws {
        let common = try #require(BoxFile(name: "common.h", content: "#define CODE 1\n"))
        let grader = CodeGrader(
            sandbox: try await SandboxProbe.shared(), checkerFiles: [common])
        func task(_ files: String) -> String {
            #"{"language":"python","code":"print(1)","tests":[{"stdout":"1"}],"#
                + ##""checker":{"language":"cpp","code":"#include \"common.h\"\n"##
                + #"int main() { return CODE; }","files":{\#(files)}}}"#
        }

        let without = try Self.request(JSONDocument(ByteString(task(""))).root)
        let with = try Self.request(
            JSONDocument(ByteString(task(#""common.h":"enum { CODE };""#))).root)

        let refused = await grader.grade(without.rollout, GraderProbe.context(without.rollout))
        let accepted = await grader.grade(with.rollout, GraderProbe.context(with.rollout))
        guard case .ungraded(let failure) = refused, case .verdict(let score) = accepted else {
            Issue.record("\(refused) \(accepted)")
            return
        }
        #expect(failure.code == "checker_refuses_answer")
        #expect(score.verdict == "accepted")
    }

    @Test("what a checker says is shown only where the task asks for it")
    func messages() async throws {
        let grader = CodeGrader(sandbox: try await SandboxProbe.shared())
        let code =
            #"import sys; o = open(sys.argv[2]).read(); sys.stderr.write('expected secret'); sys.exit(o != '2')"#
        for isShown in [false, true] {
            let text =
                #"{"language":"python","code":"print(3)","tests":[{"stdout":"2"}],"#
                + #""show_expected":\#(isShown),"checker":{"language":"python","code":"\#(code)"}}"#
            let request = try Self.request(JSONDocument(ByteString(text)).root)

            let outcome = await grader.grade(
                request.rollout, GraderProbe.context(request.rollout))

            guard case .verdict(let score) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            var writer = JSONWriter()
            writer.write(score.json)
            #expect(score.verdict == "wrong_answer")
            #expect(writer.byteString.string.contains("secret") == isShown)
        }
    }

    // MARK: - Parts

    private static func request(_ view: JSONView) throws -> GraderRequest {
        let registered = try #require(GraderProbe.registry.grader(named: "code"))
        return try registered.decodeRequest(view)
    }

    private static func failed(_ score: Score) -> JSONView? {
        var writer = JSONWriter()
        writer.write(score.json)
        return try? JSONDocument(writer.byteString).root["failed"]
    }

    private static func result(_ source: ByteString) async throws -> RunResult {
        let sandbox = try await SandboxProbe.shared()
        let program = try #require(
            try await sandbox.compile(language: .python, source: source).program)
        return try await sandbox.run(program, stdin: "")
    }
}
