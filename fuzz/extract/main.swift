// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import MathEquivalence

// Finding the answer in any bytes, by every rule.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        fuzzExtract(ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size)))
        return 0
    })
