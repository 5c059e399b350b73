// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// One pass over a text that copies its words and leaves everything else behind.
///
/// Theory of operation. The output is lower-case words of letters (and the marks that belong to
/// them) with one space between them. Every byte of the source is looked at once by the main loop
/// and at most a few times by a look-ahead that stops at the next delimiter of its own kind, so the
/// time is linear whatever the text. The output is never longer than what was read, so a buffer of
/// the source's size is always enough.
///
/// The text is written by someone who may want to hide a language from the judge. So nothing
/// vanishes merely because it stands between delimiters:
/// - In a formula only words of fewer than four letters vanish (variables, "der", "and"), and not
///   more than two with nothing but a blank between; longer ones, and all Chinese, Japanese, Korean
///   and Thai, stay. An unclosed `$` opens nothing.
/// - A code block or code span that is made of sentences is text.
/// - Commands, environments, tags and entities vanish only under a name that is known.
/// - Of code spans, boxes, addresses and tags with attributes that follow each other without a word
///   between them only the first vanishes.
/// - A word of Latin letters and Cyrillic or Greek ones that look like them is the Latin word.
struct StripPass {
    /// Words of fewer letters inside a formula are variables, function names or units.
    static let formulaWordLettersMin = 4
    /// This many short words in a row, none a single letter, begin to be a sentence.
    static let variableRunMax = 3

    let source: UnsafePointer<UInt8>
    let end: Int
    let output: UnsafeMutablePointer<UInt8>
    let table = CharacterTable.shared

    var position = 0
    var written = 0

    // The word being written; `wordStart` is where the output ends without it.
    var wordStart = 0
    var wordPosition = 0  // in the source
    var wordLetters = 0
    var isWordDense = false
    // How many of its letters are Greek or Cyrillic, and how many of those look like Latin ones.
    var wordAlphabet = 0
    var wordLookalikes = 0

    // Formula: between dollars that end at `dollarEnd`, or inside `depth` other delimiters.
    var dollarEnd = -1
    var dollarWidth = 1
    var depth = 0
    var proseBraces = 0  // open braces since \text{ inside a formula
    // Words that vanished from a formula one after the other with no sign between: how many of two
    // letters or more, and where the last ended.
    var variableRun = 0
    var variableRunEnd = -1

    var literalRun = -1  // position of a closing run of backticks or a fence that is not an opener
    var fenceEnd = 0  // no fence opens before it
    // Where the output ended after the last span, whether it vanished or stayed as text: a span
    // that begins with the output still there follows it without a word between.
    var writtenAtDrop = -1
    var keptSpanEnd = -1
    var addressEnd = 0  // no address begins before it

    /// Where the text is cut into windows; nil for a text that is judged whole.
    var cuts: WindowCuts?
    /// Of each kind of quotation mark, up to where none closes.
    var unclosedUntil = SIMD8<Int>()

    init(
        source: UnsafeBufferPointer<UInt8>, output: UnsafeMutablePointer<UInt8>,
        cuts: WindowCuts? = nil
    ) {
        self.cuts = cuts
        // An empty buffer may have no address; the loops then never read it.
        self.source = source.baseAddress ?? UnsafePointer(output)
        end = source.count
        self.output = output
    }

    /// Strips the whole source.
    ///
    /// - Returns: the number of bytes written.
    mutating func run() -> Int {
        while position < end {
            let byte = source[position]
            if isASCIILetter(byte) {
                copyLetters()
            } else if byte >= 0x80 {
                copyCharacter()
            } else {
                endWord()
                skipPunctuation(byte)
            }
        }
        endWord()
        cuts?.finish(written: written, position: end)
        return written
    }

    // MARK: Words

    private mutating func copyLetters() {
        if wordLetters == 0 {
            if skipAddress() { return }
            beginWord()
        }
        let start = position
        while position < end, isASCIILetter(source[position]) {
            output[written] = source[position] | 0x20
            written += 1
            position += 1
        }
        wordLetters += position - start
    }

    private mutating func copyCharacter() {
        let (value, width) = decodeUTF8(source + position, limit: end - position)
        defer { position += width }
        let kind = table.kind(value)
        if kind == CharacterKind.ignored.rawValue { return }
        if kind == CharacterKind.mark.rawValue, wordLetters > 0 {
            written += encodeUTF8(value, to: output + written)
            return
        }
        let plain = plainLetter(ofMathematical: value)
        guard kind >= CharacterKind.letter.rawValue || plain != nil else {
            endWord()
            if cuts != nil { cutAtMark(value, width) }
            return
        }
        if wordLetters == 0 { beginWord() }
        wordLetters += 1
        if kind == CharacterKind.dense.rawValue { isWordDense = true }
        let folded = value < 0x10000 ? UInt32(table.folded[Int(value)]) : value
        if Lookalikes.isAlphabet(folded) {
            wordAlphabet += 1
            if Lookalikes.latin(folded) != 0 { wordLookalikes += 1 }
        }
        written += encodeUTF8(plain.map(UInt32.init) ?? folded, to: output + written)
    }

    private mutating func beginWord() {
        wordStart = written
        wordPosition = position
        if written > 0 {
            output[written] = 0x20
            written += 1
        }
    }

    var isInFormula: Bool { depth > 0 || position <= dollarEnd }

