// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Grading
public import MathEquivalence

/// A task whose answer is a mathematical expression that must equal a reference.
public struct MathTask: GradingTask {
    /// The word under `task.type`.
    public static let type = "math"

    /// A box.
    public var demand: AnswerDemand { .box }

    /// The trusted answers, at least one.
    public var references: [ByteString] = []
    /// Which of them the answer must equal.
    public var rule = ReferenceRule.any
    /// How the answer is found in an answer section; boxed in a rollout, whose recipe has a gate.
    public var extraction = ExtractionMode.boxed
    /// Policies of the comparison.
    public var options = ComparisonOptions()
    /// The answer itself, where it does not come out of a completion.
    var bareAnswer: ByteString?

    /// Which references the answer must equal.
    public enum ReferenceRule: String, Sendable, CaseIterable { case any, all }

    /// Makes a task without references, to be filled by the decoder.
    public init() {}
}
