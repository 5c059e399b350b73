// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What a node of an expression tree is.
enum NodeKind: UInt8, Sendable {
    // Scalars.
    case number, longNumber, symbol, pi, euler, imaginaryUnit, infinity
    case add, multiply, negate, divide, power, root
    case function, logarithm, factorial, doubleFactorial, binomial
    case plusMinus, minusPlus, percent, degrees
    case modulo, gcd, lcm, minimum, maximum, sum, product, integral, limit, apply, opaque, ellipsis
    // Structures.
    case tuple, list, set, interval, union, intersection, difference, setBuilder, namedSet
    case relation, congruence, matrix, cases, text, based, quantity, ratio
}

/// A function of one argument that all steps know.
enum FunctionName: UInt8, Sendable {
    case sin, cos, tan, cot, sec, csc
    case arcsin, arccos, arctan, arccot, arcsec, arccsc
    case sinh, cosh, tanh, coth, sech, csch
    case arsinh, arcosh, artanh
    case exp, ln, log, abs, floor, ceil, re, im, conj, arg, gamma, sign, zeta
}

/// How two sides of a relation stand to each other.
enum RelationSign: UInt8, Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case member, notMember, approximate, congruent, similar, arrow, parallel, perpendicular, subset

    /// The sign after its sides are exchanged.
    var mirrored: RelationSign {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        default: self
        }
    }

    var isOrder: Bool {
        self == .less || self == .lessOrEqual || self == .greater || self == .greaterOrEqual
    }
}

/// One node; its children lie in `ExpressionTree.children[first ..< first + count]`.
struct Node: Sendable, Equatable {
    var kind: NodeKind
    /// Marks of the kind: of an `interval` 1 for a closed left end and 2 for a closed right end, of
    /// a `number` those of `NumberFlags`.
    ///
    /// `symbol`, `multiply`: 1 = came from one bare word.
    var flags: UInt8 = 0
    /// Nodes on the longest way down, this one included.
    var depth: UInt16 = 1
    /// Index into the table that belongs to the kind: names, numbers, texts, chains; or a function,
    /// or a count of columns.
    var payload: Int32 = 0
    var first: Int32 = 0
    var count: Int32 = 0
    /// Nodes of the subtree, those counted twice that occur twice: matrices share their entries.
    var size: Int32 = 1
}

/// How a number was written; policies about decimals and mixed numbers ask.
enum NumberFlags {
    /// Written with a decimal point.
    static let decimal: UInt8 = 1
    /// Written as plain digits.
    static let integerLiteral: UInt8 = 2
    /// A repeating decimal, exact.
    static let repeating: UInt8 = 4
}

/// A number as written.
struct NumberLiteral: Sendable {
    /// Nil if it has more than `Rational.bitLimit` bits; `digits` then has it.
    var value: Rational?
    /// How it was written, by the marks of `NumberFlags`.
    var flags: UInt8 = 0
    /// How many digits were written, leading zeros included; 0 for a repeating decimal.
    private(set) var digitCount = 0
    /// The digits as a number while they are at most `wordDigits`, so that they need no memory.
    private var word: UInt64 = 0
    private var longDigits: [UInt8] = []
    /// Power of ten that multiplies `digits`, or the place of the last written digit (≤ 0) of a
    /// decimal.
    var exponent = 0
    /// Significant digits as written, leading zeros apart.
    var significantDigits = 0

    /// Digits that fit in a word.
    static let wordDigits = 18

    init(value: Rational? = nil) { self.value = value }

    /// A whole number of `digitCount` digits, at most `wordDigits`.
    init(integer word: UInt64, digitCount: Int) {
        value = Rational(word)
        flags = NumberFlags.integerLiteral
        self.word = word
        self.digitCount = digitCount
        significantDigits = digitCount
        if word == 0 {
            significantDigits = 0
        } else {
            var scale: UInt64 = 1
            for _ in 1..<digitCount { scale *= 10 }
            while scale > word {
                significantDigits -= 1
                scale /= 10
            }
        }
    }

