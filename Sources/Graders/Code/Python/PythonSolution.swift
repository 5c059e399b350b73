// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Sandbox
import Wire

/// A Python solution that is tested by its functions.
///
/// Theory of operation. Two rooms that never share a process: the candidate box holds the solution
/// and is told what to call with which arguments; what comes back is data, of Python's own types.
/// The judge box holds the text of the test, where calls are replayed from that data. So the
/// solution cannot see what is expected, and whatever it does to its own process, it can do no more
/// than to return the right values. Simple tests need no judge: their values are compared here.
/// A test that hands the solution what cannot be sent (a function, say) runs beside it; then a
/// nonce must come back, and must not come back from a second run that cannot pass.
struct PythonSolution: Sendable {
    let source: ByteString
    let hasUsualImports: Bool
    let sandbox: Sandbox
    let planner: TestPlanner
    let limits: RunLimits
    let comparison: OutputComparison
    let group: String

    /// Most times that the calls of a test are made anew because they depend on answers.
    private static let roundsMax = 8
    /// What the candidate program may write: 12 MB of values and the rest of a last one.
    private static let channelBytesMax = 64 << 20

    /// Runs a test.
    ///
    /// - Parameters:
    ///   - test: not by standard input.
    ///   - plan: the test's, and not invalid.
    /// - Returns: how it ended.
    /// - Throws: `SandboxError`, never for anything that the solution caused.
    func run(_ test: CodeTest, _ plan: TestPlan) async throws(SandboxError) -> FunctionRun {
        switch plan {
        case .outside(let plan):
            if case .call(let call) = test { return try await run(call, plan) }
            return try await run(PythonText(test), plan)
        case .inProcess: return try await runBeside(PythonText(test))
        case .invalid: preconditionFailure("an invalid test is not run")
        }
    }

    // MARK: - From outside

    private func run(
        _ call: CallTest, _ plan: OutsidePlan
    ) async throws(SandboxError) -> FunctionRun {
        let asked = try await ask(plan)
        guard let answers = asked.answers else { return asked.run }
        if let raised = answers.firstRaised {
            return asked.run.ending("runtime_error", ["exception": .text(raised)])
        }
        let last = plan.eventCount - 1
        guard let value = answers.value(last), let expected = try? JSONDocument(call.expected).root
        else {
            let type = answers.opaque(last) ?? ""
            return asked.run.ending("wrong_answer", ["found_type": .text(type)])
        }
        if ValueComparison(comparison).isEqual(value, expected) {
            return asked.run.ending("accepted")
        }
        let found = value.raw[0..<min(value.raw.count, FunctionRun.quotedBytesMax)]
        return asked.run.ending("wrong_answer", ["found": .text(ByteString(found.array))])
    }

    private func run(
        _ text: PythonText?, _ first: OutsidePlan
    ) async throws(SandboxError) -> FunctionRun {
        var plan = first
        guard let text else { preconditionFailure("only texts are planned") }
        var measured: RunResult?
        for _ in 0..<Self.roundsMax {
            var asked = try await ask(plan)
            asked.run.take(measured)
            measured = asked.run.result
            guard let answers = asked.answers else { return asked.run }
            if plan.isMet(by: answers) { return asked.run.ending("accepted") }
            if plan.isSimple, let raised = answers.firstRaised {
                return asked.run.ending("runtime_error", ["exception": .text(raised)])
            }
            switch try await judge(text, plan, asked.output) {
            case .verdict(let verdict, let notes): return asked.run.ending(verdict, notes)
            case .again(let next): plan = next
            }
        }
        guard let measured else { preconditionFailure("there is at least one round") }
        return FunctionRun(result: measured).ending("wrong_answer", ["cause": "unsettled_calls"])
    }

    /// What the solution's process wrote for a plan's calls.
    private struct Asked {
        var run: FunctionRun
        var answers: SolutionAnswers?
        var output: ByteString = ""
    }

    private func ask(_ plan: OutsidePlan) async throws(SandboxError) -> Asked {
        let result = try await runCandidate(plan.events)
        var asked = Asked(run: FunctionRun(result: result))
        if let failure = asked.run.failure(of: result) {
            asked.run = failure
            return asked
        }
        asked.answers = SolutionAnswers(result.stdout, count: plan.eventCount)
        asked.output = result.stdout
        if asked.answers == nil {
            asked.run = asked.run.ending("runtime_error", ["cause": "malformed_answer"])
        }
        return asked
    }

    private func runCandidate(_ asked: ByteString) async throws(SandboxError) -> RunResult {
        var input = Array("\(source.count) \(hasUsualImports ? 1 : 0)\n".utf8)
        input.reserveCapacity(input.count + source.count + asked.count)
        for part in [source, asked] { part.withUnsafeBytes { input.append(contentsOf: $0) } }
        var limits = self.limits
        limits.stdoutBytes = Self.channelBytesMax
        return try await planner.programs.run(
            .candidate, stdin: ByteString(input), limits: limits, in: sandbox, group: group)
    }

