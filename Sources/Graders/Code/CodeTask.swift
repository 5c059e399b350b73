// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Grading
public import Sandbox

/// How a program's output is compared with the expected one.
public enum OutputComparison: String, Sendable, CaseIterable {
    /// Byte by byte.
    case exact
    /// Line by line; white space at the end of lines and blank lines at the end do not count.
    case lines
    /// Token by token; any white space separates.
    case tokens
    /// Like `tokens`, ASCII letters compared without case.
    case tokensIgnoringCase = "tokens_ci"

    /// Whether an output differs from the expected one.
    ///
    /// - Parameters:
    ///   - output: what a program wrote; any bytes.
    ///   - expected: what it had to write.
    /// - Returns: false when they agree.
    /// - Complexity: O(bytes).
    public func differs(_ output: ByteString, expected: ByteString) -> Bool {
        OutputComparator.firstDifference(output, expected: expected, by: self) != nil
    }
}

/// A task whose answer is a program that must pass tests.
///
/// - Source: Magistral (arXiv 2506.10910) §2.2.2 for the limits and the number of tests.
public struct CodeTask: GradingTask {
    /// The word under `task.type`.
    public static let type = "code"

    /// A fenced block with a language name.
    public var demand: AnswerDemand { .codeBlock }

    /// The language demanded; nil accepts every known one.
    public var language: ProgramLanguage?
    /// All tests, in file order.
    public var tests: [CodeTest] = []
    /// Tests drawn for a group; all are run when there are fewer.
    public var sampleCount = 20
    /// Whether the imports that judges of such tasks take for granted precede a Python program.
    public var hasUsualImports = false
    /// How outputs are compared.
    public var compare = OutputComparison.tokens
    /// Limits of the compilation.
    public var compileLimits = CompileLimits()
    /// Limits of each test.
    public var runLimits = RunLimits()
    /// The program itself, where it does not come out of a completion.
    var bareSource: (language: ProgramLanguage, code: ByteString)?

    /// Makes a task without tests, to be filled by the decoder.
    public init() {}
}
