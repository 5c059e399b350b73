// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What a comparison found, and why.
public struct Comparison: Sendable, Equatable {
    /// The result.
    public enum Outcome: Sendable, Equatable {
        /// Both sides mean the same.
        case equivalent
        /// They do not; also when the answer is too large or has no value.
        case different
        /// The answer cannot be read whole, or is over a size limit.
        case unparsableAnswer
        /// The reference cannot be read or has no value: the task's fault.
        case invalidReference
        /// Both sides were read, but neither equality nor difference was proven.
        case undecided(Cause)
        /// The machinery failed; nothing is known about the answer.
        case failed(Cause)
    }

    /// Whose doing a missing verdict is.
    public enum Cause: String, Sendable {
        /// The reference is too hard for the engine.
        case reference
        /// The engine has no way to decide.
        case engine
        /// A worker could not be run.
        case host
    }

    /// The step that decided.
    public enum Step: String, Sendable {
        /// Both sides are the same expression.
        case identical
        /// Exact fractions.
        case rational
        /// Values modulo random primes.
        case residue
        /// Rigorous interval arithmetic.
        case ball
        /// Exact algebraic numbers.
        case algebraic
        /// Constants that balls found equal, proven by Calcium.
        case calcium
        /// Types, or member by member.
        case structure
        /// Words.
        case text
        /// The answer could not be evaluated within its budget.
        case budget
        /// The text could not be read.
        case syntax
        /// SymPy, where the engine left a pair undecided and the service may ask it.
        case sympy
    }

    /// How certain the result is.
    public enum Proof: String, Sendable {
        /// Proven; for residues up to a chance below 2^-57.
        case exact
        /// Agreement to about 960 bits at 8 points, or of one constant.
        case numeric
    }

    /// The result.
    public var outcome: Outcome
    /// The step that decided.
    public var decidedBy: Step
    /// How certain it is.
    public var proof: Proof
    /// The policies that were needed, by their names in docs/math.md, sorted.
    public var policies: [String]
    /// One sentence for people.
    public var explanation: String

    /// Makes a result.
    ///
    /// - Parameters:
    ///   - outcome: the result.
    ///   - decidedBy: the step that decided.
    ///   - proof: how certain it is.
    ///   - policies: the policies that were needed, sorted.
    ///   - explanation: one sentence for people.
    public init(
        outcome: Outcome, decidedBy: Step, proof: Proof, policies: [String], explanation: String
    ) {
        self.outcome = outcome
        self.decidedBy = decidedBy
        self.proof = proof
        self.policies = policies
        self.explanation = explanation
    }
}

/// What a caller may change about comparisons.
public struct ComparisonOptions: Sendable, Equatable {
    /// Accepts what rounds to a decimal reference of at least 3 significant digits.
    public var acceptsRounding = true
    /// Largest distance of a real constant from the reference, as a share of it, 0 … 1.
    ///
    /// It replaces rounding; nil leaves rounding as it is. Steps of 10^-12.
    public var tolerance: Double?
    /// Reads `2,5` as 2.5, on both sides.
    public var readsDecimalComma = false
    /// Ignores the order of bare lists such as `1, 2`; tuples are ordered, sets never.
    public var ignoresListOrder = true
    /// Accepts a value whose unit only one side states.
    public var acceptsMissingUnits = true
    /// Converts units of one kind, so that 5 m equals 500 cm.
    public var convertsUnits = true
    /// Accepts `60%` for `60`, besides `0.6`.
    public var acceptsBarePercent = true
    /// Accepts the digits of a reference without a base with any base stated that they fit.
    public var acceptsStatedBase = true
    /// Takes `x = 5` for `5`; otherwise an equation and its value differ.
    public var acceptsAssignment = true
    /// Accepts `3 + 5 = 8` for 8 if every member has that value.
    public var acceptsEquationChain = true
    /// Accepts 90° for 90, besides π/2.
    public var acceptsBareDegrees = true
    /// Takes (1, 2) for a row or column of a matrix, and rows in brackets for a matrix.
    public var acceptsVectorAsTuple = true
    /// Compares antiderivatives up to a constant if both sides add one, such as C.
    public var comparesUpToConstant = true
    /// Accepts an antiderivative without the constant that the reference adds.
    public var acceptsMissingConstant = false
    /// Accepts answers that are not worked out, such as 2/4 or 1 + 1.
    public var acceptsUnsimplified = true
    /// Takes a ratio of two members for their quotient.
    public var acceptsRatioAsQuotient = true
    /// Whether agreement of balls suffices for `equivalent`; otherwise it is `undecided`.
    public var acceptsNumericProof = true

    /// The defaults of docs/math.md.
    public init() {}
}

/// A reference that no answer can be compared with.
public struct ReferenceProblem: Error, Sendable, Equatable {
    /// One sentence for people.
    public var message: String
}

/// The engine could not be started.
public struct MathEngineError: Error, Sendable, Equatable {
    /// One sentence for people.
    public var message: String
}
