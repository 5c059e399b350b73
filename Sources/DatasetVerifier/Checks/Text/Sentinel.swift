// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Words that datasets put where a reference is missing.
enum Sentinel {
    /// Whether a reference is such a word and nothing else.
    ///
    /// "none" in lower case and "undefined" are answers (the empty set, 1/0); `None`, `null` and
    /// `nan` are what programs write for a missing value, and so is any of them in brackets that
    /// mark a place: `<none>`, `[empty]`.
    ///
    /// - Parameter text: without white space around it.
    /// - Returns: whether it stands for a missing reference.
    static func isOne(_ text: ByteString) -> Bool {
        guard text.count <= bytesMax else { return false }
        if words.contains(text) { return true }
        var bare = BareWord(text)
        if exact.contains(bare.text) { return true }
        if bare.isPlaceholder, placeholders.contains(bare.lower) { return true }
        // "x = N/A" names what it does not give.
        if let sign = bare.text.firstOffset(of: "="), sign <= 4 {
            bare = BareWord(bare.text[sign + 1..<bare.text.count].trimmed)
        }
        let lower = bare.lower
        return words.contains(lower) || openers.contains { lower.array.starts(with: $0) }
            || phrases.first(in: lower.array) != nil
    }

    private static let bytesMax = 64
    private static let exact: Set<ByteString> = ["None", "NONE", "Nil", "Null"]
    private static let words: Set<ByteString> = [
        "", "proof", "notfound", "not_found", "no_answer", "n/a", "na", "n.a", "nan", "null", "nil",
        "unknown", "missing", "error", "tbd", "tba", "todo", "fixme", "answer", "$answer",
        "solution",
        "the answer is", "final answer", "unanswered", "-", "--", "---", "–", "—", "?", "??", "???",
        "...", "…", "[]", "{}", "()", "<>", "\"\"", "''", "*", "_", "__", "___", "____", "#",
        "#n/a",
        "#ref!", "#ref", "#value!", "#value", "#name?", "#div/0!", "undefined answer",
        "placeholder",
        "xxx", "xxxx", "skipped", "skip", "deleted", "redacted", "removed", "pending",
        "unspecified",
        "none given", "none provided", "keine antwort", "keine lösung", "siehe oben", "entfällt",
        "证明", "略", "无", "見解析", "见解析", "见答案", "无答案", "待定", "暂无", "未知", "答案", "証明",
        "неизвестно", "нет ответа", "доказательство", "preuve", "beweis", "inconnu",
        "unbekannt", "desconocido", "demostración",
    ]
    private static let placeholders: Set<ByteString> = [
        "none", "empty", "blank", "answer", "result", "value", "gold", "ground_truth", "solution",
        "your answer", "final_answer", "final answer", "insert answer",
    ]
    private static let openers = [
        "see ", "refer to ", "voir ", "siehe ", "ver ", "см. ", "vedi ", "as above",
        "as shown above",
        "proof.", "proof:", "详见", "参见",
    ].map { Array($0.utf8) }
    private static let phrases = PhraseSet([
        "not provided", "not available", "not specified", "not applicable", "not given",
        "not found",
        "not stated", "not known", "to be determined", "to be announced", "to be added", "omitted",
        "answer here", "no answer", "no final answer", "no solution provided", "no solution given",
        "no solution available", "no reference", "no ground truth", "answer key", "proof only",
        "proof required", "proof omitted", "not_available", "not_provided", "to be filled",
    ])
}

/// A short text without what is only put around it: formulas' marks, styles, quotation marks,
/// brackets, and the stop that ends it.
struct BareWord {
    /// What is inside.
    private(set) var text: ByteString
    /// Whether `<…>` or `[…]` was around it, which mark a place to fill.
    private(set) var isPlaceholder = false

    /// ASCII letters in lower case.
    var lower: ByteString { ByteString(text.array.map(\.lowered)) }

    /// Takes off what is around a text.
    ///
    /// - Complexity: linear in the text for each of at most 8 layers.
    init(_ text: ByteString) {
        self.text = text.trimmed
        for _ in 0..<8 where unwrap() {}
    }

    private mutating func unwrap() -> Bool {
        let bytes = text.array
        guard let first = bytes.first, let last = bytes.last, bytes.count >= 2 else { return false }
        for wrapper in Self.commands where bytes.starts(with: wrapper) && last == 0x7d {
            return keep(bytes[wrapper.count..<bytes.count - 1])
        }
        for (open, close) in Self.pairs where first == open && last == close {
            if open == UInt8(ascii: "<") || open == UInt8(ascii: "[") { isPlaceholder = true }
            return keep(bytes[1..<bytes.count - 1])
        }
        if ".!:;".utf8.contains(last), bytes.contains(where: { $0.isLetter || $0 >= 0x80 }) {
            return keep(bytes[..<(bytes.count - 1)])
        }
        return false
    }

    private mutating func keep(_ inside: ArraySlice<UInt8>) -> Bool {
        text = ByteString(Array(inside)).trimmed
        return true
    }

    private static let commands = [
        "\\boxed{", "\\text{", "\\textbf{", "\\textit{", "\\mathrm{", "\\mathbf{", "\\mbox{",
        "\\textrm{", "\\mathsf{",
    ].map { Array($0.utf8) }
    private static let pairs: [(UInt8, UInt8)] = [
        ("<", ">"), ("[", "]"), ("(", ")"), ("\"", "\""), ("'", "'"), ("`", "`"), ("$", "$"),
        ("*", "*"), ("_", "_"), ("{", "}"),
    ].map { (open: Unicode.Scalar, close: Unicode.Scalar) in
        (UInt8(ascii: open), UInt8(ascii: close))
    }
}
