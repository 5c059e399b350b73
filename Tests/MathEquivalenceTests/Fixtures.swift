// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FoundationEssentials
import MathEquivalence
import TestSupport
import Testing

/// One line of a file in `fixtures/math`.
struct MathCase: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var why: String
    var reference: String?
    var answer: String?
    var mode: String?
    var text: String?
    var decidedBy: String?
    var extractedBy: String?
    var outcome: String?
    var policies: [String]?

    var testDescription: String { name }

    static func load(_ file: String) -> [MathCase] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? Data(contentsOf: URL(filePath: Locations.fixture("math/" + file)))
        else { return [] }
        return data.split(separator: 10).compactMap { try? decoder.decode(MathCase.self, from: $0) }
    }

    static func lineCount(_ file: String) -> Int {
        let data = try? Data(contentsOf: URL(filePath: Locations.fixture("math/" + file)))
        return data?.split(separator: 10).count ?? 0
    }
}

/// The engine that all tests share; its workers end with the process.
enum Shared {
    static let configuration = MathConfiguration(
        workerPath: Locations.products + "/assay-math", workerCount: 2)
    static let engine: MathEngine? = try? MathEngine(configuration: configuration)

    static func compare(
        _ reference: String, _ answer: String, _ options: ComparisonOptions = ComparisonOptions()
    ) async throws -> Comparison {
        let engine = try #require(engine, "assay-math does not start")
        return await engine.compare(
            reference: ByteString(reference), answer: ByteString(answer), options: options)
    }
}
