// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// An expression that is read once, however often it is compared.
///
///     let reference = MathExpression("\\frac{1}{2}")
///     for answer in answers { await engine.compare(reference: reference, answer: answer) }
public struct MathExpression: Sendable {
    /// What was read, before commas were rewritten.
    public let text: ByteString
    /// What the lexer reads.
    let spelling: ByteString
    /// Nil for digits alone, which are compared as they stand; ``side`` reads them if it must.
    private let reading: Result<Side, ParseFailure>?

    /// Reads an expression; one that cannot be read says so when it is compared.
    ///
    /// - Parameters:
    ///   - text: LaTeX or plain text; over 64 KiB it is unparsable, digits alone excepted.
    ///   - readsDecimalComma: whether `2,5` is 2.5; must agree with the options of the comparison.
    /// - Complexity: linear in the text.
    public init(_ text: ByteString, readsDecimalComma: Bool = false) {
        self.text = text
        spelling = readsDecimalComma ? DecimalComma.rewrite(text) : text
        reading = Self.isPlain(spelling) ? nil : Self.read(spelling)
    }

    /// The type that decides how the expression is compared; nil if it cannot be read.
    public var type: ExpressionType? {
        guard let reading else { return .number }
        guard case .success(let side) = reading else { return nil }
        return side.type
    }

    var side: Result<Side, ParseFailure> { reading ?? Self.read(spelling) }

    private static func isPlain(_ text: ByteString) -> Bool {
        text.withUnsafeBytes { PlainNumber($0) != nil || PlainFraction($0) != nil }
    }

    private static func read(_ text: ByteString) -> Result<Side, ParseFailure> {
        text.withUnsafeBytes { bytes in
            Result { () throws(ParseFailure) in
                var tree = try Parser.parse(bytes)
                tree.evaluateMatrices()
                tree.expandSigns()
                return Side(consume tree)
            }
        }
    }
}
