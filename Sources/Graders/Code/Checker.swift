// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import Hashing
public import Sandbox

/// A program that judges outputs in place of a comparison, after the convention of testlib.
///
/// It is called with the paths of three files: the input, the candidate's output, the answer. Exit
/// code 0 accepts; 1, 2, 4 and 8 reject; 7 gives points, written to standard error as `points` and a
/// number. Everything else is a failure of the checker.
///
/// - Source: testlib.h, <https://github.com/MikeMirzayanov/testlib>.
public struct Checker: Sendable, Equatable {
    /// Its language.
    public var language: ProgramLanguage
    /// Its source.
    public var code: ByteString
    /// Files that its source includes or reads, such as `testlib.h`.
    public var files: [BoxFile] = []
    /// Points that a test is worth in full.
    public var pointsMax = 1.0
    /// Limits of its compilation.
    public var compileLimits = Checker.standardCompileLimits
    /// Limits of each of its runs; the sizes of the three files come on top of the memory.
    public var runLimits = Checker.standardRunLimits

    /// testlib alone takes 3 s.
    private static var standardCompileLimits: CompileLimits {
        var limits = CompileLimits()
        limits.cpuSeconds = 60
        return limits
    }

    private static var standardRunLimits: RunLimits {
        var limits = RunLimits(cpuSeconds: 10, memoryBytes: 256 << 20)
        limits.stdoutBytes = 1 << 20
        return limits
    }

    /// Makes a checker.
    ///
    /// - Parameters:
    ///   - language: its language.
    ///   - code: its source.
    public init(language: ProgramLanguage, code: ByteString) {
        self.language = language
        self.code = code
    }

    /// Tells checkers apart: all that its judgement may depend on.
    var digest: SHA256Digest {
        var hash = SHA256()
        hash.update(lengthPrefixed: ByteString(language.name))
        hash.update(lengthPrefixed: code)
        for file in files {
            hash.update(lengthPrefixed: ByteString(file.name))
            hash.update(lengthPrefixed: file.content)
        }
        hash.update(lengthPrefixed: ByteString("\(pointsMax) \(compileLimits) \(runLimits)"))
        return hash.finish()
    }
}

/// What a checker said of one output.
struct CheckerJudgement: Sendable, Equatable {
    enum Word: String, Sendable {
        case accepted, wrong
        case presentationError = "presentation_error"
        case points
        /// It said itself that it cannot judge: exit code 3.
        case failed
        /// It ended by a signal, a limit, or an exit code without a meaning.
        case crashed
    }

    let word: Word
    /// Share of the test's worth, 0 to 1.
    let share: Double
    /// How it ended, for `failed` and `crashed`.
    let ending: String
    /// What it wrote to standard error, cut to 512 bytes.
    let message: ByteString

    var isAccepted: Bool { share == 1 }
    /// Whether it judged at all.
    var isJudged: Bool { word != .failed && word != .crashed }

    /// Reads how a checker ended.
    init(_ result: RunResult, pointsMax: Double) {
        ending = [
            result.outcome.word, result.exitCode.map { "exit code \($0)" },
            result.signal.map { "signal \($0)" },
        ].compactMap(\.self).joined(separator: ", ")
        message = ByteString(result.stderr[0..<min(result.stderr.count, 512)].array)
        let points = Self.points(result.stderr) ?? Self.points(result.stdout)
        switch (result.outcome, result.exitCode) {
        case (.finished, _): (word, share) = (.accepted, 1)
        case (.runtimeError, 1): (word, share) = (.wrong, 0)
        // 4: rubbish after the output; 8: its unexpected end.
        case (.runtimeError, 2), (.runtimeError, 4), (.runtimeError, 8):
            (word, share) = (.presentationError, 0)
        case (.runtimeError, 7) where points != nil:
            (word, share) = (.points, min(max((points ?? 0) / pointsMax, 0), 1))
        case (.runtimeError, 3): (word, share) = (.failed, 0)
        default: (word, share) = (.crashed, 0)
        }
    }

    /// The number behind a leading `points`; nil if there is none.
    private static func points(_ text: ByteString) -> Double? {
        let line = text[0..<min(text.count, 128)].string
        let words = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
        guard words.count >= 2, words[0] == "points" else { return nil }
        let isPlain = words[1].utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
        return isPlain ? Double(words[1]) : nil
    }
}
