// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import Graders

// The comparison of outputs: two texts, apart at the first NUL. Equal texts never differ, and
// comparisons that see less never find more.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let input = ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size))
        let border = input.firstOffset(of: "\u{0}") ?? input.count
        let output = input[0..<border]
        let expected = input[min(border + 1, input.count)..<input.count]
        let differs = OutputComparison.allCases.map { comparison in
            precondition(
                !comparison.differs(output, expected: output), "a text differs from itself")
            return comparison.differs(output, expected: expected)
        }
        // exact, lines, tokens, tokens_ci
        precondition(
            zip(differs, differs.dropFirst()).allSatisfy { $0 || !$1 }, "stricter is laxer")
        return 0
    })
