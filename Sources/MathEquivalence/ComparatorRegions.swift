// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Sets of real numbers: intervals, unions, points, and inequalities already solved for a name.

/// One end of an interval: a constant of its side's tree, or nil for ±∞.
struct RegionEnd {
    var node: Int32?
    var isClosed: Bool
    /// Where it lies, for sorting only.
    var place: Double
}

/// An interval, or a point when both ends are the same closed node.
struct RegionPiece {
    var low: RegionEnd
    var high: RegionEnd
}

/// Reads sets of reals from a tree.
struct RegionReader {
    let tree: ExpressionTree
    /// Exact values, to tell ends apart that doubles cannot.
    var exact: ExactEvaluator?

    /// The pieces in ascending order, or nil if the node is no such set.
    func pieces(_ node: Int32) -> [RegionPiece]? {
        guard let found = read(node) else { return nil }
        return merged(found.sorted { $0.low.place < $1.low.place })
    }

    /// Whether the node says by itself that it is a region, as tuples do not.
    func isRegion(_ node: Int32) -> Bool {
        switch tree.kind(node) {
        case .interval, .union, .difference: return true
        case .namedSet: return Self.halves(tree.text(node)) != nil
        case .intersection: return pieces(node) != nil
        case .setBuilder: return pieces(node) != nil
        case .relation: return tree.signs(node).contains { $0.isOrder || $0 == .notEqual }
        case .list:
            return tree[node].payload != Parser.Joint.comma
                && tree.parts(node).contains { isRegion($0) }
        default: return false
        }
    }

    private func read(_ node: Int32) -> [RegionPiece]? {
        switch tree.kind(node) {
        case .interval, .tuple:
            guard tree[node].count == 2 else { return nil }
            let flags = tree.kind(node) == .tuple ? 0 : tree[node].flags
            guard let low = end(tree.part(node, 0), flags & 1 != 0, isLow: true),
                let high = end(tree.part(node, 1), flags & 2 != 0, isLow: false)
            else { return nil }
            return [RegionPiece(low: low, high: high)]
        case .set: return join(tree.parts(node)) { self.point($0) }
        case .union: return join(tree.parts(node)) { self.read($0) }
        case .list where tree[node].payload == Parser.Joint.or:
            return join(tree.parts(node)) { self.read($0) }
        case .list where tree[node].payload == Parser.Joint.and: return meet(tree.parts(node))
        case .intersection: return meet(tree.parts(node))
        case .namedSet: return Self.halves(tree.text(node))
        case .difference: return difference(node)
        case .relation: return relation(node)
        case .setBuilder: return setBuilder(node)
        default: return nil
        }
    }

    private func join(
        _ parts: ArraySlice<Int32>, _ one: (Int32) -> [RegionPiece]?
    ) -> [RegionPiece]? {
        guard parts.count <= 64 else { return nil }
        var result: [RegionPiece] = []
        for part in parts {
            guard let pieces = one(part) else { return nil }
            result += pieces
        }
        return result
    }

    /// ℝ, ℝ⁺, ℝ₋ and the like.
    private static func halves(_ name: String) -> [RegionPiece]? {
        let zero = { (isClosed: Bool) in RegionEnd(node: zeroNode, isClosed: isClosed, place: 0) }
        switch name {
        case "R": return [everything]
        case "R^+", "R_+", "R_>0", "R^>0":
            return [RegionPiece(low: zero(false), high: everything.high)]
        case "R^-", "R_-", "R_<0", "R^<0":
            return [RegionPiece(low: everything.low, high: zero(false))]
        case "R_ge0", "R_geq0", "R_geqslant0", "R_>=0":
            return [RegionPiece(low: zero(true), high: everything.high)]
        case "R_le0", "R_leq0", "R_leqslant0", "R_<=0":
            return [RegionPiece(low: everything.low, high: zero(true))]
        default: return nil
        }
    }

    /// Stands for the number 0, which has no node of its own.
    static let zeroNode: Int32 = -1

    /// What all members have in common.
    private func meet(_ parts: ArraySlice<Int32>) -> [RegionPiece]? {
        guard parts.count <= 16 else { return nil }
        var result = [Self.everything]
        for part in parts {
            guard let pieces = pieces(part), result.count * pieces.count <= 256 else { return nil }
            result = result.flatMap { piece in pieces.compactMap { Self.common(piece, $0) } }
        }
        return result
    }

    private static func common(_ x: RegionPiece, _ y: RegionPiece) -> RegionPiece? {
        func inner(_ p: RegionEnd, _ q: RegionEnd, isLow: Bool) -> RegionEnd {
            if p.place == q.place { return p.isClosed ? q : p }
            return (p.place > q.place) == isLow ? p : q
        }
        let low = inner(x.low, y.low, isLow: true)
        let high = inner(x.high, y.high, isLow: false)
        if low.place > high.place { return nil }
        if low.place == high.place, !low.isClosed || !high.isClosed { return nil }
        return RegionPiece(low: low, high: high)
    }

