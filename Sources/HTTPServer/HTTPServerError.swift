// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Why a server could not be made or started.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Equatable {
        private enum Kind { case configuration, address, system }
        private let kind: Kind

        /// A value of the configuration is out of its range.
        public static let invalidConfiguration = Code(kind: .configuration)
        /// The address cannot be resolved or bound.
        public static let cannotListen = Code(kind: .address)
        /// The operating system or libmicrohttpd refused a resource.
        public static let system = Code(kind: .system)
    }

    /// The kind.
    public let code: Code
    /// What happened, with the value seen.
    public let message: String

    /// Code-free text for logs.
    public var description: String { message }
}
