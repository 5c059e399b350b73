// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import MathEquivalence

// The LaTeX parser: any bytes are read alike twice, and between marks of a formula.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        fuzzParse(ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size)))
        return 0
    })