    /// What ascending pieces leave of the line.
    private static func complement(_ pieces: [RegionPiece]) -> [RegionPiece] {
        var result: [RegionPiece] = []
        var low = everything.low
        for piece in pieces {
            var end = piece.low
            end.isClosed.toggle()
            if piece.low.node != nil { result.append(RegionPiece(low: low, high: end)) }
            low = piece.high
            low.isClosed.toggle()
            if piece.high.node == nil { return result }
        }
        return result + [RegionPiece(low: low, high: everything.high)]
    }

    static let everything = RegionPiece(
        low: RegionEnd(node: nil, isClosed: false, place: -.infinity),
        high: RegionEnd(node: nil, isClosed: false, place: .infinity))

    private func end(_ node: Int32, _ isClosed: Bool, isLow: Bool) -> RegionEnd? {
        if let sign = ScalarComparator.infinitySign(tree, node) {
            guard (sign < 0) == isLow else { return nil }
            return RegionEnd(node: nil, isClosed: false, place: isLow ? -.infinity : .infinity)
        }
        guard Parser.isScalar(tree.kind(node)), !Comparator.hasNames(tree, node),
            let (place, _) = DoubleEvaluator(tree: tree, point: { _ in 0 }).evaluate(node),
            place.isFinite
        else { return nil }
        return RegionEnd(node: node, isClosed: isClosed, place: place)
    }

    private func point(_ node: Int32) -> [RegionPiece]? {
        guard let end = end(node, true, isLow: true), end.node != nil else { return nil }
        return [RegionPiece(low: end, high: end)]
    }

    /// A ∖ B, such as ℝ ∖ {a, b}.
    private func difference(_ node: Int32) -> [RegionPiece]? {
        guard let whole = pieces(tree.part(node, 0)), let hole = pieces(tree.part(node, 1)) else {
            return nil
        }
        let rest = Self.complement(hole)
        guard whole.count * rest.count <= 256 else { return nil }
        return whole.flatMap { piece in rest.compactMap { Self.common(piece, $0) } }
    }

    private func without(_ points: [RegionEnd]) -> [RegionPiece] {
        var result: [RegionPiece] = []
        var low = Self.everything.low
        for point in points.sorted(by: { $0.place < $1.place }) {
            result.append(RegionPiece(low: low, high: point))
            low = point
        }
        return result + [RegionPiece(low: low, high: Self.everything.high)]
    }

    /// `x < 5`, `2 ≤ x < 5`, `5 > x`, `x ≠ 3`, `x ∈ S`, solved for one bare name.
    private func relation(_ node: Int32) -> [RegionPiece]? {
        let signs = tree.signs(node)
        let sides = Array(tree.parts(node))
        if signs == [.member], tree.kind(sides[0]) == .symbol { return read(sides[1]) }
        guard let middle = sides.firstIndex(where: { tree.kind($0) == .symbol }),
            sides.enumerated().allSatisfy({ $0 == middle || !Comparator.hasNames(tree, $1) })
        else { return nil }
        if signs == [.notEqual] {
            guard let hole = end(sides[1 - middle], false, isLow: true) else { return nil }
            return without([hole])
        }
        guard signs.allSatisfy(\.isOrder), sides.count <= 3, sides.count == 2 || middle == 1 else {
            return nil
        }
        var piece = Self.everything
        for (index, sign) in signs.enumerated() {
            // Turned so that the name stands left: `x sign bound`.
            let isNameLeft = index == middle
            let turned = isNameLeft ? sign : sign.mirrored
            let bound = sides[isNameLeft ? index + 1 : index]
            let isClosed = turned == .lessOrEqual || turned == .greaterOrEqual
            let isLow = turned == .greater || turned == .greaterOrEqual
            guard let end = end(bound, isClosed, isLow: isLow) else { return nil }
            if isLow {
                guard piece.low.node == nil else { return nil }
                piece.low = end
            } else {
                guard piece.high.node == nil else { return nil }
                piece.high = end
            }
        }
        return [piece]
    }

    /// `{x : x > 2}` and `{x ∈ ℝ : x > 2}`.
    private func setBuilder(_ node: Int32) -> [RegionPiece]? {
        var subject = tree.part(node, 0)
        if tree.kind(subject) == .relation, tree.signs(subject) == [.member],
            tree.kind(tree.part(subject, 1)) == .namedSet, tree.text(tree.part(subject, 1)) == "R"
        {
            subject = tree.part(subject, 0)
        }
        guard tree.kind(subject) == .symbol else { return nil }
        return read(tree.part(node, 1))
    }

