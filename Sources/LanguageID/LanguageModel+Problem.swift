// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

extension LanguageModel {
    /// Tells the language of a problem that may stand in a template.
    ///
    /// Of a prompt with chat markers or labels the last turn counts, and of that the longest part
    /// between sentences that say how to answer. If that is English but has a part that surely is in
    /// another language, it is a problem in that language inside an English template: templates are
    /// English, and nobody puts an English problem into one that is not without such a sentence. A
    /// part of less than 20 letters without a language leaves the decision to what is around it.
    ///
    /// - Parameter text: UTF-8 of any size and content.
    /// - Returns: the language, or unknown when there is too little evidence.
    public func identifyProblem(_ text: ByteString) -> LanguageGuess {
        guard text.count <= ProblemScope.sizeMax else { return identifyPart(text) }
        let turn = text[
            text.withUnsafeBytes { ProblemScope.lastTurn($0.assumingMemoryBound(to: UInt8.self)) }]
        let own = turn[ownWords(of: turn)]
        var guess = identifyPart(own)
        if hasFewWords(guess), own.count < turn.count { guess = identifyPart(turn) }
        if hasFewWords(guess), turn.count < text.count { guess = identifyPart(text) }
        return guess
    }

    private func hasFewWords(_ guess: LanguageGuess) -> Bool {
        !guess.isKnown && guess.evidence < LanguageEvidence().lettersMin
    }

    /// The longest part between sentences that say how to answer; all of the text where there is no
    /// other part.
    private func ownWords(of text: ByteString) -> Range<Int> {
        withBuffer { buffer in
            buffer.withWindows(of: text, sizes: .sentences) { _, ends in
                text.withUnsafeBytes { source in
                    let bytes = source.assumingMemoryBound(to: UInt8.self)
                    var best = (range: 0..<text.count, size: 0)
                    var part = (start: 0, words: 0)
                    var last = WindowEnd(written: 0, position: 0, isQuoted: false)
                    for end in ends {
                        let sentence = UnsafeBufferPointer(
                            rebasing: bytes[last.position..<end.position])
                        if ProblemScope.isInstruction(sentence) {
                            part = (end.position, end.written)
                        } else if end.written - part.words > best.size {
                            best = (part.start..<end.position, end.written - part.words)
                        }
                        last = end
                    }
                    return best.range
                }
            }
        }
    }

    private func identifyPart(_ text: ByteString) -> LanguageGuess {
        var whole = identify(text)
        if !whole.isKnown { whole = identify(text, evidence: .shortProblem) }
        if !whole.isKnown { whole = exerciseGuess(text) }
        guard whole.label == Self.templateLanguage || !whole.isKnown,
            let native = labels.index(of: Self.templateLanguage)
        else { return whole }
        return withBuffer { buffer in
            buffer.withWindows(of: text, sizes: .problem) { stripped, ends in
                var survey = WindowSurvey(model: self, native: native, stripped, ends)
                survey.run()
                guard let found = survey.longest, found.guess.language != nil,
                    found.guess.probability >= Self.problemProbabilityMin
                else { return whole }
                return publicGuess(found.guess)
            }
        }
    }

    /// The language of a short problem's verb ("Calculer $\\pi r^2$"), if only one has it.
    private func exerciseGuess(_ text: ByteString) -> LanguageGuess {
        withBuffer { buffer in
            buffer.withStripped(text) { stripped in
                let letters = ScriptCounts(stripped: stripped).evidence
                var mask: UInt8 = 0
                if stripped.count <= FunctionWords.textSizeMax {
                    forEachWord(stripped) { mask |= ExerciseVerbs.table.mask(of: $0) }
                }
                guard mask.nonzeroBitCount == 1 else { return .unknown(evidence: letters) }
                let label = ExerciseVerbs.labels[mask.trailingZeroBitCount]
                return LanguageGuess(label: label, probability: 1, evidence: letters)
            }
        }
    }

    /// Language of templates around problems.
    private static let templateLanguage = "en"
    /// How likely a part must be in another language to be the problem inside a template.
    private static let problemProbabilityMin: Float = 0.8
}
