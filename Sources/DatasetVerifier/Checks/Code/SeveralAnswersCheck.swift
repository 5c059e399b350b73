// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Wire

/// C013: statements that allow several answers, judged by one.
///
/// Words alone decide, so this is a suspicion. "Print any" says it by itself; "if there are
/// multiple answers" only where nothing behind it says which one is meant.
struct SeveralAnswersCheck: Check {
    let name = "code-several-answers"
    let rules = [CodeRules.severalAnswers]

    /// How far behind a mention a rule for choosing may stand, and a verb before it, in bytes.
    private static let ruleBytes = 160
    private static let verbBytes = 60

    private static let plain: [ByteString] = [
        "any of them", "any one of them", "print any", "output any", "write any", "return any of",
        "return any valid", "return any one", "return any.", "return any,", "give any of",
        "show any", "find any of", "report any", "any valid answer", "any valid solution",
        "any correct answer", "any correct solution", "any such answer", "any optimal",
        "answer is not unique", "solution is not unique",
    ]
    private static let choosing: [ByteString] = [
        "multiple answers", "multiple solutions", "multiple valid", "multiple possible",
        "multiple correct", "multiple optimal", "several answers", "several solutions",
        "several possible", "several valid", "several optimal", "many answers", "many solutions",
        "more than one answer", "more than one solution", "more than one valid",
        "more than one possible", "more than one optimal",
    ]
    private static let rulesForChoosing: [ByteString] = [
        "smallest", "largest", "lexicographical", "first", "last", "minim", "maxim", "earliest",
        "latest", "shortest", "longest", "leftmost", "rightmost", "lowest", "highest", "least",
        "greatest", "sorted", "all of them", "number of",
    ]
    private static let verbs: [ByteString] = ["print", "output", "return", "write", "answer"]

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard isSelected(context), case .ready(let code) = await CodeRow.read(row, context),
            code.task.checker == nil
        else { return Inspection() }
        let statement = Self.plainText(row.problem.isEmpty ? row.prompt : row.problem)
        var isUnordered = false
        if case .unordered = code.task.compare { isUnordered = true }
        guard let words = Self.mention(in: statement, isUnordered: isUnordered) else {
            return Inspection()
        }
        let finding = Finding(
            CodeRules.severalAnswers,
            "The statement says \"\(words)\", and the tests know one answer.",
            pointer: row.problemPointer, evidence: JSONObject(["words": .string(words.string)]))
        return Inspection(findings: [finding])
    }

    private static func mention(in text: ByteString, isUnordered: Bool) -> ByteString? {
        if let words = plain.first(where: { text.firstOffset(of: $0) != nil }) { return words }
        for words in choosing {
            guard let place = text.firstOffset(of: words) else { continue }
            let behind = text[place..<min(place + ruleBytes, text.count)]
            if !rulesForChoosing.contains(where: { behind.firstOffset(of: $0) != nil }) {
                return words
            }
        }
        guard !isUnordered else { return nil }
        for place in text.occurrences(of: "in any order", limit: 8) {
            let before = text[max(0, place - verbBytes)..<place]
            // "Print their sum. The integers may be in any order" is said of the input.
            let sentence =
                before.array.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .last ?? []
            let words = ByteString(Array(sentence))
            if verbs.contains(where: { words.firstOffset(of: $0) != nil }) {
                return "in any order"
            }
        }
        return nil
    }

    /// Small letters, one space between words, no marks of emphasis.
    private static func plainText(_ text: ByteString) -> ByteString {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        for byte in text.array {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "$"):
                continue
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): plain.append(byte | 0x20)
            case _ where byte.isWhitespace:
                if plain.last != UInt8(ascii: " ") { plain.append(UInt8(ascii: " ")) }
            default: plain.append(byte)
            }
        }
        return ByteString(plain)
    }
}
