// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FoundationEssentials
import Glibc
import LanguageID
import TestSupport
import Testing

/// One line of `fixtures/language/*.jsonl`.
struct LanguageCase: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let why: String
    let text: String
    let stripped: String?
    let label: String?

    var testDescription: String { "\(name): \(why)" }

    static func load(_ file: String) -> [LanguageCase] {
        let path = Locations.fixture("language/" + file)
        guard let content = try? Data(contentsOf: URL(filePath: path)) else {
            preconditionFailure("\(path) cannot be read")
        }
        return content.split(separator: UInt8(ascii: "\n")).map { line in
            do { return try JSONDecoder().decode(LanguageCase.self, from: line) } catch {
                preconditionFailure("\(path): \(error)")
            }
        }
    }
}

/// The model that `scripts/fetch-language-model` installs.
enum TestModel {
    static let path = Locations.root + "/.models/lid.176.ftz"
    static let isInstalled = access(path, R_OK) == 0
    static let hint: Comment = "the model is missing; run scripts/fetch-language-model"

    static func shared() throws -> LanguageModel { try loaded.get() }

    private static let loaded = Result { try LanguageModel(path: path) }
}

/// Numbers that look random and are the same in every run: SplitMix64 of Steele, Lea and Flood.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
