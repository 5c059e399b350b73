// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Everything that opens and closes: groups, tuples, intervals, sets, bars, grids.

extension Parser {
    mutating func parseBracket() throws(ParseFailure) -> Int32 {
        switch kind {
        case .leftBrace: return try parseGroup()
        case .leftParenthesis: return try parseRound()
        case .leftBracket, .rightBracket: return try parseSquare()
        case .leftSet: return try parseSet()
        case .bar: return try parseBars()
        case .leftFloor: return try parseRounding(.floor, .rightFloor)
        case .leftCeiling: return try parseRounding(.ceil, .rightCeiling)
        case .doubleBar: return try parseOpaqueBracket("norm", .doubleBar)
        case .leftAngle:
            advance()
            let list = try parseContent(until: [.rightAngle])
            advance()
            return try node(.tuple, items(list))
        default: throw unexpected()
        }
    }

    private mutating func parseContent(
        until closing: TokenSet, insideSet: Bool = false, isFrench: Bool = false
    ) throws(ParseFailure) -> Int32? {
        let result = try bracketed(insideSet: insideSet) { parser throws(ParseFailure) in
            parser.isFrenchInterval = isFrench
            return try parser.parseList(until: closing)
        }
        guard closing.contains(kind) else { throw unexpected() }
        return result
    }

    /// The members of a list, lists of lists flattened; a lone item is its own list.
    private func items(_ list: Int32?) -> [Int32] {
        guard let list else { return [] }
        guard tree.kind(list) == .list else { return [list] }
        return tree.parts(list).flatMap { part in
            tree.kind(part) == .list ? Array(tree.parts(part)) : [part]
        }
    }

    /// `{…}`: nothing but grouping, unless it lists several things: then people mean a set.
    private mutating func parseGroup() throws(ParseFailure) -> Int32 {
        let isBox = token.value == 1
        advance()
        let isSetOfGroups = !isBox && listsGroups
        let content = try parseContent(until: [.rightBrace, .choose])
        if kind == .choose {
            let value = try parseStacked(content, until: .rightBrace)
            advance()
            return value
        }
        advance()
        guard let content else {
            // `{}` prints nothing; something must follow.
            guard kind != .end else { throw unexpected() }
            return try parsePrimary()
        }
        switch tree.kind(content) {
        case .list where isSetOfGroups:
            var members: [Int32] = []
            for part in tree.parts(content) {
                members.append(tree.kind(part) == .set ? part : try node(.set, part))
            }
            return try node(.set, members)
        case .list where !isBox: return try node(.set, Array(tree.parts(content)))
        default: return content
        }
    }

    /// `n \choose k` and `a \over b`, behind their upper part; the closing token is left.
    mutating func parseStacked(
        _ above: Int32?, until closing: TokenKind
    ) throws(ParseFailure) -> Int32 {
        let isFraction = token.value == 1
        advance()
        guard let above, let below = try parseContent(until: TokenSet(closing)) else {
            throw unexpected()
        }
        return try node(isFraction ? .divide : .binomial, above, below)
    }

    /// Whether braces follow, joined by commas up to the closing brace: `{{1},{2}}` lists sets.
    private var listsGroups: Bool {
        var index = position
        var count = 0
        while tokens[index].kind == .leftBrace {
            var level = 0
            repeat {
                if tokens[index].kind == .leftBrace { level += 1 }
                if tokens[index].kind == .rightBrace { level -= 1 }
                if tokens[index].kind == .end { return false }
                index += 1
            } while level > 0
            count += 1
            if tokens[index].kind == .rightBrace { return count > 1 }
            guard tokens[index].kind == .comma else { return false }
            index += 1
        }
        return false
    }

