// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Prints the CPU seconds of one comparison of two files: the least of a number of repetitions.
//
//     bench-compare tokens OUTPUT EXPECTED 5

import Bytes
import Glibc
import Graders

let modes: [String: OutputComparison] = [
    "exact": .exact, "lines": .lines, "tokens": .tokens, "tokens_ci": .tokensIgnoringCase,
    "float": FloatTolerance().map { .float($0) } ?? .tokens,
    "unordered_lines": .unordered(.lines), "unordered_tokens": .unordered(.tokens),
]
let words = CommandLine.arguments
guard words.count == 5, let mode = modes[words[1]], let repetitions = Int(words[4]) else {
    print("usage: bench-compare \(modes.keys.sorted().joined(separator: "|")) OUTPUT EXPECTED N")
    exit(2)
}

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let output = try ByteString(contentsOfFile: words[2])
let expected = try ByteString(contentsOfFile: words[3])
var least = Double.infinity
var differs = false
for _ in 0..<repetitions {
    let start = cpuSeconds()
    differs = mode.differs(output, expected: expected)
    least = min(least, cpuSeconds() - start)
}
print(least, differs)
