// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Bytes
import Glibc

/// Reads files that people name on the command line.
enum InputFile {
    /// All bytes of a file, or of standard input for `-`.
    static func read(_ path: String) throws -> ByteString {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ValidationError("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes.append(contentsOf: chunk[0..<count])
            } else if count == 0 {
                return ByteString(bytes)
            } else if errno != EINTR {
                throw ValidationError("cannot read \(path): \(String(cString: strerror(errno)))")
            }
        }
    }
}

extension ByteString {
    /// The lines without their newlines.
    var lines: [ByteString] {
        var lines: [ByteString] = []
        var start = 0
        while start < count {
            let end = firstOffset(of: "\n", from: start) ?? count
            lines.append(self[start..<end])
            start = end + 1
        }
        return lines
    }
}
