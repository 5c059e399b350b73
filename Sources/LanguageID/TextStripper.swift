// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Reduces a text to its words, so that formulas, code and markup do not vote on its language.
///
///     TextStripper.strip("Donc $x^2 = 4$, c'est **fini**.").string   // "donc c est fini"
///
/// The result is lower-case UTF-8: letters, with one space between words. Removed are LaTeX
/// commands, delimiters, environments and the short words of formulas; fenced and inline code;
/// addresses, tags and entities; digits, punctuation and symbols of all scripts, controls, newlines
/// and zero-width characters. Prose stays wherever it stands: in `\text{…}`, between dollars, in a
/// fence made of sentences. Invalid UTF-8 separates words. Letters borrowed from another script
/// for their looks (Cyrillic "а" in an English word) are left as they are.
///
/// - Complexity: linear in the text, whatever its content. Any thread.
public enum TextStripper {
    /// Strips one text.
    ///
    /// - Parameter text: UTF-8 of any size; malformed bytes are allowed.
    /// - Returns: the words; never longer than `text`, empty when it holds none.
    public static func strip(_ text: ByteString) -> ByteString {
        StripBuffer().withStripped(text) { ByteString(copying: UnsafeRawBufferPointer($0)) }
    }

    /// Strips `bytes` twice and traps when an invariant of the result is broken.
    ///
    /// The entry point of the fuzz target: the result is no longer than the source and is stripped
    /// to itself.
    ///
    /// - Parameter bytes: any content.
    public static func fuzzStrip(_ bytes: UnsafeRawBufferPointer) {
        let once = strip(ByteString(copying: bytes))
        precondition(once.count <= bytes.count, "stripping made the text longer")
        precondition(strip(once) == once, "stripping words changed them")
    }
}

/// Memory that one strip after the other writes to.
final class StripBuffer: @unchecked Sendable {
    // Invariant behind `@unchecked`: a buffer is used by one thread at a time; it is either a local
    // variable or taken out of the model's pool.
    private var memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 32 << 10)
    private let ends = UnsafeMutableBufferPointer<WindowEnd>.allocate(
        capacity: WindowCuts.countMax)

    /// A larger buffer is freed after use, so that one huge text does not pin its size for ever.
    private static let capacityKept = 1 << 20

    deinit {
        memory.deallocate()
        ends.deallocate()
    }

    /// Lends the words of `text` to `body`.
    ///
    /// - Parameters:
    ///   - text: any bytes.
    ///   - body: reads the stripped text, valid only during the call.
    /// - Returns: what `body` returns.
    func withStripped<Result>(
        _ text: ByteString, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        strip(text, cuts: nil) { stripped, _ in body(stripped) }
    }

    /// Lends the words of `text` and the ends of its windows to `body`.
    ///
    /// - Parameters:
    ///   - text: any bytes.
    ///   - sizes: how large windows are.
    ///   - body: reads both, valid only during the call.
    /// - Returns: what `body` returns.
    func withWindows<Result>(
        of text: ByteString, sizes: WindowSizes,
        _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<WindowEnd>) -> Result
    ) -> Result {
        strip(text, cuts: WindowCuts(ends: ends, sizes: sizes, textSize: text.count), body)
    }

    private func strip<Result>(
        _ text: ByteString, cuts: WindowCuts?,
        _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<WindowEnd>) -> Result
    ) -> Result {
        if memory.count < text.count { resize(to: text.count) }
        defer { if memory.count > Self.capacityKept { resize(to: Self.capacityKept) } }
        guard let target = memory.baseAddress else {
            preconditionFailure("an allocated buffer has an address")
        }
        let (count, windows) = text.withUnsafeBytes { source in
            var pass = StripPass(
                source: source.assumingMemoryBound(to: UInt8.self), output: target, cuts: cuts)
            return (pass.run(), pass.cuts?.count ?? 0)
        }
        return body(
            UnsafeBufferPointer(start: target, count: count),
            UnsafeBufferPointer(rebasing: ends[..<windows]))
    }

    private func resize(to capacity: Int) {
        memory.deallocate()
        memory = .allocate(capacity: capacity)
    }
}
