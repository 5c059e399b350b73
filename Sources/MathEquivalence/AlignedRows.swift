// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Turns the rows of `aligned` and its kin into a list, in one pass over the tokens.
///
/// Alignment marks mean nothing. A row that begins with a relation sign continues the row above:
/// `x &= 2 + 3 \\ &= 5` is x = 2 + 3 = 5.
enum AlignedRows {
    private static let names: Set<String> = [
        "aligned", "align", "gathered", "gather", "split", "eqnarray", "equation",
        "multline",
    ]

    static func isAligned(_ name: String) -> Bool { names.contains(name.filter { $0 != "*" }) }

    static func flatten(_ tokens: inout [Token], _ strings: [String]) {
        func opensRows(_ token: Token) -> Bool {
            token.kind == .beginGrid && isAligned(strings[Int(token.value)])
        }
        guard tokens.contains(where: opensRows) else { return }
        var result: [Token] = []
        result.reserveCapacity(tokens.count)
        var grids: [Bool] = []
        for (index, token) in tokens.enumerated() {
            let isInRows = grids.last ?? false
            switch token.kind {
            case .beginGrid: grids.append(opensRows(token))
            case .endGrid: _ = grids.popLast()
            case .ampersand where isInRows: continue
            case .row where isInRows:
                let next = following(tokens, index)
                let isBreak = next != .relation && next != .endGrid && next != .row
                guard isBreak, result.last?.kind != .comma, result.last?.kind != .beginGrid else {
                    continue
                }
                var comma = token
                comma.kind = .comma
                result.append(comma)
                continue
            default: break
            }
            result.append(token)
        }
        tokens = result
    }

    /// The kind of the next token that is no alignment mark; a few are looked at.
    private static func following(_ tokens: [Token], _ index: Int) -> TokenKind {
        for token in tokens[(index + 1)...].prefix(8) where token.kind != .ampersand {
            return token.kind
        }
        return .end
    }
}
