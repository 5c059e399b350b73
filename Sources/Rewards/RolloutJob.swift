// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Grading

/// A rollout ready to be graded, or the reason why it is none.
public struct RolloutJob: Sendable {
    /// Its place in the request, from 0.
    public let index: Int
    /// The rollout; where it is malformed, what could be read of it.
    public let rollout: Rollout
    /// The recipe that applies.
    public let recipe: PreparedRecipe
    /// Why it cannot be graded; nil when it can.
    public let fault: Ungraded?

    /// Holds a rollout.
    ///
    /// - Parameters:
    ///   - index: its place in the request.
    ///   - rollout: what is graded.
    ///   - recipe: the recipe that applies.
    ///   - fault: why it cannot be graded.
    public init(index: Int, rollout: Rollout, recipe: PreparedRecipe, fault: Ungraded? = nil) {
        self.index = index
        self.rollout = rollout
        self.recipe = recipe
        self.fault = fault
    }
}
