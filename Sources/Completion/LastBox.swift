// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// The last `\boxed{…}` of a text.
public enum LastBox: Sendable, Equatable {
    /// There is no `\boxed` with a brace.
    case none
    /// The last box never closes.
    case unclosed
    /// The last box holds nothing but white space.
    case empty
    /// What the last box holds, the outermost one where boxes are nested.
    case content(ByteString)

    private static let mark: ByteString = "\\boxed"

    /// Finds the last box in one pass.
    ///
    /// `\{` and `\}` are escapes, spaces may stand before the brace, and `\boxedfoo` is another
    /// command. A box inside a closed box belongs to that box.
    ///
    ///     LastBox(in: #"so \boxed{41}, no: \boxed{\frac{84}{2}}"#)   // content("\frac{84}{2}")
    ///
    /// - Parameter text: any bytes.
    /// - Complexity: O(bytes) in time and in nesting depth.
    public init(in text: ByteString) {
        // Braces before the first box cannot matter, since a box counts its own.
        let start = text.firstOffset(of: Self.mark) ?? text.count
        let found = text.withUnsafeBytes { BoxScanner(bytes: $0).lastBox(from: start) }
        switch found {
        case nil: self = .none
        case .unclosed?: self = .unclosed
        case .closed(let range)?:
            let content = text[range]
            self = content.leadingWhitespaceCount == content.count ? .empty : .content(content)
        }
    }
}

/// One pass over the bytes with a stack of open boxes.
private struct BoxScanner {
    enum Found { case unclosed, closed(Range<Int>) }

    /// A box whose brace is open: where its content starts and how deep its brace lies.
    private struct Open {
        let contentStart: Int
        let depth: Int
    }

    let bytes: UnsafeRawBufferPointer
    private static let command: ByteString = "boxed"

    /// `start` is where the first `\boxed` stands, or the end.
    func lastBox(from start: Int) -> Found? {
        var open: [Open] = []
        var closed: Range<Int>?
        var depth = 0
        var index = start
        // After an odd number of backslashes this one is escaped.
        while index > 0, bytes[index - 1] == UInt8(ascii: "\\") { index -= 1 }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"):
                if let start = contentStart(after: index) {
                    depth += 1
                    open.append(Open(contentStart: start, depth: depth))
                    index = start
                } else {
                    index += 2
                }
                continue
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                if let last = open.last, last.depth == depth {
                    open.removeLast()
                    closed = last.contentStart..<index
                }
                depth = max(depth - 1, 0)
            default: break
            }
            index += 1
        }
        guard let lastOpen = open.last else { return closed.map { .closed($0) } }
        guard let closed, closed.lowerBound > lastOpen.contentStart else { return .unclosed }
        return .closed(closed)
    }

    /// Where the content of the box whose backslash stands at `index` starts; nil if none does.
    private func contentStart(after index: Int) -> Int? {
        let end = index + 1 + Self.command.count
        guard end < bytes.count, Self.command.stands(in: bytes, at: index + 1) else {
            return nil
        }
        var brace = end
        while brace < bytes.count, bytes[brace].isWhitespace { brace += 1 }
        return brace < bytes.count && bytes[brace] == UInt8(ascii: "{") ? brace + 1 : nil
    }
}