    private mutating func parseRound() throws(ParseFailure) -> Int32 {
        advance()
        let content = try parseContent(until: [.rightParenthesis, .rightBracket, .leftBracket])
        let isOpen = kind == .leftBracket
        guard !isOpen || isClosingLeftBracket else { throw unexpected() }
        let isClosed = kind == .rightBracket
        advance()
        guard let content else { throw ParseFailure(message: "A pair of brackets is empty.") }
        let list = items(content)
        if isClosed || isOpen {
            guard list.count == 2 else { throw unexpected() }
            return try node(.interval, list, flags: isClosed ? 2 : 0)
        }
        if list.count == 1 {
            // (1011)_2 is a number in base 2.
            if kind == .underscore, tree.kind(content) == .number,
                tree[content].flags == NumberFlags.integerLiteral
            {
                return try parseBased(tree.literal(content))
            }
            return content
        }
        return try node(.tuple, list)
    }

    /// `[a,b]`, `[a,b)`, `]a,b[`, `]a,b]`, and `[…]` as plain grouping.
    private mutating func parseSquare() throws(ParseFailure) -> Int32 {
        let isLeftClosed = kind == .leftBracket
        advance()
        let closing: TokenSet = [.rightBracket, .rightParenthesis, .leftBracket]
        let content = try parseContent(until: closing, isFrench: !isLeftClosed)
        let mark = kind
        guard mark != .leftBracket || !isLeftClosed || isClosingLeftBracket else {
            throw unexpected()
        }
        guard let content else { throw unexpected() }
        advance()
        let list = items(content)
        let isRightClosed = mark == .rightBracket
        if list.count == 2 {
            return try node(
                .interval, list, flags: (isLeftClosed ? 1 : 0) | (isRightClosed ? 2 : 0))
        }
        guard isLeftClosed, isRightClosed else { throw unexpected() }
        return list.count == 1 ? content : try node(.tuple, list)
    }

    private mutating func parseSet() throws(ParseFailure) -> Int32 {
        advance()
        if kind == .beginGrid {
            // A brace before an array without its partner: a system or a case distinction.
            let grid = try parseGrid()
            let isClosed = accept(.rightSet)
            if !isClosed, tree.kind(grid) == .matrix, tree[grid].payload == 2 {
                let entries = Array(tree.parts(grid))
                var rows: [Int32] = []
                for start in stride(from: 0, to: entries.count, by: 2) {
                    rows.append(try node(.tuple, entries[start], entries[start + 1]))
                }
                return try node(.cases, rows)
            }
            let isSystem =
                tree.kind(grid) == .matrix && tree[grid].payload == 1
                && tree.parts(grid).allSatisfy { tree.kind($0) == .relation }
            return isSystem
                ? try node(.list, Array(tree.parts(grid)), payload: Joint.and) : grid
        }
        let content = try parseContent(until: [.rightSet, .bar, .colon], insideSet: true)
        if kind == .rightSet {
            advance()
            return try node(.set, items(content))
        }
        advance()
        guard let content, let condition = try parseContent(until: [.rightSet]) else {
            throw unexpected()
        }
        advance()
        return try node(.setBuilder, content, condition)
    }

    private mutating func parseBars() throws(ParseFailure) -> Int32 {
        advance()
        let content = try bracketed { parser throws(ParseFailure) in
            parser.openBars = 1
            return try parser.parseBinary(0)
        }
        try expect(.bar)
        guard Self.isScalar(tree.kind(content)) else {
            if let value = try determinant(content) { return value }
            tree.texts.append("determinant")
            return try node(.opaque, content, payload: tree.texts.count - 1)
        }
        return try node(.function, content, payload: Int(FunctionName.abs.rawValue))
    }

    private mutating func parseRounding(
        _ name: FunctionName, _ closing: TokenKind
    ) throws(ParseFailure) -> Int32 {
        advance()
        let content = try bracketed { parser throws(ParseFailure) in try parser.parseBinary(0) }
        try expect(closing)
        return try node(.function, content, payload: Int(name.rawValue))
    }

    private mutating func parseOpaqueBracket(
        _ name: String, _ closing: TokenKind
    ) throws(ParseFailure) -> Int32 {
        advance()
        let content = try bracketed { parser throws(ParseFailure) in try parser.parseBinary(0) }
        try expect(closing)
        tree.texts.append(name)
        return try node(.opaque, content, payload: tree.texts.count - 1)
    }

