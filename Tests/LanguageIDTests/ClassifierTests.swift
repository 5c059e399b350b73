// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CFastText
import CLanguageModel
import Glibc
import LanguageID
import TestSupport
import Testing

@Suite("Classifier", .enabled(if: TestModel.isInstalled, TestModel.hint))
struct ClassifierTests {
    @Test("probabilities are fastText's own on words of any kind")
    func agreement() throws {
        try ClassifierProbe.expectAgreement(try ClassifierProbe.bytes(of: TestModel.path))
    }

    @Test("the features of two texts are those of both together")
    func addition() throws {
        let model = try #require(
            ClassifierProbe.load(try ClassifierProbe.bytes(of: TestModel.path)))
        defer { clm_free(model) }
        let parts = ["on additionne les deux nombres", "we add both of the numbers"]
        var sum = clm_features()
        for part in parts {
            var features = clm_features()
            clm_add(model, part, part.utf8.count, &features)
            clm_add_features(&sum, &features)
        }
        var whole = [Float](repeating: 0, count: 176)
        clm_probabilities(model, &sum, 0, &whole)

        let together = ClassifierProbe.probabilities(
            model, Array(parts.joined(separator: " ").utf8))

        for (one, other) in zip(whole, together) { #expect(abs(one - other) < 1e-5) }
    }

    @Test("a model file cut anywhere is refused")
    func truncated() throws {
        let bytes = try ClassifierProbe.bytes(of: TestModel.path)
        var sizes = Array(0..<200)
        sizes += stride(from: 200, to: bytes.count, by: 9_973)
        sizes.append(bytes.count - 1)
        for size in sizes { #expect(ClassifierProbe.load(Array(bytes[..<size])) == nil) }
        #expect(ClassifierProbe.load(bytes + [0]) == nil)
    }

    @Test("a model file with hostile sizes is refused, or loads and predicts")
    func corrupted() throws {
        let bytes = try ClassifierProbe.bytes(of: TestModel.path)
        var numbers = SeededNumbers(state: 11)
        for _ in 0..<60 {
            var copy = bytes
            for _ in 0..<4 {
                let place = Int.random(in: 0..<4_000, using: &numbers)
                copy[place] = UInt8.random(in: 0...255, using: &numbers)
            }
            guard let model = ClassifierProbe.load(copy) else { continue }
            _ = ClassifierProbe.probabilities(model, Array("le nombre est pair".utf8))
            clm_free(model)
        }
    }
}

@Suite("Model files")
struct ModelFileTests {
    /// Trained on a few of our sentences by fastText's program; docs/language.md says how.
    static let files = ["dense.bin", "quantized.ftz"].map {
        Locations.fixture("language/models/" + $0)
    }

    @Test("dense and quantized models give fastText's own probabilities", arguments: files)
    func agreement(path: String) throws {
        try ClassifierProbe.expectAgreement(try ClassifierProbe.bytes(of: path))
    }

    @Test("a model of another kind is refused", arguments: [(8, 20), (28, 2), (32, 3), (36, 1)])
    func otherKind(offset: Int, value: UInt8) throws {
        // The file has dimensions, words in a feature, loss and kind of model at these offsets.
        var bytes = try ClassifierProbe.bytes(of: Self.files[0])
        bytes[offset] = value

        #expect(ClassifierProbe.load(bytes) == nil)
    }

    @Test("a model file cut anywhere is refused", arguments: files)
    func truncated(path: String) throws {
        let bytes = try ClassifierProbe.bytes(of: path)
        for size in stride(from: 0, to: bytes.count, by: 499) {
            #expect(ClassifierProbe.load(Array(bytes[..<size])) == nil)
        }
    }
}

/// The C interface of our classifier, and fastText's beside it.
enum ClassifierProbe {
    static func expectAgreement(_ bytes: [UInt8]) throws {
        let own = try #require(load(bytes))
        defer { clm_free(own) }
        var message = [CChar](repeating: 0, count: 256)
        let reference = try #require(cft_load(bytes, bytes.count, &message, message.count))
        defer { cft_free(reference) }
        let labels = Int(clm_label_count(own))

        for text in texts() {
            var predictions = [cft_prediction](repeating: cft_prediction(), count: labels)
            let count = text.withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) {
                    cft_predict(reference, $0.baseAddress, $0.count, &predictions, Int32(labels))
                }
            }
            let found = probabilities(own, text)
            for prediction in predictions[..<Int(count)] {
                #expect(abs(found[Int(prediction.label)] - prediction.probability) < 1e-5)
            }
        }
    }

    static func texts() -> [[UInt8]] {
        let cases = LanguageCase.load("identify.jsonl") + LanguageCase.load("attacks.jsonl")
        var numbers = SeededNumbers(state: 3)
        let random = (0..<100).map { _ in
            (0..<Int.random(in: 0..<200, using: &numbers)).map { _ in
                UInt8.random(in: 0...3, using: &numbers) == 0
                    ? 0x20 : UInt8.random(in: 0x61...0x7a, using: &numbers)
            }
        }
        return cases.map { TextStripper.strip(ByteString($0.text)).array } + random
    }

    static func probabilities(_ model: OpaquePointer, _ text: [UInt8]) -> [Float] {
        var features = clm_features()
        text.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                clm_add(model, $0.baseAddress, $0.count, &features)
            }
        }
        var result = [Float](repeating: 0, count: Int(clm_label_count(model)))
        clm_probabilities(model, &features, 0, &result)
        return result
    }

    static func load(_ bytes: [UInt8]) -> OpaquePointer? {
        var message = [CChar](repeating: 0, count: 256)
        return clm_load(bytes, bytes.count, &message, message.count)
    }

    static func bytes(of path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
    }
}
