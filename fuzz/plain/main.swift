// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import MathEquivalence

// The parser of plain text: bytes without commands, so that all effort goes into words, numbers,
// operators and Unicode.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let given = UnsafeRawBufferPointer(start: bytes, count: size)
        fuzzParse(ByteString(given.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }))
        return 0
    })
