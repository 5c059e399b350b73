// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Wire

/// Finds the user's own words in a prompt.
///
/// The last user message of a chat; else what follows the last `Problem:` line, where the recipe's
/// system prompt stands (it names the think tag); else the whole prompt.
enum ProblemText {
    /// Derives the problem from a prompt.
    ///
    /// - Parameters:
    ///   - prompt: a text, or an array of chat messages.
    ///   - thinkOpen: the tag that gives the system prompt away.
    /// - Returns: the problem.
    /// - Throws: ``WireError`` for anything else, or a chat without a user message.
    static func derived(from prompt: JSONView, thinkOpen: ByteString) throws(WireError)
        -> ByteString
    {
        if let text = prompt.string { return withoutTemplate(text, thinkOpen: thinkOpen) }
        guard prompt.kind == .array else {
            throw prompt.unacceptable("a string, or an array of chat messages")
        }
        var last: ByteString?
        for (index, message) in prompt.elements.enumerated() {
            do {
                if let text = try userText(message) { last = text }
            } catch {
                throw error.prefixed(by: String(index))
            }
        }
        guard let last else {
            throw WireError(
                code: "missing_field", message: "the chat has no message with role \"user\"")
        }
        return withoutTemplate(last, thinkOpen: thinkOpen)
    }

    /// The text of a user message; nil for another role.
    private static func userText(_ message: JSONView) throws(WireError) -> ByteString? {
        guard message.kind == .object, let role = message["role"]?.string else {
            throw message.unacceptable("a message with \"role\" and \"content\"")
        }
        guard role == "user", let content = message["content"] else { return nil }
        if let text = content.string { return text }
        let parts = content.elements.compactMap { $0["text"]?.string }
        guard content.kind == .array, !parts.isEmpty else {
            throw content.unacceptable("a text, or an array of parts with \"text\"")
                .prefixed(by: "content")
        }
        return parts.count == 1 ? parts[0] : ByteString(parts.map(\.string).joined(separator: "\n"))
    }

    private static func withoutTemplate(_ text: ByteString, thinkOpen: ByteString) -> ByteString {
        guard text.firstOffset(of: thinkOpen) != nil else { return text }
        let marks = text.occurrences(of: "Problem:", limit: .max)
        let ownLine = marks.last { $0 == 0 || text[$0 - 1] == UInt8(ascii: "\n") }
        guard let ownLine else { return text }
        return text[ownLine + "Problem:".utf8.count..<text.count].trimmed
    }
}
