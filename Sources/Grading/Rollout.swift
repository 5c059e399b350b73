// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// How a rollout is verified: the decoded `task` object of one grader.
public protocol GradingTask: Sendable {
    /// The word under `task.type`.
    static var type: String { get }

    /// What the answer section of a well-formed completion must hold.
    var demand: AnswerDemand { get }
}

/// What the answer section of a well-formed completion must hold.
public enum AnswerDemand: Sendable {
    case nothing
    /// A `\boxed{…}`, balanced and not empty.
    case box
    /// A fenced block with a language name.
    case codeBlock
}

/// A task without a correctness grader.
public struct NoTask: GradingTask {
    /// The word under `task.type`.
    public static let type = "none"

    /// Nothing beyond the think pair.
    public let demand = AnswerDemand.nothing

    /// Makes the task.
    public init() {}
}

/// All that a policy wrote.
public struct CompletionText: Sendable, Equatable {
    /// The text; with thoughts in it unless `reasoning` holds them.
    public var content: ByteString
    /// Thoughts that the inference server cut off; empty when `content` has them.
    public var reasoning: ByteString

    /// Holds a completion.
    ///
    /// - Parameters:
    ///   - content: the text.
    ///   - reasoning: thoughts cut off by the inference server.
    public init(content: ByteString, reasoning: ByteString = "") {
        self.content = content
        self.reasoning = reasoning
    }
}

/// One completion of one problem, and how it is verified.
public struct Rollout: Sendable {
    /// The caller's name for it, echoed; nil when none was given.
    public var id: ByteString?
    /// The caller's name for the group of completions of one prompt.
    public var group: ByteString?
    /// The user's own words, without system text or template.
    public var problem: ByteString?
    /// All the policy was given, as it stood in the request.
    public var prompt: ByteString?
    /// All that the policy wrote.
    public var completion = CompletionText(content: "")
    /// Length of the completion in tokens of the trainer's tokenizer; ≥ 0; nil when not measured.
    public var completionTokens: Int?
    /// This rollout's own greatest length in tokens; the recipe's by default.
    public var maxTokens: Int?
    /// This rollout's own soft zone before `maxTokens`, in tokens; the recipe's by default.
    public var cacheTokens: Int?
    /// Whether the trainer cut the completion off.
    public var isTruncated = false
    /// Draws the tests; a trainer sends its step, so that each visit draws anew.
    public var seed = 0
    /// Up to 16 scalars of the caller, echoed as they stood in the request.
    public var tags: ByteString?
    /// How it is verified.
    public var task: any GradingTask = NoTask()
    /// The `task` object as it stood in the request.
    public var taskText: ByteString = "{}"
    /// The problem's language where the caller knows it, such as `fr`; detected otherwise.
    public var problemLanguage: String?
    /// Whether the template already wrote the opening think tag; the recipe decides by default.
    public var isThinkPrefilled: Bool?

    /// Makes an empty rollout, to be filled by the decoder.
    public init() {}
}
