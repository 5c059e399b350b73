// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// The accepted names of a table's members, with what is checked before a member is read.
@usableFromInline
final class FieldNames: Sendable {
    /// What is known of one field without its reader.
    struct Slot: Sendable {
        let name: String
        let kind: FieldKind
        let isRequired: Bool
        let doc: String
    }

    /// One accepted name, a part of `letters`, and the field it leads to.
    private struct Name: Sendable {
        let start: Int
        let count: Int
        let slot: Int
    }

    let table: String
    let unknown: UnknownFields
    let slots: [Slot]
    /// The kind that each slot takes; nil for any.
    let kinds: [JSONKind?]
    // One block of letters, so that a look-up touches no reference counts.
    private let letters: [UInt8]
    private let names: [Name]
    private let required: UInt64

    init(_ table: String, unknown: UnknownFields, slots: [Slot], aliases: [[String]]) {
        precondition(slots.count <= 64, "the set of seen fields is a 64-bit mask")
        self.table = table
        self.unknown = unknown
        self.slots = slots
        kinds = slots.map(\.kind.jsonKind)
        var letters: [UInt8] = []
        var names: [Name] = []
        for (index, slot) in slots.enumerated() {
            for name in [slot.name] + aliases[index] {
                names.append(Name(start: letters.count, count: name.utf8.count, slot: index))
                letters += name.utf8
            }
        }
        self.letters = letters
        self.names = names
        required = slots.enumerated().reduce(0) { mask, slot in
            slot.element.isRequired ? mask | 1 << UInt64(slot.offset) : mask
        }
        let all = slots.map(\.name) + aliases.joined()
        precondition(Set(all).count == all.count, "\(table): a name is used twice")
    }

    func slot(of key: ByteString) -> Int? {
        key.withUnsafeBytes { key -> Int? in
            letters.withUnsafeBytes { letters -> Int? in
                guard let key = key.baseAddress.map({ ($0, key.count) }),
                    let letters = letters.baseAddress
                else { return nil }
                for name in names
                where name.count == key.1 && memcmp(letters + name.start, key.0, key.1) == 0 {
                    return name.slot
                }
                return nil
            }
        }
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
        let candidates = names.map { name -> (name: ArraySlice<UInt8>, distance: Int) in
            let text = letters[name.start..<name.start + name.count]
            return (text, editDistance(Array(text), key.array))
        }
        guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
        guard best.distance <= max(2, best.name.count / 2) else { return nil }
        return String(decoding: best.name, as: UTF8.self)
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
            if let kind = names.kinds[slot] {
                let found = member.value.kind
                if found == .null { continue }
                guard found == kind else {
                    throw placed(member.value.unacceptable(names.slots[slot].kind.words))
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
    /// The kind of JSON value that may stand there; nil for any.
    fileprivate var jsonKind: JSONKind? {
        switch self {
        case .string, .choice: .string
        case .integer, .number: .number
        case .boolean: .boolean
        case .object: .object
        case .array: .array
        case .any: nil
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
