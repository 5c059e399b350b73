// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// How a program's output is compared with the expected one.
///
/// White space is ASCII's: space, tab, newline, vertical tab, form feed, carriage return. Outputs
/// are bytes, of any encoding. A byte order mark at the start counts for `exact` only.
public enum OutputComparison: Sendable, Equatable {
    /// Byte by byte.
    case exact
    /// Line by line; white space at the end of lines and blank lines at the end do not count.
    case lines
    /// Token by token; any white space separates.
    case tokens
    /// Like `tokens`, ASCII letters compared without case.
    case tokensIgnoringCase
    /// Like `tokens`, numbers compared within a tolerance.
    case float(FloatTolerance)
    /// The same lines or tokens, each as often, in any order.
    case unordered(UnorderedUnit)

    /// What may stand in any order.
    public enum UnorderedUnit: String, Sendable, CaseIterable {
        /// Lines, each a sequence of tokens; blank lines do not count.
        case lines
        /// Tokens.
        case tokens
    }

    /// Whether an output differs from the expected one.
    ///
    /// - Parameters:
    ///   - output: what a program wrote; any bytes.
    ///   - expected: what it had to write.
    /// - Returns: false when they agree.
    /// - Complexity: O(bytes); memory for `unordered` is in proportion to `expected`, else constant.
    public func differs(_ output: ByteString, expected: ByteString) -> Bool {
        OutputComparator.firstDifference(output, expected: expected, by: self) != nil
    }
}

/// How far a number may lie from the expected one.
///
/// Numbers are decimal: a sign, digits with at most one point, an exponent of at most 1,000,000
/// either way. They are compared exactly, as written, never through a binary approximation. NaN
/// equals nothing; an infinity equals the one of its sign.
public struct FloatTolerance: Sendable, Equatable {
    /// Greatest difference, as the decimal text it was given by.
    let absolute: ByteString
    /// Greatest difference as a share of the expected number: `share` × 10^−`decimals`.
    let share: Int
    /// At most ``decimalsMax``, so that 19 times the factor of a number fits 64 bits.
    let decimals: Int
    /// Whether a number expected without point and exponent must be met exactly.
    public let integersAreExact: Bool

    static let decimalsMax = 17

    /// Makes a tolerance; a number within either bound is equal.
    ///
    /// Nil if a bound is no such number.
    ///
    /// - Parameters:
    ///   - absolute: a decimal number ≥ 0, such as `1e-6`.
    ///   - relative: a decimal number from 0 to 1 with at most 17 decimals, such as `0.01`.
    ///   - integersAreExact: whether a number expected without point and exponent must be met
    ///     exactly (then `5` is met by `5.0`, not by `4.9999999`).
    public init?(
        absolute: ByteString = "1e-6", relative: ByteString = "1e-6", integersAreExact: Bool = true
    ) {
        guard Self.isBound(absolute), let ratio = Self.ratio(relative) else { return nil }
        self.absolute = absolute
        (share, decimals) = ratio
        self.integersAreExact = integersAreExact
    }

    /// 10^`decimals`.
    var unit: Int { (0..<decimals).reduce(1) { power, _ in power * 10 } }

    private static func isBound(_ text: ByteString) -> Bool {
        text.withUnsafeBytes { bytes in
            DecimalToken(bytes).map { $0.kind == .finite && !$0.isNegative } ?? false
        }
    }

    private static func ratio(_ text: ByteString) -> (share: Int, decimals: Int)? {
        text.withUnsafeBytes { bytes in
            guard let number = DecimalToken(bytes), number.kind == .finite, !number.isNegative
            else {
                return nil
            }
            guard number.count > 0 else { return (0, 0) }
            let decimals = max(0, number.count - 1 - number.exponent)
            let isOne = number.exponent == 0 && number.count == 1 && number.digit(0) == 1
            guard number.exponent < 0 || isOne, decimals <= decimalsMax else { return nil }
            let share = (0..<number.count).reduce(0) { $0 * 10 + number.digit($1) }
            return (share, decimals)
        }
    }
}
