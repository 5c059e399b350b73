// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CLanguageModel
import Execution

/// Tells the language of texts with fastText's language identification model.
///
///     let model = try LanguageModel(path: ".models/lid.176.ftz")
///     model.identify("Il faut donc que ce nombre soit premier.").label   // "fr"
///     model.identify("$x = 42$").label                                   // "unknown"
///
/// Load one and share it: any number of threads may identify at once, and the same text always
/// gives the same result, bit for bit. Loading takes some 20 ms. Identifying allocates nothing once
/// each thread has its buffer.
public final class LanguageModel: @unchecked Sendable {
    // Invariant behind `@unchecked`: the C model is immutable after loading and freed by `deinit`;
    // the buffers are behind a lock and each is used by the thread that took it.
    private let model: OpaquePointer
    /// The published file that was loaded.
    public let file: LanguageModelFile
    let labels: LabelTable
    private let evidence: LanguageEvidence
    private let buffers = Locked<[StripBuffer]>([])

    /// Buffers kept for reuse; more threads than this at once allocate their own.
    private static let buffersKept = 64
    /// Stripped text is classified whole up to this size, and by ``samples`` pieces above it, so
    /// that classifying a text never costs more than some 0.1 s.
    static let wholeTextSizeMax = 1 << 20
    static let samples = 16
    static let sampleSize = 64 << 10

