// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Makes a compiler's words fit to show.
enum Diagnostics {
    /// Removes the folders of absolute paths, and control characters except tab and newline.
    ///
    /// `/usr/include/c++/12/vector:3` becomes `vector:3`. One pass, linear.
    static func cleaned(_ bytes: ByteString) -> ByteString {
        let input = bytes.array
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            let byte = input[index]
            let slash = UInt8(ascii: "/")
            let startsPath =
                byte == slash
                && (index == 0 || !isPath(input[index - 1]) || input[index - 1] == slash)
                && index + 1 < input.count && input[index + 1] != slash
            if startsPath {
                var end = index
                while end < input.count, isPath(input[end]) { end += 1 }
                let path = input[index..<end]
                let isFolder = path.dropFirst().contains(UInt8(ascii: "/"))
                let name = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] }
                output += isFolder ? (name ?? path) : path
                index = end
            } else {
                if byte >= 32 && byte != 127 || byte == 9 || byte == 10 { output.append(byte) }
                index += 1
            }
        }
        return ByteString(output)
    }

    private static func isPath(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
