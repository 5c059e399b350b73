// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import MathEquivalence

// The whole comparison of two texts, apart at the first NUL, with a worker if ASSAY_MATH names the
// program: deterministic, symmetric without policies, reflexive, and no input loses a worker.
let ladder = FuzzLadder(workerPath: getenv("ASSAY_MATH").map { String(cString: $0) })

exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let input = ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size))
        let border = input.firstOffset(of: "\u{0}") ?? input.count
        ladder.compare(input[0..<border], input[min(border + 1, input.count)..<input.count])
        return 0
    })
