// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Grading
import Wire

/// Judges how far a completion runs into the length budget.
///
///     0                                                   up to max_tokens − cache_tokens
///     −(penalty × (tokens − max_tokens + cache_tokens)) / cache_tokens    up to max_tokens
///     −penalty                                            above
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.3, eq. 1.
public struct LengthGrader: Grader {
    /// Makes the grader.
    public init() {}

    /// Judges at once.
    ///
    /// - Parameters:
    ///   - rollout: its `completionTokens`, and its own limits where it has any.
    ///   - context: the recipe's limits and penalty.
    /// - Returns: a verdict with score −penalty … 0; `unmeasured`, 0, without a token count;
    ///   `invalid_task` when the rollout's own limits contradict each other.
    public func gradeAtOnce(_ rollout: Rollout, _ context: GradingContext) -> Outcome? {
        judge(rollout, context.recipe)
    }

    /// Judges.
    ///
    /// - Parameters:
    ///   - rollout: its `completionTokens`, and its own limits where it has any.
    ///   - context: the recipe's limits and penalty.
    /// - Returns: as ``gradeAtOnce(_:_:)``.
    public func grade(_ rollout: Rollout, _ context: GradingContext) async -> Outcome {
        judge(rollout, context.recipe)
    }

    private func judge(_ rollout: Rollout, _ recipe: Recipe) -> Outcome {
        let limits: Recipe.Length
        do {
            limits = try recipe.length(of: rollout)
        } catch {
            return .ungraded(.invalidTask(error))
        }
        guard let tokens = rollout.completionTokens else {
            return .verdict(Score("unmeasured", value: 0))
        }
        let details = JSONObject([
            "completion_tokens": .integer(tokens), "max_tokens": .integer(limits.maxTokens),
            "cache_tokens": .integer(limits.cacheTokens),
        ])
        let overrun = tokens - limits.maxTokens + limits.cacheTokens
        if overrun <= 0 {
            return .verdict(Score("within_budget", value: 0, details: details))
        }
        // Taken from 0, so that a penalty of 0 is 0.0 and not -0.0.
        if tokens > limits.maxTokens {
            return .verdict(Score("over_budget", value: 0 - limits.penalty, details: details))
        }
        let value = 0 - (limits.penalty * Double(overrun)) / Double(limits.cacheTokens)
        return .verdict(Score("in_cache_zone", value: value, details: details))
    }
}