    /// Digits as ASCII, without the point.
    var digits: [UInt8] {
        get {
            if digitCount > Self.wordDigits { return longDigits }
            var rest = word
            var result = [UInt8](repeating: 48, count: digitCount)
            for index in result.indices.reversed() {
                result[index] += UInt8(rest % 10)
                rest /= 10
            }
            return result
        }
        set {
            digitCount = newValue.count
            let isShort = digitCount <= Self.wordDigits
            longDigits = isShort ? [] : newValue
            word = isShort ? newValue.reduce(0) { $0 * 10 + UInt64($1 - 48) } : 0
        }
    }
}

/// A number with a stated base, such as 204₅.
struct BasedNumber: Sendable, Equatable {
    var value: Natural
    var base: UInt64
}

/// An expression as flat arrays: freeing or walking it never recurses.
///
/// Invariant: a node's children have smaller indices than the node.
struct ExpressionTree: Sendable {
    private(set) var nodes: [Node] = []
    private(set) var children: [Int32] = []
    var names: [String] = []
    var numbers: [NumberLiteral] = []
    var texts: [String] = []
    var chains: [[RelationSign]] = []
    var based: [BasedNumber] = []
    var root: Int32 = -1
    /// Whether a logarithm without a base occurs, which may mean base 10 or e.
    var hasBareLogarithm = false
    /// Whether no derivative and no sum with dots was worked out while it was read.
    var isWorkedOut = true

    /// Nodes allowed in a tree; 65,536 nodes of 20 bytes are 1.25 MiB.
    static let nodeLimit = 65_536
    /// Nodes met by a walk over a tree with shared parts.
    static let sizeLimit: Int32 = 131_072
    /// Longest way from the root to a leaf.
    static let depthLimit = 512

    init() {}

    mutating func reserve(_ count: Int) {
        nodes.reserveCapacity(count)
        // A lone token and the mark of the end have no children.
        if count > 2 { children.reserveCapacity(count) }
    }

    /// Adds a node whose children exist already.
    mutating func add(
        _ kind: NodeKind, _ parts: some Collection<Int32> = [], payload: Int = 0, flags: UInt8 = 0
    ) -> Int32 {
        let first = children.count
        children.append(contentsOf: parts)
        return addNode(kind, from: first, payload, flags)
    }

    /// Adds a node with one child: an array for it would cost an allocation.
    mutating func add(
        _ kind: NodeKind, _ part: Int32, payload: Int = 0, flags: UInt8 = 0
    ) -> Int32 {
        let first = children.count
        children.append(part)
        return addNode(kind, from: first, payload, flags)
    }

    /// Adds a node with two children.
    mutating func add(
        _ kind: NodeKind, _ left: Int32, _ right: Int32, payload: Int = 0, flags: UInt8 = 0
    ) -> Int32 {
        let first = children.count
        children.append(left)
        children.append(right)
        return addNode(kind, from: first, payload, flags)
    }

