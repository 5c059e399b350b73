// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Hashing
public import Sandbox
import Wire

extension CodeTask {
    /// Most tests of a task, and most bytes of a program or of one side of a test.
    static let testsMax = 10_000
    static let sourceBytesMax = 1 << 20
    static let testBytesMax = 32 << 20

    /// Reads a task.
    ///
    /// - Parameter view: the `task` object.
    /// - Returns: the task, with at least one test.
    /// - Throws: ``WireError`` for a faulty member.
    static func decode(_ view: JSONView) throws(WireError) -> CodeTask {
        var task = CodeTask()
        try taskFields.decode(view, into: &task)
        try task.settle(view)
        return task
    }

    /// Members of a code task that a grader's own endpoint takes as well.
    static func sharedFields<Root>(
        get: @escaping @Sendable (Root) -> CodeTask,
        set: @escaping @Sendable (inout Root, CodeTask) -> Void
    ) -> [Field<Root>] {
        [
            Field("language", .string, doc: "cpp or python.") { view, root throws(WireError) in
                var task = get(root)
                task.language = try language(view)
                set(&root, task)
            },
            Field(
                "tests", .array,
                doc: "Tests: {stdin, stdout}, {function, arguments, expected}, {assert, setup} or"
                    + " {program, entry_point}."
            ) { view, root throws(WireError) in
                var task = get(root)
                task.tests = try tests(view)
                set(&root, task)
            },
            Field(
                "tests_ref", .string,
                doc: "SHA-256 of a test set that PUT /v1/tests/{sha256} brought, in place of tests."
            ) { view, root throws(WireError) in
                guard let digest = SHA256Digest(hex: view.string?.string ?? "") else {
                    throw view.unacceptable("64 hexadecimal digits")
                }
                var task = get(root)
                task.testsReference = digest
                set(&root, task)
            },
            Field("checker", .object, doc: "Judges outputs: {language, code, files}.") {
                view, root throws(WireError) in
                var task = get(root)
                task.checker = try Checker.decode(view)
                set(&root, task)
            },
            .boolean(
                "run_all", FieldNotes(defaultText: "false"),
                doc: "Whether tests are run after one has failed."
            ) { root, isOn in
                var task = get(root)
                task.runsAll = isOn
                set(&root, task)
            },
            .integer(
                "sample", FieldNotes(range: 1...1e4, defaultText: "20"),
                doc: "Tests drawn for a group; all, if there are fewer."
            ) { root, count in
                var task = get(root)
                task.sampleCount = count
                set(&root, task)
            },
            .boolean("usual_imports", doc: "Whether usual imports precede a Python program.") {
                root, isOn in
                var task = get(root)
                task.hasUsualImports = isOn
                set(&root, task)
            },
            Field(
                "compare", .any, FieldNotes(defaultText: "\"tokens\""),
                doc: "How outputs are compared: a word, or {mode, …}."
            ) { view, root throws(WireError) in
                var task = get(root)
                task.compare = try OutputComparison.decode(view)
                set(&root, task)
            },
            .boolean(
                "show_expected", FieldNotes(defaultText: "false"),
                doc: "Whether details quote what was expected where an output differs."
            ) { root, isShown in
                var task = get(root)
                task.showsExpected = isShown
                set(&root, task)
            },
            .object(
                "limits", LimitFields.table, doc: "Limits of compilation and tests.",
                get: { LimitFields(get($0)) },
                set: { root, limits in
                    var task = get(root)
                    (task.compileLimits, task.runLimits) = (limits.compile, limits.run)
                    set(&root, task)
                }),
        ]
    }

    private static let taskFields = FieldTable<CodeTask>(
        "code task",
        fields: [.string("type", doc: "code") { _, _ in }]
            + sharedFields(get: { $0 }, set: { $0 = $1 }))

