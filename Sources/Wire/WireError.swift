// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The path from a document's root to one value (RFC 6901).
///
///     JSONPointer(["task", "tests", "0"]).description   // "/task/tests/0"
public struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// Member names and array indices from the root inwards.
    public var tokens: [String]

    /// Names a value.
    ///
    /// - Parameter tokens: member names and indices from the root inwards; empty is the root.
    public init(_ tokens: [String] = []) { self.tokens = tokens }

    /// The pointer as seen from one level further out.
    ///
    /// - Parameter token: the name or index that leads here.
    /// - Returns: the longer pointer.
    public func prefixed(by token: String) -> JSONPointer { JSONPointer([token] + tokens) }

    /// The RFC 6901 form: `~` as `~0`, `/` as `~1`; the root is the empty string.
    public var description: String {
        var result = ""
        for token in tokens {
            result += "/"
            for character in token {
                switch character {
                case "~": result += "~0"
                case "/": result += "~1"
                default: result.append(character)
                }
            }
        }
        return result
    }
}

/// Why a JSON document, though well-formed, does not mean what it must.
public struct WireError: Error, Sendable, Equatable {
    /// Stable word for programs, such as `unknown_field`, `wrong_type`, `out_of_range`.
    public let code: String
    /// One sentence for people: what happened, the value seen, what would be accepted.
    public let message: String
    /// The offending value.
    public let pointer: JSONPointer

    /// Describes a fault.
    ///
    /// - Parameters:
    ///   - code: stable word for programs.
    ///   - message: sentence for people.
    ///   - pointer: the offending value; the current value by default.
    public init(code: String, message: String, pointer: JSONPointer = JSONPointer()) {
        self.code = code
        self.message = message
        self.pointer = pointer
    }

    /// The same fault as seen from one level further out.
    ///
    /// - Parameter token: the member name or index that leads here.
    /// - Returns: the error with the longer pointer.
    public func prefixed(by token: String) -> WireError {
        WireError(code: code, message: message, pointer: pointer.prefixed(by: token))
    }
}
