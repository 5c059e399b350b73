// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Words that say what a symbol says: "no solution" is ∅, "all real numbers" is ℝ, "twelve" is 12.
enum PhraseMeaning: Equatable {
    case emptySet
    case realNumbers
    case integer(Int)
    case noValue
    case infinitelyMany

    /// Equivalent if one side is words and both mean the same; nil if words do not settle it.
    static func compare(
        _ left: ExpressionTree, _ a: Int32, _ right: ExpressionTree, _ b: Int32
    ) -> Finding? {
        guard let first = meaning(left, a), let second = meaning(right, b) else { return nil }
        if left.kind(a) == .text, right.kind(b) == .text {
            // "none" and "no solutions"; other words are compared as they stand.
            return first == second ? .equivalent(.text) : nil
        }
        return first == second
            ? .equivalent(.text) : .different(.text, "The words say something else.")
    }

    private static func meaning(_ tree: ExpressionTree, _ node: Int32) -> PhraseMeaning? {
        switch tree.kind(node) {
        case .text: return meaning(of: tree.text(node))
        case .set where tree[node].count == 0: return .emptySet
        case .namedSet where tree.text(node) == "R": return .realNumbers
        case .interval, .tuple:
            let isLine =
                tree[node].count == 2
                && ScalarComparator.infinitySign(tree, tree.part(node, 0)) == -1
                && ScalarComparator.infinitySign(tree, tree.part(node, 1)) == 1
            return isLine ? .realNumbers : nil
        case .multiply where tree[node].flags == 1 && tree.text(node) == "DNE": return .noValue
        case .number: return tree.literal(node).value?.integer.map(PhraseMeaning.integer)
        default: return nil
        }
    }

    private static func meaning(of text: String) -> PhraseMeaning? {
        let words = text.lowercased().split(whereSeparator: { !$0.isLetter }).map(String.init)
        switch words.filter({ $0 != "the" && $0 != "there" && $0 != "are" && $0 != "is" }) {
        case ["no", "solution"], ["no", "solutions"], ["no", "real", "solution"],
            ["no", "real", "solutions"], ["empty", "set"], ["none"]:
            return .emptySet
        case ["all", "real", "numbers"], ["all", "reals"], ["any", "real", "number"],
            ["set", "of", "all", "real", "numbers"], ["real", "numbers"]:
            return .realNumbers
        case ["dne"], ["does", "not", "exist"], ["doesn", "t", "exist"],
            ["limit", "does", "not", "exist"]:
            return .noValue
        case ["infinitely", "many"], ["infinitely", "many", "solutions"],
            ["infinite", "solutions"]:
            return .infinitelyMany
        default: return number(words).map(PhraseMeaning.integer)
        }
    }

    private static let small = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
        "nineteen",
    ]
    private static let tens = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ]

    /// "twelve" and "forty-two"; English numbers below 100, alone.
    private static func number(_ words: [String]) -> Int? {
        guard let first = words.first, words.count <= 2 else { return nil }
        if words.count == 1, let value = small.firstIndex(of: first) { return value }
        guard let ten = tens.firstIndex(of: first) else { return nil }
        if words.count == 1 { return 10 * ten + 20 }
        guard let one = small.firstIndex(of: words[1]), (1...9).contains(one) else { return nil }
        return 10 * ten + 20 + one
    }
}
