// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Grading
import Hashing
import Sandbox
import Wire

/// Plans Python tests, each text once however many rollouts bring it.
///
/// The text of a test is the task's, not ours: it is read and run in a box, where there is no
/// solution.
final class TestPlanner: Sendable {
    private let plans = SharedResults<SHA256Digest, TestPlan>(
        costMax: 64 << 20, countMax: 1 << 16)
    /// What texts and solutions run in.
    let programs = PythonPrograms()

    /// Limits of the judge program: the text of a test is expected to be cheap.
    static var limits: RunLimits {
        var limits = RunLimits(cpuSeconds: 10, memoryBytes: 1 << 30)
        limits.stdoutBytes = 64 << 20
        return limits
    }

    /// Plans a test.
    ///
    /// - Parameters:
    ///   - test: an assertion, a program or a call.
    ///   - sandbox: where the judge program runs.
    ///   - group: opaque key of the caller.
    /// - Returns: the plan, whatever is wrong with the text.
    /// - Throws: `SandboxError`, never for anything that the test caused.
    func plan(
        _ test: CodeTest, in sandbox: Sandbox, group: String
    ) async throws(SandboxError) -> TestPlan {
        if case .call(let call) = test { return .outside(call.plan) }
        guard let text = PythonText(test) else {
            preconditionFailure("tests by standard input have no plan")
        }
        return try await plans.result(for: test.digest) {
            $0.cost
        } make: { () throws(SandboxError) in
            try await self.make(text, in: sandbox, group: group)
        }.value
    }

    private func make(
        _ text: PythonText, in sandbox: Sandbox, group: String
    ) async throws(SandboxError) -> TestPlan {
        let answer = try await ask(
            .members(["tests": [text.json()]]), in: sandbox, group: group)
        // A text that takes too long or that ends the judge may still do beside a solution.
        guard answer.outcome == .finished, let root = try? JSONDocument(answer.stdout).root,
            let view = root["plans"]?.elements.first(where: { _ in true }),
            let plan = TestPlan(view)
        else { return .inProcess("planning ended with \(answer.outcome.word)") }
        return plan
    }

    /// Runs the judge program on a request.
    func ask(
        _ request: JSONValue, in sandbox: Sandbox, group: String
    ) async throws(SandboxError) -> RunResult {
        var writer = JSONWriter()
        writer.write(request)
        return try await programs.run(
            .judge, stdin: writer.byteString, limits: Self.limits, in: sandbox, group: group)
    }
}

extension TestPlan {
    /// Bytes held, about.
    fileprivate var cost: Int {
        guard case .outside(let plan) = self else { return 256 }
        return plan.expected.reduce(256 + plan.events.count) { $0 + $1.value.count + 32 }
    }
}

/// The text of a Python test as both programs read it.
struct PythonText: Sendable {
    let text: ByteString
    let setup: ByteString
    let entryPoint: String?

    /// - Returns: nil for a test of another kind.
    init?(_ test: CodeTest) {
        switch test {
        case .assertion(let test): (text, setup, entryPoint) = (test.assertion, test.setup, nil)
        case .program(let test): (text, setup, entryPoint) = (test.program, "", test.entryPoint)
        case .standardIO, .call: return nil
        }
    }

    /// The object that a program reads.
    func json(_ more: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        var object = JSONObject(["text": .text(text), "setup": .text(setup)])
        if let entryPoint { object.append("entry", .string(entryPoint)) }
        for (name, value) in more { object.append(name, value) }
        return .object(object)
    }
}
