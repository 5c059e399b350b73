// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// A JSON value to be written; objects keep their order.
public enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// A finite number; NaN and infinities are written as `null`.
    case number(Double)
    case string(String)
    /// Text as UTF-8 bytes; invalid sequences are written as U+FFFD.
    case text(ByteString)
    case array([JSONValue])
    case object(JSONObject)
    /// A JSON document that is copied as it stands.
    case raw(ByteString)

    /// An object from a literal list of members.
    ///
    /// - Parameter members: names and values, in the order they are written.
    /// - Returns: the object.
    public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(JSONObject(members))
    }

    /// A string, or `null` for nil.
    ///
    /// - Parameter text: the text.
    /// - Returns: the value.
    public static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// A number, or `null` for nil.
    ///
    /// - Parameter number: the number.
    /// - Returns: the value.
    public static func optional(_ number: Double?) -> JSONValue {
        number.map { .number($0) } ?? .null
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    /// Makes a string.
    ///
    /// - Parameter value: the text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes an integer.
    ///
    /// - Parameter value: the number.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// Makes a number.
    ///
    /// - Parameter value: the number.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// Makes a boolean.
    ///
    /// - Parameter value: the truth value.
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    /// Makes an array.
    ///
    /// - Parameter elements: the elements.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
}

/// An object to be written, its members in order.
public struct JSONObject: Sendable, Equatable {
    /// Names and values in the order they are written.
    public private(set) var members: [Member]

    /// One name with its value.
    public struct Member: Sendable, Equatable {
        /// The member's name.
        public let name: String
        /// The member's value.
        public let value: JSONValue
    }

    /// Makes an object.
    ///
    /// - Parameter members: names and values, in the order they are written.
    public init(_ members: KeyValuePairs<String, JSONValue> = [:]) {
        self.members = members.map { Member(name: $0.key, value: $0.value) }
    }

    /// Adds a member at the end.
    ///
    /// - Parameters:
    ///   - name: the member's name; the caller keeps names unique.
    ///   - value: the member's value.
    public mutating func append(_ name: String, _ value: JSONValue) {
        members.append(Member(name: name, value: value))
    }
}
