// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Why a language model could not be loaded.
public struct LanguageModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it was.
    public struct Code: Hashable, Sendable {
        private enum Value { case unreadable, unexpectedContent, malformed }
        private let value: Value

        /// The file is missing or cannot be read.
        public static let unreadable = Code(value: .unreadable)
        /// The file's size or SHA-256 is not the expected one.
        public static let unexpectedContent = Code(value: .unexpectedContent)
        /// fastText refused the file.
        public static let malformed = Code(value: .malformed)
    }

    /// The kind of failure.
    public let code: Code
    /// A sentence with the file's path and what was found.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
