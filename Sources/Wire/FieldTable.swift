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
    /// What the object is called in messages, such as `rollout`.
    public let name: String
    /// The declared members.
    public let fields: [Field<Root>]
    @usableFromInline let names: FieldNames
    /// The fields' readers; copying a whole field for each member would cost more than the reading.
    @usableFromInline let readers: [@Sendable (JSONView, inout Root) throws(WireError) -> Void]

    /// Declares an object.
    ///
    /// - Parameters:
    ///   - name: what the object is called in messages.
    ///   - unknown: what happens to members that no field declares.
    ///   - fields: the members; at most 64, names and aliases distinct.
    public init(_ name: String, unknown: UnknownFields = .reject, fields: [Field<Root>]) {
        self.name = name
        self.fields = fields
        readers = fields.map(\.decode)
        names = FieldNames(
            name, unknown: unknown,
            slots: fields.map { field in
                FieldNames.Slot(
                    name: field.name, kind: field.kind, isRequired: field.notes.isRequired,
                    doc: field.doc)
            },
            aliases: fields.map(\.notes.aliases))
    }

    /// Reads an object into `root`; members that are absent or `null` leave it as it is.
    ///
    /// - Parameters:
    ///   - view: the object.
    ///   - root: receives the values.
    /// - Throws: ``WireError`` for another kind of value, an unknown, repeated or missing member,
    ///   or a member's own fault.
    @inlinable  // so that callers get code for their own `Root`; all else is not generic
    public func decode(_ view: JSONView, into root: inout Root) throws(WireError) {
        var members = try FieldMembers(view, names)
        while let member = try members.next() {
            do {
                try readers[member.slot](member.value, &root)
            } catch {
                throw members.placed(error)
            }
        }
        try members.finish()
    }
}
