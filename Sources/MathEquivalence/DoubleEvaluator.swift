// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Values in double arithmetic, for sentences that people read; no verdict rests on them.
struct DoubleEvaluator {
    let tree: ExpressionTree
    let point: (String) -> Double

    /// The value and the names it depends on; nil for what doubles cannot say.
    func evaluate(_ top: Int32) -> (Double, [String])? {
        guard let order = tree.postfix(top, limit: 4096) else { return nil }
        var stack: [Double] = []
        var names: [String] = []
        for node in order {
            let count = Int(tree[node].count)
            let applied = stack.withUnsafeBufferPointer {
                apply(node, UnsafeBufferPointer(rebasing: $0.suffix(count)), &names)
            }
            guard let value = applied else { return nil }
            stack.removeLast(count)
            stack.append(value)
        }
        return stack.last.map { ($0, names) }
    }

    private func apply(
        _ node: Int32, _ operands: UnsafeBufferPointer<Double>, _ names: inout [String]
    ) -> Double? {
        switch tree.kind(node) {
        case .number: return tree.literal(node).value?.double
        case .symbol:
            names.append(tree.name(node))
            return point(tree.name(node))
        case .pi: return .pi
        case .euler: return M_E
        case .add: return operands.reduce(0, +)
        case .multiply: return operands.reduce(1, *)
        case .negate: return -operands[0]
        case .divide: return operands[0] / operands[1]
        case .power: return pow(operands[0], operands[1])
        case .root: return pow(operands[0], 1 / operands[1])
        case .percent: return operands[0] / 100
        case .degrees: return operands[0] * .pi / 180
        case .logarithm: return log(operands[1]) / log(operands[0])
        case .function: return function(tree[node].payload, operands[0])
        default: return nil
        }
    }

    private func function(_ code: Int32, _ x: Double) -> Double? {
        switch FunctionName(rawValue: UInt8(code)) {
        case .sin: sin(x)
        case .cos: cos(x)
        case .tan: tan(x)
        case .arcsin: asin(x)
        case .arccos: acos(x)
        case .arctan: atan(x)
        case .exp: Glibc.exp(x)
        case .ln: Glibc.log(x)
        case .abs: abs(x)
        default: nil
        }
    }
}
