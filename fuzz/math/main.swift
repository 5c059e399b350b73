// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import MathEquivalence

// The math parser and what is decided in process: two texts, apart at the first NUL.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let input = ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size))
        let border = input.firstOffset(of: "\u{0}") ?? input.count
        let reference = input[0..<border]
        let answer = input[min(border + 1, input.count)..<input.count]
        fuzzParse(reference)
        fuzzCompare(reference, answer)
        return 0
    })
