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
/// - In a formula only words of fewer than four letters vanish (variables, "der", "and"); longer
///   ones, and all Chinese, Japanese, Korean and Thai, stay. An unclosed `$` opens nothing.
/// - A code block or code span that is made of sentences is text.
/// - Commands, environments, tags and entities vanish only under a name that is known.
/// - Of code spans, boxes and addresses that follow each other without a word between them only the
///   first vanishes.
struct StripPass {
    /// Words of fewer letters inside a formula are variables, function names or units.
    static let formulaWordLettersMin = 4

    let source: UnsafePointer<UInt8>
    let end: Int
    let output: UnsafeMutablePointer<UInt8>
    let table = CharacterTable.shared

    var position = 0
    var written = 0

    // The word being written; `wordStart` is where the output ends without it.
    var wordStart = 0
    var wordLetters = 0
    var isWordDense = false

    // Formula: between dollars that end at `dollarEnd`, or inside `depth` other delimiters.
    var dollarEnd = -1
    var dollarWidth = 1
    var depth = 0
    var proseBraces = 0  // open braces since \text{ inside a formula

    var literalRun = -1  // position of a closing run of backticks or a fence that is not an opener
    var fenceEnd = 0  // no fence opens before it
    // Where the output ended after the last span, whether it vanished or stayed as text: a span
    // that begins with the output still there follows it without a word between.
    var writtenAtDrop = -1
    var keptSpanEnd = -1

    /// Where the text is cut into windows; nil for a text that is judged whole.
    var cuts: WindowCuts?

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
        written += encodeUTF8(plain.map(UInt32.init) ?? folded, to: output + written)
    }

    private mutating func beginWord() {
        wordStart = written
        if written > 0 {
            output[written] = 0x20
            written += 1
        }
    }

    var isInFormula: Bool { depth > 0 || position <= dollarEnd }

    /// Ends the current word, if any, and takes it back when it is a formula's variable.
    mutating func endWord() {
        guard wordLetters > 0 else { return }
        let isVariable =
            wordLetters < Self.formulaWordLettersMin && !isWordDense && proseBraces == 0
            && isInFormula
        if isVariable { written = wordStart }
        if position <= keptSpanEnd { writtenAtDrop = written }
        wordLetters = 0
        isWordDense = false
        cuts?.word(written: written, position: position)
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
        switch value {
        case 0x3002, 0xff01, 0xff1f, 0xff1b: cuts?.stop(written: written, position: next)
        case 0xab, 0x201c, 0x201e, 0x300c, 0x300e, UInt32(UInt8(ascii: "\"")):
            cuts?.closeQuotation(written: written, position: next)
            if let end = closingMark(of: value, from: next) {
                cuts?.openQuotation(written: written, position: position, end: end)
            }
        case 0xbb, 0x201d, 0x300d, 0x300f: cuts?.closeQuotation(written: written, position: next)
        default: break
        }
    }

    /// Where the mark after the one that closes a quotation would stand, if it closes on its line.
    private func closingMark(of open: UInt32, from start: Int) -> Int? {
        let close: (UInt32, UInt32) =
            switch open {
            case 0xab: (0xbb, 0xbb)
            case 0x201c: (0x201d, 0x201d)
            case 0x201e: (0x201c, 0x201d)
            case 0x300c: (0x300d, 0x300d)
            case 0x300e: (0x300f, 0x300f)
            default: (open, open)
            }
        var index = start
        let limit = min(end, start + WindowCuts.quotationSizeMax)
        while index < limit, source[index] != UInt8(ascii: "\n") {
            let (value, width) = decodeUTF8(source + index, limit: end - index)
            if value == close.0 || value == close.1 { return index + width }
            index += width
        }
        return nil
    }
}

/// Whether a byte is a space, tab or carriage return.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
