// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import LanguageID
import Testing

@Suite("Windows", .enabled(if: TestModel.isInstalled, TestModel.hint))
struct WindowReportTests {
    private static let french =
        "On additionne d'abord les deux nombres entiers. Puis on divise la somme obtenue par trois."
    private static let english =
        "Let me check this result once more. The sum is even because both of the numbers are even."

    @Test("a foreign paragraph is found where it stands")
    func foreignParagraph() throws {
        let before = [String](repeating: Self.french, count: 6).joined(separator: "\n\n")
        let text = ByteString(before + "\n\n" + Self.english + "\n\n" + Self.french)

        let report = try #require(
            try TestModel.shared().surveyWindows(of: text, native: "fr"))

        let foreign = try #require(report.foreign)
        #expect(foreign.label == "en")
        #expect(text[foreign.range].string.contains("Let me check this result once more."))
        #expect(!text[foreign.range].string.contains("additionne"))
        #expect(report.shares.map(\.label) == ["fr", "en"])
        #expect(report.nativeEvidence < report.evidence)
    }

    @Test("a quotation counts in the shares but is no stretch")
    func quotation() throws {
        for (open, close) in [("« ", " »"), ("\"", "\""), ("“", "”"), ("„", "“")] {
            let text = ByteString(
                Self.french + " " + open + Self.english + close + " " + Self.french)

            let report = try #require(
                try TestModel.shared().surveyWindows(of: text, native: "fr"))

            #expect(report.foreign == nil, "\(open)")
            #expect(report.nativeEvidence < report.evidence)
        }
    }

    @Test("letters of a foreign script count wherever they stand")
    func foreignScript() throws {
        let text: ByteString = "Сначала сложим эти числа 答案是偶数 и разделим результат на три."

        let report = try #require(
            try TestModel.shared().surveyWindows(of: text, native: "ru"))

        #expect(report.evidence - report.nativeEvidence >= 25)
    }

    @Test("function words of two languages in turn are counted apart")
    func functionWords() throws {
        let text: ByteString =
            "we donc have les two mais then nous add pour them dans the avec list"

        let report = try #require(
            try TestModel.shared().surveyWindows(of: text, native: "fr"))
        let polish = try #require(
            try TestModel.shared().surveyWindows(of: text, native: "pl"))

        #expect(report.nativeFunctionWords == 7)
        #expect(report.foreignFunctionWords == 5)
        #expect(polish.nativeFunctionWords == 0 && polish.foreignFunctionWords == 0)
    }

    @Test("opening marks that nothing closes cost no more than other text")
    func unclosedQuotations() throws {
        let text = ByteString(String(repeating: "«“„「『", count: 200_000) + Self.english)

        let report = try #require(
            try TestModel.shared().surveyWindows(of: text, native: "fr"))

        #expect(report.foreign?.label == "en")
    }

    @Test("an unknown language has no windows")
    func unknownNative() throws {
        #expect(try TestModel.shared().surveyWindows(of: "text", native: "klingon") == nil)
    }

    @Test("a text without words has no evidence")
    func empty() throws {
        for text: ByteString in ["", "42", "$x^2$", "\n\n\n"] {
            let report = try #require(
                try TestModel.shared().surveyWindows(of: text, native: "fr"))
            #expect(report.evidence == 0 && report.foreign == nil && report.shares.isEmpty)
        }
    }

    @Test(
        "hostile texts of megabytes are surveyed",
        arguments: ["\" a\" ", ".\n\n", "« a b c »", "答。", "a. ", "“", "\"", "word "])
    func hostile(pattern: String) throws {
        let text = ByteString(String(repeating: pattern, count: 200_000 / pattern.utf8.count))

        let report = try #require(
            try TestModel.shared().surveyWindows(of: text, native: "en"))

        #expect(report.windows <= 8192)
    }

    @Test("any bytes are surveyed, with spans inside the text")
    func randomBytes() throws {
        var numbers = SeededNumbers(state: 5)
        let pieces = [
            "\"", "«", "»", "“", "。", ". ", "\n\n", "$", "```\n", "le nombre est pair ",
            "because of ",
            "答案是", "число ", "\\text{",
        ].map { Array($0.utf8) }
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<60, using: &numbers) {
                if Int.random(in: 0..<8, using: &numbers) > 0 {
                    bytes += pieces[Int.random(in: 0..<pieces.count, using: &numbers)]
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &numbers))
                }
            }
            let report = try #require(
                try TestModel.shared().surveyWindows(of: ByteString(bytes), native: "fr"))
            #expect(report.nativeEvidence <= report.evidence)
            if let range = report.foreign?.range {
                #expect(range.upperBound <= bytes.count && !range.isEmpty)
            }
        }
    }

    @Test("the problem inside an English template gives the language")
    func template() throws {
        let model = try TestModel.shared()
        let problem = "Combien de pommes reste-t-il à Paul s'il en donne trois à sa sœur ?"
        let template = "Solve the following problem and think step by step before you answer.\n\n"

        #expect(model.identifyProblem(ByteString(template + problem)).label == "fr")
        #expect(model.identifyProblem(ByteString(problem)).label == "fr")
        #expect(model.identifyProblem(ByteString(template)).label == "en")
        #expect(model.identifyProblem("42").label == "unknown")
    }
}
