// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Tells opening from closing bars where reading left to right would not: `||x||y||`.
///
/// A bar closes where an operand ends and a bar is open, else it opens; where that leaves a bar open
/// at the end of its brackets, the first other reading that leaves none is taken.
struct BarResolver {
    /// Roles of a bar token, in `Token.value`.
    enum Role { static let unknown: Int32 = 0, opening: Int32 = 1, closing: Int32 = 2 }

    private struct State: Hashable {
        let bar: Int
        let depth: Int
        let followsOpening: Bool
    }

    /// More bars in one pair of brackets are left as they are.
    private static let barLimit = 24

    /// Positions of bars, and whether each follows the end of an operand other than a bar.
    private let bars: [(position: Int, followsOperand: Bool, followsBar: Bool)]
    private var dead: Set<State> = []
    private var roles: [Int32] = []

    private init(_ positions: [Int], _ tokens: [Token]) {
        bars = positions.map { position in
            let before = position == 0 ? TokenKind.end : tokens[position - 1].kind
            return (position, Self.endsOperand(before), before == .bar)
        }
    }

    /// Marks the bars of `tokens` that need it.
    static func resolve(_ tokens: inout [Token]) {
        guard tokens.contains(where: { $0.kind == .bar }) else { return }
        var levels: [[Int]] = [[]]
        for index in tokens.indices {
            switch tokens[index].kind {
            case .leftBrace, .leftParenthesis, .leftBracket, .leftSet, .beginGrid:
                levels.append([])
            case .rightBrace, .rightParenthesis, .rightBracket, .rightSet, .endGrid, .end:
                settle(levels.popLast() ?? [], &tokens)
                if levels.isEmpty { levels.append([]) }
            case .bar: levels[levels.count - 1].append(index)
            default: break
            }
        }
        for level in levels { settle(level, &tokens) }
    }

    private static func settle(_ positions: [Int], _ tokens: inout [Token]) {
        guard positions.count >= 4, positions.count <= barLimit, positions.count % 2 == 0 else {
            return
        }
        var resolver = BarResolver(positions, tokens)
        guard resolver.search(0, 0, false), resolver.needsMarks else { return }
        for (bar, role) in zip(resolver.bars, resolver.roles) {
            tokens[bar.position].value = role
        }
    }

    /// Whether the first choice was overruled somewhere.
    private var needsMarks: Bool {
        var depth = 0
        var followsOpening = false
        for (bar, role) in zip(bars, roles) {
            let mayClose = depth > 0 && (bar.followsOperand || bar.followsBar && !followsOpening)
            if mayClose && role == Role.opening { return true }
            depth += role == Role.opening ? 1 : -1
            followsOpening = role == Role.opening
        }
        return false
    }

    private mutating func search(_ bar: Int, _ depth: Int, _ followsOpening: Bool) -> Bool {
        guard bar < bars.count else { return depth == 0 }
        let state = State(bar: bar, depth: depth, followsOpening: followsOpening)
        guard depth <= bars.count - bar, !dead.contains(state) else { return false }
        let entry = bars[bar]
        if depth > 0, entry.followsOperand || entry.followsBar && !followsOpening {
            roles.append(Role.closing)
            if search(bar + 1, depth - 1, false) { return true }
            roles.removeLast()
        }
        roles.append(Role.opening)
        if search(bar + 1, depth + 1, true) { return true }
        roles.removeLast()
        dead.insert(state)
        return false
    }

    private static func endsOperand(_ kind: TokenKind) -> Bool {
        switch kind {
        case .number, .letter, .word, .roman, .rightBrace, .rightParenthesis, .rightBracket,
            .rightSet, .rightFloor, .rightCeiling, .rightAngle, .bang, .prime, .percent, .degree,
            .ellipsis, .infinity, .pi, .endGrid:
            true
        default: false
        }
    }
}