    // MARK: Grids

    private static let matrixNames = [
        "matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array",
        "tabular",
    ]

    mutating func parseGrid() throws(ParseFailure) -> Int32 {
        let name = String(string.filter { $0 != "*" })
        advance()
        let isMatrix = Self.matrixNames.contains(name)
        if !isMatrix, name != "cases", name != "dcases" {
            return try parseAligned(name)
        }
        let rows = try bracketed { parser throws(ParseFailure) in try parser.parseRows() }
        try expect(.endGrid)
        guard let width = rows.first?.count, width > 0,
            !isMatrix || rows.allSatisfy({ $0.count == width })
        else { throw ParseFailure(message: "The rows of a matrix differ in length.") }
        if isMatrix {
            let matrix = try node(.matrix, rows.flatMap { $0 }, payload: width)
            guard name == "vmatrix" else { return matrix }
            if let value = try determinant(matrix) { return value }
            tree.texts.append("determinant")
            return try node(.opaque, matrix, payload: tree.texts.count - 1)
        }
        var parts: [Int32] = []
        for row in rows { parts.append(row.count == 1 ? row[0] : try node(.tuple, row)) }
        // A brace before equations alone is a system of them.
        if parts.allSatisfy({ tree.kind($0) == .relation }) {
            return parts.count == 1 ? parts[0] : try node(.list, parts, payload: Joint.and)
        }
        return try node(.cases, parts)
    }

    /// The determinant of a square matrix of scalars up to 4 × 4, expanded; nil for others.
    mutating func determinant(_ matrix: Int32) throws(ParseFailure) -> Int32? {
        let size = Int(tree[matrix].payload)
        let entries = Array(tree.parts(matrix))
        guard tree.kind(matrix) == .matrix, entries.count == size * size, size <= 4,
            entries.allSatisfy({ Self.isScalar(tree.kind($0)) })
        else { return nil }
        return try minor(entries, size, row: 0, columns: Array(0..<size))
    }

    private mutating func minor(
        _ entries: [Int32], _ size: Int, row: Int, columns: [Int]
    ) throws(ParseFailure) -> Int32 {
        if columns.count == 1 { return entries[row * size + columns[0]] }
        var terms: [Int32] = []
        for (index, column) in columns.enumerated() {
            let rest = columns.filter { $0 != column }
            let below = try minor(entries, size, row: row + 1, columns: rest)
            let term = try node(.multiply, entries[row * size + column], below)
            terms.append(index % 2 == 0 ? term : try node(.negate, term))
        }
        return try node(.add, terms)
    }

    private mutating func parseRows() throws(ParseFailure) -> [[Int32]] {
        var rows: [[Int32]] = [[]]
        let closing: TokenSet = [.ampersand, .row, .endGrid]
        while true {
            if kind == .endGrid {
                if rows.last?.isEmpty == true { rows.removeLast() }
                return rows
            }
            // "if", "for" and the like before a condition say nothing more.
            if kind == .text || kind == .word, !closing.contains(nextKind) { advance() }
            guard let cell = try parseList(until: closing) else {
                throw ParseFailure(message: "A cell of a matrix is empty.")
            }
            rows[rows.count - 1].append(cell)
            if kind == .comma, nextKind == .ampersand || nextKind == .row { advance() }
            if kind == .ampersand {
                advance()
            } else if kind == .row {
                advance()
                rows.append([])
            }
            guard rows.count <= 4096 else { throw unexpected() }
        }
    }

    /// `aligned` and its kin, whose rows are items by now.
    private mutating func parseAligned(_ name: String) throws(ParseFailure) -> Int32 {
        guard AlignedRows.isAligned(name) else {
            throw ParseFailure(message: "The environment \(name.prefix(40)) is not known.")
        }
        let list = try bracketed { parser throws(ParseFailure) in
            try parser.parseList(until: [.endGrid])
        }
        try expect(.endGrid)
        guard let list else { throw ParseFailure(message: "An environment is empty.") }
        return list
    }
}
