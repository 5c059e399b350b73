// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// A Markdown code block between lines of backticks.
public struct FencedBlock: Sendable, Equatable {
    /// The language name in lower case, such as `python`; empty when the fence names none.
    public let language: String
    /// The lines between the fences, final newline included.
    ///
    /// Lines of a fence that is itself
    /// indented lose up to that indentation, as in CommonMark.
    public let code: ByteString
    /// Whether a closing fence was found.
    public let isClosed: Bool

    /// The first closed block with a language name.
    ///
    /// - Parameter text: any bytes; lines end with `\n`, a `\r` before it is dropped from fences.
    /// - Returns: the block; nil if there is none.
    /// - Complexity: O(bytes).
    public static func firstNamed(in text: ByteString) -> FencedBlock? {
        named(in: text, limit: 1).first
    }

    /// The last closed block with a language name.
    ///
    /// - Parameter text: any bytes.
    /// - Returns: the block; nil if there is none.
    /// - Complexity: O(bytes).
    public static func lastNamed(in text: ByteString) -> FencedBlock? {
        named(in: text, limit: .max).last
    }

    private static func named(in text: ByteString, limit: Int) -> [FencedBlock] {
        var found: [FencedBlock] = []
        var scanner = FenceScanner(text: text)
        while found.count < limit, let block = scanner.nextBlock() {
            if block.isClosed && !block.language.isEmpty { found.append(block) }
        }
        return found
    }
}

/// Walks a text line by line and yields its fenced blocks in order.
private struct FenceScanner {
    let text: ByteString
    private var position = 0

    private static let backtick = UInt8(ascii: "`")
    // Made once: a literal in its place would be allocated for each line.
    private static let newline: ByteString = "\n"
    /// Longest language name accepted, in bytes; longer ones are prose.
    private static let languageBytesMax = 32

    init(text: ByteString) { self.text = text }

    /// A line of at least three backticks: how many, how far indented, and what follows them.
    private struct Fence {
        let backtickCount: Int
        let indentation: Int
        let info: ByteString
    }

    mutating func nextBlock() -> FencedBlock? {
        while let line = nextLine() {
            guard let opening = fence(line), !opening.info.contains(Self.backtick) else { continue }
            return block(after: opening)
        }
        return nil
    }

    private mutating func block(after opening: Fence) -> FencedBlock {
        let start = position
        var end = position
        var isClosed = false
        while let line = nextLine() {
            if let closing = fence(line), closing.info.isEmpty,
                closing.backtickCount >= opening.backtickCount
            {
                isClosed = true
                break
            }
            end = position
        }
        return FencedBlock(
            language: languageName(opening.info),
            code: text[start..<end].removing(indentation: opening.indentation),
            isClosed: isClosed)
    }

    /// The next line without its newline; nil at the end.
    private mutating func nextLine() -> ByteString? {
        guard position < text.count else { return nil }
        let start = position
        let end = text.firstOffset(of: Self.newline, from: start) ?? text.count
        position = min(end + 1, text.count)
        return text[start..<end]
    }

    private func fence(_ line: ByteString) -> Fence? {
        let indentation = line.withUnsafeBytes { bytes in
            bytes.firstIndex { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") } ?? bytes.count
        }
        var end = indentation
        while end < line.count, line[end] == Self.backtick { end += 1 }
        guard end - indentation >= 3 else { return nil }
        return Fence(
            backtickCount: end - indentation, indentation: indentation,
            info: line[end..<line.count].trimmed)
    }

    /// The first word of the info string when it can be a language name.
    private func languageName(_ info: ByteString) -> String {
        let word = info.withUnsafeBytes { bytes in
            bytes.prefix { byte in
                byte.isLetter || byte.isDigit || "+#_.-".utf8.contains(byte)
            }.count
        }
        guard word > 0, word <= Self.languageBytesMax, info[0].isLetter else { return "" }
        return info[0..<word].string.lowercased()
    }
}

extension ByteString {
    fileprivate func contains(_ byte: UInt8) -> Bool {
        withUnsafeBytes { $0.contains(byte) }
    }

    /// The lines without up to `indentation` leading blanks each.
    fileprivate func removing(indentation: Int) -> ByteString {
        guard indentation > 0 else { return self }
        var result: [UInt8] = []
        result.reserveCapacity(count)
        withUnsafeBytes { bytes in
            var blanksLeft = indentation
            for byte in bytes {
                if blanksLeft > 0, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                    blanksLeft -= 1
                    continue
                }
                blanksLeft = byte == UInt8(ascii: "\n") ? indentation : 0
                result.append(byte)
            }
        }
        return ByteString(result)
    }
}