    /// The language of a name such as `c++` or `py`.
    static func language(_ view: JSONView) throws(WireError) -> ProgramLanguage {
        guard let language = ProgramLanguage.named(view.string?.string ?? "") else {
            throw view.unacceptable(
                "one of \(ProgramLanguage.all.map { "\"\($0.name)\"" }.joined(separator: ", "))")
        }
        return language
    }

    /// Settles what no member says alone.
    ///
    /// - Parameter view: the object that was read.
    /// - Throws: ``WireError`` if its members do not fit together.
    mutating func settle(_ view: JSONView) throws(WireError) {
        guard tests.isEmpty != (testsReference == nil) else {
            throw WireError(
                code: tests.isEmpty ? "missing_field" : "conflict",
                message: "a code task has either \"tests\" or \"tests_ref\"")
        }
        if checker != nil, view["compare"] != nil {
            throw WireError(
                code: "conflict", message: "a checker takes the place of \"compare\"",
                pointer: JSONPointer(["compare"]))
        }
        try settleLanguage()
    }

    /// Reads an array of tests.
    static func tests(_ view: JSONView) throws(WireError) -> [CodeTest] {
        guard view.kind == .array, view.count >= 1, view.count <= testsMax else {
            throw view.unacceptable("1 to \(testsMax) tests")
        }
        var tests: [CodeTest] = []
        tests.reserveCapacity(view.count)
        for (index, element) in view.elements.enumerated() {
            do {
                tests.append(try CodeTest(element))
            } catch {
                throw error.prefixed(by: String(index))
            }
        }
        return tests
    }

    /// Settles the language that the tests demand.
    ///
    /// - Throws: ``WireError`` if tests and language do not fit.
    mutating func settleLanguage() throws(WireError) {
        for (index, test) in tests.enumerated() {
            switch test {
            case .standardIO: continue
            case .program where language == .c:
                throw WireError(
                    code: "conflict", message: "\"program\" is for cpp and python",
                    pointer: JSONPointer(["tests", String(index)]))
            case .program where language != nil: continue
            case .program:
                throw WireError(
                    code: "missing_field", message: "\"program\" needs \"language\" in the task",
                    pointer: JSONPointer(["tests", String(index)]))
            case .call, .assertion:
                guard language ?? .python == .python else {
                    throw WireError(
                        code: "conflict", message: "\"function\" and \"assert\" are for python",
                        pointer: JSONPointer(["tests", String(index)]))
                }
                language = .python
            }
        }
    }
}

/// The `limits` of a task while they are read.
struct LimitFields: Sendable {
    var compile: CompileLimits
    var run: RunLimits

    init(compile: CompileLimits, run: RunLimits) {
        (self.compile, self.run) = (compile, run)
    }

    init(_ task: CodeTask) {
        self.init(compile: task.compileLimits, run: task.runLimits)
    }

    static let table = FieldTable<LimitFields>(
        "limits",
        fields: [
            .number(
                "compile_time_s", FieldNotes(unit: "seconds", range: 0.1...120, defaultText: "10"),
                doc: "CPU time of the compilation."
            ) { $0.compile.cpuSeconds = $1 },
            .number(
                "time_s", FieldNotes(unit: "seconds", range: 0.01...120, defaultText: "4"),
                doc: "CPU time of each test."
            ) { $0.run.cpuSeconds = $1 },
            .integer(
                "memory_bytes",
                FieldNotes(
                    unit: "bytes", range: 16_777_216...17_179_869_184, defaultText: "314572800"),
                doc: "Memory of each test."
            ) { $0.run.memoryBytes = $1 },
            .integer(
                "output_bytes",
                FieldNotes(unit: "bytes", range: 1...67_108_864, defaultText: "16777216"),
                doc: "Standard output of each test."
            ) { $0.run.stdoutBytes = $1 },
        ])
}

extension ProgramLanguage {
    /// The language that a fence or a task names.
    ///
    /// - Parameter name: compared without case: cpp, c++, cc, cxx; c, c11, c17; python, python3, py.
    /// - Returns: the language; nil for an unknown name.
    public static func named(_ name: String) -> ProgramLanguage? {
        switch name.lowercased() {
        case "cpp", "c++", "cc", "cxx": .cpp
        case "c", "c11", "c17": .c
        case "python", "python3", "py": .python
        default: nil
        }
    }
}
