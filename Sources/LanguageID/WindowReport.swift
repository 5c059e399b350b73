// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// A stretch of a text in another language.
public struct ForeignSpan: Hashable, Sendable {
    /// Code of its language, or "unknown" where several are mixed.
    public let label: String
    /// Bytes of the source it covers.
    public let range: Range<Int>
    /// Its letters, one of Han, kana or Hangul counting five; > 0.
    public let evidence: Int
}

/// A text judged window by window, against the language it should be in.
public struct WindowReport: Hashable, Sendable {
    /// Number of windows, those of unknown language included.
    public let windows: Int
    /// Letters in windows of known language; ≥ 0.
    public let evidence: Int
    /// Of those, the letters in the native language.
    public let nativeEvidence: Int
    /// Articles, pronouns and the like of the native language in windows that are native; 0 for a
    /// language without a list.
    public let nativeFunctionWords: Int
    /// Those of the other language that has the most which are none in the native one.
    public let foreignFunctionWords: Int
    /// Shares of all languages found, largest first; at most ``WindowReport/sharesMax`` of them.
    public let shares: [LabelProbability]
    /// The longest stretch in another language that is surely foreign as a whole; nil without any.
    public let foreign: ForeignSpan?

    /// Most shares that are listed.
    public static let sharesMax = 4
}

extension LanguageModel {
    /// Judges a text window by window: a sentence or two each.
    ///
    /// A window is foreign when another language is likelier and the native one is unlikely.
    /// Consecutive foreign windows make a stretch, which counts as ``WindowReport/foreign`` only
    /// when it is foreign taken together; quotations of up to 400 bytes belong to no stretch. Letters
    /// of a script that the native language is not written in are foreign wherever they stand, and so
    /// are windows of no known language where the native one is unlikely.
    ///
    /// - Parameters:
    ///   - text: UTF-8 of any size and content.
    ///   - native: code of the language it should be in.
    /// - Returns: shares and the worst stretch; nil when the model does not know `native`.
    public func surveyWindows(of text: ByteString, native: String) -> WindowReport? {
        guard let native = labels.index(of: native) else { return nil }
        return withBuffer { buffer in
            buffer.withWindows(of: text, sizes: .thoughts) { stripped, ends in
                var survey = WindowSurvey(model: self, native: native, stripped, ends)
                survey.run()
                return survey.report
            }
        }
    }
}

/// Walks over the windows of one text.
struct WindowSurvey {
    /// A window is foreign only where the native language is less likely than this.
    static let nativeProbabilityMin: Float = 0.25
    /// A stretch is foreign only where the native language is less likely than this in all of it.
    static let stretchNativeProbabilityMin: Float = 0.1
    /// Fewest letters of a window that counts although its language is unknown.
    static let unknownLettersMin = 20

    private let model: LanguageModel
    private let native: Int
    private let stripped: UnsafeBufferPointer<UInt8>
    private let ends: UnsafeBufferPointer<WindowEnd>

    /// Letters by language; languages beyond the first ``slots`` found count as the last of them.
    private static let slots = 8
    private var languages = SIMD8<Int16>(repeating: -1)
    private var letters = SIMD8<Int64>()
    private var total = 0
    private var nativeLetters = 0
    /// Function words of native windows, by list.
    private var functionWordCounts = SIMD8<Int>()

    /// The stretch of foreign windows that is being read, by first and last window.
    private var stretch: (first: Int, last: Int)?
    /// The longest stretch that is foreign as a whole.
    private(set) var longest: (first: Int, last: Int, guess: LanguageModel.CodedGuess)?

    init(
        model: LanguageModel, native: Int, _ stripped: UnsafeBufferPointer<UInt8>,
        _ ends: UnsafeBufferPointer<WindowEnd>
    ) {
        self.model = model
        self.native = native
        self.stripped = stripped
        self.ends = ends
    }