    /// Reads a model file, checks its size and SHA-256, and loads it.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - files: the published files of which it must be one.
    ///   - evidence: what a text must show before its language is known.
    /// - Throws: ``LanguageModelError``: `unreadable`, `unexpectedContent` or, when the checked file
    ///   is no model, `malformed`.
    public init(
        path: String, oneOf files: [LanguageModelFile] = LanguageModelFile.allPublished,
        evidence: LanguageEvidence = LanguageEvidence()
    ) throws(LanguageModelError) {
        let (file, bytes) = try LanguageModelFile.read(path: path, oneOf: files)
        var message = [CChar](repeating: 0, count: 256)
        let loaded = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.flatMap { clm_load($0, buffer.count, &message, message.count) }
        }
        guard let loaded else {
            let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            throw LanguageModelError(.malformed, "\(path) cannot be loaded: \(reason).")
        }
        model = loaded
        self.file = file
        labels = LabelTable(
            (0..<clm_label_count(loaded)).map { String(cString: clm_label(loaded, $0)) })
        self.evidence = evidence
    }

    deinit { clm_free(model) }

    /// Tells the language of a text after stripping it with ``TextStripper``.
    ///
    /// Script decides first: a text whose evidence is mostly Han, kana or Hangul is Chinese,
    /// Japanese or Korean, one in Greek or Thai letters is Greek or Thai; among the languages of
    /// other scripts the model decides, and labels of a foreign script are passed over. In a short
    /// text the commonest function words are weighed too.
    ///
    /// - Parameters:
    ///   - text: UTF-8 of any size and content.
    ///   - evidence: what it must show; nil for the model's own thresholds.
    /// - Returns: the language, or unknown when there is too little evidence.
    public func identify(_ text: ByteString, evidence: LanguageEvidence? = nil) -> LanguageGuess {
        withBuffer { buffer in
            buffer.withStripped(text) { publicGuess(guess($0, evidence ?? self.evidence)) }
        }
    }

    /// The probabilities of all labels, whatever the evidence, as the model alone sees them.
    ///
    /// - Parameter text: UTF-8 of any size and content; it is stripped first.
    /// - Returns: the model's labels (176) with their probabilities, likeliest first, equal ones by
    ///   label.
    public func scores(of text: ByteString) -> [LabelProbability] {
        withBuffer { buffer in
            buffer.withStripped(text) { stripped in
                withProbabilities(of: stripped, floor: 0) { probabilities in
                    labels.names.enumerated().map { index, name in
                        LabelProbability(
                            label: name, probability: min(1, Double(probabilities[index])))
                    }.sorted { ($0.probability, $1.label) > ($1.probability, $0.label) }
                }
            }
        }
    }

    /// The label that a language code counts as: "zh" for "yue", "zh-CN" and "ZH".
    ///
    /// - Parameter code: an ISO 639 code, with or without a region.
    /// - Returns: the code in lower case, without region and with aliases applied.
    public static func canonicalLabel(_ code: String) -> String {
        let language = code.prefix { $0 != "-" && $0 != "_" }
        return LabelScripts.canonical(language.lowercased())
    }

    func withBuffer<Result>(_ body: (StripBuffer) -> Result) -> Result {
        let buffer = buffers.withLock { $0.popLast() } ?? StripBuffer()
        defer {
            buffers.withLock { if $0.count < Self.buffersKept { $0.append(buffer) } }
        }
        return body(buffer)
    }

    func publicGuess(_ guess: CodedGuess) -> LanguageGuess {
        guard let language = guess.language else { return .unknown(evidence: guess.evidence) }
        return LanguageGuess(
            label: labels.languages[language], probability: min(1, Double(guess.probability)),
            evidence: guess.evidence)
    }

    // MARK: Decision

    /// A guess whose language is an index, which costs no allocation.
    struct CodedGuess {
        /// Index into ``LabelTable/languages``; nil for unknown.
        var language: Int?
        var probability: Float = 0
        let evidence: Int
        /// Probability of the native language that was asked about.
        var nativeProbability: Float = 0
        let counts: ScriptCounts
    }

    /// Guesses the language of stripped text; `native` is one whose probability is wanted too.
    func guess(
        _ stripped: UnsafeBufferPointer<UInt8>, _ evidence: LanguageEvidence, native: Int? = nil
    ) -> CodedGuess {
        let counts = ScriptCounts(stripped: stripped)
        let total = counts.evidence
        var guess = CodedGuess(evidence: total, counts: counts)
        guard total >= max(evidence.lettersMin, 1) else { return guess }
        let eastAsian = counts.eastAsianEvidence
        if eastAsian * 2 > total {
            guess.language = labels.index(of: eastAsianLanguage(counts))
            guess.probability = Float(eastAsian) / Float(total)
        } else if let label = LabelScripts.onlyLanguage(of: counts.alphabet) {
            guess.language = labels.index(of: label)
            guess.probability = Float(counts[counts.alphabet]) / Float(total)
        } else {
            predict(stripped, native: native, evidence.probabilityMin, &guess)
            return guess
        }
        if guess.language == native { guess.nativeProbability = guess.probability }
        return guess
    }

    /// Korean when Hangul outweighs the rest, Japanese from one kana in eight letters on.
    ///
    /// Japanese prose has more than one in three, and a Chinese text may quote a word of it.
    private func eastAsianLanguage(_ counts: ScriptCounts) -> String {
        let (han, kana, hangul) = (counts[.han], counts[.kana], counts[.hangul])
        if hangul > han + kana { return "ko" }
        return kana * 8 >= han + kana ? "ja" : "zh"
    }

    private func predict(
        _ stripped: UnsafeBufferPointer<UInt8>, native: Int?, _ probabilityMin: Double,
        _ guess: inout CodedGuess
    ) {
        let script = guess.counts.alphabet
        withProbabilities(of: stripped, floor: Self.probabilityFloor) { probabilities in
            var total = labels.weigh(
                probabilities, functionWordsOf: stripped, isShort: isShort(stripped))
            total = max(total, .leastNormalMagnitude)
            var best: (label: Int, sum: Float) = (0, -1)
            for label in 0..<labels.names.count where probabilities[label] > 0 {
                guard labels.isLabel(label, writtenIn: script) else { continue }
                let sum = labels.sum(ofLanguageOf: label, probabilities)
                if sum > best.sum { best = (label, sum) }
            }
            if let native { guess.nativeProbability = labels.sum(native, probabilities) / total }
            let probability = best.sum / total
            guard Double(probability) >= probabilityMin, best.sum > 0 else { return }
            guess.language = labels.languageOfLabel[best.label]
            guess.probability = probability
        }
    }

    /// Labels less likely than this are not computed for a guess.
    private static let probabilityFloor: Float = 1e-3

    private func isShort(_ stripped: UnsafeBufferPointer<UInt8>) -> Bool {
        stripped.count <= FunctionWords.textSizeMax
    }

    // MARK: Prediction

    private func withProbabilities<Result>(
        of stripped: UnsafeBufferPointer<UInt8>, floor: Float,
        _ body: (UnsafeMutableBufferPointer<Float>) -> Result
    ) -> Result {
        var features = clm_features()
        if stripped.count <= Self.wholeTextSizeMax {
            add(stripped, to: &features)
        } else {
            for sample in 0..<Self.samples {
                let start = (stripped.count - Self.sampleSize) / (Self.samples - 1) * sample
                add(
                    UnsafeBufferPointer(rebasing: stripped[start..<start + Self.sampleSize]),
                    to: &features)
            }
        }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: labels.names.count) { all in
            guard let target = all.baseAddress else {
                preconditionFailure("a model has labels")
            }
            clm_probabilities(model, &features, floor, target)
            return body(all)
        }
    }

    private func add(_ text: UnsafeBufferPointer<UInt8>, to features: inout clm_features) {
        text.withMemoryRebound(to: CChar.self) {
            clm_add(model, $0.baseAddress, $0.count, &features)
        }
    }
}
