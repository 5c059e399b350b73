// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Grading
public import Wire

/// The part of the reward that a grader answers for.
public enum Axis: String, Sendable, CaseIterable {
    case format, correctness, length, language
}

/// What people read about a grader, in `GET /v1/graders` and the docs.
public struct GraderDescriptor: Sendable {
    /// Last part of its path, such as `math`.
    public let name: String
    /// The part of the reward it answers for.
    public let axis: Axis
    /// One sentence: what it judges.
    public let summary: String
    /// What its number means, with the range.
    public let score: String
    /// All verdicts it can give.
    public let verdicts: [Verdict]
    /// Where its rule comes from.
    public let source: String
    /// A body for `POST /v1/graders/{name}` that runs as it stands.
    public let example: StaticString

    /// Describes a grader.
    ///
    /// - Parameters:
    ///   - name: last part of its path.
    ///   - axis: the part of the reward it answers for.
    ///   - summary: one sentence.
    ///   - score: what its number means.
    ///   - verdicts: all verdicts it can give.
    ///   - source: where its rule comes from.
    ///   - example: a body that runs as it stands.
    public init(
        name: String, axis: Axis, summary: String, score: String, verdicts: [Verdict],
        source: String, example: StaticString
    ) {
        self.name = name
        self.axis = axis
        self.summary = summary
        self.score = score
        self.verdicts = verdicts
        self.source = source
        self.example = example
    }

    /// The description as JSON.
    public var json: JSONValue {
        .members([
            "name": .string(name), "axis": .string(axis.rawValue), "summary": .string(summary),
            "score": .string(score), "verdicts": .array(verdicts.map { .string($0.word) }),
            "source": .string(source), "path": .string("/v1/graders/\(name)"),
            "example": .raw(ByteString(example.description)),
        ])
    }
}

/// A `task.type` that a correctness grader brings along.
public struct TaskType: Sendable {
    /// The word under `task.type`.
    public let name: String
    let decode: @Sendable (JSONView) throws(WireError) -> any GradingTask

    /// Registers a task type.
    ///
    /// - Parameters:
    ///   - type: the task.
    ///   - decode: reads the task object, whose `type` is the task's word.
    public init<Task: GradingTask>(
        _ type: Task.Type, decode: @escaping @Sendable (JSONView) throws(WireError) -> Task
    ) {
        name = type.type
        self.decode = { view throws(WireError) in try decode(view) }
    }
}

/// One question to one grader, as `POST /v1/graders/{name}` asks it.
public struct GraderRequest: Sendable {
    /// What is judged; only what the grader needs is filled.
    public var rollout = Rollout()
    /// The parameters that apply.
    public var recipe = Recipe()
    /// Answers in place of the grader, such as with the language of a text; it may compute long.
    public var direct: (@Sendable () -> JSONValue)?

    /// Starts an empty question with Magistral's parameters.
    public init() {}
}

/// A grader with all that the service needs to offer it.
public struct RegisteredGrader: Sendable {
    /// What people read about it.
    public let descriptor: GraderDescriptor
    /// The judge.
    public let grader: any Grader
    /// The task types that lead to it; empty unless its axis is correctness.
    public let tasks: [TaskType]
    /// Reads a body of `POST /v1/graders/{name}`.
    public let decodeRequest: @Sendable (JSONView) throws(WireError) -> GraderRequest

    /// Registers a grader.
    ///
    /// - Parameters:
    ///   - descriptor: what people read about it.
    ///   - grader: the judge.
    ///   - tasks: the task types that lead to it.
    ///   - decodeRequest: reads a body of its own endpoint.
    public init(
        _ descriptor: GraderDescriptor, grader: any Grader, tasks: [TaskType] = [],
        decodeRequest: @escaping @Sendable (JSONView) throws(WireError) -> GraderRequest
    ) {
        self.descriptor = descriptor
        self.grader = grader
        self.tasks = tasks
        self.decodeRequest = decodeRequest
    }
}
