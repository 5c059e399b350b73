// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Writes scalars as the postfix programs that `assay-math` reads (see `program.c`).
struct ProgramEncoder {
    /// Names by their index in the request; shared by both programs.
    private(set) var variables: [String] = []
    private var applied: [String] = []
    private(set) var bytes: [UInt8] = []

    /// Most names one request may hold, as in `worker.h`.
    static let variableLimit = 256

    /// Appends the program of a subtree; false if the worker has no such operation.
    ///
    /// Parts that are exact fractions go as such, so that a long sum costs the worker nothing. A
    /// logarithm without base means base `logarithmBase`, where nil is e.
    mutating func append(_ side: Side, _ top: Int32, logarithmBase: Int?) -> Bool {
        let tree = side.tree
        guard let order = Self.order(side, top) else { return false }
        let countOffset = bytes.count
        var count: UInt32 = 0
        write(UInt32(0))
        for (node, scope) in order {
            if let value = side.exact[node] {
                writeNumber(value)
                count += 1
                continue
            }
            guard let added = appendNode(tree, node, scope, logarithmBase) else { return false }
            count += added
        }
        withUnsafeBytes(of: count.littleEndian) { raw in
            for (offset, byte) in raw.enumerated() { bytes[countOffset + offset] = byte }
        }
        return variables.count <= Self.variableLimit && applied.count <= 60_000
            && count <= ExpressionTree.nodeLimit
    }

    /// Names bound around a node, innermost last.
    private typealias Scope = [String]

    /// Postfix order without the names that sums and integrals bind, which are no operands.
    private static func order(_ side: Side, _ top: Int32) -> [(Int32, Scope)]? {
        let tree = side.tree
        var result: [(Int32, Scope)] = []
        var stack: [(Int32, Scope)] = [(top, [])]
        while let (node, scope) = stack.popLast() {
            result.append((node, scope))
            if result.count > ExpressionTree.nodeLimit { return nil }
            if side.exact[node] != nil { continue }
            guard ExpressionTree.isBinder(tree.kind(node)), let variable = tree.parts(node).first
            else {
                for part in tree.parts(node) { stack.append((part, scope)) }
                continue
            }
            let operands = tree.parts(node).dropFirst()
            for part in operands.dropLast() { stack.append((part, scope)) }
            if let body = operands.last { stack.append((body, scope + [tree.name(variable)])) }
        }
        result.reverse()
        return result
    }

    /// Marks a name as bound; people see none of them.
    private static let boundMark = "#"

    private mutating func variable(_ name: String, _ scope: Scope) -> UInt16 {
        let depth = scope.lastIndex(of: name)
        let key = depth.map { "\(Self.boundMark)\($0)" } ?? name
        if let index = variables.firstIndex(of: key) { return UInt16(index) }
        variables.append(key)
        return UInt16(variables.count - 1)
    }

    static func isBound(_ name: String) -> Bool { name.hasPrefix(boundMark) }

    /// Whether a name occurs that nothing binds.
    var hasFreeNames: Bool { variables.contains { !Self.isBound($0) } }

    private mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func header(
        _ code: UInt8, function: UInt8 = 0, variable: UInt16 = 0, count: Int
    ) {
        bytes.append(code)
        bytes.append(function)
        write(variable)
        write(UInt32(count))
    }

    private mutating func writeNumber(_ value: Rational) {
        let text = value.wireForm
        header(1, count: text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Returns how many nodes of the wire were written.
    private mutating func appendNode(
        _ tree: ExpressionTree, _ node: Int32, _ scope: Scope, _ logarithmBase: Int?
    ) -> UInt32? {
        let entry = tree[node]
        let count = Int(entry.count)
        switch entry.kind {
        case .number:
            guard let value = tree.literal(node).value else { return nil }
            writeNumber(value)
        case .longNumber:
            let literal = tree.literal(node)
            header(27, count: literal.digits.count)
            write(Int32(clamping: literal.exponent))
            bytes.append(contentsOf: literal.digits)
        case .symbol: header(2, variable: variable(tree.name(node), scope), count: 0)
        case .sum, .product, .integral, .limit:
            let name = tree.name(tree.part(node, 0))
            let codes: [NodeKind: UInt8] = [.sum: 24, .product: 25, .integral: 28, .limit: 29]
            header(
                codes[entry.kind] ?? 0, function: entry.kind == .limit ? entry.flags : 0,
                variable: variable(name, scope + [name]), count: count - 1)
        case .apply: header(26, variable: application(tree.name(node)), count: count)
        case .function: return appendFunction(entry, logarithmBase)
        default:
            guard let code = Self.codes[entry.kind] else { return nil }
            header(code, count: count)
        }
        return 1
    }

    private mutating func application(_ name: String) -> UInt16 {
        if let index = applied.firstIndex(of: name) { return UInt16(index) }
        applied.append(name)
        return UInt16(applied.count - 1)
    }

    private mutating func appendFunction(_ entry: Node, _ logarithmBase: Int?) -> UInt32 {
        header(12, function: UInt8(entry.payload), count: 1)
        guard entry.payload == Int32(FunctionName.log.rawValue), let logarithmBase else { return 1 }
        // log x in base b is ln x / ln b.
        writeNumber(Rational(logarithmBase))
        header(12, function: FunctionName.ln.rawValue, count: 1)
        header(9, count: 2)
        return 4
    }

    private static let codes: [NodeKind: UInt8] = [
        .pi: 3, .euler: 4, .imaginaryUnit: 5, .add: 6, .multiply: 7, .negate: 8, .divide: 9,
        .power: 10, .root: 11, .logarithm: 13, .factorial: 14, .doubleFactorial: 15, .binomial: 16,
        .percent: 17, .degrees: 18, .modulo: 19, .gcd: 20, .lcm: 21, .minimum: 22, .maximum: 23,
        .infinity: 30,
    ]
}
