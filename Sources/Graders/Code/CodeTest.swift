// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import Hashing

/// One test of a program, of any kind.
public enum CodeTest: Sendable, Equatable {
    /// What the program reads and must write.
    case standardIO(StandardIOTest)
    /// A call of one of its functions.
    case call(CallTest)
    /// Statements with assertions about its functions.
    case assertion(AssertionTest)
    /// A whole program written to follow it.
    case program(ProgramTest)

    /// What tells tests apart in a draw: SHA-256 over the members, each behind its length.
    var digest: SHA256Digest {
        var hash = SHA256()
        for part in parts { hash.update(lengthPrefixed: part) }
        return hash.finish()
    }

    /// The kind's name leads, except for the first kind there was, whose draws must not change.
    private var parts: [ByteString] {
        switch self {
        case .standardIO(let test): [test.stdin, test.stdout]
        case .call(let test):
            ["call", ByteString(test.function.text), test.arguments, test.expected]
        case .assertion(let test): ["assert", test.assertion, test.setup]
        case .program(let test):
            ["program", test.program, ByteString(test.entryPoint ?? "")]
        }
    }
}

/// A test by standard input and output.
public struct StandardIOTest: Sendable, Equatable {
    /// What the program reads from standard input.
    public var stdin: ByteString = ""
    /// What it must write to standard output, as ``CodeTask/compare`` sees it.
    public var stdout: ByteString = ""

    /// Makes an empty test.
    public init() {}
}

/// A test by one call of a Python function.
public struct CallTest: Sendable, Equatable {
    /// What is called.
    public var function: FunctionPath
    /// The positional arguments: a JSON array as it was sent.
    public var arguments: ByteString
    /// What must come back: a JSON value as it was sent.
    public var expected: ByteString
}

/// A test by Python statements, such as `assert f(2) == 4`.
public struct AssertionTest: Sendable, Equatable {
    /// The statements.
    public var assertion: ByteString
    /// Statements before them, such as imports.
    public var setup: ByteString
}

/// A test by a program that follows the solution.
public struct ProgramTest: Sendable, Equatable {
    /// Its text.
    ///
    /// C++: with a `main`. Python: statements, or with `entryPoint` a `check` function.
    public var program: ByteString
    /// The function handed to `check`; nil runs the text as it is.
    public var entryPoint: String?
}

/// The name of a function in a solution: `f`, `Solution().f` or `module.f`.
public struct FunctionPath: Sendable, Equatable {
    /// As it was sent.
    public let text: String

    /// Longest name, in bytes.
    static let bytesMax = 256

    /// Reads a name.
    ///
    /// - Parameter text: identifiers of ASCII letters, digits and `_`, joined by `.`; each but the
    ///   last may be called without arguments.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isCalled = index < parts.count - 1 && part.hasSuffix("()")
            guard Self.isIdentifier(isCalled ? part.dropLast(2) : part) else { return nil }
        }
        self.text = text
    }

    /// Whether a text is a Python identifier of ASCII characters.
    static func isIdentifier(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, first.isLetter || first == UInt8(ascii: "_") else {
            return false
        }
        return text.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }
}
