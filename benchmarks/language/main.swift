// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Measures language identification; the Python scripts beside this file drive it.
//
//   bench-language identify MODEL         texts on standard input, one a line (U+0001 for a newline)
//                                         → label, probability, evidence, the same label with
//                                         the rewards' thresholds
//   bench-language grade MODEL            JSON Lines of problem, thoughts, answer → verdict of mode
//                                         whole, of mode windows, and its details
//   bench-language strip                  texts as for identify → stripped text
//   bench-language time MODEL FILE SIZE   CPU time per pass over SIZE bytes of FILE's text,
//                                         interleaved: see `timePasses`
//   bench-language allocations MODEL FILE heap allocations of one call: see `countAllocations`
//   bench-language hostile MODEL          CPU time on hostile megabytes: see `timeHostile`
//   bench-language serve MODEL            one text a line, as for identify; answers each with the
//                                         CPU seconds of 200 passes over it and its label

import Bytes
import CFastText
import Completion
import Glibc
import Graders
import Grading
import LanguageID
import Wire

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "identify" where arguments.count == 3: try identifyLines(modelPath: arguments[2])
case "grade" where arguments.count == 3: try await gradeLines(modelPath: arguments[2])
case "strip": while let text = nextText() { print(TextStripper.strip(text)) }
case "time" where arguments.count == 5:
    try timePasses(
        modelPath: arguments[2], filePath: arguments[3], size: Int(arguments[4]) ?? 16 << 10)
case "allocations" where arguments.count == 4:
    try countAllocations(modelPath: arguments[2], filePath: arguments[3])
case "hostile" where arguments.count == 3: try timeHostile(modelPath: arguments[2])
case "serve" where arguments.count == 3: try serveTimes(modelPath: arguments[2])
default:
    print(
        "usage: bench-language identify MODEL | grade MODEL | strip | time MODEL FILE SIZE"
            + " | allocations MODEL FILE | hostile MODEL | serve MODEL")
    exit(2)
}

func nextText() -> ByteString? {
    readLine().map { line in ByteString(line.utf8.map { $0 == 1 ? 10 : $0 }) }
}

func identifyLines(modelPath: String) throws {
    let model = try LanguageModel(path: modelPath)
    while let text = nextText() {
        let guess = model.identify(text, evidence: .light)
        let strict = model.identify(text)
        print(guess.label, guess.probability, guess.evidence, strict.label, separator: "\t")
    }
}

func gradeLines(modelPath: String) async throws {
    let grader = LanguageGrader(model: try LanguageModel(path: modelPath))
    var windows = Recipe()
    windows.language.mode = .windows
    while let line = readLine() {
        let row = try JSONDocument(ByteString(line)).root
        func part(_ name: String) -> String { row[name]?.string?.string ?? "" }
        var rollout = Rollout()
        rollout.problem = row["problem"]?.string
        rollout.completion.content = ByteString(
            "<think>\(part("thoughts"))</think>\(part("answer"))")
        let sections = CompletionSections(
            content: rollout.completion.content, reasoning: "", format: Recipe().format.completion)
        var verdicts: [String] = []
        for recipe in [Recipe(), windows] {
            let outcome = await grader.grade(
                rollout,
                GradingContext(sections: sections, recipe: recipe, group: GroupContext(rollout)))
            guard case .verdict(let score) = outcome else { exit(1) }
            verdicts.append(score.verdict.word)
            if recipe.language.mode == .windows {
                var writer = JSONWriter()
                writer.write(score.json)
                verdicts.append(writer.byteString.string)
            }
        }
        print(verdicts.joined(separator: "\t"))
    }
}

/// Seven interleaved rounds; each part passes over the text until 0.1 s of CPU time are used.
///
/// Prints medians of the ratios to bare fastText on the same stripped bytes: of stripping and
/// labelling, and of all that mode `windows` does with thoughts.
func timePasses(modelPath: String, filePath: String, size: Int) throws {
    let text = repeated(readFile(filePath), size: size)
    let stripped = TextStripper.strip(text)
    let modelBytes = readFile(modelPath)
    var message = [CChar](repeating: 0, count: 256)
    let bare = modelBytes.withUnsafeBytes { buffer in
        buffer.baseAddress.flatMap { cft_load($0, buffer.count, &message, message.count) }
    }
    guard let bare else { exit(1) }
    let model = try LanguageModel(path: modelPath)
    let native = model.identify(text, evidence: .light).label
    var wholeRatios: [Double] = []
    var windowRatios: [Double] = []
    var micros = [[Double]](repeating: [], count: 4)
    for _ in 0..<7 {
        let predict = secondsPerPass {
            var prediction = cft_prediction()
            stripped.withUnsafeBytes {
                let bytes = $0.assumingMemoryBound(to: CChar.self)
                _ = cft_predict(bare, bytes.baseAddress, bytes.count, &prediction, 1)
            }
        }
        let whole = secondsPerPass { _ = model.identify(text) }
        let both = secondsPerPass {
            _ = model.identify(text)
            _ = model.surveyWindows(of: text, native: native)
        }
        let strip = secondsPerPass { _ = TextStripper.strip(text) }
        wholeRatios.append(predict / whole)
        windowRatios.append(both / predict)
        for (index, seconds) in [predict, whole, both, strip].enumerated() {
            micros[index].append(seconds * 1e6)
        }
    }
    let medians = micros.map { Int($0.sorted()[3]) }
    print(
        "\(text.count) bytes, \(stripped.count) stripped: bare fastText \(medians[0]) µs,",
        "whole \(medians[1]) µs, whole and windows \(medians[2]) µs, strip alone \(medians[3]) µs")
    print(
        "median throughput of whole against bare fastText: \(rounded(wholeRatios.sorted()[3])) ×;",
        "median time of whole and windows: \(rounded(windowRatios.sorted()[3])) × one pass of it")
}

func serveTimes(modelPath: String) throws {
    let model = try LanguageModel(path: modelPath)
    while let text = nextText() {
        let start = cpuSeconds()
        var label = ""
        for _ in 0..<200 { label = model.identify(text, evidence: .light).label }
        print(cpuSeconds() - start, label, separator: "\t")
        fflush(nil)
    }
}

func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

func secondsPerPass(_ pass: () -> Void) -> Double {
    var passes = 0
    let start = cpuSeconds()
    while cpuSeconds() - start < 0.1 {
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

/// The text over and over, cut to `size` bytes at the end of a character.
func repeated(_ text: ByteString, size: Int) -> ByteString {
    precondition(!text.isEmpty, "the file is empty")
    var bytes: [UInt8] = []
    while bytes.count < size + 4 { bytes += text.array }
    var end = size
    while bytes[end] & 0xc0 == 0x80 { end -= 1 }
    return ByteString(Array(bytes[..<end]))
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