    /// Adds a node whose children are those from `first` on.
    private mutating func addNode(
        _ kind: NodeKind, from first: Int, _ payload: Int, _ flags: UInt8
    ) -> Int32 {
        var node = Node(
            kind: kind, flags: flags, payload: Int32(payload), first: Int32(first),
            count: Int32(children.count - first))
        var depth: UInt16 = 0
        for index in first..<children.count {
            let entry = nodes[Int(children[index])]
            depth = max(depth, entry.depth)
            node.size = min(node.size + entry.size, Self.sizeLimit + 1)
        }
        node.depth = depth == .max ? depth : depth + 1
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    /// Whether walking the subtree is too long; every walk visits a shared part each time.
    func isOversized(_ node: Int32) -> Bool { nodes[Int(node)].size > Self.sizeLimit }

    /// Nodes on the longest way down from `node`, itself included.
    func depth(_ node: Int32) -> Int { Int(nodes[Int(node)].depth) }

    /// Whether the kind binds its first part, a name, in its last: sums, integrals, limits.
    static func isBinder(_ kind: NodeKind) -> Bool {
        [.sum, .product, .integral, .limit].contains(kind)
    }

    /// Makes a node the number 1.
    mutating func makeOne(_ node: Int32) {
        numbers.append(NumberLiteral(value: .one))
        var entry = nodes[Int(node)]
        (entry.kind, entry.flags, entry.count) = (.number, 0, 0)
        entry.payload = Int32(numbers.count - 1)
        nodes[Int(node)] = entry
    }

    /// Whether names occur that no sum, integral or limit binds.
    func hasFreeNames(_ top: Int32) -> Bool {
        var stack: [(node: Int32, bound: [String])] = [(top, [])]
        while let (node, bound) = stack.popLast() {
            switch kind(node) {
            case .apply: return true
            case .symbol: if !bound.contains(name(node)) { return true }
            case let kind where Self.isBinder(kind):
                guard let variable = parts(node).first, let body = parts(node).last else {
                    continue
                }
                for part in parts(node).dropFirst().dropLast() { stack.append((part, bound)) }
                stack.append((body, bound + [name(variable)]))
            default: for part in parts(node) { stack.append((part, bound)) }
            }
        }
        return false
    }

    mutating func setFlags(_ flags: UInt8, of node: Int32) { nodes[Int(node)].flags = flags }

    mutating func addNumber(_ value: Rational, flags: UInt8 = 0) -> Int32 {
        numbers.append(NumberLiteral(value: value))
        return add(.number, payload: numbers.count - 1, flags: flags)
    }

    mutating func addSymbol(_ name: String) -> Int32 {
        add(.symbol, payload: intern(name))
    }

    mutating func intern(_ name: String) -> Int {
        if let index = names.firstIndex(of: name) { return index }
        names.append(name)
        return names.count - 1
    }

    mutating func addText(_ text: String) -> Int32 {
        texts.append(text)
        return add(.text, payload: texts.count - 1)
    }

    mutating func addRelation(_ sides: [Int32], _ signs: [RelationSign]) -> Int32 {
        chains.append(signs)
        return add(.relation, sides, payload: chains.count - 1)
    }

    subscript(node: Int32) -> Node { nodes[Int(node)] }

    func kind(_ node: Int32) -> NodeKind { nodes[Int(node)].kind }

    func parts(_ node: Int32) -> ArraySlice<Int32> {
        let entry = nodes[Int(node)]
        return children[Int(entry.first)..<Int(entry.first + entry.count)]
    }

    func part(_ node: Int32, _ index: Int) -> Int32 {
        children[Int(nodes[Int(node)].first) + index]
    }

    func name(_ node: Int32) -> String { names[Int(nodes[Int(node)].payload)] }
    func text(_ node: Int32) -> String { texts[Int(nodes[Int(node)].payload)] }
    func signs(_ node: Int32) -> [RelationSign] { chains[Int(nodes[Int(node)].payload)] }
    func literal(_ node: Int32) -> NumberLiteral { numbers[Int(nodes[Int(node)].payload)] }
    func basedNumber(_ node: Int32) -> BasedNumber { based[Int(nodes[Int(node)].payload)] }

    /// The nodes of a subtree in postfix order: children before their parent, left to right.
    ///
    /// Returns nil once more than `limit` nodes were seen.
    func postfix(_ top: Int32, limit: Int = nodeLimit) -> [Int32]? {
        var result: [Int32] = []
        result.reserveCapacity(min(Int(nodes[Int(top)].size), limit + 1))
        var stack: [Int32] = []
        stack.reserveCapacity(16)
        stack.append(top)
        while let node = stack.popLast() {
            result.append(node)
            if result.count > limit { return nil }
            let entry = nodes[Int(node)]
            for index in entry.first..<entry.first + entry.count {
                stack.append(children[Int(index)])
            }
        }
        // Parent, right child, left child … read backwards is left, right, parent.
        result.reverse()
        return result
    }

    /// Whether any node of the subtree satisfies `test`.
    func contains(_ top: Int32, where test: (Node) -> Bool) -> Bool {
        var stack: [Int32] = [top]
        while let node = stack.popLast() {
            if test(self[node]) { return true }
            stack.append(contentsOf: parts(node))
        }
        return false
    }
}