    /// Whether two ends at the same double are the same number, as far as fractions tell.
    private func isSame(_ first: RegionEnd, _ second: RegionEnd) -> Bool {
        guard let x = first.node, let y = second.node, x >= 0, y >= 0, let exact,
            let p = exact[x], let q = exact[y]
        else { return true }
        return p == q
    }

    /// Joins pieces that overlap for sure or touch in a shared, covered constant.
    private func merged(_ sorted: [RegionPiece]) -> [RegionPiece] {
        var result: [RegionPiece] = []
        for piece in sorted {
            guard let last = result.last else {
                result.append(piece)
                continue
            }
            let isTouching =
                last.high.place == piece.low.place && isSame(last.high, piece.low)
                && (last.high.isClosed || piece.low.isClosed) && last.high.place.isFinite
            guard last.high.place > piece.low.place || isTouching else {
                result.append(piece)
                continue
            }
            if piece.high.place > last.high.place
                || (piece.high.place == last.high.place && piece.high.isClosed)
            {
                result[result.count - 1].high = piece.high
            }
        }
        return result
    }
}

extension Comparator {
    /// Compares two sets of reals; nil unless both are, and one says so.
    mutating func compareRegions(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding? {
        let first = RegionReader(tree: left, exact: reference.exact)
        let second = RegionReader(tree: right, exact: answer.exact)
        guard first.isRegion(a) || second.isRegion(b) else { return nil }
        guard let x = first.pieces(a), let y = second.pieces(b) else {
            return try compareSolved(a, b)
        }
        if let finding = differentNames(a, b) { return finding }
        let isBridged = (left.kind(a) == .relation) != (right.kind(b) == .relation)
        if isBridged { policies.insert("inequality") }
        guard x.count == y.count else {
            return .different(.structure, "The sets have different numbers of pieces.")
        }
        var proof = Comparison.Proof.exact
        for (p, q) in zip(x, y) {
            for (end, other) in [(p.low, q.low), (p.high, q.high)] {
                guard end.isClosed == other.isClosed, (end.node == nil) == (other.node == nil)
                else {
                    return .different(.structure, "The ends of the sets differ.")
                }
                guard let node = end.node, let partner = other.node else { continue }
                if node < 0 || partner < 0 {
                    let isZero =
                        (node < 0 || reference.exact[node]?.isZero == true)
                        && (partner < 0 || answer.exact[partner]?.isZero == true)
                    guard isZero else {
                        return .different(.structure, "The ends of the sets differ.")
                    }
                    continue
                }
                let finding = try compare(node, partner)
                guard finding.isEquivalent else { return finding }
                if finding.proof == .numeric { proof = .numeric }
            }
        }
        return .equivalent(.structure, proof)
    }

    /// Inequalities for different names are different.
    private func differentNames(_ a: Int32, _ b: Int32) -> Finding? {
        let (first, second) = (Self.names(left, a), Self.names(right, b))
        guard !first.isEmpty, !second.isEmpty, first != second,
            left.kind(a) != .setBuilder, right.kind(b) != .setBuilder
        else { return nil }
        return .different(.structure, "The inequalities are about different names.")
    }

    private static func names(_ tree: ExpressionTree, _ node: Int32) -> Set<String> {
        guard let order = tree.postfix(node, limit: 4096) else { return [] }
        return Set(order.filter { tree.kind($0) == .symbol }.map { tree.name($0) })
    }

    /// `2x > 4` and `|x| < 2`, solved for their name first.
    private mutating func compareSolved(_ a: Int32, _ b: Int32) throws(NeedsWorker) -> Finding? {
        let (x, y) = (LinearInequality.solve(left, a), LinearInequality.solve(right, b))
        guard x != nil || y != nil else { return nil }
        let first = x.map { Side($0) } ?? reference
        let second = y.map { Side($0) } ?? answer
        let (p, q) = (x?.root ?? a, y?.root ?? b)
        let scalars = ScalarComparator(
            reference: first, answer: second, seed: scalars.seed, pool: scalars.pool,
            options: options, logarithmBase: scalars.logarithmBase)
        guard RegionReader(tree: first.tree).pieces(p) != nil,
            RegionReader(tree: second.tree).pieces(q) != nil
        else { return nil }
        var comparator = Comparator(reference: first, answer: second, scalars: scalars)
        comparator.policies = policies
        let finding = try comparator.compareRegions(p, q)
        policies = comparator.policies
        if (left.kind(a) == .relation) != (right.kind(b) == .relation) {
            policies.insert("inequality")
        }
        return finding
    }
}
