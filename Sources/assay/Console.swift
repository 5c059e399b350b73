// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// Lines for people, on standard error, so that standard output stays machine-readable.
func say(_ line: String) {
    let text = "assay: " + line + "\n"
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

/// Appends untrusted bytes: as they are to a file or pipe, and to a terminal with every control
/// character but newline and tab as `\\x1b`, so that a program cannot drive the reader's terminal.
func printForPeople(_ bytes: ByteString, to descriptor: Int32) {
    guard isatty(descriptor) == 1 else { return printBytes(bytes, to: descriptor) }
    var text = ""
    for scalar in bytes.string.unicodeScalars {
        let isControl =
            scalar.properties.generalCategory == .control
            || scalar.properties.generalCategory == .format
        if isControl && scalar != "\n" && scalar != "\t" {
            text += "\\x" + String(scalar.value, radix: 16)
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    printBytes(ByteString(text), to: descriptor)
}

/// Appends bytes to a descriptor; a reader that went away ends the process by SIGPIPE.
func printBytes(_ bytes: ByteString, to descriptor: Int32 = STDOUT_FILENO) {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let count = write(
                descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            if count < 0 && errno != EINTR { return }
            written += max(count, 0)
        }
    }
}
