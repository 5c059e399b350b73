// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A statement without the marks of LaTeX, Markdown and HTML, so that labels of lists look alike.
///
/// Styles and braces go, line breaks of every language become lines, list items begin lines,
/// full-width letters and marks become ASCII, circled signs become signs in brackets. What remains
/// is read for labels alone: formulas are no longer whole.
struct UnmarkedText {
    /// The text, in which a line ends with `\n`.
    private(set) var bytes: [UInt8] = []
    private let text: [UInt8]
    private var index = 0
    /// Whether the line has blanks alone so far.
    private var isLineStart = true
    /// The letter of the next item in a list that LaTeX letters; nil in others.
    private var nextLetter: UInt8?

    /// Takes the marks out.
    ///
    /// - Parameter text: UTF-8, damaged or not.
    /// - Complexity: linear in the text.
    init(_ text: [UInt8]) {
        self.text = text
        bytes.reserveCapacity(text.count)
        while index < text.count { step() }
    }

    private var next: UInt8 { index + 1 < text.count ? text[index + 1] : 0 }

    private mutating func step() {
        switch text[index] {
        case UInt8(ascii: "\\"): command()
        case UInt8(ascii: "<"): element()
        case UInt8(ascii: "`") where emphasized("`"): break
        case UInt8(ascii: "*") where emphasized("**"): break
        case UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\""), 0x0d: index += 1
        case UInt8(ascii: "*") where next == UInt8(ascii: "*"),
            UInt8(ascii: "_") where next == UInt8(ascii: "_") && !isGap(index):
            index += 2
        case UInt8(ascii: "*") where isLineStart: emit("-")
        case UInt8(ascii: "(") where isLineStart && isEmptyBox: emit("-", size: 3)
        case UInt8(ascii: "{"), UInt8(ascii: "}"): brace()
        case UInt8(ascii: "~"), UInt8(ascii: "&"), 0x09: emit(" ")
        case UInt8(ascii: "|") where isLineStart, UInt8(ascii: ">") where isLineStart: index += 1
        case 0x80...: wide()
        default:
            append(CollectionOfOne(text[index]))
            index += 1
        }
    }

    /// `( )` to tick.
    private var isEmptyBox: Bool {
        next == 0x20 && index + 3 < text.count && text[index + 2] == UInt8(ascii: ")")
            && text[index + 3] == 0x20
    }

    private mutating func emit(_ replacement: StaticString, size: Int = 1) {
        replacement.withUTF8Buffer { append($0) }
        index += size
    }

    private mutating func append(_ more: some Sequence<UInt8>) {
        for byte in more {
            bytes.append(byte)
            if byte == 0x0a { isLineStart = true } else if byte != 0x20 { isLineStart = false }
        }
    }

    /// A letter alone between marks of emphasis becomes a label in brackets: `**A**`.
    private mutating func emphasized(_ mark: String) -> Bool {
        let size = mark.utf8.count
        guard index + 2 * size < text.count, text[index + size].isUpper,
            text[(index + size + 1)...].starts(with: mark.utf8),
            bytes.last.map(\.isWhitespace) ?? true
        else { return false }
        append([UInt8(ascii: "("), text[index + size], UInt8(ascii: ")")])
        index += 2 * size + 1
        return true
    }

    /// A gap to fill in, of three underscores or more.
    private func isGap(_ index: Int) -> Bool {
        index + 2 < text.count && text[index + 2] == UInt8(ascii: "_")
            || index > 0 && text[index - 1] == UInt8(ascii: "_")
    }

    // MARK: - LaTeX

    /// A letter alone in braces keeps them as a label's bracket, unless they are a command's.
    private mutating func brace() {
        let isLabel =
            text[index] == UInt8(ascii: "{") && next.isLetter && index + 2 < text.count
            && text[index + 2] == UInt8(ascii: "}")
            && (bytes.last.map(\.isWhitespace) ?? true) && !isBehindCommand
        guard isLabel else { return index += 1 }
        // In running text sets and points have braces too; those stay as they are.
        append(
            isLineStart ? [UInt8(ascii: "("), next, UInt8(ascii: ")")] : text[index..<index + 3])
        index += 3
    }

    private var isBehindCommand: Bool {
        var start = index
        while start > 0, text[start - 1] == 0x20 { start -= 1 }
        let end = start
        while start > 0, text[start - 1].isLetter { start -= 1 }
        return start > 0 && start < end && text[start - 1] == UInt8(ascii: "\\")
    }

    /// An environment's name and arguments go; items of a list that LaTeX letters get letters.
    private mutating func environment() {
        var first: UInt8?
        while index < text.count, "{[".utf8.contains(text[index]) {
            let close = text[index] == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
            guard let end = text[index...].prefix(80).firstIndex(of: close) else { break }
            let argument = text[index + 1..<end]
            if close == UInt8(ascii: "]") { first = Self.lettering(argument) }
            index = end + 1
        }
        append(CollectionOfOne(0x0a))
        nextLetter = first
    }

    /// The first letter of a list: `[A.]`, `[label=(\alph*)]`.
    private static func lettering(_ argument: ArraySlice<UInt8>) -> UInt8? {
        if argument.contains("Alph".utf8) { return 0x41 }
        if argument.contains("alph".utf8) { return 0x61 }
        let letters = argument.filter(\.isLetter)
        guard argument.count <= 4, letters.count == 1, letters[0] & ~0x20 == 0x41 else {
            return nil
        }
        return letters[0]
    }

    private mutating func command() {
        if next == UInt8(ascii: "\\") { return emit("\n", size: 2) }
        guard next.isLetter else { return emit(" ", size: index + 1 < text.count ? 2 : 1) }
        var end = index + 1
        while end < text.count, text[end].isLetter { end += 1 }
        let name = text[index + 1..<end]
        if Self.environments.contains(name) {
            index = end
            environment()
        } else if Self.breaks.contains(name) {
            append(CollectionOfOne(0x0a))
            index = end
            if name == Self.item, let letter = nextLetter {
                append([UInt8(ascii: "("), letter, UInt8(ascii: ")")])
                nextLetter = letter & 0x1f < 10 ? letter + 1 : nil
            }
            // \item[A.]
            if index < text.count, text[index] == UInt8(ascii: "[") { index += 1 }
        } else if Self.items.contains(name) {
            append([0x0a, UInt8(ascii: "-"), 0x20])
            index = end
        } else if Self.boxes.contains(name), let letter = boxedLetter(end) {
            append([UInt8(ascii: "("), letter, UInt8(ascii: ")")])
            index = end + 3
        } else if Self.styles.contains(name) {
            index = end
            if index < text.count, text[index] == 0x20 { index += 1 }
        } else if Self.blanks.contains(name) {
            append([0x20, 0x20])
            index = end
        } else {
            append(text[index..<end])
            index = end
        }
    }

    private static func names(_ words: String...) -> Set<ArraySlice<UInt8>> {
        Set(words.map { Array($0.utf8)[...] })
    }

    private static let breaks = names("item", "newline", "linebreak", "par", "tabularnewline")
    /// A capital letter alone in braces.
    private func boxedLetter(_ start: Int) -> UInt8? {
        guard start + 2 < text.count, text[start] == UInt8(ascii: "{"), text[start + 1].isUpper,
            text[start + 2] == UInt8(ascii: "}"), bytes.last.map(\.isWhitespace) ?? true
        else { return nil }
        return text[start + 1]
    }

    private static let boxes = names("textbf", "fbox", "boxed", "textcircled", "circled")
    private static let environments = names("begin", "end")
    private static let item = Array("item".utf8)[...]
    private static let items = names("choice", "CorrectChoice", "task")
    private static let blanks = names("qquad", "quad", "hspace", "hfill", "enspace", "thinspace")
    private static let styles = names(
        "text", "textbf", "textit", "textrm", "textsf", "textnormal", "mathrm", "mathbf",
        "mathsf", "mathit", "mathbb", "boldsymbol", "bf", "rm", "it", "sf", "bold", "emph",
        "underline", "left", "right", "displaystyle", "mbox", "hbox", "bm", "fbox", "boxed",
        "textcircled", "circled")

    // MARK: - HTML

    private mutating func element() {
        var start = index + 1
        if start < text.count, text[start] == UInt8(ascii: "/") { start += 1 }
        var end = start
        while end < text.count, text[end].isLetterOrDigit { end += 1 }
        // <A> is a label.
        if end == start + 1, start == index + 1, end < text.count, text[end] == UInt8(ascii: ">"),
            text[start].isUpper, bytes.last.map(\.isWhitespace) ?? true
        {
            append([UInt8(ascii: "("), text[start], UInt8(ascii: ")")])
            return index = end + 1
        }
        let name = text[start..<end].map(\.lowered)[...]
        let isBreak = Self.blocks.contains(name)
        let isItem = Self.listItems.contains(name)
        let isCell = Self.cells.contains(name)
        guard isBreak || isItem || isCell || Self.inline.contains(name),
            let close = text[end...].prefix(200).firstIndex(of: UInt8(ascii: ">"))
        else { return emit("<") }
        if isBreak || isItem { append(CollectionOfOne(0x0a)) }
        // The letters of such a list are drawn by the browser.
        if name == Self.ordered, text[end..<close].contains(UInt8(ascii: "=")) {
            append("\nOptions:\n".utf8)
        }
        if isItem, text[index + 1] != UInt8(ascii: "/") { append([UInt8(ascii: "-"), 0x20]) }
        if isCell { append([0x20, 0x20]) }
        index = close + 1
    }

    private static let blocks = names(
        "br", "p", "div", "tr", "ol", "ul", "table", "tbody", "thead", "label", "select", "h3",
        "h4")
    private static let ordered = Array("ol".utf8)[...]
    private static let listItems = names("li", "option", "input")
    private static let cells = names("td", "th")
    private static let inline = names("b", "i", "strong", "em", "span", "u", "sub", "sup", "font")

    // MARK: - Full-width and circled signs

    private mutating func wide() {
        guard index + 2 < text.count else {
            append(CollectionOfOne(text[index]))
            return index += 1
        }
        let (first, second, third) = (text[index], text[index + 1], text[index + 2])
        switch (first, second, third) {
        case (0xef, 0xbc, 0x81...0xbf):  // ！ to ＿, by code point
            append(CollectionOfOne(third - 0x81 + 0x21))
            index += 3
        case (0xef, 0xbd, 0x80...0x9e):
            append(CollectionOfOne(third - 0x80 + 0x60))
            index += 3
        case (0xe3, 0x80, 0x80): emit(" ", size: 3)
        case (0xe3, 0x80, 0x81): emit(".", size: 3)  // 、 behind a letter is its mark
        case (0xe2, 0x80, 0xa2), (0xe2, 0x97, 0x8b...0x8f), (0xe2, 0x96, 0xa0...0xab),
            (0xe2, 0x97, 0xa6), (0xe2, 0x97, 0xaf), (0xe2, 0x98, 0x90...0x92):
            emit(isLineStart ? "-" : " ", size: 3)  // • ○ ● □ ◦ ◯ ☐
        case (0xe2, 0x83, 0xa3): keycap()
        case (0xe3, 0x80, 0x8a), (0xe3, 0x80, 0x8c), (0xe3, 0x80, 0x8e), (0xe3, 0x80, 0x90),
            (0xe3, 0x80, 0x94):
            emit("[", size: 3)  // 《「『【〔
        case (0xe3, 0x80, 0x8b), (0xe3, 0x80, 0x8d), (0xe3, 0x80, 0x8f), (0xe3, 0x80, 0x91),
            (0xe3, 0x80, 0x95):
            emit("]", size: 3)  // 》」』】〕
        case (0xef, 0xb8, 0x8f): index += 3  // how a sign is drawn
        case (0xf0, 0x9f, 0x84...0x85): squared()
        case (0xc2, 0xb7, 0x20) where bytes.last?.isUpper ?? false: emit(".", size: 2)  // ·
        case (0xe2, 0x80, 0x93), (0xe2, 0x80, 0x94): emit("-", size: 3)  // – —
        case (0xe2, 0x91, 0xa0...0xa8): circled(third - 0xa0 + 0x31)  // ① to ⑨
        case (0xe2, 0x92, 0xb6...0xbf): circled(third - 0xb6 + 0x41)  // Ⓐ to Ⓙ
        case (0xe2, 0x93, 0x90...0x97): circled(third - 0x90 + 0x61)  // ⓐ to ⓗ
        default:
            let size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
            let end = min(index + size, text.count)
            append(text[index..<end])
            index = end
        }
    }

    /// A key around the digit before.
    private mutating func keycap() {
        index += 3
        guard let digit = bytes.popLast() else { return }
        append([UInt8(ascii: "("), digit, UInt8(ascii: ")")])
    }

    /// Letters in brackets, squares and circles beyond the basic plane: 🄐, 🄰, 🅐, 🅰.
    private mutating func squared() {
        let code =
            index + 3 < text.count
            ? Int(text[index + 2] - 0x84) << 6 + Int(text[index + 3] & 0x3f) : 0
        let letter = [0x10, 0x30, 0x50, 0x70].lazy.map { code - $0 }.first { (0..<10).contains($0) }
        guard let letter else {
            append(text[index..<min(index + 4, text.count)])
            return index = min(index + 4, text.count)
        }
        append([0x20, UInt8(ascii: "("), 0x41 + UInt8(letter), UInt8(ascii: ")")])
        index += 4
    }

    private mutating func circled(_ sign: UInt8) {
        append([0x20, UInt8(ascii: "("), sign, UInt8(ascii: ")")])
        index += 3
    }
}
