// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

/// Compares what a function returned, as tagged JSON, with plain JSON.
///
/// Only exact data of Python's own types arrives, so no method of the solution has a say. JSON has
/// fewer types than Python: an array is met by a list or a tuple (and, where order does not count,
/// by a set), an object by a dict whose keys print as its names. Otherwise values are equal as
/// Python has it: `1`, `1.0` and `True` are, a nan is not.
struct ValueComparison {
    private let tolerance: FloatTolerance?
    private let ignoresOrder: Bool

    init(_ comparison: OutputComparison) {
        if case .float(let tolerance) = comparison {
            self.tolerance = tolerance
        } else {
            tolerance = nil
        }
        if case .unordered = comparison { ignoresOrder = true } else { ignoresOrder = false }
    }

    /// Whether a value meets what is expected; both may nest as deep as a document does.
    func isEqual(_ found: JSONView, _ expected: JSONView) -> Bool {
        if ignoresOrder, expected.kind == .array { return meetsAnyOrder(found, expected) }
        return meets(found, expected)
    }

    private func meets(_ found: JSONView, _ expected: JSONView) -> Bool {
        switch expected.kind {
        case .null: return found.isNull
        case .boolean, .number: return meetsNumber(found, expected)
        case .string: return found.string != nil && found.string == expected.string
        case .array:
            guard let items = sequence(found), items.count == expected.count else { return false }
            return zip(items.elements, expected.elements).allSatisfy { meets($0, $1) }
        case .object: return meetsObject(found, expected)
        }
    }

    private func sequence(_ found: JSONView) -> JSONView? {
        found.kind == .array ? found : found["tuple"]
    }

    private func meetsObject(_ found: JSONView, _ expected: JSONView) -> Bool {
        guard let pairs = found["dict"], pairs.count == expected.count else { return false }
        var values: [ByteString: JSONView] = [:]
        for pair in pairs.elements {
            var parts = pair.elements
            guard let key = parts.next(), let value = parts.next() else { return false }
            values[key.string ?? key.raw] = value
        }
        return expected.members.allSatisfy { key, value in
            values[key].map { meets($0, value) } ?? false
        }
    }

    // MARK: - Numbers

    private func meetsNumber(_ found: JSONView, _ expected: JSONView) -> Bool {
        if found.kind == .boolean, expected.kind == .boolean { return found.raw == expected.raw }
        guard let left = Self.token(found), let right = Self.token(expected) else { return false }
        if left == right { return true }
        return left.withUnsafeBytes { first in
            right.withUnsafeBytes { second in
                guard let a = DecimalToken(first), let b = DecimalToken(second) else {
                    return false
                }
                if let tolerance { return a.isEqual(to: b, within: tolerance) }
                return a.hasValue(of: b) || Self.isSameDouble(left, right)
            }
        }
    }

    /// The decimal text of a number; of a boolean, 1 or 0; nil for what is neither.
    private static func token(_ view: JSONView) -> ByteString? {
        switch view.kind {
        case .number: return view.raw
        case .boolean: return view.boolean == true ? "1" : "0"
        case .object:
            guard let text = view["int"]?.string, text.count <= 1 << 20 else { return nil }
            return decimal(text)
        default: return nil
        }
    }

    /// Two writings of one double, as a reference of more than 17 digits may be.
    private static func isSameDouble(_ left: ByteString, _ right: ByteString) -> Bool {
        let isFraction = { (text: ByteString) in
            text.withUnsafeBytes { $0.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == 0x65 } }
        }
        guard isFraction(left), isFraction(right), left.count < 400, right.count < 400,
            let a = Double(left.string), let b = Double(right.string)
        else { return false }
        return a == b && a.isFinite
    }

    /// Longest hexadecimal integer that is compared, in digits: about 4,900 decimal digits.
    private static let hexDigitsMax = 4096

    /// A hexadecimal integer (`0x…`, `-0x…`) in decimal; nil if it is too long.
    private static func decimal(_ text: ByteString) -> ByteString? {
        let isNegative = text.count > 0 && text[0] == UInt8(ascii: "-")
        let digits = text.array.dropFirst(isNegative ? 3 : 2)
        guard digits.count <= hexDigitsMax else { return nil }
        // Groups of 18 decimal digits, lowest first.
        var groups: [UInt64] = [0]
        for digit in digits {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            var carry = UInt64(value)
            for index in groups.indices {
                let sum = groups[index] &* 16 &+ carry
                groups[index] = sum % 1_000_000_000_000_000_000
                carry = sum / 1_000_000_000_000_000_000
            }
            if carry > 0 { groups.append(carry) }
        }
        let head = (isNegative ? "-" : "") + String(groups[groups.count - 1])
        let tail = groups.dropLast().reversed().map { group in
            let text = String(group)
            return String(repeating: "0", count: 18 - text.count) + text
        }
        return ByteString(head + tail.joined())
    }

    // MARK: - Any order

    /// Most elements that are compared in any order: each is held against each that is left.
    private static let unorderedMax = 2000

    private func meetsAnyOrder(_ found: JSONView, _ expected: JSONView) -> Bool {
        guard let items = sequence(found) ?? found["set"] ?? found["frozenset"],
            items.count == expected.count
        else { return false }
        if zip(items.elements, expected.elements).allSatisfy({ meets($0, $1) }) { return true }
        guard items.count <= Self.unorderedMax else { return false }
        var left = Array(items.elements)
        for wanted in expected.elements {
            guard let place = left.firstIndex(where: { meets($0, wanted) }) else { return false }
            left.remove(at: place)
        }
        return true
    }
}
