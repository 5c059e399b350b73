// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CJSONTape

/// What a JSON value is.
public enum JSONKind: String, Sendable {
    case null, boolean, number, string, array, object
}

/// One value of a parsed document.
///
///     let document = try JSONDocument("{\"tests\":[1,2]}")
///     document.root["tests"]?.count   // 2
public struct JSONView: Sendable {
    let document: JSONDocument
    let index: Int

    private var entry: cjt_entry { document.entry(index) }

    /// The value's kind.
    public var kind: JSONKind {
        switch Int32(entry.kind & 0xff) {
        case Int32(CJT_NULL): .null
        case Int32(CJT_FALSE), Int32(CJT_TRUE): .boolean
        case Int32(CJT_NUMBER): .number
        case Int32(CJT_STRING): .string
        case Int32(CJT_ARRAY): .array
        default: .object
        }
    }

    /// The value as it stands in the body: quotes, brackets and escapes included.
    public var raw: ByteString { document.rawBytes(entry) }

    /// Offset of the value's first byte in the body.
    public var offset: Int { Int(entry.raw_offset) }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// The unescaped text of a string; nil for other kinds.
    public var string: ByteString? { kind == .string ? document.stringBytes(entry) : nil }

    /// `true` or `false`; nil for other kinds.
    public var boolean: Bool? {
        guard kind == .boolean else { return nil }
        return Int32(entry.kind & 0xff) == Int32(CJT_TRUE)
    }

    /// The token of a number, exactly as written; nil for other kinds.
    public var numberToken: ByteString? { kind == .number ? raw : nil }

    /// Number of elements or members; 0 for scalars.
    public var count: Int {
        kind == .array || kind == .object ? Int(entry.count) : 0
    }

    /// Elements of an array in order; empty for other kinds.
    public var elements: JSONElements { JSONElements(of: kind == .array ? self : nil) }

    /// Members of an object in order; empty for other kinds.
    public var members: JSONMembers { JSONMembers(of: kind == .object ? self : nil) }

    /// The member of an object with that name.
    ///
    /// - Parameter name: compared with the unescaped key.
    public subscript(name: String) -> JSONView? {
        var name = name
        return name.withUTF8 { utf8 -> JSONView? in
            for member in members where member.key.hasBytes(utf8) { return member.value }
            return nil
        }
    }

    /// Tape index just after this value and all it contains.
    var indexAfter: Int {
        kind == .array || kind == .object ? Int(entry.link) : index + 1
    }
}

/// The elements of an array, read from the tape one by one.
public struct JSONElements: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument?
    private var next_: Int
    private let end: Int

    /// No elements.
    public static let none = JSONElements(of: nil)

    init(of array: JSONView?) {
        document = array?.document
        next_ = (array?.index ?? 0) + 1
        end = array?.indexAfter ?? 0
    }

    /// The next element; nil after the last.
    public mutating func next() -> JSONView? {
        guard let document, next_ < end else { return nil }
        let view = JSONView(document: document, index: next_)
        next_ = view.indexAfter
        return view
    }
}

/// The members of an object, read from the tape one by one.
public struct JSONMembers: Sequence, IteratorProtocol, Sendable {
    private let document: JSONDocument?
    private var next_: Int
    private let end: Int

    init(of object: JSONView?) {
        document = object?.document
        next_ = (object?.index ?? 0) + 1
        end = object?.indexAfter ?? 0
    }

    /// The next member; nil after the last.
    public mutating func next() -> (key: ByteString, value: JSONView)? {
        guard let document, next_ < end else { return nil }
        let key = document.stringBytes(document.entry(next_))
        let value = JSONView(document: document, index: next_ + 1)
        next_ = value.indexAfter
        return (key, value)
    }
}
