// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import MathEquivalence
import Wire

/// Finds statements that one short, checkable answer cannot settle: options to guess from, proofs,
/// several questions, yes or no, figures that are missing, texts that were cut off.
///
/// - Source: Magistral (arXiv 2506.10910) §4.1 leaves such problems out or rewrites them.
public struct StatementCheck: Check {
    /// The check's name in journals.
    public let name = "statements"
    /// What it finds.
    public let rules = [
        Self.choice, Self.proof, Self.parts, Self.yesNo, Self.figure, Self.link, Self.cut,
    ]

    static let choice = Rule(
        "M101", "multiple-choice", .warning,
        "The statement offers options, so that guessing pays; the task is none of choice.")
    static let proof = Rule(
        "M102", "proof-request", .warning,
        "The statement asks for a proof, which a reference cannot verify.")
    static let parts = Rule(
        "M103", "several-questions", .warning,
        "The statement asks for several results and the reference is one.")
    static let yesNo = Rule(
        "M104", "yes-or-no", .warning, "There are two possible answers: half of all guesses pay.")
    static let figure = Rule(
        "M105", "figure-missing", .warning,
        "The statement speaks of a figure that it does not hold.")
    static let link = Rule(
        "M106", "image-or-link", .warning,
        "The statement holds an image or a link, which a policy of text does not see.")
    static let cut = Rule(
        "M107", "statement-cut", .warning, "The statement seems to be cut off.")

    /// Makes the check.
    public init() {}

    /// Reads the statement.
    public func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        let type = RowTask.type(of: row)
        var inspection = Inspection()
        let statement = Statement(row.problem)
        for rule in rules where context.runs(rule) && Self.applies(rule, type) {
            guard let fault = Self.fault(rule, statement, row) else { continue }
            inspection.findings.append(
                Finding(
                    rule, fault.message, pointer: row.problemPointer, evidence: fault.evidence))
        }
        return inspection
    }

    // MARK: - Steps

    /// Programs have examples, parts and links; what they need is judged by running them.
    private static func applies(_ rule: Rule, _ type: String) -> Bool {
        switch rule {
        case figure, link, cut: type == "math" || type == "choice" || type.isEmpty
        default: type == "math" || type.isEmpty
        }
    }

    private struct Fault {
        let message: String
        var evidence = JSONObject()

        init(_ message: String, _ evidence: JSONObject = JSONObject()) {
            self.message = message
            self.evidence = evidence
        }
    }

    private static func fault(
        _ rule: Rule, _ statement: Statement, _ row: DatasetRow
    ) -> Fault? {
        switch rule {
        case choice: choiceFault(statement, row)
        case proof: proofFault(statement)
        case parts: partsFault(statement, row)
        case yesNo: yesNoFault(statement, row)
        case figure:
            FigureDetector.missingFigure(statement).map {
                quoted("The statement speaks of a figure that is not there", statement, $0)
            }
        case link:
            FigureDetector.link(statement).map {
                quoted("The statement holds an image or a link", statement, $0)
            }
        case cut:
            StatementEnd.cut(statement).map {
                Fault("The statement seems to be cut off: \($0).")
            }
        default: nil
        }
    }

    private static func quoted(
        _ message: String, _ statement: Statement, _ range: Range<Int>
    ) -> Fault {
        let text = statement.quote(range)
        return Fault("\(message): \"\(text)\".", JSONObject(["text": .string(text)]))
    }

    private static func choiceFault(_ statement: Statement, _ row: DatasetRow) -> Fault? {
        guard let found = ChoiceDetector.detect(statement, references: row.references) else {
            return nil
        }
        let text = statement.quote(found.range)
        return Fault(
            found.labels == 0
                ? "The statement asks to choose: \"\(text)\"."
                : "The statement offers \(found.labels) options.",
            JSONObject([
                "sign": .string(found.sign), "options": .integer(found.labels),
                "text": .string(text),
            ]))
    }

    private static func proofFault(_ statement: Statement) -> Fault? {
        ProofDetector.detect(statement).map {
            quoted("The statement asks for a proof", statement, $0)
        }
    }

    private static func partsFault(_ statement: Statement, _ row: DatasetRow) -> Fault? {
        guard let found = PartDetector.detect(statement),
            ChoiceDetector.detect(statement, references: row.references) == nil
        else { return nil }
        // One reference with as many members answers them all.
        let kinds: Set<ExpressionType> = [.tuple, .list, .set, .matrix]
        if row.references.count > 1 { return nil }
        if let reference = row.references.first,
            let type = MathEngine.expressionType(of: reference), kinds.contains(type)
        {
            return nil
        }
        return Fault(
            "The statement asks for \(found.count) results and the reference is one.",
            JSONObject([
                "sign": .string(found.sign), "count": .integer(found.count),
                "text": .string(statement.quote(found.range)),
            ]))
    }

    private static func yesNoFault(_ statement: Statement, _ row: DatasetRow) -> Fault? {
        if let answer = row.references.first,
            row.references.allSatisfy(YesNoDetector.isTwoValued)
                || YesNoDetector.decides(statement, row.references)
        {
            return Fault("The reference is \"\(BareWord(answer).lower.quote(60))\".")
        }
        return YesNoDetector.question(statement).map {
            quoted("The statement asks for one of two words", statement, $0)
        }
    }
}
