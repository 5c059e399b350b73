// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Grading
public import Sandbox

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
    /// Whether details quote what was expected where an output differs.
    public var showsExpected = false
    /// Limits of the compilation.
    public var compileLimits = CompileLimits()
    /// Limits of each test.
    public var runLimits = RunLimits()
    /// The program itself, where it does not come out of a completion.
    var bareSource: (language: ProgramLanguage, code: ByteString)?

    /// Makes a task without tests, to be filled by the decoder.
    public init() {}
}
