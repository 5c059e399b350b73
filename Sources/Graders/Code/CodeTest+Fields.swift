// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

extension CodeTest {
    /// Reads one test; its members say of which kind it is.
    ///
    /// - Parameter view: the object.
    /// - Throws: ``WireError`` for an unknown member, members of two kinds, or a missing one.
    init(_ view: JSONView) throws(WireError) {
        var members = Members()
        try Members.fields.decode(view, into: &members)
        guard let kind = Kind.allCases.first(where: { view[$0.rawValue] != nil }) else {
            self = .standardIO(try members.standardIO(view))
            return
        }
        for (key, _) in view.members where !kind.members.contains(key.string) {
            throw WireError(
                code: "conflict",
                message: "a test with \"\(kind.rawValue)\" has no \"\(key.string)\"",
                pointer: JSONPointer([key.string]))
        }
        switch kind {
        case .call: self = .call(try members.call())
        case .assertion:
            self = .assertion(
                AssertionTest(assertion: members.assertion, setup: members.setup))
        case .program:
            self = .program(
                ProgramTest(program: members.program, entryPoint: members.entryPoint))
        }
    }

    /// The kinds besides standard input and output, by the member that only they have.
    private enum Kind: String, CaseIterable {
        case call = "function"
        case assertion = "assert"
        case program

        var members: [String] {
            switch self {
            case .call: ["function", "arguments", "expected"]
            case .assertion: ["assert", "setup"]
            case .program: ["program", "entry_point"]
            }
        }
    }

    /// All members of all kinds while they are read.
    private struct Members: Sendable {
        var stdin: ByteString = ""
        var stdout: ByteString?
        var function: FunctionPath?
        var arguments: ByteString = "[]"
        var expected: ByteString?
        var assertion: ByteString = ""
        var setup: ByteString = ""
        var program: ByteString = ""
        var entryPoint: String?

        func standardIO(_ view: JSONView) throws(WireError) -> StandardIOTest {
            for name in ["arguments", "expected", "setup", "entry_point"] where view[name] != nil {
                throw WireError(
                    code: "conflict",
                    message: "\"\(name)\" needs \"function\", \"assert\" or \"program\"",
                    pointer: JSONPointer([name]))
            }
            guard let stdout else {
                throw WireError(
                    code: "missing_field",
                    message: "a test has \"stdout\" (with \"stdin\"), \"function\" (with"
                        + " \"arguments\" and \"expected\"), \"assert\" or \"program\"")
            }
            var test = StandardIOTest()
            (test.stdin, test.stdout) = (stdin, stdout)
            return test
        }

        func call() throws(WireError) -> CallTest {
            guard let function, let expected else {
                throw WireError(
                    code: "missing_field", message: "\"function\" needs \"expected\"")
            }
            return CallTest(function: function, arguments: arguments, expected: expected)
        }

        static let fields = FieldTable<Members>(
            "test",
            fields: [
                text("stdin", aliases: ["input"], "What the program reads.") { $0.stdin = $1 },
                text("stdout", aliases: ["output"], "What it must write.") { $0.stdout = $1 },
                Field("function", .string, doc: "A function: f, or Solution().f.") {
                    view, root throws(WireError) in
                    guard let path = FunctionPath(view.string?.string ?? "") else {
                        throw view.unacceptable("a function such as \"f\" or \"Solution().f\"")
                    }
                    root.function = path
                },
                Field("arguments", .array, doc: "Its arguments, by position.") {
                    view, root throws(WireError) in root.arguments = try bounded(view.raw)
                },
                Field("expected", .any, doc: "What it must return.") {
                    view, root throws(WireError) in root.expected = try bounded(view.raw)
                },
                text("assert", "Python statements such as assert f(2) == 4.") {
                    $0.assertion = $1
                },
                text("setup", "Python statements before them.") { $0.setup = $1 },
                text("program", "A program that follows the solution.") { $0.program = $1 },
                Field("entry_point", .string, doc: "The function handed to the program's check.") {
                    view, root throws(WireError) in
                    let text = view.string?.string ?? ""
                    guard FunctionPath(text) != nil else {
                        throw view.unacceptable("a function such as \"f\" or \"Solution().f\"")
                    }
                    root.entryPoint = text
                },
            ])

        private static func text(
            _ name: String, aliases: [String] = [], _ doc: String,
            set: @escaping @Sendable (inout Members, ByteString) -> Void
        ) -> Field<Members> {
            Field(name, .string, FieldNotes(aliases: aliases), doc: doc) {
                view, root throws(WireError) in set(&root, try bounded(view.string ?? ""))
            }
        }

        private static func bounded(_ text: ByteString) throws(WireError) -> ByteString {
            guard text.count <= CodeTask.testBytesMax else {
                throw WireError(
                    code: "too_large",
                    message: "one side of a test has at most \(CodeTask.testBytesMax) bytes")
            }
            return text
        }
    }
}
