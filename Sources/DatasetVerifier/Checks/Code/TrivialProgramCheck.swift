// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Grading
import Sandbox
import Wire

/// C006: programs that solve nothing must fail a test.
///
/// Theory of operation: what a trivial program writes or returns is known without running it, so
/// the tests' own expectations refute nearly all of them here, at no cost. Only a program that
/// could pass is run, as training would, and only its verdict counts.
struct TrivialProgramCheck: Check {
    let name = "code-trivial-programs"
    let runsPrograms = true
    let rules = [CodeRules.trivialPasses]

    /// Programs of one row that are run at most: one that could pass nearly always does.
    private static let runsMax = 4
    /// Places of arguments that are tried.
    private static let argumentsMax = 3

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard isSelected(context), case .ready(let code) = await CodeRow.read(row, context)
        else { return Inspection() }
        var inspection = Inspection()
        for program in await suspects(code).prefix(Self.runsMax) {
            switch await code.judge(program.source, in: program.language) {
            case .ungraded(let failure) where failure.status == .invalidTask: return inspection
            case .ungraded(let failure): inspection.note(failure, CodeRules.trivialPasses)
            case .verdict(let score) where score.value == 1:
                inspection.findings = [
                    Finding(
                        CodeRules.trivialPasses, "\(program.words) passes all tests.",
                        pointer: row.taskPointer,
                        evidence: JSONObject([
                            "program": .string(program.kind),
                            "source": .string(
                                String(decoding: program.source.array.prefix(300), as: UTF8.self)),
                        ]))
                ]
                return inspection
            case .verdict: break
            }
        }
        return inspection
    }

    /// Programs that the tests' expectations do not refute.
    private func suspects(_ code: CodeRow) async -> [TrivialProgram] {
        let outputs = code.task.tests.compactMap { test -> StandardIOTest? in
            if case .standardIO(let test) = test { test } else { nil }
        }
        if outputs.count == code.task.tests.count { return byOutput(outputs, code) }
        guard outputs.isEmpty else { return [] }
        switch code.task.language {
        case .python?: return await byFunction(code)
        case .cpp?: return Self.needsSolution(code) ? [] : [.nothing(in: .cpp)]
        default: return []
        }
    }

    // MARK: - By standard input

    private func byOutput(_ tests: [StandardIOTest], _ code: CodeRow) -> [TrivialProgram] {
        let language = code.language ?? .python
        let comparison = code.task.compare
        // What a checker accepts is not known before it is asked.
        let isOpen = code.task.checker != nil
        var programs: [TrivialProgram] = []
        if isOpen || tests.allSatisfy({ !comparison.differs("", expected: $0.stdout) }) {
            programs.append(.empty(in: language))
        }
        if isOpen
            || tests.allSatisfy({ !comparison.differs($0.stdin, expected: $0.stdout) })
        {
            programs.append(.echo(in: language))
        }
        // One test alone is always passed by its own output; that there is one is another rule's.
        if tests.count > 1,
            isOpen
                || tests.allSatisfy({ !comparison.differs(tests[0].stdout, expected: $0.stdout) }),
            let program = TrivialProgram.printing(tests[0].stdout, in: language)
        {
            programs.append(program)
        }
        return programs
    }

    // MARK: - By functions

    private func byFunction(_ code: CodeRow) async -> [TrivialProgram] {
        guard case .success(let expectations) = await code.expectations() else { return [] }
        let known = expectations.compactMap(\.self)
        let calls = known.flatMap(\.calls)
        var functions: [FunctionPath] = []
        for path in known.flatMap(\.functions) + code.entryPoints where !functions.contains(path) {
            functions.append(path)
        }
        var programs: [TrivialProgram] = []
        if calls.isEmpty { programs.append(.nothing(in: .python)) }
        guard !functions.isEmpty else { return programs }
        // One call is passed by its own result, as with outputs.
        let isOne = calls.count { $0.expected != nil } == 1
        // True and false are 1 and 0 as well. The likelier stand first, since few are run.
        var answers: [TrivialProgram.Answer] = [.constant("null")]
        if !isOne, let first = calls.lazy.compactMap(\.expected).first {
            answers.append(.constant(first))
        }
        answers += [.constant("true"), .argument(0), .constant("false")]
        answers += [.constant(#""""#), .constant("[]")]
        answers += (1..<Self.argumentsMax).map { .argument($0) }
        return programs
            + answers.filter { answer in calls.allSatisfy(answer.mayMeet) }
            .compactMap { TrivialProgram.returning($0, from: functions) }
    }

    // MARK: - C++

    /// Whether a test names a function that the reference defines, so that it cannot be built
    /// without one.
    private static func needsSolution(_ code: CodeRow) -> Bool {
        let reference = code.row.solutions.first {
            $0.expectation == .accepted && ProgramLanguage.named($0.language) == .cpp
        }
        guard let reference else { return false }
        let defined = CppTokens(reference.code).definedFunctions
        return code.task.tests.allSatisfy { test in
            guard case .program(let test) = test else { return true }
            return Words(test.program.array).contains { defined.contains($0) }
        }
    }
}

extension CodeRow {
    /// The functions that programs of tests hand to their `check`.
    fileprivate var entryPoints: [FunctionPath] {
        task.tests.compactMap { test in
            guard case .program(let test) = test else { return nil }
            return test.entryPoint.flatMap(FunctionPath.init)
        }
    }
}

extension TrivialProgram {
    /// A source without any function.
    fileprivate static func nothing(in language: ProgramLanguage) -> TrivialProgram {
        TrivialProgram(
            kind: "empty", words: "A source without any function", language: language,
            source: language == .python ? "pass\n" : "// Nothing.\n")
    }
}