    private enum Judgement {
        case verdict(Verdict, KeyValuePairs<String, JSONValue>)
        case again(OutsidePlan)
    }

    private func judge(
        _ text: PythonText, _ plan: OutsidePlan, _ answers: ByteString
    ) async throws(SandboxError) -> Judgement {
        let result = try await planner.ask(
            .members([
                "test": text.json(["own": .raw(plan.ownNames)]), "events": .text(plan.events),
                "results": .text(answers),
            ]), in: sandbox, group: group)
        // The text came to its plan in time and memory: what stops it here is the solution's data.
        guard result.outcome == .finished, let view = try? JSONDocument(result.stdout).root else {
            return .verdict("wrong_answer", ["cause": .string("judge_\(result.outcome.word)")])
        }
        switch view["state"]?.string?.string {
        case "passed": return .verdict("accepted", [:])
        case "failed":
            if let cause = view["cause"]?.string {
                return .verdict("wrong_answer", ["test_raised": .text(cause)])
            }
            return .verdict("wrong_answer", ["test_line": .raw(view["line"]?.raw ?? "0")])
        case "raised":
            let text = SolutionError(view["error"]).text ?? ""
            return .verdict("runtime_error", ["exception": .text(text)])
        case "planned":
            if let next = OutsidePlan(view) { return .again(next) }
            return .verdict("wrong_answer", ["cause": "unsettled_calls"])
        default: return .verdict("wrong_answer", ["cause": "malformed_answer"])
        }
    }

    // MARK: - In process

    private func runBeside(_ text: PythonText?) async throws(SandboxError) -> FunctionRun {
        guard let text else { preconditionFailure("calls are made from outside") }
        let first = try await besideOnce(text, isControl: false)
        guard first.isAccepted else { return first }
        // A run that ends in a failed assertion cannot complete, unless completion is forged.
        let control = try await besideOnce(text, isControl: true)
        guard !control.isAccepted else {
            return first.ending("runtime_error", ["cause": "forged_completion"])
        }
        return first
    }

    /// An assertion behind the test: what a program must find out that forges completion.
    private static func ending(holds: Bool) -> String {
        let (a, b) = (Int.random(in: 1000...9999), Int.random(in: 1000...9999))
        return "assert \(a) * \(b) == \(a * b + (holds ? 0 : Int.random(in: 1...99)))"
    }

    private func besideOnce(
        _ text: PythonText, isControl: Bool
    ) async throws(SandboxError) -> FunctionRun {
        let nonce = String(UInt64.random(in: 0 ... .max), radix: 36)
        var writer = JSONWriter()
        writer.write(
            text.json(["nonce": .string(nonce), "ending": .string(Self.ending(holds: !isControl))]))
        let result = try await runCandidate(writer.byteString)
        var run = FunctionRun(result: result)
        run.trust = .inProcess
        if let failure = run.failure(of: result) { return failure }
        guard let root = try? JSONDocument(result.stdout).root, root.count == 1 else {
            return run.ending("runtime_error", ["cause": "malformed_answer"])
        }
        if let told = root["complete"]?.string, told == ByteString(nonce) {
            return run.ending("accepted")
        }
        let error = SolutionError(root["failed"])
        if error.name == "AssertionError" { return run.ending("wrong_answer") }
        return run.ending("runtime_error", ["exception": .text(error.text ?? "")])
    }
}

extension FunctionRun {
    /// The ending of a run of the candidate program that came to no answer; nil if there is one.
    fileprivate func failure(of result: RunResult) -> FunctionRun? {
        guard result.outcome == .finished else { return ending(Verdict(result.outcome.word)) }
        guard !result.stdout.isEmpty else {
            return ending("runtime_error", ["cause": "early_exit"])
        }
        guard let root = try? JSONDocument(result.stdout).root else {
            return ending("runtime_error", ["cause": "malformed_answer"])
        }
        if let problem = root["compile_error"] {
            let parts = problem.elements.map { $0.string?.string ?? $0.raw.string }
            let text =
                "main.py:"
                + [1, 0, 2].compactMap { parts.count == 3 ? parts[$0] : nil }
                .joined(separator: ": ")
            return ending(
                "compile_error", ["cause": "diagnosed", "diagnostics": .string(text)])
        }
        if let error = root["load_error"] {
            let error = SolutionError(error)
            if error.name == "SystemExit" {
                return ending("runtime_error", ["cause": "early_exit"])
            }
            return ending("runtime_error", ["exception": .text(error.text ?? "")])
        }
        if root["too_large"] != nil { return ending("output_limit_exceeded") }
        return nil
    }
}
