// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CFastText
import Execution

/// Tells the language of texts with fastText's language identification model.
///
///     let model = try LanguageModel(path: ".models/lid.176.ftz")
///     model.identify("Il faut donc que ce nombre soit premier.").label   // "fr"
///     model.identify("$x = 42$").label                                   // "unknown"
///
/// Load one and share it: any number of threads may identify at once, and the same text always
/// gives the same result, bit for bit. Loading takes some 20 ms.
public final class LanguageModel: @unchecked Sendable {
    // Invariant behind `@unchecked`: the C model is immutable after loading and freed by `deinit`;
    // the buffers are behind a lock and each is used by the thread that took it.
    private let model: OpaquePointer
    private let labels: [String]
    /// Bit `script.rawValue` of an entry: the label is written in that script.
    private let labelScripts: [UInt16]
    private let evidence: LanguageEvidence
    private let buffers = Locked<[StripBuffer]>([])

    /// Buffers kept for reuse; more threads than this at once allocate their own.
    private static let buffersKept = 64
    /// Stripped text is classified whole up to this size, and as ``samples`` pieces above it, so
    /// that classifying a text never costs more than some 0.1 s.
    static let wholeTextSizeMax = 1 << 20
    static let samples = 16
    static let sampleSize = 64 << 10
    /// How many labels are looked at for one of the text's own script.
    private static let labelsConsidered = 5

