// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A model's labels, and the languages they are labels of.
struct LabelTable {
    /// Names as the model spells them.
    let names: [String]
    /// The languages after aliases, without repeats; what guesses name.
    let languages: [String]
    /// Of each label its language.
    let languageOfLabel: [Int]
    /// Of each language its labels.
    private let labelsOfLanguage: [[Int]]
    /// Bit `script.rawValue` of an entry: the label is written in that script.
    private let scripts: [UInt16]
    /// The lists of function words of those languages that the model knows.
    private let functionWords: [(language: Int, words: NameTable)]

    /// - Parameter names: the model's labels, all different.
    init(_ names: [String]) {
        self.names = names
        var languages: [String] = []
        var labelsOfLanguage: [[Int]] = []
        languageOfLabel = names.enumerated().map { label, name in
            let language = LabelScripts.canonical(name)
            if let known = languages.firstIndex(of: language) {
                labelsOfLanguage[known].append(label)
                return known
            }
            languages.append(language)
            labelsOfLanguage.append([label])
            return languages.count - 1
        }
        self.languages = languages
        self.labelsOfLanguage = labelsOfLanguage
        scripts = names.map { name in
            Script.allCases.reduce(0) {
                LabelScripts.uses(name, $1) ? $0 | 1 << UInt16($1.rawValue) : $0
            }
        }
        functionWords = FunctionWords.languages.compactMap { label, words in
            languages.firstIndex(of: label).map { ($0, words) }
        }
    }

    /// The index of a language, by its own name or an alias.
    func index(of name: String) -> Int? {
        languages.firstIndex(of: LabelScripts.canonical(name))
    }

    @inline(__always)
    func isLabel(_ label: Int, writtenIn script: Script) -> Bool {
        scripts[label] & 1 << UInt16(script.rawValue) != 0
    }

    /// Whether one of a language's labels is written in a script.
    func isLanguage(_ language: Int, writtenIn script: Script) -> Bool {
        labelsOfLanguage[language].contains { isLabel($0, writtenIn: script) }
    }

    /// The probability of a language, given those of the labels.
    func sum(_ language: Int, _ probabilities: UnsafeMutableBufferPointer<Float>) -> Float {
        var sum: Float = 0
        for label in labelsOfLanguage[language] { sum += probabilities[label] }
        return sum
    }

    /// The probability of a label's language.
    @inline(__always)
    func sum(
        ofLanguageOf label: Int, _ probabilities: UnsafeMutableBufferPointer<Float>
    ) -> Float {
        sum(languageOfLabel[label], probabilities)
    }

    /// Multiplies the probabilities of languages whose function words stand in a short text.
    ///
    /// - Returns: the sum of all probabilities afterwards.
    func weigh(
        _ probabilities: UnsafeMutableBufferPointer<Float>,
        functionWordsOf text: UnsafeBufferPointer<UInt8>, isShort: Bool
    ) -> Float {
        if isShort {
            for (language, words) in functionWords {
                var factor: Float = 1
                forEachWord(text) { word in
                    if words.contains(word) { factor = min(FunctionWords.factorMax, factor * 2) }
                }
                for label in labelsOfLanguage[language] { probabilities[label] *= factor }
            }
        }
        var total: Float = 0
        for probability in probabilities { total += probability }
        return total
    }
}

private func forEachWord(
    _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void
) {
    var start = 0
    for position in 0...text.count where position == text.count || text[position] == 0x20 {
        if position > start { body(UnsafeBufferPointer(rebasing: text[start..<position])) }
        start = position + 1
    }
}
