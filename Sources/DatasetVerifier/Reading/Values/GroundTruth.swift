// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import Wire

/// References as datasets write them: any JSON type.
extension RowDraft {
    /// Names under which flat rows keep a reference, the surest first.
    static let referenceNames = [
        "reference", "gold", "expected_answer", "final_answer", "ground_truth", "answer", "target",
        "Answer",
    ]
    /// Names under which rows keep a worked solution.
    static let solutionNames = [
        "solution", "raw_answer", "rationale", "explanation", "r1_solution_1", "Solution",
    ]
    /// Longest text without a box or `####` that is taken for an answer and not for prose.
    static let bareAnswerBytesMax = 400

    /// Reads a reference of a math task.
    ///
    /// - Parameters:
    ///   - value: a text, a number as it is written, a truth value, an array of them, an array in a
    ///     string, or an object that holds one of these under a usual name.
    ///   - requiresAll: whether all of several references are required.
    mutating func readReference(_ value: RowValue, requiresAll: Bool = false) {
        row.taskPointer = value.pointer
        switch value.kind {
        case .string, .number, .boolean: setMath(references(inText: value), requiresAll)
        case .array:
            let found = value.elements.compactMap(\.scalar)
            guard found.count == value.view.count, !found.isEmpty else {
                reportType(of: value, accepted: "an array of strings or numbers")
                return
            }
            setMath(found, requiresAll)
        case .object:
            guard let inner = value.first(["ground_truth", "value", "answer", "target"]) else {
                reportType(of: value, accepted: "a reference, or an object that holds one")
                return
            }
            readReference(inner, requiresAll: requiresAll)
        case .null: break
        }
    }

    /// A text as a reference, or the texts of an array that is written in it.
    ///
    /// Only arrays of strings count: `[0, 1]` is an interval.
    private func references(inText value: RowValue) -> [ByteString] {
        guard let text = value.scalar else { return [] }
        guard value.kind == .string, case .value(let inner) = value.unpacked(opening: "["),
            inner.kind == .array, inner.view.count > 0
        else { return [text] }
        let texts = inner.elements.compactMap(\.text)
        return texts.count == inner.view.count ? texts : [text]
    }

    /// Makes a math task.
    mutating func setMath(_ references: [ByteString], _ requiresAll: Bool = false) {
        row.references = references
        var task = JSONObject(["type": "math"])
        task.append(
            "reference",
            references.count == 1 ? .text(references[0]) : .array(references.map { .text($0) }))
        if requiresAll, references.count > 1 { task.append("references", "all") }
        setTask(task)
    }

    /// Writes the task object.
    mutating func setTask(_ task: JSONObject) {
        var writer = JSONWriter()
        writer.write(.object(task))
        row.task = writer.byteString
    }

    /// Reads the worked solution of a row.
    mutating func readWorkedSolution(_ names: [String] = solutionNames) {
        guard let value = root.first(names), value.kind == .string, let text = value.text,
            !text.trimmed.isEmpty
        else { return }
        (row.workedSolution, row.workedSolutionPointer) = (text, value.pointer)
    }

    /// Reads a reference out of a worked solution: its last box, what follows its last `####`, or
    /// all of it where it is short and has neither.
    ///
    /// - Parameter value: the solution.
    mutating func readReference(inSolution value: RowValue) {
        row.taskPointer = value.pointer
        guard let text = value.text else { return readReference(value) }
        if let answer = AnswerInProse.hash(text) ?? AnswerInProse.box(text) {
            (row.workedSolution, row.workedSolutionPointer) = (text, value.pointer)
            setMath([answer])
        } else if text.count <= Self.bareAnswerBytesMax, !text.trimmed.isEmpty,
            text.firstOffset(of: "\\boxed") == nil
        {
            setMath([text.trimmed])
        } else {
            (row.workedSolution, row.workedSolutionPointer) = (text, value.pointer)
        }
    }
}

/// Answers that stand at the end of a worked solution.
enum AnswerInProse {
    /// What follows the last `####`, without thousands commas between digits; nil without one.
    static func hash(_ text: ByteString) -> ByteString? {
        guard let mark = text.occurrences(of: "####", limit: 64).last else { return nil }
        let rest = text[mark + 4..<text.count]
        let line = rest[0..<(rest.firstOffset(of: "\n") ?? rest.count)].trimmed
        guard !line.isEmpty else { return nil }
        let bytes = line.array
        var kept: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let separates =
                byte == UInt8(ascii: ",") && index > 0 && bytes[index - 1].isDigit
                && index + 1 < bytes.count && bytes[index + 1].isDigit
            if !separates { kept.append(byte) }
        }
        return ByteString(kept)
    }

    /// The last balanced box, also `\fbox{…}` and `\boxed 5` as some solutions of MATH write it.
    static func box(_ text: ByteString) -> ByteString? {
        if case .content(let content) = LastBox(in: text) { return content }
        guard text.firstOffset(of: "box") != nil else { return nil }
        let renamed = text.string.split(separator: "\\fbox", omittingEmptySubsequences: false)
        if renamed.count > 1,
            case .content(let content) = LastBox(
                in: ByteString(renamed.joined(separator: "\\boxed")))
        {
            return content
        }
        guard let mark = text.occurrences(of: "\\boxed ", limit: 64).last else { return nil }
        let rest = text[mark + 7..<text.count].trimmed
        var end = 0
        while end < rest.count, rest[end].isDigit || rest[end].isLetter { end += 1 }
        return end > 0 ? rest[0..<end] : nil
    }
}
