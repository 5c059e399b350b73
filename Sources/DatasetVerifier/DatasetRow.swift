// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Grading

/// Where a row stands.
public struct RowPosition: Sendable, Hashable {
    /// Zero-based place of the file among those given.
    public let fileIndex: Int
    /// The file as it was given.
    public let file: String
    /// One-based: the line of a JSONL file, else the row's number in the file.
    public let line: Int

    /// Names a place.
    ///
    /// - Parameters:
    ///   - fileIndex: place of the file among those given.
    ///   - file: the file as it was given.
    ///   - line: one-based line or row number.
    public init(fileIndex: Int, file: String, line: Int) {
        self.fileIndex = fileIndex
        self.file = file
        self.line = line
    }
}

/// A program that comes with a row, and what is known of it.
public struct RowSolution: Sendable {
    /// What the dataset says of the program.
    public enum Expectation: String, Sendable {
        /// A reference solution: passes all tests within the limits.
        case accepted
        /// A known-bad solution: fails some test.
        case rejected
    }

    /// `cpp`, `python` or `c`, in the words of code tasks; others are reported and not run.
    public let language: String
    /// The source text as it is submitted to the row's task.
    public let code: ByteString
    /// What the dataset says of it.
    public let expectation: Expectation
    /// Where in the row it stands, as a JSON Pointer.
    public let pointer: String

    /// Holds a program.
    ///
    /// - Parameters:
    ///   - language: in the words of code tasks.
    ///   - code: the source text as it is submitted to the row's task.
    ///   - expectation: what the dataset says of it.
    ///   - pointer: where in the row it stands.
    public init(language: String, code: ByteString, expectation: Expectation, pointer: String) {
        self.language = language
        self.code = code
        self.expectation = expectation
        self.pointer = pointer
    }
}

/// A recorded completion of a row, and how it was scored then.
public struct RowRollout: Sendable {
    /// What the policy wrote; nil when only the score was kept.
    public let completion: CompletionText?
    /// Whether it was counted as correct; nil when that was not kept and has to be graded.
    public let isCorrect: Bool?
    /// Where in the row it stands, as a JSON Pointer.
    public let pointer: String

    /// Holds a rollout.
    ///
    /// - Parameters:
    ///   - completion: what the policy wrote.
    ///   - isCorrect: whether it was counted as correct.
    ///   - pointer: where in the row it stands.
    public init(completion: CompletionText?, isCorrect: Bool?, pointer: String) {
        self.completion = completion
        self.isCorrect = isCorrect
        self.pointer = pointer
    }
}

/// One row of a dataset in one shape, whatever the carrier.
public struct DatasetRow: Sendable {
    /// Where it stands.
    public var position: RowPosition
    /// The dataset's own name for it; else the position as `file:line`, and `hasOwnID` is false.
    public var id: String
    /// Whether the dataset named it.
    public var hasOwnID = false
    /// The profile that read it, such as `verl`.
    public var profile: String
    /// The row as it stood, one JSON value on one line; what the row's hash is taken of.
    public var raw: ByteString
    /// All the policy is given, instructions included: chat messages joined by blank lines.
    public var prompt: ByteString = ""
    /// The user's own problem inside the prompt; the prompt where that is not known.
    public var problem: ByteString = ""
    /// Where the problem stands.
    public var problemPointer = ""
    /// A `task` object as api.md has it; nil when the row names nothing to verify against.
    public var task: ByteString?
    /// Where the reference or the tests stand.
    public var taskPointer = ""
    /// References as text, for math and choice tasks; empty for others.
    public var references: [ByteString] = []
    /// The options of a multiple-choice row, in order; empty for others.
    public var options: [ByteString] = []
    /// A worked solution in prose, which may end in a box or `####`.
    public var workedSolution: ByteString?
    /// Where the worked solution stands.
    public var workedSolutionPointer = ""
    /// Programs that come with the row.
    public var solutions: [RowSolution] = []
    /// Recorded completions.
    public var rollouts: [RowRollout] = []
    /// The language the row claims, as `fr`; nil without a tag.
    public var languageTag: String?
    /// What the reader noticed: findings of schema rules.
    public var readerFindings: [Finding] = []

    /// Starts a row that holds nothing but its place and its text.
    ///
    /// - Parameters:
    ///   - position: where it stands.
    ///   - profile: the profile that reads it.
    ///   - raw: the row as it stood.
    public init(position: RowPosition, profile: String, raw: ByteString) {
        self.position = position
        self.profile = profile
        self.raw = raw
        id = "\(position.file):\(position.line)"
    }

    /// Whether the row's task may be one of programs, told without parsing it; false is sure.
    var mayHaveCodeTask: Bool { task?.firstOffset(of: "code") != nil }
}
