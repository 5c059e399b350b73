// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Why a program could not be judged; never the program's own doing.
public enum SandboxError: Error, Sendable, Equatable {
    /// The sandbox cannot start: a sentence that names what to change.
    case unavailable(String)
    /// The sandbox failed during this run, twice: the helper died, the host was overloaded, or a
    /// box could not be set up.
    case failure(String)
    /// The calling task was cancelled; the program was killed.
    case cancelled
    /// `shutDown()` was called.
    case shutDown
}

extension SandboxError: CustomStringConvertible {
    /// The sentence for people.
    public var description: String {
        switch self {
        case .unavailable(let text): "sandbox unavailable: \(text)"
        case .failure(let text): "sandbox failure: \(text)"
        case .cancelled: "the run was cancelled"
        case .shutDown: "the sandbox is shut down"
        }
    }
}
