// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The `assay-math` program, opened once.
///
/// Workers are started through the open file, so that one that is lost can still be replaced after
/// this process has given up the rights to reach the program by its path.
final class WorkerProgram: Sendable {
    private let descriptor: Int32
    /// The program as the user named it, for messages.
    let name: String
    /// The path that `posix_spawn` is given.
    ///
    /// It names the process id, because the child closes its own descriptors before it executes.
    let spawnPath: String

    init(path: String) throws(MathEngineError) {
        name = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw MathEngineError(message: "Cannot open \(path): \(reason)")
        }
        let opened = "/proc/\(getpid())/fd/\(descriptor)"
        spawnPath = access(opened, X_OK) == 0 ? opened : path
    }

    deinit { close(descriptor) }
}
