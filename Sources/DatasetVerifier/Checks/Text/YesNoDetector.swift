// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether a statement has two possible answers.
enum YesNoDetector {
    /// Whether a reference is a word such as yes and false, or begins with one: "Yes, it is".
    static func isTwoValued(_ reference: ByteString) -> Bool {
        let word = BareWord(reference).lower
        if twoValued.contains(word) { return true }
        guard let end = word.array.firstIndex(where: { ",;:.".utf8.contains($0) }) else {
            return false
        }
        return twoValued.contains(word[0..<end].trimmed)
    }

    /// Whether a question that begins with its verb has an answer in words: "impossible", "odd".
    ///
    /// - Parameters:
    ///   - statement: the statement.
    ///   - references: its references.
    /// - Returns: false where there are three answers, or others.
    static func decides(_ statement: Statement, _ references: [ByteString]) -> Bool {
        let areWords = references.allSatisfy { reference in
            let word = BareWord(reference).lower
            return verdicts.contains(word)
        }
        // "Even, odd or neither" has three answers.
        guard areWords, !references.isEmpty,
            thirds.first(in: statement.lower) == nil
        else { return false }
        return statement.sentences.contains { sentence in
            deciders.matches(statement.lower, at: sentence.lowerBound)
        }
    }

    /// The words with which a statement asks for one of two answers.
    static func question(_ statement: Statement) -> Range<Int>? {
        if let range = coded.first(in: statement.lower) { return range }
        return twoValuedQuestions.ranges(in: statement.lower)
            .first { isApart(statement.lower, $0) }
    }

    /// Whether words stand at the start or the end of a sentence, not in the middle of a story.
    private static func isApart(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        var start = range.lowerBound
        while start > 0, text[start - 1].isWhitespace || "\"'(*".utf8.contains(text[start - 1]) {
            start -= 1
        }
        var end = range.upperBound
        while end < text.count, text[end].isWhitespace || "\"')*".utf8.contains(text[end]) {
            end += 1
        }
        let ends = ".?!:;,"
        return start == 0 || end == text.count || text[range.lowerBound] >= 0x80
            || ends.utf8.contains(text[start - 1]) || ends.utf8.contains(text[end])
    }

    private static let twoValued: Set<ByteString> = [
        "yes", "no", "true", "false", "correct", "incorrect", "oui", "non", "vrai", "faux", "ja",
        "nein", "wahr", "falsch", "sí", "si", "verdadero", "falso", "vero", "sì", "да", "нет",
        "Да", "Нет", "верно", "неверно", "是", "否", "对", "错", "正确", "错误", "不是", "不对", "はい",
        "いいえ",
    ]

    /// Answers to a question that is decided, besides yes and no.
    private static let verdicts: Set<ByteString> = [
        "y", "n", "t", "f", "possible", "impossible", "not possible", "it is possible",
        "it is impossible", "it is not possible", "even", "odd", "rational",
        "irrational", "converges", "diverges", "convergent", "divergent", "prime", "composite",
        "not prime", "valid", "invalid", "it does", "it does not", "is", "is not", "can", "cannot",
    ]

    private static let thirds = PhraseSet(["neither"])

    /// Words with which a sentence asks for a decision.
    private static let deciders = PhraseSet([
        "is", "are", "does", "do", "can", "could", "will", "was", "were", "has", "have", "did",
        "determine whether", "determine if", "decide whether", "decide if", "state whether",
        "check whether", "tell whether",
    ])

    private static let coded = PhraseSet([
        "1 for yes", "0 for no", "1 if yes", "0 if no", "1 for true", "0 for false", "1 if true",
        "0 if false", "1 if it is true",
    ])

    private static let twoValuedQuestions = PhraseSet([
        "true or false", "yes or no", "answer yes", "answer with yes", "\"yes\" or \"no\"",
        "'yes' or 'no'", "true/false", "yes/no", "vrai ou faux", "oui ou non", "ja oder nein",
        "wahr oder falsch", "verdadero o falso", "sí o no", "vero o falso", "sì o no",
        "да или нет", "верно или неверно", "是否正确", "判断正误",
    ])
}
