// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import MathEquivalence
import Wire

/// Finds references that rules can hardly judge: prose, percents and decimals whose reading the
/// statement leaves open, and one answer that fits a good part of the dataset.
public struct AnswerShapeCheck: Check {
    /// The check's name in journals.
    public let name = "answer-shapes"
    /// What it finds.
    public let rules = [Self.prose, Self.skewed, Self.unit, Self.tolerance, Self.percent]

    static let prose = Rule(
        "M009", "reference-prose", .warning,
        "The reference is prose or very long, which is compared word by word.")
    static let skewed = Rule(
        "M010", "answers-skewed", .note,
        "One answer is right for a large share of the rows, so that guessing it pays.")
    static let unit = Rule(
        "M011", "unit-unstated", .note,
        "The reference has a unit that the statement does not mention.")
    static let tolerance = Rule(
        "M012", "rounding-unstated", .note,
        "The reference is a rounded decimal, and the statement does not say how to round.")
    static let percent = Rule(
        "M013", "percent-unclear", .note,
        "The statement asks for a percentage and the reference is a fraction of one.")

    /// Most words of a reference that is no formula.
    private static let wordsMax = 3
    /// Most bytes of a reference.
    private static let bytesMax = 200
    /// An answer is skewed above this share, by the lower end of Wilson's interval.
    ///
    /// On MATH-500 and GSM8K the commonest answer has less than a tenth.
    private static let skewShare = 0.15
    /// Fewest rows for a share.
    private static let skewRowsMin = 100
    /// Longest answer that is counted, in bytes.
    private static let countedBytesMax = 32

    /// Makes the check.
    public init() {}

