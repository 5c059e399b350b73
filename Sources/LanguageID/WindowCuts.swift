// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// How large the windows of a text are, in bytes of stripped words.
struct WindowSizes {
    /// A sentence or line ends a window of at least this size.
    let sentenceMin: Int
    /// A paragraph ends a window of at least this size.
    let paragraphMin: Int
    /// A word ends a window of at least this size.
    let wordMin: Int

    /// Windows of thoughts: a sentence or two, enough for the model to be nearly always right.
    static let thoughts = WindowSizes(sentenceMin: 48, paragraphMin: 20, wordMin: 160)
    /// Windows of a problem, which a template may surround with as little as a line.
    static let problem = WindowSizes(sentenceMin: 24, paragraphMin: 12, wordMin: 160)
    /// Every sentence, however short.
    static let sentences = WindowSizes(sentenceMin: 1, paragraphMin: 1, wordMin: .max)
}

/// Where a window ends.
struct WindowEnd {
    /// In the stripped text.
    let written: Int
    /// In the source.
    let position: Int
    /// Whether the window stands between quotation marks.
    let isQuoted: Bool
}

/// Records the ends of windows while a text is stripped.
struct WindowCuts {
    /// Most windows of a text; in a huge one they grow instead.
    static let countMax = 8192

    private let ends: UnsafeMutableBufferPointer<WindowEnd>
    private let sizes: WindowSizes
    private let sizeMin: Int
    private(set) var count = 0
    private var last = 0
    /// Where the quotation that is being read closes, in the source; -1 outside of one.
    private var quotationEnd = -1

    /// Longest quotation in bytes; marks that are further apart mean nothing.
    static let quotationSizeMax = 400

    init(ends: UnsafeMutableBufferPointer<WindowEnd>, sizes: WindowSizes, textSize: Int) {
        self.ends = ends
        self.sizes = sizes
        // Windows of at least this size fill half of the room; quotations have the other half.
        sizeMin = textSize / (Self.countMax / 2 - 1) + 1
    }

    /// A sentence or a line ends.
    mutating func stop(written: Int, position: Int) {
        _ = closeQuotation(written: written, position: position)
        cut(written, position, atLeast: sizes.sentenceMin)
    }

    /// A paragraph ends.
    mutating func paragraph(written: Int, position: Int) {
        _ = closeQuotation(written: written, position: position)
        cut(written, position, atLeast: sizes.paragraphMin)
    }

    /// A word ends.
    @inline(__always)
    mutating func word(written: Int, position: Int) {
        if written - last >= sizes.wordMin { cut(written, position, atLeast: sizes.wordMin) }
    }

    /// Whether no quotation is open and there is room for one.
    var canOpenQuotation: Bool { quotationEnd < 0 && count < Self.countMax / 2 }

    /// A quotation opens that closes at `end`; none may be open.
    mutating func openQuotation(written: Int, position: Int, end: Int) {
        if written > last { append(written, position) }
        quotationEnd = end
    }

    /// A quotation closes at `position`, if that is where the open one closes.
    ///
    /// - Returns: whether it does.
    mutating func closeQuotation(written: Int, position: Int) -> Bool {
        guard quotationEnd >= 0, position >= quotationEnd else { return false }
        if written > last { append(written, position) }
        quotationEnd = -1
        return true
    }

    /// The text ends.
    mutating func finish(written: Int, position: Int) {
        if written > last, count < Self.countMax { append(written, position) }
    }

    private mutating func cut(_ written: Int, _ position: Int, atLeast size: Int) {
        if written - last >= max(size, sizeMin) { append(written, position) }
    }

    private mutating func append(_ written: Int, _ position: Int) {
        ends[count] = WindowEnd(
            written: written, position: position, isQuoted: quotationEnd >= 0)
        count += 1
        last = written
    }
}
