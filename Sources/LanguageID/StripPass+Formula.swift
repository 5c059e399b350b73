// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// LaTeX: dollars, commands, environments and boxes.
extension StripPass {
    /// Longest box that vanishes, in bytes; longer ones are text.
    static let boxSizeMax = 64

    // MARK: Dollars

    /// Skips one or two dollars, which open a formula only when they close in the same paragraph.
    mutating func skipDollar() {
        if position == dollarEnd {
            position += dollarWidth
            dollarEnd = -1
            proseBraces = 0
            return
        }
        let width = isByte(UInt8(ascii: "$"), at: position + 1) ? 2 : 1
        if !isInFormula {
            dollarEnd = width == 1 ? closingDollar() : closingDollars()
            dollarWidth = width
        }
        position += width
    }

    /// The dollar that closes the one at the current position, or -1.
    ///
    /// As in pandoc a formula neither begins nor ends with white space, and its closing dollar is
    /// not followed by a digit: "$5 and $7" holds no formula. Only the next dollar is considered,
    /// so that all look-aheads together are linear.
    private func closingDollar() -> Int {
        guard position + 1 < end, source[position + 1] > 0x20 else { return -1 }
        let close = nextDollar(from: position + 1)
        guard close > 0, source[close - 1] > 0x20 else { return -1 }
        if close + 1 < end, isASCIIDigit(source[close + 1]) { return -1 }
        return close
    }

    private func closingDollars() -> Int {
        var close = nextDollar(from: position + 2)
        while close > 0, !isByte(UInt8(ascii: "$"), at: close + 1) {
            close = nextDollar(from: close + 1)
        }
        return close
    }

    /// The next dollar that no backslash precedes and no blank line separates, or -1.
    private func nextDollar(from start: Int) -> Int {
        var index = start
        while index < end {
            switch source[index] {
            case UInt8(ascii: "$"): return index
            case UInt8(ascii: "\\"): index += 1
            case UInt8(ascii: "\n") where isBlankLine(at: index + 1): return -1
            default: break
            }
            index += 1
        }
        return -1
    }

    // MARK: Commands

    /// Skips a backslash and what it escapes: a delimiter, one character or a command's name.
    mutating func skipCommand() {
        guard position + 1 < end else {
            position += 1
            return
        }
        switch source[position + 1] {
        case UInt8(ascii: "("), UInt8(ascii: "["):
            depth += 1
            position += 2
        case UInt8(ascii: ")"), UInt8(ascii: "]"):
            closeFormula()
            position += 2
        case let byte where isASCIILetter(byte): skipNamedCommand()
        case let byte where byte > 0x20 && byte < 0x80: position += 2
        default: position += 1
        }
    }

    private mutating func closeFormula() {
        depth = max(0, depth - 1)
        if depth == 0 { proseBraces = 0 }
    }

    private mutating func skipNamedCommand() {
        position += 1
        let name = letters(at: position)
        if isEnvironment(name) { return }
        guard name.count == 1 || MarkupNames.commands.contains(name) else {
            return  // the main loop copies the unknown name as a word
        }
        position += name.count
        if isByte(UInt8(ascii: "{"), at: position) {
            if isBox(name), skipBox() { return }
            if isInFormula, proseBraces == 0, MarkupNames.proseCommands.contains(name) {
                proseBraces = 1
                position += 1
            }
        }
    }

    /// Skips `begin{name}` or `end{name}` of a known environment.
    private mutating func isEnvironment(_ command: UnsafeBufferPointer<UInt8>) -> Bool {
        let isBegin = equals(command, "begin")
        guard isBegin || equals(command, "end") else { return false }
        let open = position + command.count
        guard isByte(UInt8(ascii: "{"), at: open) else { return false }
        var name = letters(at: open + 1)
        if isByte(UInt8(ascii: "*"), at: open + 1 + name.count) {
            name = UnsafeBufferPointer(start: name.baseAddress, count: name.count + 1)
        }
        let close = open + 1 + name.count
        guard isByte(UInt8(ascii: "}"), at: close) else { return false }
        if MarkupNames.formulaEnvironments.contains(name) {
            if isBegin { depth += 1 } else { closeFormula() }
        } else if !MarkupNames.textEnvironments.contains(name) {
            return false
        }
        position = close + 1
        return true
    }

    // MARK: Boxes

    private func isBox(_ name: UnsafeBufferPointer<UInt8>) -> Bool { equals(name, "boxed") }

    /// Skips the braces at the current position with their content, if that is an answer and no
    /// text.
    private mutating func skipBox() -> Bool {
        var open = 0
        for index in position..<min(end, position + Self.boxSizeMax) {
            if source[index] == UInt8(ascii: "{") { open += 1 }
            if source[index] == UInt8(ascii: "}") { open -= 1 }
            if open == 0 { return dropSpan(position + 1..<index, resumeAt: index + 1) }
        }
        return false
    }

    // MARK: Spans

    /// Skips a span that is not text, unless it follows another such span without a word between.
    ///
    /// - Returns: whether it vanished; if not, the position is as it was.
    mutating func dropSpan(_ content: Range<Int>, resumeAt next: Int) -> Bool {
        let bytes = UnsafeBufferPointer(start: source + content.lowerBound, count: content.count)
        guard written != writtenAtDrop, !ProseShape(bytes).isProse(words: 3) else {
            keptSpanEnd = next
            return false
        }
        writtenAtDrop = written
        position = next
        return true
    }

    func isByte(_ byte: UInt8, at index: Int) -> Bool { index < end && source[index] == byte }

    /// The ASCII letters that begin at `start`, at most 32 of them.
    func letters(at start: Int) -> UnsafeBufferPointer<UInt8> {
        var count = 0
        while start + count < end, count < 32, isASCIILetter(source[start + count]) { count += 1 }
        return UnsafeBufferPointer(start: source + start, count: count)
    }

    func equals(_ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where bytes[index] != word.utf8Start[index] { return false }
        return true
    }
}
