// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders

/// An assertion in Python that calls one function with literals and names the result literally:
/// `assert f([1, 2], 'a') == 3`.
///
/// Read from the text alone, and nothing else is: what a variable holds, a loop repeats or an
/// object remembers is not known from one line.
struct LiteralAssertion {
    /// The call, without white space outside of strings.
    let call: ByteString
    /// What it must return, in the same form.
    let expected: ByteString
    /// Whether it stands in a text with others.
    let isWithin: Bool
    /// The test's place, or the assertion's in its text.
    let place: Int

    /// The assertions of all tests, in order; texts that repeat lines have none.
    static func all(in tests: [CodeTest]) -> [LiteralAssertion] {
        var found: [LiteralAssertion] = []
        for (index, test) in tests.enumerated() {
            switch test {
            case .assertion(let test):
                if let one = LiteralAssertion(
                    test.assertion.trimmed.array[...], isWithin: false, place: index)
                {
                    found.append(one)
                }
            case .program(let test):
                guard !Words(test.program.array).contains(where: repeating.contains) else {
                    continue
                }
                var place = 0
                for line in test.program.array.split(separator: UInt8(ascii: "\n")) {
                    let line = line.drop { $0.isWhitespace }
                    guard line.starts(with: "assert".utf8) else { continue }
                    if let one = LiteralAssertion(line, isWithin: true, place: place) {
                        found.append(one)
                    }
                    place += 1
                }
            default: continue
            }
        }
        return found
    }

    private static let repeating: Set<String> = [
        "for", "while", "parametrize", "global", "nonlocal", "class", "setUp",
    ]

    /// Whether the results cannot be equal: both are whole numbers, words or lists of them, and
    /// differ in text.
    func differs(from other: LiteralAssertion) -> Bool {
        func isPlain(_ text: ByteString) -> Bool {
            !text.array.contains { ".eEjJ+*/\\{}%".utf8.contains($0) }
                || text.array.first == UInt8(ascii: "'")
        }
        return isPlain(expected) && isPlain(other.expected) && expected != other.expected
            && Self.kind(expected) == Self.kind(other.expected)
    }

    /// A value's first byte, all digits and signs as one: True is 1, so kinds are not compared.
    private static func kind(_ text: ByteString) -> UInt8 {
        let first = text[0]
        return first.isDigit || first == UInt8(ascii: "-")
            ? UInt8(ascii: "0") : first.isLetter ? 0x41 : first
    }

    private init?(_ line: ArraySlice<UInt8>, isWithin: Bool, place: Int) {
        let word = Array("assert ".utf8)
        guard line.starts(with: word),
            let (call, expected) = Self.sides(line.dropFirst(word.count)), Self.isCall(call),
            !expected.isEmpty, Self.isLiteral(expected[...])
        else { return nil }
        self.call = ByteString(call)
        self.expected = ByteString(expected)
        self.isWithin = isWithin
        self.place = place
    }

    /// Both sides of the one `==` outside of brackets, up to a message or a comment.
    private static func sides(_ text: ArraySlice<UInt8>) -> ([UInt8], [UInt8])? {
        var parts: [[UInt8]] = [[]]
        var depth = 0
        var quote: UInt8?
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "\\") { return nil }
            if let open = quote {
                if byte == open { quote = nil }
                parts[parts.count - 1].append(byte == open ? UInt8(ascii: "'") : byte)
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                quote = byte
                parts[parts.count - 1].append(UInt8(ascii: "'"))
            case UInt8(ascii: "#"): index = text.endIndex
            case UInt8(ascii: ",") where depth == 0: index = text.endIndex
            case UInt8(ascii: "=") where depth == 0:
                guard index < text.endIndex, text[index] == byte else { return nil }
                index += 1
                parts.append([])
            default:
                if "([{".utf8.contains(byte) { depth += 1 }
                if ")]}".utf8.contains(byte) { depth -= 1 }
                if byte.isWhitespace {
                    // "x in y" is no call.
                    if depth == 0, parts.last?.last?.isLetterOrDigit ?? false,
                        index < text.endIndex, text[index].isLetter
                    {
                        return nil
                    }
                } else {
                    parts[parts.count - 1].append(byte)
                }
            }
        }
        return parts.count == 2 && depth == 0 && quote == nil ? (parts[0], parts[1]) : nil
    }

    /// `name(…)` or `Class().name(…)` on literals.
    private static func isCall(_ text: [UInt8]) -> Bool {
        guard text.last == UInt8(ascii: ")"), var open = text.firstIndex(of: UInt8(ascii: "("))
        else { return false }
        if text[open...].starts(with: "().".utf8) {
            guard let next = text[(open + 3)...].firstIndex(of: UInt8(ascii: "(")) else {
                return false
            }
            open = next
        }
        let name = text[..<open]
        guard name.first?.isLetter ?? false,
            name.allSatisfy({ $0.isLetterOrDigit || "_().".utf8.contains($0) })
        else { return false }
        return isLiteral(text[(open + 1)..<(text.count - 1)])
    }

    /// Whether nothing has a name but True, False, None and arguments.
    private static func isLiteral(_ text: ArraySlice<UInt8>) -> Bool {
        var depth = 0
        var isQuoted = false
        var word: [UInt8] = []
        for (index, byte) in zip(text.indices, text) {
            if byte == UInt8(ascii: "'") { isQuoted.toggle() }
            if isQuoted { continue }
            if byte.isLetter || byte == UInt8(ascii: "_") {
                word.append(byte)
                let next = index + 1 < text.endIndex ? text[index + 1] : 0
                if next.isLetterOrDigit || next == UInt8(ascii: "_") { continue }
                let isArgument = next == UInt8(ascii: "=")
                guard isArgument || constants.contains(word) else { return false }
                word = []
            }
            if "([{".utf8.contains(byte) { depth += 1 }
            if ")]}".utf8.contains(byte) { depth -= 1 }
            // A bracket closed that was not opened here: more than one call.
            if depth < 0 { return false }
        }
        return !isQuoted && depth == 0
    }

    private static let constants: Set<[UInt8]> = Set(
        ["True", "False", "None", "e", "E"].map { Array($0.utf8) })
}