    /// Looks at the form of the references beside the statement.
    public func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard RowTask.type(of: row) == "math", let reference = row.references.first?.trimmed,
            !reference.isEmpty
        else { return Inspection() }
        var inspection = Inspection()
        for rule in rules where context.runs(rule) {
            guard let message = fault(rule, reference, row) else { continue }
            inspection.findings.append(
                Finding(
                    rule, message, pointer: row.taskPointer,
                    evidence: JSONObject(["reference": .string(reference.quote())])))
        }
        if context.runs(Self.skewed), row.references.count == 1,
            reference.count <= Self.countedBytesMax
        {
            inspection.facts = .text(reference)
        }
        return inspection
    }

    /// Counts equal answers.
    public func conclude(
        _ rows: any RememberedRows, _ context: CheckContext
    ) async throws(VerificationError) -> [RowFinding] {
        var (common, total) = (FrequentTexts(), 0)
        try rows.forEach { (_, row) throws(VerificationError) in
            total += 1
            if let answer = row.facts.string { common.add(answer) }
        }
        guard total >= Self.skewRowsMin else { return [] }
        var seen: [ByteString: (first: Int, count: Int)] = [:]
        for answer in common.texts(withShare: Self.skewShare, of: total) { seen[answer] = (0, 0) }
        // Hardly any dataset has one.
        if seen.isEmpty { return [] }
        try rows.forEach { (index, row) throws(VerificationError) in
            guard let answer = row.facts.string, let counted = seen[answer] else { return }
            let first = counted.count == 0 ? index : counted.first
            seen[answer] = (first, counted.count + 1)
        }
        let found = seen.filter { entry in
            WilsonInterval(passed: entry.value.count, of: total).low > Self.skewShare
        }
        return found.sorted { $0.value.first < $1.value.first }.map { answer, counted in
            RowFinding(
                rowIndex: counted.first,
                finding: Finding(
                    Self.skewed,
                    "The answer \"\(answer.quote())\" is right for \(counted.count) of"
                        + " \(total) rows.",
                    evidence: JSONObject([
                        "answer": .text(answer), "rows": .integer(counted.count),
                        "of": .integer(total),
                    ])))
        }
    }

    // MARK: - Steps

    private func fault(_ rule: Rule, _ reference: ByteString, _ row: DatasetRow) -> String? {
        switch rule {
        case Self.prose: proseFault(reference)
        case Self.unit: unitFault(reference, row)
        case Self.tolerance: toleranceFault(reference, row)
        case Self.percent: percentFault(reference, row)
        default: nil
        }
    }

    private func proseFault(_ reference: ByteString) -> String? {
        if reference.count > Self.bytesMax {
            return "The reference has \(reference.count) bytes."
        }
        guard MathEngine.expressionType(of: reference) == .text else { return nil }
        let words = reference.string.split { !$0.isLetter && !$0.isNumber }.filter { word in
            !["text", "textbf", "mathrm", "mbox"].contains(word)
        }
        guard words.count > Self.wordsMax else { return nil }
        return "The reference is prose of \(words.count) words: \"\(reference.quote(80))\"."
    }

    private func unitFault(_ reference: ByteString, _ row: DatasetRow) -> String? {
        guard let last = reference.array.last, last.isLetter || last == UInt8(ascii: "}"),
            MathEngine.expressionType(of: reference) == .quantity
        else { return nil }
        let words = Self.unitWords(reference)
        guard let unit = words.first(where: { $0.count > 1 }) else { return nil }
        let statement = row.problem.string.lowercased()
        // "minute" stands in "minutes", and an abbreviation begins as its word does.
        let stem = String(unit.lowercased().prefix(unit.count > 4 ? unit.count - 1 : 2))
        return statement.contains(stem)
            ? nil : "The reference has the unit \"\(unit)\", which the statement does not mention."
    }

    private static func unitWords(_ reference: ByteString) -> [String] {
        let skipped: Set<String> = ["text", "textbf", "mathrm", "mbox", "frac", "sqrt", "rm"]
        return reference.string.split { !($0.isLetter && $0.isASCII) }.map(String.init)
            .filter { !skipped.contains($0) }
    }

    private func toleranceFault(_ reference: ByteString, _ row: DatasetRow) -> String? {
        guard let decimals = Self.decimals(reference), decimals >= Self.roundedDecimalsMin else {
            return nil
        }
        let statement = Statement(row.problem)
        if Self.roundingWords.first(in: statement.lower) != nil { return nil }
        return "The reference \(reference.quote(40)) has \(decimals) decimals, and the statement"
            + " does not say that it is rounded."
    }

    /// Prices have two decimals and exact quotients of small numbers three.
    private static let roundedDecimalsMin = 4

    /// Number of decimals of a plain decimal, trailing zeros aside; nil for anything else.
    static func decimals(_ text: ByteString) -> Int? {
        var count = 0
        var significant = 0
        var isBehindPoint = false
        for (index, byte) in text.array.enumerated() {
            switch byte {
            case UInt8(ascii: "."):
                if isBehindPoint { return nil }
                isBehindPoint = true
            case UInt8(ascii: "-") where index == 0: break
            case _ where byte.isDigit:
                guard isBehindPoint else { continue }
                count += 1
                if byte != UInt8(ascii: "0") { significant = count }
            default: return nil
            }
        }
        return isBehindPoint ? significant : nil
    }

    private static let roundingWords = PhraseSet([
        "round", "rounded", "rounding", "nearest", "approximate", "approximately",
        "approximation", "decimal", "decimals", "significant", "accurate", "correct to",
        "estimate", "arrondi", "arrondir", "gerundet", "runde", "redondea", "redondear",
        "arrotonda", "округлите", "保留", "精确到", "约",
    ])

    private func percentFault(_ reference: ByteString, _ row: DatasetRow) -> String? {
        guard let text = reference.array.first, text == UInt8(ascii: "0") || text == 0x2e,
            let decimals = Self.decimals(reference), decimals > 0
        else { return nil }
        let statement = Statement(row.problem)
        guard Self.percentQuestions.first(in: statement.lower) != nil else { return nil }
        return "The statement asks for a percentage; \(reference.quote(40)) is read as"
            + " \(reference.quote(40)) %, or as a share of one."
    }

    private static let percentQuestions = PhraseSet([
        "what percent", "what percentage", "what is the percent", "what is the percentage",
        "find the percent", "find the percentage", "how many percent", "as a percent",
        "as a percentage", "quel pourcentage", "wie viel prozent", "qué porcentaje",
        "che percentuale", "сколько процентов", "百分之几",
    ])
}
