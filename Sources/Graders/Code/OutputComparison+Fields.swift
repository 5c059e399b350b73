// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

extension OutputComparison {
    /// The words under `compare`, or under `mode` of its object.
    enum Mode: String, Sendable, CaseIterable {
        case exact, lines, tokens
        case tokensIgnoringCase = "tokens_ci"
        case float, unordered
    }

    /// The comparison that a word alone means.
    ///
    /// - Parameter mode: float then has a tolerance of 1e-6, absolute or relative; unordered
    ///   compares lines.
    init(_ mode: Mode) {
        switch mode {
        case .exact: self = .exact
        case .lines: self = .lines
        case .tokens: self = .tokens
        case .tokensIgnoringCase: self = .tokensIgnoringCase
        case .float: self = .float(.standard)
        case .unordered: self = .unordered(.lines)
        }
    }

    /// Reads `compare`: a word, or an object with `mode` and what belongs to it.
    static func decode(_ view: JSONView) throws(WireError) -> OutputComparison {
        if let word = view.string {
            guard let mode = Mode(rawValue: word.string) else {
                throw view.unacceptable(FieldKind.choice(Mode.allCases.map(\.rawValue)).words)
            }
            return OutputComparison(mode)
        }
        var draft = Draft()
        try Draft.table.decode(view, into: &draft)
        return try draft.comparison(view)
    }

    /// The object while it is read.
    private struct Draft: Sendable {
        var mode = Mode.tokens
        var absolute: ByteString?
        var relative: ByteString?
        var integers: Integers?
        var unit: UnorderedUnit?

        enum Integers: String, Sendable, CaseIterable {
            case exact, tolerant
        }

        static let table = FieldTable<Draft>(
            "comparison",
            fields: [
                .choice("mode", Mode.self, .required, doc: "How outputs are compared.") {
                    $0.mode = $1
                },
                bound("abs", "a number from 0", doc: "float: greatest difference.") {
                    $0.absolute = $1
                },
                bound(
                    "rel", "a number from 0 to 1 with at most 17 decimals",
                    doc: "float: greatest difference as a share of the expected number."
                ) { $0.relative = $1 },
                .choice(
                    "integers", Integers.self, FieldNotes(defaultText: "\"exact\""),
                    doc: "float: whether a number expected without point and exponent is exact."
                ) { $0.integers = $1 },
                .choice(
                    "by", UnorderedUnit.self, FieldNotes(defaultText: "\"lines\""),
                    doc: "unordered: what may stand in any order."
                ) { $0.unit = $1 },
            ])

        /// A bound, kept as it is written: a double would round it.
        private static func bound(
            _ name: String, _ accepted: String, doc: String,
            set: @escaping @Sendable (inout Draft, ByteString) -> Void
        ) -> Field<Draft> {
            Field(name, .number, FieldNotes(defaultText: "1e-6"), doc: doc) {
                view, root throws(WireError) in
                guard let token = view.numberToken,
                    FloatTolerance(
                        absolute: name == "abs" ? token : "0", relative: name == "rel" ? token : "0"
                    ) != nil
                else {
                    throw WireError(
                        code: "out_of_range", message: "expected \(accepted), found \(view.seen)")
                }
                set(&root, token)
            }
        }

        func comparison(_ view: JSONView) throws(WireError) -> OutputComparison {
            let strangers = [
                ("abs", Mode.float), ("rel", .float), ("integers", .float), ("by", .unordered),
            ]
            for (name, owner) in strangers where owner != mode && view[name] != nil {
                throw WireError(
                    code: "conflict", message: "\"\(name)\" belongs to mode \"\(owner.rawValue)\"",
                    pointer: JSONPointer([name]))
            }
            switch mode {
            case .float:
                let tolerance = FloatTolerance(
                    // One bound given alone is the only one.
                    absolute: absolute ?? (relative == nil ? "1e-6" : "0"),
                    relative: relative ?? (absolute == nil ? "1e-6" : "0"),
                    integersAreExact: integers != .tolerant)
                guard let tolerance else { preconditionFailure("each bound was tried alone") }
                return .float(tolerance)
            case .unordered: return .unordered(unit ?? .lines)
            default: return OutputComparison(mode)
            }
        }
    }
}

extension FloatTolerance {
    /// Absolute or relative 1e-6, the tolerance that most problems name.
    static let standard: FloatTolerance = {
        guard let standard = FloatTolerance() else { preconditionFailure("1e-6 is a number") }
        return standard
    }()
}
