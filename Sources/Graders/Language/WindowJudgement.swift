// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import Grading
import LanguageID
import Wire

/// Thoughts and answer section of a rollout judged window by window.
struct WindowJudgement {
    private let sections: [Section]
    private let minShare: Double
    private let foreignLettersMax: Int

    private struct Section {
        let name: String
        let text: ByteString
        let report: WindowReport
    }

    /// Judges both sections.
    ///
    /// - Parameters:
    ///   - sections: what the policy wrote.
    ///   - native: the language it should be in; one that the model does not know has no windows.
    ///   - language: the recipe's limits.
    ///   - model: labels texts.
    init(
        sections: CompletionSections, native: String, language: Recipe.Language,
        model: LanguageModel
    ) {
        minShare = language.minShare ?? Recipe.Language.minShareDefault
        foreignLettersMax = language.foreignLettersMax ?? Recipe.Language.foreignLettersMaxDefault
        self.sections = [("thoughts", sections.thoughts), ("answer", sections.answer)]
            .compactMap { name, text in
                model.surveyWindows(of: text, native: native).map {
                    Section(name: name, text: text, report: $0)
                }
            }
    }

    /// Whether both sections together are in the native language but for what is tolerated.
    var isConsistent: Bool {
        nativeShare >= minShare
            && sections.allSatisfy { $0.report.foreign?.evidence ?? 0 <= foreignLettersMax }
    }

    /// Share of the letters of both sections; 1 without any.
    ///
    /// Letters of native windows count in part where their words are of two languages in turn.
    private var nativeShare: Double { letterShare * functionWordShare }

    private var letterShare: Double {
        let evidence = sections.reduce(0) { $0 + $1.report.evidence }
        let native = sections.reduce(0) { $0 + $1.report.nativeEvidence }
        return evidence == 0 ? 1 : Double(native) / Double(evidence)
    }

    /// Share of native words in native windows.
    private var functionWordShare: Double {
        let (native, foreign) = functionWords
        guard native + foreign >= Self.functionWordsMin else { return 1 }
        let share = Double(native) / Double(native + foreign)
        return min(1, share + Self.functionWordsShared)
    }

    private var functionWords: (native: Int, foreign: Int) {
        (
            sections.reduce(0) { $0 + $1.report.nativeFunctionWords },
            sections.reduce(0) { $0 + $1.report.foreignFunctionWords }
        )
    }

    /// Fewest function words whose share says something.
    private static let functionWordsMin = 20
    /// Up to this share of a text's function words is another language's only: names, terms, and
    /// words that two languages have but not with the same use.
    private static let functionWordsShared = 0.1

    /// The details with shares, and the longest stretch in another language quoted.
    func adding(to details: JSONObject) -> JSONObject {
        var details = details
        guard let thoughts = sections.first(where: { $0.name == "thoughts" })?.report else {
            return details
        }
        details.append("native_share", .number(nativeShare))
        var shares = JSONObject()
        for share in thoughts.shares { shares.append(share.label, .number(share.probability)) }
        details.append("shares", .object(shares))
        details.append("windows", .integer(thoughts.windows))
        if functionWordShare < 1 {
            let (native, foreign) = functionWords
            details.append(
                "function_words",
                .members(["native": .integer(native), "foreign": .integer(foreign)]))
        }
        let worst = sections.max {
            $0.report.foreign?.evidence ?? 0 < $1.report.foreign?.evidence ?? 0
        }
        if let worst, let span = worst.report.foreign {
            details.append("foreign", Self.json(span, of: worst))
        }
        return details
    }

    /// Longest quotation in bytes.
    private static let quotationSizeMax = 160

    private static func json(_ span: ForeignSpan, of section: Section) -> JSONValue {
        let text = section.text[span.range]
        var size = min(text.count, quotationSizeMax)
        while size < text.count, size > 0, text[size] & 0xc0 == 0x80 { size -= 1 }
        return .members([
            "section": .string(section.name), "language": .string(span.label),
            "offset": .integer(span.range.lowerBound), "bytes": .integer(text.count),
            "letters": .integer(span.evidence), "text": .text(text[0..<size].trimmed),
        ])
    }
}
