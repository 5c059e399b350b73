// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Completion
import Hashing

/// What all members of a group share, so that they are graded alike.
public struct GroupContext: Sendable {
    /// Draws the tests.
    public let seed: Int
    private let name: ByteString?
    private let parts: [ByteString]

    /// Derives the context of a rollout.
    ///
    /// - Parameter rollout: its `group`, or its prompt, problem and task, name the group.
    public init(_ rollout: Rollout) {
        seed = rollout.seed
        name = rollout.group
        parts = [rollout.prompt ?? "", rollout.problem ?? "", rollout.taskText]
    }

    /// Names the group: the caller's name, else a hash of prompt, problem and task, never of the
    /// completion.
    public var key: ByteString {
        if let name { return name }
        var hash = SHA256()
        for part in parts { hash.update(lengthPrefixed: part) }
        return ByteString(hash.finish().hex)
    }
}

/// How long a rollout may take, counted from the receipt of its request.
public struct Budget: Sendable {
    /// CLOCK_MONOTONIC time in nanoseconds after which there is only a status; nil for no limit.
    public let deadlineNanoseconds: UInt64?

    /// Sets a limit.
    ///
    /// - Parameter deadlineNanoseconds: CLOCK_MONOTONIC time.
    public init(deadlineNanoseconds: UInt64? = nil) {
        self.deadlineNanoseconds = deadlineNanoseconds
    }

    /// No limit.
    public static let unlimited = Budget()
}

/// All that a grader is given besides the rollout.
public struct GradingContext: Sendable {
    /// The thoughts and the answer section, cut once for all graders.
    public let sections: CompletionSections
    /// The recipe whose parameters apply.
    public let recipe: Recipe
    /// What the members of the group share.
    public let group: GroupContext
    /// How long it may take.
    public let budget: Budget

    /// Collects what a grader is given.
    ///
    /// - Parameters:
    ///   - sections: thoughts and answer section.
    ///   - recipe: whose parameters apply.
    ///   - group: what the members of the group share.
    ///   - budget: how long it may take.
    public init(
        sections: CompletionSections, recipe: Recipe, group: GroupContext,
        budget: Budget = .unlimited
    ) {
        self.sections = sections
        self.recipe = recipe
        self.group = group
        self.budget = budget
    }
}

/// A judge of one axis.
///
/// Cancellation is the task's own: a grader that waits does so in a way that ends when its Swift
/// task is cancelled, and then answers with status `cancelled`.
public protocol Grader: Sendable {
    /// What is wrong with a task, whatever the completion; asked before the gate, so that a broken
    /// task has no reward for any member of a group.
    ///
    /// - Parameter rollout: its task.
    /// - Returns: the fault; nil when the task can be graded as far as its form shows.
    func fault(ofTaskOf rollout: Rollout) -> Ungraded?

    /// Judges at once, without blocking and within about 50 µs for a 16 KiB completion.
    ///
    /// - Parameters:
    ///   - rollout: what is judged.
    ///   - context: sections, recipe, group and budget.
    /// - Returns: the finding; nil when it takes longer or needs another process.
    func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome?

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: what is judged; malformed completions are verdicts, never errors.
    ///   - context: sections, recipe, group and budget.
    /// - Returns: a verdict, or why there is none.
    func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome
}

extension Grader {
    /// Every task that could be read can be graded.
    public func fault(ofTaskOf rollout: Rollout) -> Ungraded? { nil }

    /// Nothing can be said at once.
    public func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome? { nil }
}
