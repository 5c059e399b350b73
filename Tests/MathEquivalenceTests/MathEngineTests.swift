// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Glibc
import TestSupport
import Testing

@testable import MathEquivalence

@Suite("Math engine")
struct MathEngineTests {
    @Test("every fixture file is read whole")
    func fixturesAreWhole() {
        for file in ["equivalent", "different", "unparsable", "dos", "extraction", "docs"] {
            let cases = MathCase.load(file + ".jsonl")
            #expect(!cases.isEmpty)
            #expect(cases.count == MathCase.lineCount(file + ".jsonl"))
            #expect(Set(cases.map(\.name)).count == cases.count)
        }
    }

    @Test("equal pairs are equivalent", arguments: MathCase.load("equivalent.jsonl"))
    func equivalent(_ line: MathCase) async throws {
        let result = try await Shared.compare(line.reference ?? "", line.answer ?? "")

        #expect(result.outcome == .equivalent, "\(line.why): \(result)")
        if let step = line.decidedBy { #expect(result.decidedBy.rawValue == step, "\(result)") }
        #expect(result.policies == line.policies ?? [], "\(result)")
    }

    @Test("different pairs are different", arguments: MathCase.load("different.jsonl"))
    func different(_ line: MathCase) async throws {
        let result = try await Shared.compare(line.reference ?? "", line.answer ?? "")

        #expect(result.outcome == .different, "\(line.why): \(result)")
        if let step = line.decidedBy { #expect(result.decidedBy.rawValue == step, "\(result)") }
        #expect(!result.explanation.isEmpty)
    }

    @Test("what cannot be read whole is unparsable", arguments: MathCase.load("unparsable.jsonl"))
    func unparsable(_ line: MathCase) async throws {
        let result = try await Shared.compare("42", line.answer ?? "")
        let asReference = try await Shared.compare(line.answer ?? "", "42")

        #expect(result.outcome == .unparsableAnswer, "\(line.why): \(result)")
        #expect(asReference.outcome == .invalidReference)
        #expect(MathEngine.validate(reference: ByteString(line.answer ?? "")) != nil)
    }

    @Test("a hostile answer gets a verdict", arguments: MathCase.load("dos.jsonl"))
    func hostile(_ line: MathCase) async throws {
        let result = try await Shared.compare(line.reference ?? "1", line.answer ?? "")

        let verdicts: [Comparison.Outcome] = [.equivalent, .different, .unparsableAnswer]
        #expect(verdicts.contains(result.outcome), "\(result)")
    }

    @Test(
        "a hostile reference is never a verdict of equality", arguments: MathCase.load("dos.jsonl"))
    func hostileReference(_ line: MathCase) async throws {
        let result = try await Shared.compare(line.answer ?? "", "\\sqrt{2}+1")

        #expect(result.outcome != .equivalent)
    }

    @Test("no answer can choose to be left out, whatever the type of a plain reference")
    func neverMasked() async throws {
        let references = [
            "\\sqrt{2}", "x+1", "(1,2)", "x=5", "2x+y=3", "[0,1)", "x>2", "\\{1,\\pi\\}", "n!",
            "\\sin x",
            "3.1416", "5\\text{ cm}", "\\begin{pmatrix}1\\\\\\sqrt2\\end{pmatrix}",
            "x \\equiv 3 \\pmod 7",
        ]
        var answers = (MathCase.load("equivalent.jsonl") + MathCase.load("different.jsonl"))
            .flatMap { [$0.reference ?? "", $0.answer ?? ""] }
        answers += [
            "x > 2 + \\sin(x)/0", "\\frac{x}{0} = 5", "x = \\frac{1}{x-x}", "\\Gamma x > \\ln x",
            "\\frac{\\sin 1}{\\sin 1} x > 2", "2x + y = 3 + (9^{9^{9^9}} - 9^{9^{9^9}})",
            "x>\\infty",
            "(1, 9^{9^{9^9}})", "[0, 9^{9^{9^9}})", "\\int x dx", "1, 2, \\ldots",
            "\\sin x = \\sin x",
        ]
        let verdicts: [Comparison.Outcome] = [.equivalent, .different, .unparsableAnswer]
        for (index, reference) in references.enumerated() {
            // Each reference meets a part of the fixtures, all of them every hostile one.
            let fixtures = answers.enumerated().filter { $0.offset % references.count == index }
            for answer in fixtures.map(\.element) + answers.suffix(12) {
                let result = try await Shared.compare(reference, answer)
                #expect(verdicts.contains(result.outcome), "\(reference) | \(answer): \(result)")
            }
        }
    }

    @Test("every line of docs/math.md holds", arguments: MathCase.load("docs.jsonl"))
    func documented(_ line: MathCase) async throws {
        let result = try await Shared.compare(line.reference ?? "", line.answer ?? "")

        #expect("\(result.outcome)" == line.outcome, "\(result)")
        #expect(result.policies == line.policies ?? [])
    }

    @Test("a readable side equals itself", arguments: MathCase.load("equivalent.jsonl"))
    func reflexive(_ line: MathCase) async throws {
        for side in [line.reference ?? "", line.answer ?? ""] {
            let result = try await Shared.compare(side, side + " ")
            #expect(result.outcome == .equivalent, "\(side): \(result)")
        }
    }

    @Test("without a policy the order of the sides does not matter")
    func symmetric() async throws {
        for line in MathCase.load("equivalent.jsonl") + MathCase.load("different.jsonl") {
            let (x, y) = (line.reference ?? "", line.answer ?? "")
            let forwards = try await Shared.compare(x, y)
            let backwards = try await Shared.compare(y, x)
            guard forwards.policies.isEmpty, backwards.policies.isEmpty else { continue }
            // What an answer may not do, a reference may: be too hard, or have no value.
            let fault: [Comparison.Outcome] = [.invalidReference, .undecided(.reference)]
            if fault.contains(backwards.outcome) { continue }
            #expect(forwards.outcome == backwards.outcome, "\(line.name)")
        }
    }

    @Test("the same pair gives the same result again and in another engine")
    func deterministic() async throws {
        let other = try MathEngine(configuration: Shared.configuration)
        for line in MathCase.load("equivalent.jsonl") + MathCase.load("different.jsonl") {
            let (x, y) = (line.reference ?? "", line.answer ?? "")
            let first = try await Shared.compare(x, y)
            let second = try await Shared.compare(x, y)
            let third = await other.compare(reference: ByteString(x), answer: ByteString(y))
            #expect(first == second)
            #expect(first == third)
        }
        await other.shutDown()
    }

    @Test("plain numbers, fractions and polynomials need no worker")
    func inProcess() {
        for (reference, answer) in [("42", "42"), ("\\frac12", "0.5"), ("(x+1)^2", "x^2+2x+1")] {
            let result = MathEngine.compareInProcess(
                reference: ByteString(reference), answer: ByteString(answer))
            #expect(result?.outcome == .equivalent)
        }
        #expect(MathEngine.compareInProcess(reference: "\\sqrt{12}", answer: "2\\sqrt3") == nil)
    }

    @Test("policies can be switched off")
    func options() async throws {
        var options = ComparisonOptions()
        options.acceptsRounding = false
        options.ignoresListOrder = false
        options.acceptsMissingUnits = false
        options.acceptsBarePercent = false
        options.acceptsNumericProof = false
        options.convertsUnits = false
        options.acceptsStatedBase = false
        for (reference, answer) in [
            ("33.33", "\\frac{100}{3}"), ("1,2", "2,1"), ("5", "5\\text{ cm}"), ("60", "60\\%"),
            ("5\\text{ m}", "500\\text{ cm}"), ("204", "204_5"),
        ] {
            #expect(try await Shared.compare(reference, answer, options).outcome == .different)
        }
        let numeric = try await Shared.compare("\\sec^2 x", "1+\\tan^2 x", options)
        #expect(numeric.outcome == .undecided(.engine))
    }

    @Test("each bridge between types has its switch", arguments: Bridges.all.indices)
    func switches(_ index: Int) async throws {
        let (reference, answer, change) = Bridges.all[index]
        var options = ComparisonOptions()
        #expect(try await Shared.compare(reference, answer, options).outcome == .equivalent)
        change(&options)
        #expect(try await Shared.compare(reference, answer, options).outcome == .different)
    }

    @Test(
        "worked out answers pass where only those are accepted",
        arguments: [
            ("\\frac12", "\\frac{1}{2}"), ("\\frac72", "3\\frac12"), ("0.5", "0.5"),
            ("3\\cdot10^8", "3\\times 10^8"), ("2\\sqrt2", "2\\sqrt{2}"), ("x^2+1", "1+x^2"),
            ("-\\frac12", "-\\frac{1}{2}"), ("60\\%", "60\\%"),
        ])
    func simplified(reference: String, answer: String) async throws {
        var options = ComparisonOptions()
        options.acceptsUnsimplified = false

        #expect(try await Shared.compare(reference, answer, options).outcome == .equivalent)
    }

    @Test("a missing constant of integration is accepted only where the task says so")
    func missingConstant() async throws {
        var options = ComparisonOptions()
        #expect(try await Shared.compare("x^2+C", "x^2", options).outcome == .different)
        options.acceptsMissingConstant = true
        let result = try await Shared.compare("x^2+C", "x^2", options)
        #expect(result.outcome == .equivalent)
        #expect(result.policies == ["integration_constant"])
        #expect(try await Shared.compare("x^2+C", "x^3", options).outcome == .different)
    }

    @Test(
        "a tolerance is a share of the reference, and replaces rounding",
        arguments: [
            ("100", "101", true), ("100", "101.1", false), ("-100", "-99", true),
            ("\\pi", "3.14", true), ("\\pi", "3.1", false), ("3.1416", "\\pi", true),
            ("0", "0.001", false), ("x", "1.001x", false), ("(1,200)", "(1,201)", true),
            ("\\sin \\pi", "10^{-9}", false), ("100", "100 + i", false),
            ("10^{400}", "1.001 \\cdot 10^{400}", true),
        ])
    func tolerance(reference: String, answer: String, isClose: Bool) async throws {
        var options = ComparisonOptions()
        options.tolerance = 0.01

        let result = try await Shared.compare(reference, answer, options)

        #expect(result.outcome == (isClose ? .equivalent : .different), "\(result)")
        if isClose { #expect(result.policies == ["tolerance"]) }
    }

    @Test(
        "with a decimal comma 2,5 is 2.5 on both sides",
        arguments: [
            ("2.5", "2,5"), ("2,5", "\\frac52"), ("1234.5", "1.234,5"), ("2{,}5", "2.5"),
            ("(1, 2)", "(1, 2)"), ("1,5; 2", "2; 1,5"), ("1,234,567", "1234567"),
        ])
    func decimalComma(reference: String, answer: String) async throws {
        var options = ComparisonOptions()
        options.readsDecimalComma = true

        #expect(try await Shared.compare(reference, answer, options).outcome == .equivalent)
    }

    @Test("without the switch a comma is no decimal mark")
    func noDecimalComma() async throws {
        #expect(try await Shared.compare("2.5", "2,5").outcome == .different)
    }

    @Test("a killed worker costs no answer")
    func killedWorker() async throws {
        let engine = try MathEngine(configuration: Shared.configuration)
        for process in engine.idleWorkerProcessIDs { kill(process, SIGKILL) }

        let result = await engine.compare(reference: "\\sqrt{12}", answer: "2\\sqrt{3}")

        #expect(result.outcome == .equivalent)
        await engine.shutDown()
    }

    @Test("an engine without its worker says so")
    func missingWorker() {
        #expect(throws: MathEngineError.self) {
            try MathEngine(configuration: MathConfiguration(workerPath: "/nonexistent/assay-math"))
        }
    }

    @Test("workers end with their engine")
    func workersEnd() async throws {
        let engine = try MathEngine(configuration: Shared.configuration)
        let processes = engine.idleWorkerProcessIDs
        await engine.shutDown()

        #expect(!processes.isEmpty)
        for process in processes { #expect(kill(process, 0) != 0) }
    }

    @Test("comparisons run side by side")
    func concurrent() async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 2..<60 {
                group.addTask {
                    let result = try await Shared.compare(
                        "\\sqrt{\(number)}+1", "1+\\frac{\(number)}{\\sqrt{\(number)}}")
                    return result.outcome == .equivalent
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
    }
}

extension MathEngineTests {
    @Test("threads that may block share the workers, however many they are")
    func blockingThreads() async throws {
        var configuration = Shared.configuration
        configuration.workerCount = 2
        let engine = try MathEngine(configuration: configuration)
        let threads = BlockingPool(name: "test-math", width: 6)
        defer { threads.shutDown() }

        await withTaskGroup(of: Bool.self) { group in
            for number in 2..<40 {
                group.addTask(executorPreference: threads) {
                    let result = await engine.compare(
                        reference: ByteString("\\sqrt{\(number)}+1"),
                        answer: ByteString("1+\\frac{\(number)}{\\sqrt{\(number)}}"))
                    return result.outcome == .equivalent
                }
            }
            for await isEqual in group { #expect(isEqual) }
        }

        #expect(engine.idleWorkerProcessIDs.count <= 2)
        await engine.shutDown()
    }
}

/// Pairs that a policy bridges, and how to switch it off.
enum Bridges {
    static let all: [(String, String, @Sendable (inout ComparisonOptions) -> Void)] = [
        ("5", "x=5", { $0.acceptsAssignment = false }),
        ("1,2", "x=1, x=2", { $0.acceptsAssignment = false }),
        ("8", "3+5=8", { $0.acceptsEquationChain = false }),
        ("90", "90^\\circ", { $0.acceptsBareDegrees = false }),
        ("\\frac34", "3:4", { $0.acceptsRatioAsQuotient = false }),
        (
            "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "(1,2)",
            { $0.acceptsVectorAsTuple = false }
        ),
        ("x^2+C", "x^2+c", { $0.comparesUpToConstant = false }),
        ("\\frac12", "\\frac24", { $0.acceptsUnsimplified = false }),
        ("2", "1+1", { $0.acceptsUnsimplified = false }),
        ("2\\sqrt2", "\\sqrt8", { $0.acceptsUnsimplified = false }),
    ]
}