    /// Reads a model file, checks its size and SHA-256, and loads it.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - expecting: which published file it must be.
    ///   - evidence: what a text must show before its language is known.
    /// - Throws: ``LanguageModelError``: `unreadable`, `unexpectedContent` or, when fastText refuses
    ///   the checked file, `malformed`.
    public init(
        path: String, expecting: LanguageModelFile = .lid176Compressed,
        evidence: LanguageEvidence = LanguageEvidence()
    ) throws(LanguageModelError) {
        let bytes = try expecting.read(path: path)
        var message = [CChar](repeating: 0, count: 256)
        let loaded = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.flatMap { cft_load($0, buffer.count, &message, message.count) }
        }
        guard let loaded else {
            let reason = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            throw LanguageModelError(.malformed, "fastText cannot load \(path): \(reason).")
        }
        let labels = (0..<cft_label_count(loaded)).map { String(cString: cft_label(loaded, $0)) }
        model = loaded
        self.labels = labels.map(LabelScripts.canonical)
        labelScripts = labels.map { label in
            Script.allCases.reduce(0) {
                LabelScripts.uses(label, $1) ? $0 | 1 << UInt16($1.rawValue) : $0
            }
        }
        self.evidence = evidence
    }

    deinit { cft_free(model) }

    /// Tells the language of a text after stripping it with ``TextStripper``.
    ///
    /// Script decides first: a text whose evidence is mostly Han, kana or Hangul is Chinese,
    /// Japanese or Korean, one in Greek or Thai letters is Greek or Thai; among the languages of
    /// other scripts the model decides, and a label of a foreign script is passed over.
    ///
    /// - Parameter text: UTF-8 of any size and content.
    /// - Returns: the language, or unknown when there is too little evidence.
    public func identify(_ text: ByteString) -> LanguageGuess {
        let buffer = buffers.withLock { $0.popLast() } ?? StripBuffer()
        defer {
            buffers.withLock { if $0.count < Self.buffersKept { $0.append(buffer) } }
        }
        return buffer.withStripped(text) { guess($0) }
    }

    /// The likeliest labels of a text, whatever the evidence, as the model alone sees them.
    ///
    /// - Parameters:
    ///   - count: at most how many; in `1 ... 176`.
    ///   - text: UTF-8 of any size and content; it is stripped first.
    /// - Returns: labels with their probabilities, likeliest first. fastText leaves out labels below
    ///   some 1e-5.
    public func topLabels(_ count: Int, of text: ByteString) -> [LabelProbability] {
        StripBuffer().withStripped(text) { stripped in
            withPredictions(of: stripped, count: min(max(count, 1), labels.count)) { predictions in
                predictions.map {
                    LabelProbability(
                        label: String(cString: cft_label(model, $0.label)),
                        probability: min(1, Double($0.probability)))
                }
            }
        }
    }

    // MARK: Decision

    private func guess(_ stripped: UnsafeBufferPointer<UInt8>) -> LanguageGuess {
        let counts = ScriptCounts(stripped: stripped)
        let total = counts.evidence
        guard total >= max(evidence.lettersMin, 1) else { return .unknown(evidence: total) }
        let eastAsian = counts.eastAsianEvidence
        if eastAsian * 2 > total {
            return LanguageGuess(
                label: eastAsianLanguage(counts), probability: Double(eastAsian) / Double(total),
                evidence: total)
        }
        let alphabet = counts.alphabet
        if let label = LabelScripts.onlyLanguage(of: alphabet) {
            let share = Double(counts[alphabet]) / Double(total)
            return LanguageGuess(label: label, probability: share, evidence: total)
        }
        return predict(stripped, alphabet: alphabet, evidence: total)
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
        _ stripped: UnsafeBufferPointer<UInt8>, alphabet: Script, evidence total: Int
    ) -> LanguageGuess {
        // The first label alone is found faster than the first five, and nearly always fits.
        let fitting =
            firstLabel(of: stripped, fitting: alphabet, among: 1)
            ?? firstLabel(of: stripped, fitting: alphabet, among: Self.labelsConsidered)
        guard let fitting, Double(fitting.probability) >= evidence.probabilityMin else {
            return .unknown(evidence: total)
        }
        return LanguageGuess(
            label: labels[Int(fitting.label)], probability: min(1, Double(fitting.probability)),
            evidence: total)
    }

    private func firstLabel(
        of stripped: UnsafeBufferPointer<UInt8>, fitting alphabet: Script, among count: Int
    ) -> cft_prediction? {
        let scriptBit = UInt16(1) << UInt16(alphabet.rawValue)
        return withPredictions(of: stripped, count: count) { predictions in
            predictions.first { labelScripts[Int($0.label)] & scriptBit != 0 }
        }
    }

    // MARK: Prediction

    private func withPredictions<Result>(
        of stripped: UnsafeBufferPointer<UInt8>, count: Int,
        _ body: (UnsafeMutableBufferPointer<cft_prediction>) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: cft_prediction.self, capacity: labels.count) { all in
            if stripped.count <= Self.wholeTextSizeMax {
                let found = predict(stripped, into: all, count: count)
                return body(UnsafeMutableBufferPointer(rebasing: all[..<found]))
            }
            let found = predictSamples(stripped, into: all)
            return body(UnsafeMutableBufferPointer(rebasing: all[..<min(count, found)]))
        }
    }

    /// Averages the predictions of evenly spaced pieces of a huge text.
    private func predictSamples(
        _ stripped: UnsafeBufferPointer<UInt8>,
        into all: UnsafeMutableBufferPointer<cft_prediction>
    ) -> Int {
        var sums = [Float](repeating: 0, count: labels.count)
        for sample in 0..<Self.samples {
            let start = (stripped.count - Self.sampleSize) / (Self.samples - 1) * sample
            let piece = UnsafeBufferPointer(rebasing: stripped[start..<start + Self.sampleSize])
            for prediction in all[..<predict(piece, into: all, count: labels.count)] {
                sums[Int(prediction.label)] += prediction.probability / Float(Self.samples)
            }
        }
        for (label, sum) in sums.enumerated() {
            all[label] = cft_prediction(label: Int32(label), probability: sum)
        }
        var sorted = UnsafeMutableBufferPointer(rebasing: all[..<sums.count])
        sorted.sort { ($0.probability, $1.label) > ($1.probability, $0.label) }
        return sums.count
    }

    private func predict(
        _ text: UnsafeBufferPointer<UInt8>,
        into predictions: UnsafeMutableBufferPointer<cft_prediction>, count: Int
    ) -> Int {
        guard let target = predictions.baseAddress else { return 0 }
        let found = text.withMemoryRebound(to: CChar.self) {
            cft_predict(model, $0.baseAddress, $0.count, target, Int32(count))
        }
        precondition(found >= 0, "fastText ran out of memory")
        return Int(found)
    }
}
