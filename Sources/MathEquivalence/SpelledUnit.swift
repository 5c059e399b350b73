// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Reads a product of a number and letters, such as `9.8 m/s^2`, as a number with a unit.
enum SpelledUnit {
    /// A tree whose root is a quantity, or nil if the letters spell no known unit.
    static func read(_ tree: ExpressionTree, _ node: Int32) -> ExpressionTree? {
        var words: [String] = []
        guard let number = split(tree, node, isBelow: false, &words), !words.isEmpty else {
            return nil
        }
        let spelling = words.joined(separator: " ")
        guard UnitScale(spelling) != nil else { return nil }
        var result = tree
        result.texts.append(spelling)
        result.root = result.add(.quantity, number, payload: result.texts.count - 1)
        return result
    }

    /// The leading number; the words of what multiplies it are collected.
    private static func split(
        _ tree: ExpressionTree, _ node: Int32, isBelow: Bool, _ words: inout [String]
    ) -> Int32? {
        let parts = tree.parts(node)
        switch tree.kind(node) {
        case .multiply where tree[node].flags != 1:
            guard let first = parts.first, !Comparator.hasNames(tree, first),
                parts.dropFirst().allSatisfy({ append(tree, $0, isBelow: isBelow, &words) })
            else { return nil }
            return first
        case .divide:
            guard let first = parts.first, let last = parts.last,
                let number = split(tree, first, isBelow: isBelow, &words),
                append(tree, last, isBelow: true, &words)
            else { return nil }
            return number
        default: return nil
        }
    }

    private static func append(
        _ tree: ExpressionTree, _ node: Int32, isBelow: Bool, _ words: inout [String]
    ) -> Bool {
        guard words.count < 16 else { return false }
        switch tree.kind(node) {
        case .symbol:
            if isBelow { words.append("/") }
            let name = tree.name(node) == "Omega" ? "ohm" : tree.name(node)
            if !isBelow, words.last == "mu" {
                // μm, whose letters were read one by one.
                words[words.count - 1] = "μ" + name
            } else {
                words.append(name)
            }
            return true
        case .power:
            guard tree.kind(tree.part(node, 0)) == .symbol,
                tree.kind(tree.part(node, 1)) == .number,
                let power = tree.literal(tree.part(node, 1)).value?.integer
            else { return false }
            if isBelow { words.append("/") }
            words += [tree.name(tree.part(node, 0)), "^", String(power)]
            return true
        case .multiply where tree[node].flags == 1:
            if isBelow { words.append("/") }
            words.append(tree.text(node))
            return true
        case .multiply:
            return tree.parts(node).allSatisfy { append(tree, $0, isBelow: isBelow, &words) }
        case .divide where !isBelow:
            return append(tree, tree.part(node, 0), isBelow: false, &words)
                && append(tree, tree.part(node, 1), isBelow: true, &words)
        default: return false
        }
    }
}
