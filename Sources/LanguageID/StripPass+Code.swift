// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Code blocks and spans, addresses, tags and entities.
extension StripPass {
    /// Longest inline code span that vanishes, in bytes; it also ends with its line.
    static let codeSpanSizeMax = 256
    /// Longest address that vanishes, in bytes; the rest of a longer one is text.
    static let addressSizeMax = 200
    /// Longest tag that vanishes with its attributes, in bytes.
    static let tagSizeMax = 128

    // MARK: Code

    /// Skips a run of backticks or tildes with the code that it opens.
    mutating func skipCode(_ mark: UInt8) {
        let run = runLength(of: mark, at: position)
        if position == literalRun {
            position += run
        } else if run >= 3, position >= fenceEnd, let lineEnd = fenceLineEnd(mark, run) {
            skipFence(mark, run, from: lineEnd)
        } else if mark == UInt8(ascii: "~") || !skipCodeSpan(run) {
            position += run
        }
    }

    private func runLength(of mark: UInt8, at start: Int) -> Int {
        var index = start
        while index < end, source[index] == mark { index += 1 }
        return index - start
    }

    /// Where the line of the run at the current position ends, if that run opens a fence.
    ///
    /// A fence opens at the start of a line (CommonMark 0.31 §4.5) and, as models write it, after
    /// text on the same line when nothing but a language name follows.
    private func fenceLineEnd(_ mark: UInt8, _ run: Int) -> Int? {
        var index = position + run
        while index < end, source[index] != UInt8(ascii: "\n") {
            if source[index] == mark { return nil }
            index += 1
        }
        if isAtLineStart { return index }
        let info = position + run..<index
        let isName = info.count <= 20 && !info.contains { isBlank(source[$0]) }
        return isName && index < end ? index : nil
    }

    private var isAtLineStart: Bool {
        var index = position
        while index > 0, isBlank(source[index - 1]) { index -= 1 }
        return index == 0 || source[index - 1] == UInt8(ascii: "\n")
    }

    /// Skips a fence with its content when that is code; a fence stays when more than two thirds of
    /// its bytes are in lines that read as sentences.
    ///
    /// An unclosed fence ends with the text. Inside a fence that stays no other fence opens, so
    /// that no byte is measured twice.
    private mutating func skipFence(_ mark: UInt8, _ run: Int, from lineEnd: Int) {
        var proseBytes = 0
        var visibleBytes = 0
        var line = min(lineEnd + 1, end)
        while line < end, !closesFence(mark, run, at: line) {
            var next = line
            while next < end, source[next] != UInt8(ascii: "\n") { next += 1 }
            let shape = ProseShape(UnsafeBufferPointer(start: source + line, count: next - line))
            visibleBytes += shape.visible
            if shape.isProse(words: 3) { proseBytes += shape.visible }
            line = min(next + 1, end)
        }
        fenceEnd = line
        while line < end, isBlank(source[line]) { line += 1 }
        let afterFence = line + runLength(of: mark, at: line)
        if proseBytes * 3 > visibleBytes * 2 {
            literalRun = line
            position = lineEnd
        } else {
            position = afterFence
        }
        fenceEnd = afterFence
    }

    /// Whether the line at `start` is a closing fence: as many marks or more, and nothing else.
    private func closesFence(_ mark: UInt8, _ run: Int, at start: Int) -> Bool {
        var index = start
        while index < end, isBlank(source[index]) { index += 1 }
        let marks = runLength(of: mark, at: index)
        return marks >= run && isBlankLine(at: index + marks)
    }

    /// Skips an inline code span, which ends on its line with a run of the same length.
    private mutating func skipCodeSpan(_ run: Int) -> Bool {
        let start = position + run
        let limit = min(end, start + Self.codeSpanSizeMax)
        var index = start
        while index < limit, source[index] != UInt8(ascii: "\n") {
            guard source[index] == UInt8(ascii: "`") else {
                index += 1
                continue
            }
            let close = runLength(of: UInt8(ascii: "`"), at: index)
            if close == run {
                if dropSpan(start..<index, resumeAt: index + run) { return true }
                literalRun = index
                return false
            }
            index += close
        }
        return false
    }

    // MARK: Addresses

    /// Skips an internet address at the current position, where a word would begin.
    mutating func skipAddress() -> Bool {
        guard position >= addressEnd, isAddress else { return false }
        let limit = min(end, position + Self.addressSizeMax)
        var index = position
        while index < limit, isAddressByte(source[index]) { index += 1 }
        addressEnd = index
        return dropSpan(position..<position, resumeAt: index)
    }

    private var isAddress: Bool {
        switch source[position] | 0x20 {
        case UInt8(ascii: "h"): begins("http://") || begins("https://")
        case UInt8(ascii: "w"): begins("www.")
        case UInt8(ascii: "f"): begins("ftp://")
        default: false
        }
    }

    private func begins(_ prefix: StaticString) -> Bool {
        guard position + prefix.utf8CodeUnitCount <= end else { return false }
        for index in 0..<prefix.utf8CodeUnitCount
        where lowerASCII(source[position + index]) != prefix.utf8Start[index] {
            return false
        }
        return true
    }

    private func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ")"),
            UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "`"), UInt8(ascii: "|"):
            false
        default: byte > 0x20 && byte < 0x7f
        }
    }

    // MARK: Tags and entities

    /// Skips a tag of a known name; any other `<` is punctuation.
    mutating func skipTag() {
        let slash = isByte(UInt8(ascii: "/"), at: position + 1) ? 1 : 0
        let start = position + 1 + slash
        let name = alphanumerics(at: start)
        position += 1
        guard MarkupNames.tags.contains(name) else { return }
        let attributes = start + name.count
        for index in attributes..<max(attributes, min(end, start + Self.tagSizeMax)) {
            switch source[index] {
            case UInt8(ascii: "<"), UInt8(ascii: "\n"): return
            case UInt8(ascii: ">"):
                let bytes = UnsafeBufferPointer(
                    start: source + attributes, count: index - attributes)
                if ProseShape(bytes).words == 0 {
                    position = index + 1
                } else {
                    _ = dropSpan(attributes..<index, resumeAt: index + 1)
                }
                return
            default: break
            }
        }
    }

    /// Skips a character reference such as `&nbsp;`.
    mutating func skipEntity() {
        let name = alphanumerics(at: position + 1)
        let close = position + 1 + name.count
        position += 1
        guard isByte(UInt8(ascii: ";"), at: close), MarkupNames.entities.contains(name) else {
            return
        }
        position = close + 1
    }

    /// The ASCII letters and digits that begin at `start`, at most 32 of them.
    private func alphanumerics(at start: Int) -> UnsafeBufferPointer<UInt8> {
        var count = 0
        while start + count < end, count < 32,
            isASCIILetter(source[start + count]) || isASCIIDigit(source[start + count])
        {
            count += 1
        }
        return UnsafeBufferPointer(start: source + start, count: count)
    }
}
