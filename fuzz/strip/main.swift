// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import FuzzDriver
import Glibc
import LanguageID

// The text stripper: any bytes.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        TextStripper.fuzzStrip(UnsafeRawBufferPointer(start: bytes, count: size))
        return 0
    })
