// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// Lines for people, on standard error, so that standard output stays machine-readable.
func say(_ line: String) {
    let text = "assay: " + line + "\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// Appends bytes to standard output; a reader that went away ends the process by SIGPIPE.
func printBytes(_ bytes: ByteString) {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let count = write(
                STDOUT_FILENO, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            if count < 0 && errno != EINTR { return }
            written += max(count, 0)
        }
    }
}
