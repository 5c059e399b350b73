// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
public import Grading

/// A task whose answer is one of a few options, by its letter or its text.
public struct ChoiceTask: GradingTask {
    /// The word under `task.type`.
    public static let type = "choice"

    /// A box.
    public var demand: AnswerDemand { .box }

    /// One option: its letter, and its text where the task gives it.
    public struct Option: Sendable, Equatable {
        /// The letter or number that names it.
        public var label: String
        /// What it says; empty where the task gives letters alone.
        public var text: ByteString
    }

    /// The right option.
    public var reference = Option(label: "", text: "")
    /// All options; empty where the task gives the right letter alone.
    public var options: [Option] = []
    /// The answer itself, where it does not come out of a completion.
    var bareAnswer: ByteString?

    /// Makes a task without a reference, to be filled by the decoder.
    public init() {}
}

/// How answers name an option.
enum ChoiceSpelling {
    /// What an answer says about labels.
    enum Label: Equatable {
        /// Nothing else but a label.
        case alone(String)
        /// A label and the option's text.
        case withText(String, String)
        case none
    }

    private static let wrappers = [
        "\\textbf", "\\textit", "\\textrm", "\\text", "\\mathbf", "\\mathrm", "\\mathsf", "\\mbox",
        "\\boxed", "\\fbox", "\\left", "\\right", "\\bf", "\\rm", "\\,", "\\ ", "\\!", "**",
    ]

    /// Without styles, braces, formula marks and repeated spaces.
    static func plain(_ text: String) -> String {
        var result = text
        for wrapper in wrappers { result = result.split(separator: wrapper).joined() }
        let dropped: Set<Character> = ["{", "}", "$", "~"]
        let words = String(result.filter { !dropped.contains($0) })
            .split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }

    /// Two texts that are the same words, case and a final stop aside.
    static func isSame(_ first: String, _ second: String) -> Bool {
        words(first) == words(second)
    }

    private static func words(_ text: String) -> String {
        var result = plain(text).lowercased()
        while result.last == "." { result.removeLast() }
        return result
    }

    /// Reads `B`, `(B)`, `B.`, `Option B`, `\text{(B)}`, and `B: text` or `(B) text`.
    static func label(of answer: String, among labels: [String]) -> Label {
        var rest = Substring(plain(answer))
        for word in ["option ", "choice ", "answer "] where rest.lowercased().hasPrefix(word) {
            rest = rest.dropFirst(word.count)
            break
        }
        let isBracketed = rest.first == "(" || rest.first == "["
        if isBracketed { rest = rest.dropFirst() }
        let word = String(rest.prefix { $0.isLetter || $0.isNumber })
        guard let label = match(word, labels) else { return .none }
        rest = rest.dropFirst(word.count)
        if rest.first == " ", isBracketed || rest.dropFirst().first == ")" {
            rest = rest.dropFirst()
        }
        let hasMark = rest.first.map { ").:]".contains($0) } ?? false
        guard rest.isEmpty || hasMark else { return .none }
        // "(B" is no label, "1.5" is no option 1.
        if isBracketed, rest.first != ")", rest.first != "]" { return .none }
        rest = rest.drop { ").:] ".contains($0) }
        if rest.isEmpty { return .alone(label) }
        let follows = plain(answer).dropLast(rest.count).last
        return follows == " " || isBracketed ? .withText(label, String(rest)) : .none
    }

    /// The label, in either case where no other label differs by case alone.
    static func match(_ word: String, _ labels: [String]) -> String? {
        if labels.contains(word) { return word }
        let close = labels.filter { $0.lowercased() == word.lowercased() }
        return close.count == 1 ? close[0] : nil
    }
}
