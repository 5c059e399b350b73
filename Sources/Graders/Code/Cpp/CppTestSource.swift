// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// A C++ solution and the test program behind it as one source.
enum CppTestSource {
    /// Joins both, so that no macro of the solution reaches the test.
    ///
    /// - Parameters:
    ///   - solution: the candidate's text.
    ///   - test: the task's, with a `main`; one that starts with `}` closes the solution's function.
    ///   - tag: ends the name of the function that assertions call.
    /// - Returns: one translation unit.
    static func joined(solution: ByteString, test: ByteString, tag: String) -> ByteString {
        var text = solution.array
        text.append(UInt8(ascii: "\n"))
        var rest = test.array[...]
        if let first = rest.firstIndex(where: { !$0.isWhitespace }),
            rest[first] == UInt8(ascii: "}")
        {
            text += Array("}\n".utf8)
            rest = rest[(first + 1)...]
        }
        let testText = withoutAssertHeader(Array(rest))
        text += Array(boundary(solution: solution.array, test: testText, tag: tag).utf8)
        return ByteString(text + testText)
    }

    /// Whether a test has what only it may have.
    static func hasMain(_ test: ByteString) -> Bool {
        identifiers(in: test.array).contains("main")
    }

    private static func boundary(solution: [UInt8], test: [UInt8], tag: String) -> String {
        var used = Set(identifiers(in: test))
        used.formUnion(["assert", "main", "bool", "int", "void", "static_cast"])
        let shadowed = Set(definedMacros(in: solution)).intersection(used).union(["assert", "main"])
        let undone = shadowed.sorted().map { "#undef \($0)\n" }.joined()
        return undone + """
            #define assert(...) \
                (assay_check_\(tag)(static_cast<bool>(__VA_ARGS__), __LINE__))
            void assay_check_\(tag)(bool, int);
            #line 1 "test"

            """
    }

    /// Names that the word `define` may define; more than it does, which is harmless.
    private static func definedMacros(in text: [UInt8]) -> [String] {
        let plain = withoutContinuations(text)
        return identifierRanges(in: plain).compactMap { range in
            guard plain[range].elementsEqual("define".utf8) else { return nil }
            let start = nameStart(in: plain, from: range.upperBound)
            let end = plain[start...].firstIndex { !$0.isIdentifierPart } ?? plain.count
            return start < end ? String(decoding: plain[start..<end], as: UTF8.self) : nil
        }
    }

    /// The first byte that is neither white space nor in a comment.
    private static func nameStart(in text: [UInt8], from start: Int) -> Int {
        var next = start
        while next < text.count {
            if text[next].isWhitespace {
                next += 1
            } else if text[next...].starts(with: "/*".utf8) {
                next += 2
                while next < text.count, !text[next...].starts(with: "*/".utf8) { next += 1 }
                next = min(next + 2, text.count)
            } else {
                return next
            }
        }
        return next
    }

    /// Joins lines that end in a backslash, as the compiler does before anything else.
    private static func withoutContinuations(_ text: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        for byte in text {
            plain.append(byte)
            guard byte == UInt8(ascii: "\n") else { continue }
            var end = plain.count - 1
            while end > 0, plain[end - 1].isWhitespace, plain[end - 1] != UInt8(ascii: "\n") {
                end -= 1
            }
            if end > 0, plain[end - 1] == UInt8(ascii: "\\") { plain.removeSubrange((end - 1)...) }
        }
        return plain
    }

    private static func identifiers(in text: [UInt8]) -> [String] {
        identifierRanges(in: text).map { String(decoding: text[$0], as: UTF8.self) }
    }

    private static func identifierRanges(in text: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < text.count {
            guard text[start].isIdentifierPart else { start += 1; continue }
            let end = text[start...].firstIndex { !$0.isIdentifierPart } ?? text.count
            if !text[start].isDigit { ranges.append(start..<end) }
            start = end
        }
        return ranges
    }

    /// Blanks the lines that would define `assert` anew.
    private static func withoutAssertHeader(_ text: [UInt8]) -> [UInt8] {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let kept = lines.map { line -> ArraySlice<UInt8> in
            let plain = line.filter { !$0.isWhitespace }
            let headers = ["#include<assert.h>", "#include<cassert>", "#include\"assert.h\""]
            return headers.contains { plain.starts(with: $0.utf8) } ? [] : line
        }
        return Array(kept.joined(separator: [UInt8(ascii: "\n")]))
    }
}

extension UInt8 {
    /// A byte of an identifier; those above ASCII are, in UTF-8.
    fileprivate var isIdentifierPart: Bool {
        isLetter || isDigit || self == UInt8(ascii: "_") || self >= 0x80
    }
}
