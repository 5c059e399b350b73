// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Graders
public import Grading
public import Rewards
public import Wire

/// What a check may use, and the choices of the person who runs it.
public struct CheckContext: Sendable {
    /// Grades as the service does: rewards of rollouts are what training would pay.
    public let rewards: RewardEngine
    /// The engines behind it; one that is missing makes its checks report that, never guess.
    public let engines: Engines
    /// The recipe whose formats and limits apply.
    public let recipe: Recipe
    /// Codes of the rules that run.
    public let selected: Set<String>
    /// How often a reference solution is run to see whether its verdict is stable; ≥ 1, and 1
    /// leaves that open.
    public var runs = 1
    /// Most solutions of a row that are run, of the good and of the bad each; ≥ 1.
    public var solutionsMax = 8
    /// Most mutants of a reference solution that are run; ≥ 1.
    public var mutantsMax = 5
    /// Seeds everything random.
    public var seed = 0

    /// Collects what a check may use.
    ///
    /// - Parameters:
    ///   - rewards: grades as the service does.
    ///   - engines: the engines behind it.
    ///   - recipe: whose formats and limits apply.
    ///   - selected: codes of the rules that run.
    public init(rewards: RewardEngine, engines: Engines, recipe: Recipe, selected: Set<String>) {
        self.rewards = rewards
        self.engines = engines
        self.recipe = recipe
        self.selected = selected
    }

    /// Whether a rule runs.
    ///
    /// - Parameter rule: the rule.
    /// - Returns: whether it was selected.
    public func runs(_ rule: Rule) -> Bool { selected.contains(rule.code) }
}

/// What a check says of one row.
public struct Inspection: Sendable {
    /// Faults of the row by itself.
    public var findings: [Finding] = []
    /// What the check must remember of the row to judge rows together: small (≤ 4 KiB), since it is
    /// kept for every row and written to the journal; nil for nothing.
    public var facts: JSONValue?
    /// Why a rule could not be applied (an engine is missing, the host failed): reported apart from
    /// findings, never as one; the row is looked at again by a later run.
    public var failures: [String] = []

    /// Makes an inspection.
    ///
    /// - Parameters:
    ///   - findings: faults of the row by itself.
    ///   - facts: what the check must remember of the row.
    ///   - failures: why a rule could not be applied.
    public init(findings: [Finding] = [], facts: JSONValue? = nil, failures: [String] = []) {
        self.findings = findings
        self.facts = facts
        self.failures = failures
    }
}

/// What a check remembered of a row.
public struct RememberedRow: Sendable {
    /// Where the row stands.
    public let position: RowPosition
    /// The row's name.
    public let id: String
    /// What the check returned as facts, parsed.
    public let facts: JSONView

    /// Holds what was remembered.
    ///
    /// - Parameters:
    ///   - position: where the row stands.
    ///   - id: the row's name.
    ///   - facts: what the check returned as facts.
    public init(position: RowPosition, id: String, facts: JSONView) {
        self.position = position
        self.id = id
        self.facts = facts
    }
}

/// A finding that several rows together gave rise to.
public struct RowFinding: Sendable {
    /// Index among the remembered rows of the one that is at fault.
    public let rowIndex: Int
    /// The fault.
    public let finding: Finding

    /// Blames a row.
    ///
    /// - Parameters:
    ///   - rowIndex: index among the remembered rows.
    ///   - finding: the fault.
    public init(rowIndex: Int, finding: Finding) {
        self.rowIndex = rowIndex
        self.finding = finding
    }
}

/// Looks for the faults of one family of rules.
///
/// A check works in two steps, so that a run can be cut into shards, stopped and resumed:
/// `inspect` sees one row and may return facts; `conclude` sees the facts of all rows, in the
/// order of the dataset, and nothing else. Both are pure but for the engines: the same row gives the
/// same bytes on any machine.
///
/// Adding one takes a file and one line in ``CheckRegistry``.
public protocol Check: Sendable {
    /// Names the check's facts in the journal, such as `duplicates`.
    var name: String { get }
    /// Raised by one whenever its findings or facts may differ from before; part of cache keys.
    var version: Int { get }
    /// Every rule that it may find broken.
    var rules: [Rule] { get }
    /// Whether it may run programs of rows with code tasks. The engines for that start only when
    /// such a row meets such a check; a check that says false has no sandbox.
    var runsPrograms: Bool { get }

    /// Looks at one row.
    ///
    /// - Parameters:
    ///   - row: the row.
    ///   - context: engines and choices.
    /// - Returns: what it says of the row.
    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection

    /// Looks at all rows together.
    ///
    /// - Parameters:
    ///   - rows: those that left facts, in the order of the dataset.
    ///   - context: engines and choices.
    /// - Returns: faults, in the order of the rows.
    /// - Throws: ``VerificationError`` when rows cannot be read, or a temporary file not written.
    func conclude(
        _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding]
}

extension Check {
    /// The first version.
    public var version: Int { 1 }

    /// Most checks read texts.
    public var runsPrograms: Bool { false }

    /// Says nothing of rows together.
    public func conclude(
        _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding] {
        []
    }
}
