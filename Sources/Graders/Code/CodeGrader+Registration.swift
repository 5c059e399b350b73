// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Sandbox
import Wire

extension CodeGrader {
    /// The grader as the registry lists it.
    static func registered(
        sandbox: Sandbox?, testSets: TestSetStore? = nil, checkerFiles: [BoxFile] = []
    ) -> RegisteredGrader {
        let grader = CodeGrader(
            sandbox: sandbox, testSets: testSets, checkerFiles: checkerFiles)
        let decode = { @Sendable (view: JSONView) throws(WireError) -> CodeTask in
            let task = try CodeTask.decode(view)
            try grader.checkReference(of: task)
            return task
        }
        return RegisteredGrader(
            descriptor, grader: grader, tasks: [TaskType(CodeTask.self, decode: decode)]
        ) { view throws(WireError) in
            var question = CodeQuestion()
            try CodeQuestion.fields.decode(view, into: &question)
            let request = try question.request(view)
            if let task = request.rollout.task as? CodeTask { try grader.checkReference(of: task) }
            return request
        }
    }

    private static let descriptor = GraderDescriptor(
        name: "code", axis: .correctness,
        summary: "Whether a C++ or Python program passes its tests in the sandbox.",
        score: "1 when every test passes, else 0, or the share passed with partial",
        verdicts: [
            "accepted", "wrong_answer", "compile_error", "runtime_error", "time_limit_exceeded",
            "memory_limit_exceeded", "output_limit_exceeded", "forbidden_syscall",
            "wrong_language", "no_code",
        ],
        source: "Magistral (arXiv 2506.10910) §2.2.2",
        example:
            #"{"language":"python","code":"print(int(input())+1)","tests":[{"stdin":"1\\n","stdout":"2\\n"}]}"#
    )
}

/// A body of `POST /v1/graders/code` while it is read.
private struct CodeQuestion: Sendable {
    var task = CodeTask()
    var code: ByteString?
    var rollout = Rollout()
    var isPartial = false
    var hasCompletion = false

    static let fields = FieldTable<CodeQuestion>(
        "code request",
        fields: CodeTask.sharedFields(get: { $0.task }, set: { $0.task = $1 }) + [
            .string("code", doc: "The program itself; then \"language\" is needed.") {
                $0.code = $1
            },
            Field(
                "completion", .any, FieldNotes(aliases: ["response", "solution_str"]),
                doc: "A completion whose first fenced block is the program."
            ) { view, root throws(WireError) in
                root.rollout.completion = try CompletionFields.decode(view)
                root.hasCompletion = true
            },
            .string("group", FieldNotes(aliases: ["group_id"]), doc: "Names the draw.") {
                $0.rollout.group = $1
            },
            .integer("seed", doc: "Draws the tests.") { $0.rollout.seed = $1 },
            .boolean("partial", doc: "Whether the share of tests passed counts.") {
                $0.isPartial = $1
            },
        ])

    func request(_ view: JSONView) throws(WireError) -> GraderRequest {
        var request = GraderRequest()
        request.rollout = rollout
        request.recipe.correctness.isPartial = isPartial
        var task = self.task
        try task.settle(view)
        switch (code, hasCompletion) {
        case (let code?, false):
            guard let language = task.language else {
                throw WireError(
                    code: "missing_field", message: "\"code\" needs \"language\", cpp or python")
            }
            task.bareSource = (language, code)
        case (nil, true): break
        default:
            throw WireError(
                code: "missing_field", message: "give either \"code\" or \"completion\"")
        }
        request.rollout.task = task
        return request
    }
}
