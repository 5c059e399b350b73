// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import Glibc
public import Testing
public import Wire

/// One case of a table in `fixtures/`: a JSON object with `name` and `why`.
public struct FixtureCase: Sendable, CustomTestStringConvertible {
    /// The whole object.
    public let view: JSONView

    /// What the case is called.
    public var name: String { self["name"] ?? "unnamed" }

    /// What a failing test prints.
    public var testDescription: String { name }

    /// A text member; nil if absent.
    ///
    /// - Parameter member: the member's name.
    public subscript(member: String) -> String? { view[member]?.string?.string }

    /// A text member as bytes; nil if absent.
    ///
    /// - Parameter member: the member's name.
    /// - Returns: the unescaped text.
    public func bytes(_ member: String) -> ByteString? { view[member]?.string }

    /// A truth value; false if absent.
    ///
    /// - Parameter member: the member's name.
    /// - Returns: the value.
    public func flag(_ member: String) -> Bool { view[member]?.boolean ?? false }

    /// A list of texts; empty if absent.
    ///
    /// - Parameter member: the member's name.
    /// - Returns: the texts.
    public func texts(_ member: String) -> [ByteString] {
        view[member]?.elements.compactMap(\.string) ?? []
    }
}

/// Reads tables of cases.
public enum Fixture {
    /// All cases of a JSON Lines file.
    ///
    /// - Parameter path: relative to `fixtures/`.
    /// - Returns: the cases in order; a file that is missing or malformed stops the tests.
    public static func load(_ path: String) -> [FixtureCase] {
        let lines = contents(path).split(separator: UInt8(ascii: "\n"))
        precondition(!lines.isEmpty, "fixtures/\(path) has no cases")
        return lines.enumerated().map { number, line in
            do {
                return FixtureCase(view: try JSONDocument(ByteString(Array(line))).root)
            } catch {
                preconditionFailure("fixtures/\(path) line \(number + 1): \(error)")
            }
        }
    }

    /// The bytes of a file.
    ///
    /// - Parameter path: relative to `fixtures/`.
    /// - Returns: all bytes.
    public static func contents(_ path: String) -> [UInt8] {
        let location = Locations.fixture(path)
        guard let file = fopen(location, "rb") else {
            preconditionFailure("cannot open \(location): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[0..<count])
        }
    }
}
