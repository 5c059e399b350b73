// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Measures language identification; `measure.py` beside this file drives it.
//
//   bench-language identify MODEL         texts on standard input, one a line (U+0001 for a newline)
//                                         → label, probability, evidence, model's own first label
//   bench-language strip                  the same input → stripped text
//   bench-language time MODEL FILE        CPU time per pass over 16 KiB of FILE's text, in pairs:
//                                         strip and classify, and fastText alone on the same words

import Bytes
import CFastText
import Glibc
import LanguageID

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "identify" where arguments.count == 3: try identifyLines(modelPath: arguments[2])
case "strip": while let text = nextText() { print(TextStripper.strip(text)) }
case "time" where arguments.count == 4:
    try timePasses(modelPath: arguments[2], filePath: arguments[3])
default:
    print("usage: bench-language identify MODEL | strip | time MODEL FILE")
    exit(2)
}

func nextText() -> ByteString? {
    readLine().map { line in ByteString(line.utf8.map { $0 == 1 ? 10 : $0 }) }
}

func identifyLines(modelPath: String) throws {
    // No thresholds: the script that reads this output applies its own.
    let open = LanguageEvidence(lettersMin: 0, probabilityMin: 0)
    let model = try LanguageModel(path: modelPath, evidence: open)
    while let text = nextText() {
        let guess = model.identify(text)
        let first = model.topLabels(1, of: text).first?.label ?? "-"
        print(guess.label, guess.probability, guess.evidence, first, separator: "\t")
    }
}

/// Seven interleaved pairs; each half passes over the file until 0.2 s of CPU time are used.
func timePasses(modelPath: String, filePath: String) throws {
    let text = repeated(readFile(filePath), size: 16 << 10)
    let stripped = TextStripper.strip(text)
    let modelBytes = readFile(modelPath)
    var message = [CChar](repeating: 0, count: 256)
    let bare = modelBytes.withUnsafeBytes { buffer in
        buffer.baseAddress.flatMap { cft_load($0, buffer.count, &message, message.count) }
    }
    guard let bare else { exit(1) }
    let model = try LanguageModel(path: modelPath)
    var ratios: [Double] = []
    for _ in 0..<7 {
        let whole = secondsPerPass { _ = model.identify(text) }
        let strip = secondsPerPass { _ = TextStripper.strip(text) }
        let predict = secondsPerPass {
            var prediction = cft_prediction()
            stripped.withUnsafeBytes {
                let bytes = $0.assumingMemoryBound(to: CChar.self)
                _ = cft_predict(bare, bytes.baseAddress, bytes.count, &prediction, 1)
            }
        }
        ratios.append(predict / whole)
        print(
            "\(text.count) bytes, \(stripped.count) stripped:",
            "identify \(Int(whole * 1e6)) µs, strip \(Int(strip * 1e6)) µs,",
            "bare predict \(Int(predict * 1e6)) µs, bare/identify \(predict / whole)")
    }
    print("median bare/identify: \(ratios.sorted()[3])")
}

func secondsPerPass(_ pass: () -> Void) -> Double {
    var passes = 0
    let start = cpuSeconds()
    while cpuSeconds() - start < 0.2 {
        for _ in 0..<8 { pass() }
        passes += 8
    }
    return (cpuSeconds() - start) / Double(passes)
}

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func repeated(_ text: ByteString, size: Int) -> ByteString {
    precondition(!text.isEmpty, "the file is empty")
    var bytes: [UInt8] = []
    while bytes.count < size { bytes += text.array }
    return ByteString(bytes)
}

func readFile(_ path: String) -> ByteString {
    guard let file = fopen(path, "rb") else {
        print("\(path) cannot be read")
        exit(1)
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
        bytes += chunk[..<count]
    }
    return ByteString(bytes)
}
