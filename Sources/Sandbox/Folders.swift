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
        do {
            try bytes.write(toNewFile: path, mode: 0o644)
        } catch {
            throw .failure("cannot write \(error)")
        }
    }

    static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }
}
