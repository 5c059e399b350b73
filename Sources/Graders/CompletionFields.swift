// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Grading
public import Wire

/// Readers that the bodies of several endpoints share.
public enum CompletionFields {
    /// Longest completion accepted, in bytes; a JSON Lines line is bounded alike.
    public static let completionBytesMax = 8 << 20

    /// Reads `completion`: a text, or `{"content","reasoning_content"}`.
    ///
    /// - Parameter view: the member's value.
    /// - Returns: the completion.
    /// - Throws: ``WireError`` for another kind of value or more than 8 MiB.
    public static func decode(_ view: JSONView) throws(WireError) -> CompletionText {
        if let text = view.string {
            try check(text)
            return CompletionText(content: text)
        }
        guard view.kind == .object else {
            throw view.unacceptable("a string, or an object with content and reasoning_content")
        }
        // An object of another shape must not pass for an empty completion, which would earn 0.
        guard partNames.contains(where: { view[$0] != nil }) else {
            throw WireError(
                code: "missing_field",
                message: "a completion object needs \"content\" or \"reasoning_content\"")
        }
        var completion = CompletionText(content: "")
        try parts.decode(view, into: &completion)
        try check(completion.content)
        try check(completion.reasoning)
        return completion
    }

    /// Reads `problem_language`: a label as fastText's lid.176 gives it.
    ///
    /// A label of another form equals no other and would take the bonus from every rollout.
    ///
    /// - Parameter view: the member's value.
    /// - Returns: two or three letters, with subtags such as a region, or `unknown`.
    /// - Throws: ``WireError`` for anything else.
    public static func decodeLanguage(_ view: JSONView) throws(WireError) -> String {
        let label = view.string?.string ?? ""
        let subtags = label.utf8.split(
            separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        let isCode =
            (2...3).contains(subtags[0].count) && subtags[0].allSatisfy(\.isLetter)
            && subtags.dropFirst().allSatisfy { subtag in
                (1...8).contains(subtag.count) && subtag.allSatisfy { $0.isLetter || $0.isDigit }
            }
        guard isCode || label == "unknown" else {
            throw view.unacceptable("a language code such as \"fr\", or \"unknown\"")
        }
        return label
    }

    private static func check(_ text: ByteString) throws(WireError) {
        guard text.count > completionBytesMax else { return }
        throw WireError(
            code: "too_large",
            message: "a completion has at most \(completionBytesMax) bytes, this one \(text.count)")
    }

    private static let partNames = parts.fields.flatMap { [$0.name] + $0.notes.aliases }

    private static let parts = FieldTable<CompletionText>(
        "completion", unknown: .ignore,
        fields: [
            .string("content", doc: "The text after the thoughts.") { $0.content = $1 },
            .string("reasoning_content", FieldNotes(aliases: ["reasoning"]), doc: "The thoughts.") {
                $0.reasoning = $1
            },
        ])
}

extension Field where Root == GraderRequest {
    /// The `completion` member of a grader's own endpoint.
    static func completion(_ notes: FieldNotes = FieldNotes(aliases: Self.completionAliases))
        -> Field
    {
        Field("completion", .any, notes, doc: "All that the policy wrote.") {
            view, root throws(WireError) in
            root.rollout.completion = try CompletionFields.decode(view)
        }
    }

    static var completionAliases: [String] { ["response", "solution_str"] }
}