    /// Ends the current word, if any, and takes it back when it is a formula's variable.
    mutating func endWord() {
        guard wordLetters > 0 else { return }
        if wordAlphabet > 0 { unmaskWord() }
        let isVariable =
            wordLetters < Self.formulaWordLettersMin && !isWordDense && proseBraces == 0
            && isInFormula
        if isVariable, !isShortProse() { written = wordStart }
        if position <= keptSpanEnd { writtenAtDrop = written }
        wordLetters = 0
        isWordDense = false
        cuts?.word(written: written, position: position)
    }

    /// Whether the short word that ends here follows two others of a formula with at most a comma
    /// and a blank between: a product of variables has no commas, a sentence of short words has
    /// no operators.
    private mutating func isShortProse() -> Bool {
        let gap = max(variableRunEnd, 0)..<max(variableRunEnd, wordPosition)
        let follows =
            variableRunEnd >= 0 && gap.count <= 2
            && gap.allSatisfy { isBlank(source[$0]) || isPause(source[$0]) }
        if !follows { variableRun = 0 }
        if wordLetters > 1 { variableRun += 1 }
        variableRunEnd = position
        return variableRun >= Self.variableRunMax
    }

    /// Turns a word of Latin letters and others that only look like them into the Latin word.
    private mutating func unmaskWord() {
        if wordLookalikes == wordAlphabet, wordAlphabet < wordLetters {
            var read = wordStart
            let wordEnd = written
            written = wordStart
            while read < wordEnd {
                let (value, width) = decodeUTF8(output + read, limit: wordEnd - read)
                read += width
                let latin = Lookalikes.latin(value)
                written += encodeUTF8(latin == 0 ? value : UInt32(latin), to: output + written)
            }
        }
        wordAlphabet = 0
        wordLookalikes = 0
    }

    // MARK: Punctuation

    /// Skips what a byte that is no letter begins; the position moves by at least one.
    private mutating func skipPunctuation(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\n"): skipNewline()
        case UInt8(ascii: "\\"): skipCommand()
        case UInt8(ascii: "$"): skipDollar()
        case UInt8(ascii: "`"), UInt8(ascii: "~"): skipCode(byte)
        case UInt8(ascii: "<"): skipTag()
        case UInt8(ascii: "&"): skipEntity()
        case UInt8(ascii: "{"):
            if proseBraces > 0 { proseBraces += 1 }
            position += 1
        case UInt8(ascii: "}"):
            if proseBraces > 0 { proseBraces -= 1 }
            position += 1
        case UInt8(ascii: "\""):
            if cuts != nil { cutAtMark(UInt32(byte), 1) }
            position += 1
        case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"):
            position += 1
            if position == end || source[position] <= 0x20 {
                cuts?.stop(written: written, position: position)
            }
        default: position += 1
        }
    }

    /// Skips a line's end; a blank line after it ends every formula.
    private mutating func skipNewline() {
        position += 1
        if isBlankLine(at: position) {
            depth = 0
            proseBraces = 0
            cuts?.paragraph(written: written, position: position)
        } else {
            cuts?.stop(written: written, position: position)
        }
    }

    /// Whether only blanks stand between `start` and the next line end or the end of the text.
    func isBlankLine(at start: Int) -> Bool {
        var index = start
        while index < end, isBlank(source[index]) { index += 1 }
        return index == end || source[index] == UInt8(ascii: "\n")
    }
}

// MARK: - Windows

extension StripPass {
    /// Ends a window at a full stop of Chinese or Japanese, or where a quotation opens or closes.
    private mutating func cutAtMark(_ value: UInt32, _ width: Int) {
        let next = position + width
        let straight = UInt32(UInt8(ascii: "\""))
        switch value {
        case 0x3002, 0xff01, 0xff1f, 0xff1b: cuts?.stop(written: written, position: next)
        case 0xab, 0x201c, 0x201e, 0x300c, 0x300e, straight:
            // A straight mark that closes a quotation opens none.
            let closes = cuts?.closeQuotation(written: written, position: next) ?? false
            guard !(closes && value == straight), cuts?.canOpenQuotation == true else { return }
            if let end = closingMark(of: value, from: next) {
                cuts?.openQuotation(written: written, position: position, end: end)
            }
        case 0xbb, 0x201d, 0x300d, 0x300f:
            _ = cuts?.closeQuotation(written: written, position: next)
        default: break
        }
    }

    /// Where the mark after the one that closes a quotation would stand, if it closes on its line.
    private mutating func closingMark(of open: UInt32, from start: Int) -> Int? {
        let (kind, close): (Int, (UInt32, UInt32)) =
            switch open {
            case 0xab: (0, (0xbb, 0xbb))
            case 0x201c: (1, (0x201d, 0x201d))
            case 0x201e: (2, (0x201c, 0x201d))
            case 0x300c: (3, (0x300d, 0x300d))
            case 0x300e: (4, (0x300f, 0x300f))
            default: (5, (open, open))
            }
        // What an earlier mark searched in vain is not searched again.
        var index = max(start, unclosedUntil[kind])
        let limit = min(end, start + WindowCuts.quotationSizeMax)
        while index < limit, source[index] != UInt8(ascii: "\n") {
            let (value, width) = decodeUTF8(source + index, limit: end - index)
            if value == close.0 || value == close.1 { return index + width }
            index += width
        }
        unclosedUntil[kind] = max(index, unclosedUntil[kind])
        return nil
    }
}

/// Whether a byte is a space, tab or carriage return.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

/// Whether a byte is a mark between the words of a sentence.
@inline(__always)
private func isPause(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: ";"), UInt8(ascii: ":"),
        UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "'"), UInt8(ascii: "\n"):
        true
    default: false
    }
}
