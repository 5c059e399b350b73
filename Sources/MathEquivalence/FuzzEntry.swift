// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

// What fuzzers call. Each traps where a promise is broken that holds for every input.

/// Reads bytes as an answer, twice, and once more between `$` marks.
///
/// - Parameter bytes: anything.
public func fuzzParse(_ bytes: ByteString) {
    let first = MathExpression(bytes)
    let second = MathExpression(ByteString(bytes.array))
    precondition(first.type == second.type, "reading twice differs")
    // Markdown's ** and `, and quotation marks, are dropped only around the whole; with marks of a
    // formula around them they are a product or nothing readable.
    guard first.type != nil, bytes.count < Parser.inputLimit / 2,
        ["*", "`", "\""].allSatisfy({ bytes.firstOffset(of: $0) == nil })
    else { return }
    let marked = MathExpression(ByteString(Array("$ ".utf8) + bytes.array + Array(" $".utf8)))
    precondition(marked.type != nil, "marks of a formula make it unreadable")
}

/// Finds answers in any bytes by every rule.
///
/// - Parameter bytes: anything.
public func fuzzExtract(_ bytes: ByteString) {
    for mode in ExtractionMode.allCases {
        let found = AnswerExtractor.extract(bytes, mode: mode)
        precondition(found == AnswerExtractor.extract(bytes, mode: mode), "finding twice differs")
        guard let found else { continue }
        precondition(bytes[found.range] == found.text, "the range is not that of the answer")
        precondition(!found.text.trimmed.isEmpty || mode == .prose, "an empty answer")
    }
    let boxed = ByteString(bytes.array + Array(" \n\\boxed{7}".utf8))
    precondition(
        AnswerExtractor.extract(boxed, mode: .boxed)?.text == "7", "the last box does not count")
    let line = ByteString(bytes.array + Array("\nAnswer: 7".utf8))
    precondition(
        AnswerExtractor.extract(line, mode: .answerLine)?.text == "7",
        "the last line does not count")
}

/// Reads two texts and runs the steps of the ladder that need no worker.
///
/// - Parameters:
///   - reference: anything.
///   - answer: anything.
public func fuzzCompare(_ reference: ByteString, _ answer: ByteString) {
    fuzzParse(reference)
    fuzzParse(answer)
    _ = FuzzLadder.outcome(reference, answer, pool: nil)
    FuzzLadder.checkReflexive(answer, pool: nil)
}

/// The whole ladder, with a worker.
public final class FuzzLadder: Sendable {
    private let pool: WorkerPool?

    /// Starts a worker.
    ///
    /// - Parameter workerPath: path of the `assay-math` program; nil runs the steps without it.
    public init(workerPath: String?) {
        pool = workerPath.flatMap { try? WorkerPool(path: $0, width: 1) }
        precondition(workerPath == nil || pool != nil, "the worker cannot be started")
    }

    /// Compares both ways, twice, and the answer with itself.
    ///
    /// Traps if two runs differ, if equality without a policy is not symmetric, if a text is
    /// different from itself, or if a worker is lost.
    ///
    /// - Parameters:
    ///   - reference: anything.
    ///   - answer: anything.
    public func compare(_ reference: ByteString, _ answer: ByteString) {
        let there = Self.outcome(reference, answer, pool: pool)
        let again = Self.outcome(reference, answer, pool: pool)
        precondition(there == again, "comparing twice differs")
        let back = Self.outcome(answer, reference, pool: pool)
        if there?.outcome == .equivalent, there?.policies.isEmpty == true {
            precondition(back?.outcome != .different, "equality is not symmetric")
        }
        Self.checkReflexive(answer, pool: pool)
    }

    static func outcome(
        _ reference: ByteString, _ answer: ByteString, pool: WorkerPool?
    ) -> Comparison? {
        let result = MathEngine.compare(
            MathExpression(reference), MathExpression(answer), pool: pool,
            options: ComparisonOptions())
        precondition(result?.outcome != .failed(.host), "a worker was lost")
        return result
    }

    static func checkReflexive(_ text: ByteString, pool: WorkerPool?) {
        guard MathEngine.validate(reference: text) == nil,
            let same = outcome(text, text, pool: pool)
        else { return }
        precondition(
            same.outcome != .different || same.decidedBy == .budget, "a text is not itself")
    }
}
