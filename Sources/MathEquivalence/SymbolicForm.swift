// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

extension MathExpression {
    /// Most nodes of an expression that is written for another program.
    private static let symbolicNodesMax = 2000

    /// The scalar as lines in postfix order, for a program that does not read LaTeX.
    ///
    /// A line is `number [-]HEX/HEX`, `longNumber DIGITS EXPONENT`, `symbol HEX` (UTF-8 of the
    /// name), `function NAME`, or the name of an operation and its count of operands. The first
    /// operand of a sum, product, integral or limit is the name that it binds.
    ///
    /// Nil for what is no scalar, for forms without a value, and for more than 2,000 nodes.
    public var symbolicForm: String? {
        guard case .success(let side) = side,
            let order = side.tree.postfix(side.tree.root, limit: Self.symbolicNodesMax)
        else { return nil }
        var lines: [String] = []
        for node in order {
            guard let line = Self.symbolicLine(side.tree, node) else { return nil }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }

    private static func symbolicLine(_ tree: ExpressionTree, _ node: Int32) -> String? {
        let entry = tree[node]
        switch entry.kind {
        case .number: return tree.literal(node).value.map { "number " + $0.wireForm }
        case .longNumber:
            let literal = tree.literal(node)
            let digits = String(decoding: literal.digits, as: UTF8.self)
            return "longNumber \(digits) \(literal.exponent)"
        case .symbol: return "symbol " + hexadecimal(tree.name(node))
        case .apply: return "apply \(entry.count) " + hexadecimal(tree.name(node))
        case .function:
            return FunctionName(rawValue: UInt8(entry.payload)).map { "function \($0)" }
        case .opaque, .ellipsis, .plusMinus, .minusPlus: return nil
        default:
            guard entry.kind.rawValue < NodeKind.tuple.rawValue else { return nil }
            return "\(entry.kind) \(entry.count)"
        }
    }

    private static func hexadecimal(_ name: String) -> String {
        name.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