    mutating func run() {
        for window in 0..<ends.count {
            let guess = model.guess(words(window, window), LanguageEvidence(), native: native)
            if isDisguised(guess) {
                if let language = guess.language, language != native {
                    count(language, guess.evidence)
                } else {
                    total += guess.evidence
                }
                stretch = (stretch?.first ?? window, window)
                continue
            }
            guard let language = guess.language else {
                if guess.evidence >= Self.unknownLettersMin,
                    guess.nativeProbability < Self.stretchNativeProbabilityMin
                {
                    total += guess.evidence
                }
                continue
            }
            if language == native || guess.nativeProbability >= Self.nativeProbabilityMin {
                endStretch()
                countNative(guess)
                model.labels.countFunctionWords(
                    of: words(window, window), native: native, &functionWordCounts)
            } else {
                count(language, guess.evidence)
                if !ends[window].isQuoted { stretch = (stretch?.first ?? window, window) }
            }
        }
        endStretch()
    }

    var report: WindowReport {
        let found = (0..<Self.slots).filter { languages[$0] >= 0 && letters[$0] > 0 }
        let shares = found.map { slot in
            LabelProbability(
                label: model.labels.languages[Int(languages[slot])],
                probability: Double(letters[slot]) / Double(max(total, 1)))
        }
        let functionWords = model.labels.functionWords(functionWordCounts, native: native)
        let sorted = shares.sorted { ($0.probability, $1.label) > ($1.probability, $0.label) }
        return WindowReport(
            windows: ends.count, evidence: total,
            nativeEvidence: nativeLetters, nativeFunctionWords: functionWords.native,
            foreignFunctionWords: functionWords.foreign,
            shares: Array(sorted.prefix(WindowReport.sharesMax)), foreign: foreign)
    }

    private var foreign: ForeignSpan? {
        longest.map { found in
            let start = found.first == 0 ? 0 : ends[found.first - 1].position
            return ForeignSpan(
                label: model.publicGuess(found.guess).label,
                range: start..<ends[found.last].position, evidence: found.guess.evidence)
        }
    }

    private func words(_ first: Int, _ last: Int) -> UnsafeBufferPointer<UInt8> {
        let start = first == 0 ? 0 : ends[first - 1].written
        return UnsafeBufferPointer(rebasing: stripped[start..<ends[last].written])
    }

    /// Ends the stretch and keeps it if it is foreign as a whole and the longest so far.
    private mutating func endStretch() {
        guard let (first, last) = stretch else { return }
        stretch = nil
        let anything = LanguageEvidence(lettersMin: 1, probabilityMin: 0.3)
        let guess = model.guess(words(first, last), anything, native: native)
        let isForeign =
            guess.language != native
            && guess.nativeProbability < Self.stretchNativeProbabilityMin
        guard isForeign || isDisguised(guess), guess.evidence > longest?.guess.evidence ?? 0
        else { return }
        longest = (first, last, guess)
    }

    /// Whether a fifth of the letters look like those of the native script and are not: Cyrillic or
    /// Greek letters in Latin words make the model guess at random.
    private func isDisguised(_ guess: LanguageModel.CodedGuess) -> Bool {
        var lookalikes = 0
        if !model.labels.isLanguage(native, writtenIn: .cyrillic) {
            lookalikes += guess.counts[.cyrillic]
        }
        if !model.labels.isLanguage(native, writtenIn: .greek) {
            lookalikes += guess.counts[.greek]
        }
        return lookalikes >= 5 && lookalikes * 5 >= guess.evidence
    }

    private mutating func countNative(_ guess: LanguageModel.CodedGuess) {
        let foreign = foreignLetters(guess.counts)
        nativeLetters += guess.evidence - foreign
        count(native, guess.evidence - foreign)
        total += foreign
    }

    /// Letters of scripts that the native language is not written in, by weight.
    private func foreignLetters(_ counts: ScriptCounts) -> Int {
        var sum = 0
        for script in Script.allCases where counts[script] > 0 {
            if !model.labels.isLanguage(native, writtenIn: script) {
                sum += counts[script] * script.letterWeight
            }
        }
        return sum
    }

    private mutating func count(_ language: Int, _ evidence: Int) {
        var slot = 0
        while slot < Self.slots - 1, languages[slot] >= 0, languages[slot] != Int16(language) {
            slot += 1
        }
        if languages[slot] < 0 { languages[slot] = Int16(language) }
        letters[slot] += Int64(evidence)
        total += evidence
    }
}
