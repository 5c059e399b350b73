// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Copies subtrees between trees, renaming names or fixing signs on the way.
struct TreeCopier {
    /// Appended to every name; "" keeps names.
    var suffix = ""
    /// What ± becomes: 1, −1, or 0 to keep it.
    var sign = 0

    /// Returns the copy's root in `target`, or nil if the result would be too large.
    func copy(_ top: Int32, of source: ExpressionTree, into target: inout ExpressionTree) -> Int32?
    {
        guard let order = source.postfix(top) else { return nil }
        guard target.nodes.count + order.count <= ExpressionTree.nodeLimit * 2 else { return nil }
        var stack: [Int32] = []
        for node in order {
            let entry = source[node]
            let parts = Array(stack.suffix(Int(entry.count)))
            stack.removeLast(Int(entry.count))
            stack.append(copyNode(node, entry, parts, source, &target))
        }
        return stack.last
    }

    private func copyNode(
        _ node: Int32, _ entry: Node, _ parts: [Int32], _ source: ExpressionTree,
        _ target: inout ExpressionTree
    ) -> Int32 {
        if sign != 0, entry.kind == .plusMinus || entry.kind == .minusPlus {
            let isPositive = (entry.kind == .plusMinus) == (sign > 0)
            return isPositive ? parts[0] : target.add(.negate, parts)
        }
        var payload = Int(entry.payload)
        switch entry.kind {
        case .number, .longNumber:
            target.numbers.append(source.literal(node))
            payload = target.numbers.count - 1
        case .symbol, .apply: payload = target.intern(source.name(node) + suffix)
        case .text, .opaque, .quantity, .namedSet:
            target.texts.append(source.text(node))
            payload = target.texts.count - 1
        case .multiply where entry.flags == 1:
            target.texts.append(source.text(node))
            payload = target.texts.count - 1
        case .relation:
            target.chains.append(source.signs(node))
            payload = target.chains.count - 1
        case .based:
            target.based.append(source.basedNumber(node))
            payload = target.based.count - 1
        default: break
        }
        return target.add(entry.kind, parts, payload: payload, flags: entry.flags)
    }
}

extension ExpressionTree {
    private func hasSign(_ node: Int32) -> Bool {
        contains(node) { $0.kind == .plusMinus || $0.kind == .minusPlus }
    }

    /// Replaces items with ± by both their values: `1 ± √2` becomes the list `1 + √2, 1 − √2`.
    ///
    /// All ± of one item go together, as in a formula with ±. Items are the whole, members of lists
    /// and sets, and right sides of equations.
    mutating func expandSigns() {
        guard nodes.contains(where: { $0.kind == .plusMinus || $0.kind == .minusPlus }), root >= 0,
            hasSign(root)
        else { return }
        var result = self
        switch kind(root) {
        case .list, .set:
            var items: [Int32] = []
            for part in parts(root) { items += result.bothSigns(of: part, in: self) }
            result.root = result.add(kind(root), items, payload: Int(self[root].payload))
        default:
            let items = result.bothSigns(of: root, in: self)
            if items.count > 1 { result.root = result.add(.list, items) }
        }
        self = result
    }

    private mutating func bothSigns(of node: Int32, in source: ExpressionTree) -> [Int32] {
        guard source.hasSign(node) else { return [node] }
        var items: [Int32] = []
        for sign in [1, -1] {
            guard let copy = TreeCopier(sign: sign).copy(node, of: source, into: &self) else {
                return [node]
            }
            items.append(copy)
        }
        return items
    }
}
