// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Hashing
import LanguageID
import TestSupport
import Testing

@Suite("Language model", .enabled(if: TestModel.isInstalled, TestModel.hint))
struct LanguageModelTests {
    @Test(
        "tells the language of plain and mixed texts",
        arguments: LanguageCase.load("identify.jsonl"))
    func table(_ entry: LanguageCase) throws {
        let guess = try TestModel.shared().identify(ByteString(entry.text))

        #expect(guess.label == entry.label, "\(guess)")
    }

    @Test("sees text wherever it hides", arguments: LanguageCase.load("attacks.jsonl"))
    func attacks(_ entry: LanguageCase) throws {
        let guess = try TestModel.shared().identify(ByteString(entry.text))

        #expect(guess.label == entry.label, "\(guess)")
    }

    @Test(
        "finds the problem inside templates", arguments: LanguageCase.load("problem.jsonl"))
    func problem(_ entry: LanguageCase) throws {
        let guess = try TestModel.shared().identifyProblem(ByteString(entry.text))

        #expect(guess.label == entry.label, "\(guess)")
    }

    @Test("a prompt of megabytes has a problem too", arguments: ["User:", "<|im_start|>user", "。"])
    func hugeProblem(mark: String) throws {
        let text = String(repeating: mark + " le nombre est pair ", count: 40_000)

        #expect(try TestModel.shared().identifyProblem(ByteString(text)).label == "fr")
    }

    @Test("the same text gives the same guess, bit for bit, on every thread and in every model")
    func determinism() async throws {
        let texts = (LanguageCase.load("identify.jsonl") + LanguageCase.load("attacks.jsonl"))
            .map { ByteString($0.text) }
        let model = try TestModel.shared()
        let other = try LanguageModel(path: TestModel.path)
        let expected = texts.map { other.identify($0) }

        await withTaskGroup(of: [LanguageGuess].self) { group in
            for _ in 0..<8 {
                group.addTask { texts.map { model.identify($0) } }
            }
            for await guesses in group { #expect(guesses == expected) }
        }
    }

    @Test("evidence counts letters, Han characters five-fold")
    func evidence() throws {
        let model = try TestModel.shared()

        #expect(model.identify("abc déf").evidence == 6)
        #expect(model.identify("答案 x").evidence == 11)
        #expect(model.identify("42") == .unknown(evidence: 0))
    }

    @Test("a higher threshold makes a weak guess unknown")
    func thresholds() throws {
        let evidence = LanguageEvidence(lettersMin: 20, probabilityMin: 0.9999)
        let strict = try LanguageModel(path: TestModel.path, evidence: evidence)
        let text: ByteString = "Madame Hughes, voici Peter Brown et Rani Bo."

        #expect(strict.identify(text).label == "unknown")
        #expect(try TestModel.shared().identify("abcdefghij klmnopqrs").label == "unknown")
    }

    @Test("all labels have scores, best first, which sum to nearly one")
    func scores() throws {
        let model = try TestModel.shared()

        let all = model.scores(of: "On additionne les deux nombres.")

        #expect(all.count == 176)
        #expect(Set(all.map(\.label)).count == 176)
        #expect(all.first?.label == "fr")
        #expect(all.map(\.probability) == all.map(\.probability).sorted(by: >))
        #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 0.01)
    }

    @Test("light evidence knows short texts, and still nothing of formulas")
    func lightEvidence() throws {
        let model = try TestModel.shared()

        #expect(model.identify("Où est-elle ?", evidence: .light).label == "fr")
        #expect(model.identify("Où est-elle ?").label == "unknown")
        for text: ByteString in ["42", "x = 5", "$a^2$", "n, k, m", ""] {
            #expect(model.identify(text, evidence: .light).label == "unknown")
        }
    }

    @Test("a text of many megabytes is judged by samples of all of it")
    func hugeText() throws {
        let model = try TestModel.shared()
        let french = Array("On additionne les deux nombres puis on divise. ".utf8)
        let english = Array("We add both of the numbers and then divide them. ".utf8)
        let mixed = repeated(french, size: 1 << 20) + repeated(english, size: 4 << 20)

        #expect(model.identify(ByteString(repeated(french, size: 3 << 20))).label == "fr")
        #expect(model.identify(ByteString(mixed)).label == "en")
    }

    @Test("random bytes get a guess")
    func randomBytes() throws {
        let model = try TestModel.shared()
        var numbers = SeededNumbers(state: 7)
        for _ in 0..<300 {
            let count = Int.random(in: 0..<400, using: &numbers)
            let text = ByteString(
                (0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) })
            let guess = model.identify(text)
            #expect((0...1).contains(guess.probability))
        }
    }

    private func repeated(_ unit: [UInt8], size: Int) -> [UInt8] {
        [[UInt8]](repeating: unit, count: size / unit.count).flatMap { $0 }
    }
}

@Suite("Language model file")
struct LanguageModelFileTests {
    @Test("a missing file is unreadable and the message says what to do")
    func missing() {
        let error = loadError("/nonexistent/lid.176.ftz")

        #expect(error?.code == .unreadable)
        #expect(error?.message.contains("scripts/fetch-language-model") == true)
    }

    @Test("a file of another size is refused")
    func wrongSize() {
        let error = loadError(Locations.root + "/Package.swift")

        #expect(error?.code == .unexpectedContent)
        #expect(error?.message.contains("938013") == true)
    }

    @Test("a file of the right size and another content is refused")
    func wrongContent() throws {
        let path = Locations.fixture("language/strip.jsonl")
        let expected = LanguageModelFile(
            name: "some.ftz", size: try size(of: path), digest: SHA256.hash("other"))

        let error = loadError(path, oneOf: [expected])

        #expect(error?.code == .unexpectedContent)
        #expect(error?.message.contains("SHA-256") == true)
    }

    @Test("a checked file that is no model is malformed")
    func notAModel() throws {
        let path = Locations.root + "/LICENSE"
        let bytes = try contents(of: path)
        let expected = LanguageModelFile(
            name: "some.ftz", size: bytes.count, digest: SHA256.hash(bytes))

        let error = loadError(path, oneOf: [expected])

        #expect(error?.code == .malformed)
        #expect(error?.message.contains("not a fastText model") == true)
    }

    private func loadError(
        _ path: String, oneOf files: [LanguageModelFile] = LanguageModelFile.allPublished
    ) -> LanguageModelError? {
        do throws(LanguageModelError) {
            _ = try LanguageModel(path: path, oneOf: files)
            return nil
        } catch {
            return error
        }
    }

    private func size(of path: String) throws -> Int { try contents(of: path).count }

    private func contents(of path: String) throws -> ByteString {
        let file = try #require(fopen(path, "rb"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return ByteString(Array(bytes[..<count]))
    }
}
