// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// The accepted names of a table's members, with what is checked before a member is read.
@usableFromInline
struct FieldNames: Sendable {
    /// What is known of one field without its reader.
    struct Slot: Sendable {
        let name: String
        let kind: FieldKind
        let isRequired: Bool
        let doc: String
    }

    /// One accepted name and the field it leads to.
    private struct Name: Sendable {
        let bytes: ByteString
        let slot: Int
    }

    let table: String
    let unknown: UnknownFields
    let slots: [Slot]
    private let names: [Name]
    private let required: UInt64

    init(_ table: String, unknown: UnknownFields, slots: [Slot], aliases: [[String]]) {
        precondition(slots.count <= 64, "the set of seen fields is a 64-bit mask")
        self.table = table
        self.unknown = unknown
        self.slots = slots
        names = zip(slots, aliases).enumerated().flatMap { index, field in
            ([field.0.name] + field.1).map { Name(bytes: ByteString($0), slot: index) }
        }
        required = slots.enumerated().reduce(0) { mask, slot in
            slot.element.isRequired ? mask | 1 << UInt64(slot.offset) : mask
        }
        precondition(Set(names.map(\.bytes)).count == names.count, "\(table): a name is used twice")
    }

    func slot(of key: ByteString) -> Int? {
        for name in names where name.bytes == key { return name.slot }
        return nil
    }

    func requireFields(_ present: UInt64) throws(WireError) {
        let missing = required & ~present
        guard missing != 0 else { return }
        let slot = slots[missing.trailingZeroBitCount]
        throw WireError(
            code: "missing_field",
            message: "\(table) needs \"\(slot.name)\", \(slot.kind.words): \(slot.doc)")
    }

    func unknownField(_ key: ByteString) -> WireError {
        let shown = key.count <= 64 ? key.string : key[0..<64].string + "…"
        var message = "\(table) has no field \"\(shown)\""
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

/// Walks the members of an object, past those that are not to be read.
@usableFromInline
struct FieldMembers {
    private let names: FieldNames
    private var members: JSONMembers
    private var key: ByteString = ""
    private var seen: UInt64 = 0
    private var present: UInt64 = 0

    @usableFromInline
    init(_ view: JSONView, _ names: FieldNames) throws(WireError) {
        guard view.kind == .object else { throw view.unacceptable("an object (\(names.table))") }
        self.names = names
        members = view.members
    }

    /// The next member that a field declares and that is not `null`, checked for its kind.
    @usableFromInline
    mutating func next() throws(WireError) -> (slot: Int, value: JSONView)? {
        while let member = members.next() {
            key = member.key
            guard let slot = names.slot(of: key) else {
                if names.unknown == .ignore { continue }
                throw names.unknownField(key)
            }
            let bit = 1 << UInt64(slot) as UInt64
            if seen & bit != 0 { throw repeated(slot) }
            seen |= bit
            let kind = names.slots[slot].kind
            if kind != .any {
                if member.value.isNull { continue }
                guard kind.accepts(member.value.kind) else {
                    throw placed(member.value.unacceptable(kind.words))
                }
            }
            present |= bit
            return (slot, member.value)
        }
        return nil
    }

    /// An error of the member last returned, as seen from the object.
    @usableFromInline
    func placed(_ error: WireError) -> WireError { error.prefixed(by: key.string) }

    /// Says whether nothing is missing; only after the last member.
    @usableFromInline
    func finish() throws(WireError) { try names.requireFields(present) }

    private func repeated(_ slot: Int) -> WireError {
        WireError(
            code: "duplicate_field",
            message: "\(names.slots[slot].name) is given twice, the second time as \(key)",
            pointer: JSONPointer([key.string]))
    }
}

extension FieldKind {
    /// Whether a value of that kind may stand there.
    func accepts(_ kind: JSONKind) -> Bool {
        switch self {
        case .string, .choice: kind == .string
        case .integer, .number: kind == .number
        case .boolean: kind == .boolean
        case .object: kind == .object
        case .array: kind == .array
        case .any: true
        }
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
