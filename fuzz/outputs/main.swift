// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import Graders

/// Every comparison; what the first four accept, the next of them accepts too.
private let ladder: [OutputComparison] = [.exact, .lines, .tokens, .tokensIgnoringCase]
private let unordered: [OutputComparison] = [.unordered(.lines), .unordered(.tokens)]
private let tolerances = [
    FloatTolerance(), FloatTolerance(absolute: "0", relative: "0", integersAreExact: false),
    FloatTolerance(absolute: "1e300", relative: "0.12345678901234567"),
    FloatTolerance(absolute: "1e-999999", relative: "1", integersAreExact: false),
].compactMap(\.self)

/// Whether a text could hold a NaN, which equals nothing.
private func mayHoldNaN(_ text: ByteString) -> Bool {
    text.array.contains { $0 | 0x20 == UInt8(ascii: "n") }
}

// The comparison of outputs: two texts, apart at the first NUL. Equal texts never differ, and
// comparisons that see less never find more.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let input = ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size))
        let border = input.firstOffset(of: "\u{0}") ?? input.count
        let output = input[0..<border]
        let expected = input[min(border + 1, input.count)..<input.count]
        let differs = ladder.map { $0.differs(output, expected: expected) }
        precondition(
            zip(differs, differs.dropFirst()).allSatisfy { $0 || !$1 }, "stricter is laxer")
        for comparison in ladder + unordered {
            precondition(!comparison.differs(output, expected: output), "differs from itself")
            precondition(
                comparison.differs(output, expected: expected)
                    == comparison.differs(expected, expected: output), "not symmetric")
        }
        precondition(
            differs[2] || !unordered[1].differs(output, expected: expected),
            "the same order is no order")
        for tolerance in tolerances {
            let isApart = OutputComparison.float(tolerance).differs(output, expected: expected)
            precondition(
                differs[2] || !isApart || mayHoldNaN(output), "equal tokens are not near")
        }
        return 0
    })
