// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

extension ExpressionTree {
    /// Works out sums, products and multiples of matrices at the root, entry by entry.
    ///
    /// Entries stay expressions; shapes that do not fit leave the tree as it is.
    mutating func evaluateMatrices() {
        guard root >= 0, [.add, .multiply, .negate].contains(kind(root)),
            parts(root).contains(where: { kind($0) == .matrix })
        else { return }
        var result = self
        guard let matrix = result.combined(root) else { return }
        result.root = matrix
        self = result
    }

    private mutating func combined(_ node: Int32) -> Int32? {
        var members = Array(parts(node))
        guard members.count <= 8 else { return nil }
        if kind(node) == .negate {
            members.insert(addNumber(Rational(-1)), at: 0)
            return product(members)
        }
        return kind(node) == .add ? sum(members) : product(members)
    }

    private mutating func sum(_ members: [Int32]) -> Int32? {
        let width = self[members[0]].payload
        let count = self[members[0]].count
        guard
            members.allSatisfy({
                kind($0) == .matrix && self[$0].payload == width && self[$0].count == count
            })
        else { return nil }
        var entries: [Int32] = []
        for index in 0..<Int(count) { entries.append(add(.add, members.map { part($0, index) })) }
        return add(.matrix, entries, payload: Int(width))
    }

    private mutating func product(_ members: [Int32]) -> Int32? {
        var matrix: Int32?
        var factors: [Int32] = []
        for member in members {
            if kind(member) != .matrix {
                factors.append(member)
            } else if let left = matrix {
                guard let next = product(left, member) else { return nil }
                matrix = next
            } else {
                matrix = member
            }
        }
        guard let matrix, !factors.isEmpty else { return matrix }
        let entries = parts(matrix).map { $0 }
        var scaled: [Int32] = []
        for entry in entries { scaled.append(add(.multiply, factors + [entry])) }
        return add(.matrix, scaled, payload: Int(self[matrix].payload))
    }

    private mutating func product(_ left: Int32, _ right: Int32) -> Int32? {
        let (inner, width) = (Int(self[left].payload), Int(self[right].payload))
        let height = Int(self[left].count) / inner
        guard Int(self[right].count) == inner * width, height * width * inner <= 512 else {
            return nil
        }
        var entries: [Int32] = []
        for row in 0..<height {
            for column in 0..<width {
                var terms: [Int32] = []
                for step in 0..<inner {
                    terms.append(
                        add(
                            .multiply,
                            [part(left, row * inner + step), part(right, step * width + column)]))
                }
                entries.append(add(.add, terms))
            }
        }
        return add(.matrix, entries, payload: width)
    }
}
