// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What the words before and behind a list of options say.
extension OptionList {
    func isAnnounced(_ stem: Range<Int>) -> Bool {
        var end = stem.upperBound
        while end > 0, " :.\n".utf8.contains(lower[end - 1]) { end -= 1 }
        let tail = lower[max(0, end - 40)..<end]
        return Self.announcers.contains { tail.suffix($0.count).elementsEqual($0) }
    }

    private static let announcers = [
        "options", "choices", "alternatives", "possible answers", "choose one", "select one",
        "pick one", "answer options", "antwortmöglichkeiten", "antworten", "réponses",
        "réponses possibles", "respuestas", "opciones", "opzioni", "варианты ответа",
        "варианты ответов", "варианты", "选项", "correct answer", "correct option",
    ].map { Array($0.utf8) }

    /// Whether the words before the list ask at their end: a question, a gap, or a sentence that
    /// an item ends.
    func asks(_ stem: Range<Int>) -> Bool {
        if endsOpen(stem) { return true }
        let sentence = lastSentence(stem)
        return Instructions.orders.matches(lower, at: sentence.lowerBound)
            || Instructions.questions.matches(lower, at: sentence.lowerBound)
            || Instructions.sentenceOrders.first(
                in: lower, from: sentence.lowerBound, to: sentence.upperBound) != nil
    }

    func endsOpen(_ stem: Range<Int>) -> Bool {
        var end = stem.upperBound
        while end > 0, ": \n.".utf8.contains(lower[end - 1]) { end -= 1 }
        guard end > 0 else { return false }
        if lower[end - 1] == UInt8(ascii: "?") || hasGap(stem) { return true }
        let tail = lower[max(0, end - 24)..<end]
        return Self.openEnds.contains { tail.suffix($0.count).elementsEqual($0) }
    }

    private static let openEnds = [
        " is", " are", " equals", " equal to", " be", " was", " only when", " est", " sont",
        " ist", " lautet", " beträgt", " es", " son", " vale", " равно", " равна", " равен",
        "为", "是", "等于", "有",
    ].map { Array($0.utf8) }

    /// Whether a gap to fill in ends the words: a line, or brackets around nothing.
    func hasGap(_ stem: Range<Int>) -> Bool {
        var end = stem.upperBound
        while end > 0, ": \n.".utf8.contains(bytes[end - 1]) { end -= 1 }
        guard end > 0 else { return false }
        if bytes[end - 1] == UInt8(ascii: "_") { return true }
        guard bytes[end - 1] == UInt8(ascii: ")") else { return false }
        var start = end - 1
        while start > 0, end - start < 16, bytes[start - 1] == 0x20 { start -= 1 }
        return start > 0 && bytes[start - 1] == UInt8(ascii: "(")
    }

    /// Whether anything before the list asks.
    func mayAsk(_ stem: Range<Int>) -> Bool {
        hasGap(stem) || lower[stem].contains(UInt8(ascii: "?"))
            || Instructions.orders.first(in: lower, from: 0, to: stem.upperBound) != nil
    }

    func lastSentence(_ stem: Range<Int>) -> Range<Int> {
        var start = max(stem.upperBound - 2, 0)
        while start > 0 {
            let isEnd = ".?!".utf8.contains(bytes[start - 1]) && bytes[start].isWhitespace
            if isEnd || bytes[start - 1] == 0x0a { break }
            start -= 1
        }
        while start < stem.upperBound, bytes[start].isWhitespace { start += 1 }
        return start..<max(start, stem.upperBound)
    }

    /// Whether the words before a list speak of conditions, steps or several exercises.
    func announcesMore(_ stem: Range<Int>) -> Bool {
        let sentence = lastSentence(stem)
        let (start, end) = (sentence.lowerBound, sentence.upperBound)
        if Self.others.first(in: lower, from: start, to: end) != nil { return true }
        if let last = bytes[sentence].last, ".?".utf8.contains(last) { return false }
        return Self.conditions.first(in: lower, from: start, to: end) != nil
            // "Compute:" alone orders all of the list.
            || lower[sentence].count { $0 == 0x20 } < 2
    }

    private static let others = PhraseSet([
        "conditions", "rules", "steps", "properties", "each", "all of", "operations", "facts",
        "statements", "expressions", "equations", "following", "these", "parts", "suivants",
        "suivantes", "chaque", "folgende", "folgenden", "jede", "siguientes", "cada",
        "следующие", "каждое", "выражений", "下列", "以下", "各",
    ])

    /// Words that a list of conditions goes on from, in the same sentence.
    private static let conditions = PhraseSet([
        "condition", "satisfy", "satisfies", "satisfying", "such that", "rule", "property", "if",
        "where", "given", "system", "by", "with", "for", "vérifiant", "tel que", "满足", "条件",
    ])

    // MARK: - What comes behind

    /// Whether anything is asked behind the list, apart from words about the form of the answer.
    func asksBehind(_ end: Int) -> Bool {
        sentences(behind: end).contains {
            lower[$0].contains(UInt8(ascii: "?"))
                || Instructions.orders.matches(lower, at: $0.lowerBound)
        }
    }

    /// Whether nothing but words about the form of the answer comes behind the list.
    func isLast(_ end: Int) -> Bool { sentences(behind: end).isEmpty }

    /// The sentences behind the list, those about the form of the answer apart.
    func sentences(behind end: Int) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start = end
        for index in min(end, bytes.count)..<bytes.count {
            let isLast = index + 1 == bytes.count
            let isEnd =
                bytes[index] == 0x0a
                || ".?!".utf8.contains(bytes[index]) && (isLast || bytes[index + 1].isWhitespace)
            guard isEnd || isLast else { continue }
            while start <= index, !bytes[start].isLetterOrDigit, bytes[start] < 0x80 { start += 1 }
            if start <= index,
                Self.aboutAnswers.first(in: lower, from: start, to: index + 1) == nil
            {
                found.append(start..<index + 1)
            }
            start = index + 1
        }
        return found
    }

    private static let aboutAnswers = PhraseSet([
        "answer", "answers", "boxed", "step by step", "letter", "option", "options", "choice",
        "choices", "correct", "####", "réponse", "antwort", "respuesta", "ответ", "答案", "选项",
        "which of these", "which one", "which of the following", "respond", "reasoning",
    ])
}
