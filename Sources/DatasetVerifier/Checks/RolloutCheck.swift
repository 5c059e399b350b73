// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Grading
import MathEquivalence
import Wire

/// Finds, from recorded completions, rows that teach nothing and references that are likely wrong.
///
/// A completion that was not scored is graded by the graders that pay rewards. Where none of a
/// row's completions has the recipe's form, they were written for another one, and are judged by
/// the answer that their prose states.
///
/// - Source: Magistral (arXiv 2506.10910) §4.1: rows that are never or always solved are dropped,
///   and those where the majority agrees on another answer than the reference.
public struct RolloutCheck: Check {
    /// The check's name in journals.
    public let name = "rollouts"
    /// Completions of code tasks are programs.
    public let runsPrograms = true
    /// What it finds.
    public let rules = [Self.trivial, Self.impossible, Self.majority, Self.label]

    static let trivial = Rule(
        "R001", "trivial", .warning, "Nearly all completions are right: nothing can be learned.")
    static let impossible = Rule(
        "R002", "impossible", .warning,
        "Hardly any completion is right: the row is too hard, or its reference wrong.")
    static let majority = Rule(
        "R003", "majority-disagrees", .warning,
        "Most completions agree on an answer that is not the reference, which is likely wrong.")
    static let label = Rule(
        "R004", "label-disagrees", .warning,
        "A recorded score differs from the graders' verdict.")

    /// When pass rates and majorities count.
    public struct Thresholds: Sendable, Equatable {
        /// Pass rates outside are found; Magistral keeps what is sometimes solved, 1/16 to 15/16.
        public var kept: ClosedRange<Double> = 0.0625...0.9375
        /// Fewest completions for a pass rate; ≥ 1.
        ///
        /// Of eight that all fail, the true rate is below a third (Wilson, 95 %).
        public var completionsMin = 8
        /// Least share of the completions that agree on another answer, 0 … 1.
        public var majorityShare = 0.75
        /// Least lower end of the interval of that share, 0 … 1.
        ///
        /// 4 of 4 and 6 of 8 pass, 3 of 4 does not: weak models share mistakes
        /// (docs/verify-findings.md).
        public var majorityShareLow = 0.4
        /// Fewest completions for a majority; ≥ 1.
        public var majorityMin = 4

        /// The defaults.
        public init() {}
    }

    private let thresholds: Thresholds

    /// Makes the check.
    ///
    /// - Parameter thresholds: when pass rates and majorities count.
    public init(thresholds: Thresholds = Thresholds()) { self.thresholds = thresholds }

    /// Changes with the thresholds.
    public var version: Int {
        let text = "\(thresholds)"
        let hash = text.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3
        }
        // Above the low byte, which counts changes of the code.
        return Int(hash >> 17) << 8 | 1
    }

    /// Grades what was not scored and counts.
    public func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard !row.rollouts.isEmpty, rules.contains(where: context.runs) else {
            return Inspection()
        }
        var jury = RolloutJury(row: row, task: RowTask(row, context), context: context)
        await jury.hear()
        var inspection = Inspection(failures: jury.failures)
        if let passed = jury.passed {
            inspection.facts = .members([
                "passed": .integer(passed), "of": .integer(jury.scored),
            ])
            if let finding = rate(passed, of: jury.scored, row, context) {
                inspection.findings.append(finding)
            }
        }
        if context.runs(Self.label) { inspection.findings += disagreements(jury, row) }
        if context.runs(Self.majority), let finding = await majority(&jury, row) {
            inspection.findings.append(finding)
        }
        return inspection
    }

    // MARK: - Pass rates

    private func rate(
        _ passed: Int, of count: Int, _ row: DatasetRow, _ context: CheckContext
    ) -> Finding? {
        guard count >= thresholds.completionsMin else { return nil }
        let share = Double(passed) / Double(count)
        guard !thresholds.kept.contains(share) else { return nil }
        let rule = share < thresholds.kept.lowerBound ? Self.impossible : Self.trivial
        guard context.runs(rule) else { return nil }
        let interval = WilsonInterval(passed: passed, of: count)
        return Finding(
            rule, "\(passed) of \(count) completions are right.",
            evidence: JSONObject([
                "passed": .integer(passed), "of": .integer(count),
                "rate_low": .number(Self.rounded(interval.low)),
                "rate_high": .number(Self.rounded(interval.high)),
            ]))
    }

    // MARK: - Labels

    /// Most completions that evidence names.
    private static let namedMax = 5

    private func disagreements(_ jury: RolloutJury, _ row: DatasetRow) -> [Finding] {
        let wrong = jury.votes.filter { vote in
            guard let recorded = row.rollouts[vote.index].isCorrect, let ours = vote.isCorrect
            else { return false }
            return recorded != ours
        }
        guard let first = wrong.first else { return [] }
        let recorded = row.rollouts[first.index].isCorrect ?? false
        return [
            Finding(
                Self.label,
                "\(wrong.count) of \(jury.votes.count) recorded scores differ from the graders':"
                    + " one says \(recorded ? "right" : "wrong"), the grader \(first.verdict).",
                pointer: row.rollouts[first.index].pointer,
                evidence: JSONObject([
                    "count": .integer(wrong.count), "of": .integer(jury.votes.count),
                    "recorded": .boolean(recorded), "verdict": .string(first.verdict),
                    "judged_by": .string(jury.judgedBy),
                    "at": .array(
                        wrong.prefix(Self.namedMax).map { .string(row.rollouts[$0.index].pointer) }),
                ]))
        ]
    }

    // MARK: - Majority

    private func majority(_ jury: inout RolloutJury, _ row: DatasetRow) async -> Finding? {
        let total = jury.votes.count
        guard total >= thresholds.majorityMin else { return nil }
        // Only answers that are not the reference can outvote it.
        let others = jury.votes.filter { $0.isCorrect == false && $0.answer != nil }
        guard Double(others.count) >= thresholds.majorityShare * Double(total) else { return nil }
        guard let (answer, count) = await jury.largestCluster(others),
            Double(count) >= thresholds.majorityShare * Double(total),
            WilsonInterval(passed: count, of: total).low >= thresholds.majorityShareLow
        else { return nil }
        let reference = row.references.first ?? ""
        return Finding(
            Self.majority,
            "\(count) of \(total) completions answer \"\(answer.quote(60))\", the reference is"
                + " \"\(reference.quote(60))\".",
            pointer: row.taskPointer,
            evidence: JSONObject([
                "answer": .string(answer.quote()), "reference": .string(reference.quote()),
                "count": .integer(count), "of": .integer(total),
                "share": .number(Self.rounded(Double(count) / Double(total))),
                "judged_by": .string(jury.judgedBy),
            ]))
    }

    private static func rounded(_ share: Double) -> Double { (share * 1000).rounded() / 1000 }
}
