// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// What a field holds, for documentation and OpenAPI.
public enum FieldKind: Sendable, Equatable {
    case string, integer, number, boolean, object, array, any
    /// A string out of a list.
    case choice([String])

    /// The kind in words, as error messages say it.
    public var words: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .boolean: "true or false"
        case .object: "an object"
        case .array: "an array"
        case .any: "any JSON value"
        case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        }
    }
}

/// What a field means, apart from how it is read.
public struct FieldNotes: Sendable {
    /// Other names that are accepted.
    public var aliases: [String]
    /// Unit of a number, such as `seconds`, `bytes`, `tokens`.
    public var unit: String?
    /// Least and greatest number accepted.
    public var range: ClosedRange<Double>?
    /// The default as JSON text; nil when there is none.
    public var defaultText: String?
    /// Whether its absence is an error.
    public var isRequired: Bool

    /// Collects the notes of a field.
    ///
    /// - Parameters:
    ///   - aliases: other names that are accepted.
    ///   - unit: unit of a number.
    ///   - range: numbers accepted.
    ///   - defaultText: the default as JSON text.
    ///   - isRequired: whether absence is an error.
    public init(
        aliases: [String] = [], unit: String? = nil, range: ClosedRange<Double>? = nil,
        defaultText: String? = nil, isRequired: Bool = false
    ) {
        self.aliases = aliases
        self.unit = unit
        self.range = range
        self.defaultText = defaultText
        self.isRequired = isRequired
    }

    /// A field whose absence is an error.
    public static let required = FieldNotes(isRequired: true)
}

/// One declared member of a wire object: its name, meaning, and how it is read.
public struct Field<Root>: Sendable {
    /// Name on the wire, in snake_case.
    public let name: String
    /// What it holds.
    public let kind: FieldKind
    /// Aliases, unit, range, default, necessity.
    public let notes: FieldNotes
    /// One sentence for people.
    public let doc: String
    let decode: @Sendable (JSONView, inout Root) throws(WireError) -> Void

    /// Declares a field with a reader of its own.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - kind: what it holds; the reader is called only with values of that kind.
    ///   - notes: aliases, unit, range, default, necessity.
    ///   - doc: one sentence for people.
    ///   - decode: stores the value; errors point relative to the value.
    public init(
        _ name: String, _ kind: FieldKind, _ notes: FieldNotes = FieldNotes(), doc: String,
        decode: @escaping @Sendable (JSONView, inout Root) throws(WireError) -> Void
    ) {
        self.name = name
        self.kind = kind
        self.notes = notes
        self.doc = doc
        self.decode = decode
    }

    /// Declares a text.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - notes: aliases and so on.
    ///   - doc: one sentence for people.
    ///   - set: stores the unescaped text.
    /// - Returns: the field.
    public static func string(
        _ name: String, _ notes: FieldNotes = FieldNotes(), doc: String,
        set: @escaping @Sendable (inout Root, ByteString) -> Void
    ) -> Field {
        Field(name, .string, notes, doc: doc) { view, root throws(WireError) in
            if let text = view.string { set(&root, text) }
        }
    }

    /// Declares a whole number.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - notes: unit, range and so on.
    ///   - doc: one sentence for people.
    ///   - set: stores the number.
    /// - Returns: the field.
    public static func integer(
        _ name: String, _ notes: FieldNotes = FieldNotes(), doc: String,
        set: @escaping @Sendable (inout Root, Int) -> Void
    ) -> Field {
        Field(name, .integer, notes, doc: doc) { view, root throws(WireError) in
            set(&root, try view.integer(in: notes.range))
        }
    }

    /// Declares a number.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - notes: unit, range and so on.
    ///   - doc: one sentence for people.
    ///   - set: stores the number, which is finite.
    /// - Returns: the field.
    public static func number(
        _ name: String, _ notes: FieldNotes = FieldNotes(), doc: String,
        set: @escaping @Sendable (inout Root, Double) -> Void
    ) -> Field {
        Field(name, .number, notes, doc: doc) { view, root throws(WireError) in
            set(&root, try view.double(in: notes.range))
        }
    }

    /// Declares a truth value.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - notes: default and so on.
    ///   - doc: one sentence for people.
    ///   - set: stores the value.
    /// - Returns: the field.
    public static func boolean(
        _ name: String, _ notes: FieldNotes = FieldNotes(), doc: String,
        set: @escaping @Sendable (inout Root, Bool) -> Void
    ) -> Field {
        Field(name, .boolean, notes, doc: doc) { view, root throws(WireError) in
            set(&root, view.boolean ?? false)
        }
    }

    /// Declares a word out of a list.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - type: the enum whose raw values are accepted.
    ///   - notes: default and so on.
    ///   - doc: one sentence for people.
    ///   - set: stores the case.
    /// - Returns: the field.
    public static func choice<Choice>(
        _ name: String, _ type: Choice.Type, _ notes: FieldNotes = FieldNotes(), doc: String,
        set: @escaping @Sendable (inout Root, Choice) -> Void
    ) -> Field
    where
        Choice: CaseIterable & RawRepresentable & Sendable, Choice.RawValue == String,
        Choice.AllCases: Sendable
    {
        let words = Choice.allCases.map(\.rawValue)
        return Field(name, .choice(words), notes, doc: doc) { view, root throws(WireError) in
            let word = view.string?.string ?? ""
            guard let choice = Choice(rawValue: word) else {
                throw view.unacceptable(FieldKind.choice(words).words)
            }
            set(&root, choice)
        }
    }

    /// Declares an object with fields of its own.
    ///
    /// - Parameters:
    ///   - name: name on the wire.
    ///   - table: the object's fields.
    ///   - notes: aliases and so on.
    ///   - doc: one sentence for people.
    ///   - get: the value to start from, so that absent members keep theirs.
    ///   - set: stores the object.
    /// - Returns: the field.
    public static func object<Part>(
        _ name: String, _ table: FieldTable<Part>, _ notes: FieldNotes = FieldNotes(), doc: String,
        get: @escaping @Sendable (Root) -> Part, set: @escaping @Sendable (inout Root, Part) -> Void
    ) -> Field {
        Field(name, .object, notes, doc: doc) { view, root throws(WireError) in
            var part = get(root)
            try table.decode(view, into: &part)
            set(&root, part)
        }
    }
}
