// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

extension JSONView {
    /// Longest number token that is read as a machine number.
    static let numberTokenBytesMax = 400

    /// An error saying that this value will not do.
    ///
    /// - Parameter accepted: what would be accepted, in words.
    /// - Returns: the error, with the value's kind and start.
    public func unacceptable(_ accepted: String) -> WireError {
        WireError(code: "wrong_type", message: "expected \(accepted), found \(seen)")
    }

    /// The value as messages quote it: scalars cut to 40 bytes, containers by kind.
    public var seen: String {
        switch kind {
        case .object: return "an object"
        case .array: return "an array of \(count)"
        default:
            let raw = self.raw
            return raw.count <= 40 ? raw.string : raw[0..<40].string + "…"
        }
    }

    /// Reads a whole number.
    ///
    /// - Parameter range: what is accepted.
    /// - Returns: the number; `5.0` counts as 5, because trainers send floats.
    /// - Throws: ``WireError`` when it is no number, not whole, or out of range.
    public func integer(in range: ClosedRange<Double>? = nil) throws(WireError) -> Int {
        guard let token = numberToken else { throw unacceptable("an integer") }
        let text = token.count <= Self.numberTokenBytesMax ? token.string : ""
        let number: Int
        if let exact = Int(text) {
            number = exact
        } else if let double = Double(text), let exact = Int(exactly: double),
            double.magnitude < 9_007_199_254_740_992  // 2^53: above, doubles skip integers
        {
            number = exact
        } else {
            throw unacceptable("an integer")
        }
        if let range, !range.contains(Double(number)) { throw outOfRange(range) }
        return number
    }

    /// Reads a finite number.
    ///
    /// - Parameter range: what is accepted.
    /// - Returns: the nearest double.
    /// - Throws: ``WireError`` when it is no number, too large for a double, or out of range.
    public func double(in range: ClosedRange<Double>? = nil) throws(WireError) -> Double {
        guard let token = numberToken else { throw unacceptable("a number") }
        let text = token.count <= Self.numberTokenBytesMax ? token.string : ""
        guard let number = Double(text), number.isFinite else {
            throw WireError(
                code: "out_of_range", message: "expected a finite number, found \(seen)")
        }
        if let range, !range.contains(number) { throw outOfRange(range) }
        return number
    }

    /// Reads a list of texts.
    ///
    /// - Parameters:
    ///   - countMax: most elements accepted.
    ///   - bytesMax: longest text accepted, in bytes; the shortest has 1.
    /// - Returns: the unescaped texts in order.
    /// - Throws: ``WireError`` for anything else.
    public func texts(countMax: Int, bytesMax: Int) throws(WireError) -> [ByteString] {
        guard kind == .array else { throw unacceptable("an array of strings") }
        guard count <= countMax else {
            throw WireError(
                code: "out_of_range", message: "at most \(countMax) strings, found \(count)")
        }
        var texts: [ByteString] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.string, !text.isEmpty, text.count <= bytesMax else {
                throw element.unacceptable("a string of 1 to \(bytesMax) bytes")
                    .prefixed(by: String(index))
            }
            texts.append(text)
        }
        return texts
    }

    private func outOfRange(_ range: ClosedRange<Double>) -> WireError {
        let low = range.lowerBound.shortDescription
        let high = range.upperBound.shortDescription
        return WireError(
            code: "out_of_range",
            message: "expected a number from \(low) to \(high), found \(seen)")
    }
}

extension Double {
    /// The number without a trailing `.0`.
    var shortDescription: String {
        let text = description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
