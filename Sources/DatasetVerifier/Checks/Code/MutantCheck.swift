// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Grading
import Sandbox
import Wire

/// C007: changed reference solutions must fail a test.
///
/// A mutant that passes may do the same as the reference on all inputs. So one is only held
/// against the tests if there is an input near theirs on which it does something else; that input is
/// the evidence, and a test to add. Where none can be looked for (C++ tests with a `main` of their
/// own), half of the mutants must survive.
struct MutantCheck: Check {
    let name = "code-mutants"
    let runsPrograms = true
    let rules = [CodeRules.mutantSurvives]

    /// A mutant is given so much more time than the reference took: beyond, it has failed.
    private static let timeFactor = 10.0
    /// Least time of a mutant, in seconds of CPU time.
    private static let timeMin = 0.25

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard isSelected(context), let sandbox = context.engines.sandbox,
            case .ready(let code) = await CodeRow.read(row, context),
            let (source, language) = code.reference
        else { return Inspection() }
        var inspection = Inspection()
        guard case .verdict(let score) = await code.judge(source, in: language), score.value == 1
        else { return inspection }
        let factory = MutantFactory(sandbox: sandbox, group: row.id, seed: context.seed)
        do throws(Ungraded) {
            var trial = Trial(code: code, source: source, language: language, factory: factory)
            let mutants = try await factory.mutants(
                of: source, in: language, count: context.mutantsMax)
            let used = score.details["cpu_s_max"]?.double ?? 0
            trial.seconds = max(Self.timeMin, Self.timeFactor * used)
            try await trial.run(mutants)
            inspection.facts = .members([
                "mutants": .integer(trial.count), "survived": .integer(trial.survivors.count),
                "different": .integer(trial.witnesses.count),
            ])
            if let finding = trial.finding(row) { inspection.findings.append(finding) }
        } catch {
            inspection.note(error, CodeRules.mutantSurvives)
        }
        return inspection
    }
}

extension CodeRow {
    /// The first solution that should be right and can be run.
    fileprivate var reference: (source: ByteString, language: ProgramLanguage)? {
        for solution in row.solutions where solution.expectation == .accepted {
            if let language = ProgramLanguage.named(solution.language), accepts(language) {
                return (solution.code, language)
            }
        }
        return nil
    }
}

/// The mutants of one reference solution before the tests.
private struct Trial {
    let code: CodeRow
    let source: ByteString
    let language: ProgramLanguage
    let factory: MutantFactory
    var seconds = 1.0
    /// Mutants that ran.
    var count = 0
    var survivors: [Mutant] = []
    /// Survivors that do something else, by their place, with what shows it.
    var witnesses: [(place: Int, witness: Witness)] = []
    private var canBeTold = true

    init(code: CodeRow, source: ByteString, language: ProgramLanguage, factory: MutantFactory) {
        (self.code, self.source, self.language, self.factory) = (code, source, language, factory)
    }

    mutating func run(_ mutants: [Mutant]) async throws(Ungraded) {
        for mutant in mutants {
            let seconds = self.seconds
            let outcome = await code.judge(mutant.source, in: language) { task in
                task.runLimits.cpuSeconds = min(task.runLimits.cpuSeconds, seconds)
            }
            switch outcome {
            case .ungraded(let failure): throw failure
            case .verdict(let score):
                if score.verdict != "compile_error" { count += 1 }
                if score.value == 1 { survivors.append(mutant) }
            }
        }
        if !survivors.isEmpty { try await tellApart() }
    }

    private mutating func tellApart() async throws(Ungraded) {
        let inputs = code.task.tests.compactMap { test -> ByteString? in
            if case .standardIO(let test) = test { test.stdin } else { nil }
        }
        if inputs.count == code.task.tests.count {
            for (place, mutant) in survivors.enumerated() {
                if let witness = try await factory.witness(
                    of: mutant, from: source, in: language, inputs: inputs, task: code.task)
                {
                    witnesses.append((place, witness))
                }
            }
        } else if language == .python {
            try await tellFunctionsApart()
        } else {
            canBeTold = false
        }
    }

    private mutating func tellFunctionsApart() async throws(Ungraded) {
        let known = try await code.expectations().get().compactMap(\.self)
        let called = known.flatMap(\.functions)
        // Whose arguments are whose is not kept: one function is called, or none is told apart.
        guard let function = called.first ?? code.entryPoint,
            called.allSatisfy({ $0 == function })
        else { return }
        let found = try await factory.witnesses(
            of: survivors, from: source, function: function,
            calls: known.flatMap(\.calls).map(\.arguments))
        for (place, witness) in found.enumerated() {
            if let witness { witnesses.append((place, witness)) }
        }
    }

    func finding(_ row: DatasetRow) -> Finding? {
        let told = canBeTold
        guard told ? !witnesses.isEmpty : survivors.count >= 2 && 2 * survivors.count >= count
        else { return nil }
        let shown = survivors[witnesses.first?.place ?? 0]
        var evidence = JSONObject([
            "mutants": .integer(count), "survived": .integer(survivors.count),
            "different": told ? .integer(witnesses.count) : .null, "line": .integer(shown.line),
            "change": .string(shown.change),
        ])
        if let witness = witnesses.first?.witness {
            evidence.append("input", .string(witness.input))
            evidence.append("reference", .string(witness.expected))
            evidence.append("mutant", .string(witness.found))
        }
        let survivors = told ? witnesses.count : self.survivors.count
        return Finding(
            CodeRules.mutantSurvives,
            "\(survivors) of \(count) changed reference solutions \(survivors == 1 ? "passes" : "pass")"
                + " all tests, such as with \(shown.change) in line \(shown.line).",
            pointer: row.taskPointer, evidence: evidence)
    }
}

extension CodeRow {
    /// The function that the tests' programs hand to their `check`.
    fileprivate var entryPoint: FunctionPath? {
        for case .program(let test) in task.tests {
            if let path = test.entryPoint.flatMap(FunctionPath.init) { return path }
        }
        return nil
    }
}
