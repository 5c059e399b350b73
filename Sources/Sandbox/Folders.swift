// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// The few file operations of the cache folder.
enum Folders {
    /// Makes a folder and those above it, readable by boxes of other users.
    static func make(_ path: String) throws(SandboxError) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/" + part
            if mkdir(partial, 0o755) != 0 && errno != EEXIST {
                throw .unavailable("cannot make \(partial): \(systemError())")
            }
        }
    }

    static func write(_ bytes: ByteString, to path: String) throws(SandboxError) {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .failure("cannot write \(path): \(systemError())") }
        defer { close(file) }
        let isWritten = bytes.withUnsafeBytes { bytes -> Bool in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(
                    file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        guard isWritten, fsync(file) == 0 else {
            throw .failure("cannot write \(path): \(systemError())")
        }
    }

    static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }
}
