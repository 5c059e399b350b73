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
    /// Of each list of function words its language; nil where the model does not know that.
    private let functionLanguages: [Int?]

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
        functionLanguages = FunctionWords.labels.map(languages.firstIndex)
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
            var factors = SIMD8<Float>(repeating: 1)
            forEachWord(text) { word in
                let mask = FunctionWords.table.mask(of: word)
                for list in functionLanguages.indices where mask & 1 << UInt8(list) != 0 {
                    factors[list] = min(FunctionWords.factorMax, factors[list] * 2)
                }
            }
            for case (let list, let language?) in functionLanguages.enumerated() {
                for label in labelsOfLanguage[language] { probabilities[label] *= factors[list] }
            }
        }
        var total: Float = 0
        for probability in probabilities { total += probability }
        return total
    }

    /// Counts the function words of a text by list.
    ///
    /// - Parameters:
    ///   - text: stripped.
    ///   - native: the language it is to be in; of a word that this has too only this is counted.
    ///   - counts: of each list, to which the text's are added; nothing is where the language has no
    ///     list.
    func countFunctionWords(
        of text: UnsafeBufferPointer<UInt8>, native: Int, _ counts: inout SIMD8<Int>
    ) {
        guard let list = functionLanguages.firstIndex(of: native) else { return }
        forEachWord(text) { word in
            let mask = FunctionWords.table.mask(of: word)
            if mask & 1 << UInt8(list) != 0 {
                counts[list] += 1
            } else if mask != 0 {
                for other in 0..<8 where mask & 1 << UInt8(other) != 0 { counts[other] += 1 }
            }
        }
    }

    /// Of counted function words those of the native language, and of the other with the most.
    func functionWords(_ counts: SIMD8<Int>, native: Int) -> (native: Int, foreign: Int) {
        guard let list = functionLanguages.firstIndex(of: native) else { return (0, 0) }
        var others = counts
        others[list] = 0
        return (counts[list], others.max())
    }
}
