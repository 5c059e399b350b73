// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// What happens to members that no field declares.
public enum UnknownFields: Sendable {
    /// An error that names the nearest known field.
    case reject
    /// Passed over, as drop-in endpoints do.
    case ignore
}

/// The declaration of a wire object: decoding, errors and documentation come from it.
public struct FieldTable<Root>: Sendable {
    /// What the object is called in messages, e.g. `rollout`.
    public let name: String
    /// The declared members.
    public let fields: [Field<Root>]
    private let unknown: UnknownFields
    private let names: [Name]

    /// One accepted name and the field it leads to.
    private struct Name: Sendable {
        let bytes: ByteString
        let field: Int
    }

    /// Declares an object.
    ///
    /// - Parameters:
    ///   - name: what the object is called in messages.
    ///   - unknown: what happens to members that no field declares.
    ///   - fields: the members; at most 64, names and aliases distinct.
    public init(_ name: String, unknown: UnknownFields = .reject, fields: [Field<Root>]) {
        precondition(fields.count <= 64, "the set of seen fields is a 64-bit mask")
        self.name = name
        self.fields = fields
        self.unknown = unknown
        names = fields.enumerated().flatMap { index, field in
            ([field.name] + field.notes.aliases).map { Name(bytes: ByteString($0), field: index) }
        }
        precondition(Set(names.map(\.bytes)).count == names.count, "\(name): a name is used twice")
    }

    /// Reads an object into `root`; members that are absent or `null` leave it as it is.
    ///
    /// - Parameters:
    ///   - view: the object.
    ///   - root: receives the values.
    /// - Throws: ``WireError`` for another kind of value, an unknown, repeated or missing member,
    ///   or a member's own fault.
    public func decode(_ view: JSONView, into root: inout Root) throws(WireError) {
        guard view.kind == .object else { throw view.unacceptable("an object (\(name))") }
        var seen: UInt64 = 0
        var present: UInt64 = 0
        for (key, value) in view.members {
            guard let index = fieldIndex(key) else {
                if unknown == .ignore { continue }
                throw unknownField(key)
            }
            let field = fields[index]
            if seen & (1 << UInt64(index)) != 0 {
                throw WireError(
                    code: "duplicate_field",
                    message: "\(field.name) is given twice, the second time as \(key)",
                    pointer: JSONPointer([key.string]))
            }
            seen |= 1 << UInt64(index)
            if value.isNull && field.kind != .any { continue }
            do {
                try field.check(value)
                try field.decode(value, &root)
                present |= 1 << UInt64(index)
            } catch {
                throw error.prefixed(by: key.string)
            }
        }
        try requireFields(present)
    }

    private func fieldIndex(_ key: ByteString) -> Int? {
        for name in names where name.bytes == key { return name.field }
        return nil
    }

    private func requireFields(_ present: UInt64) throws(WireError) {
        for (index, field) in fields.enumerated()
        where field.notes.isRequired && present & (1 << UInt64(index)) == 0 {
            throw WireError(
                code: "missing_field",
                message: "\(name) needs \"\(field.name)\", \(field.kind.words): \(field.doc)")
        }
    }

    private func unknownField(_ key: ByteString) -> WireError {
        let shown = key.count <= 64 ? key.string : key[0..<64].string + "…"
        var message = "\(name) has no field \"\(shown)\""
        if let nearest = nearestName(to: key) { message += "; did you mean \"\(nearest)\"?" }
        return WireError(
            code: "unknown_field", message: message, pointer: JSONPointer([key.string]))
    }

    private func nearestName(to key: ByteString) -> String? {
        guard key.count <= 64 else { return nil }
        let candidates = names.map { ($0.bytes, editDistance($0.bytes.array, key.array)) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }) else { return nil }
        return best.1 <= max(2, best.0.count / 2) ? best.0.string : nil
    }
}

extension Field {
    /// Checks that a value is of the declared kind.
    func check(_ value: JSONView) throws(WireError) {
        let matches =
            switch kind {
            case .string, .choice: value.kind == .string
            case .integer, .number: value.kind == .number
            case .boolean: value.kind == .boolean
            case .object: value.kind == .object
            case .array: value.kind == .array
            case .any: true
            }
        if !matches { throw value.unacceptable(kind.words) }
    }
}

/// Fewest insertions, deletions and substitutions that turn one text into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in right.indices {
            let substitution = diagonal + (byte == right[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
        }
    }
    return row[right.count]
}
