// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CAllocationCount
import Completion
import Graders
import Grading
import LanguageID

/// Prints the heap allocations of one call on text like FILE's, after calls that are not counted.
func countAllocations(modelPath: String, filePath: String) throws {
    let model = try LanguageModel(path: modelPath)
    let content = readFile(filePath)
    for size in [1 << 10, 16 << 10, 128 << 10] {
        let text = repeated(content, size: size)
        let problem = repeated(content, size: 300)
        let native = model.identify(text).label
        let whole = allocations { _ = model.identify(text) }
        let question = allocations { _ = model.identifyProblem(problem) }
        let windows = allocations { _ = model.surveyWindows(of: text, native: native) }
        print(
            "\(text.count) bytes: whole label \(whole), problem of \(problem.count) bytes",
            "\(question), windows \(windows) allocations a call")
    }
    let rollout = shortRollout()
    let sections = CompletionSections(
        content: rollout.completion.content, reasoning: "", format: Recipe().format.completion)
    let context = GradingContext(
        sections: sections, recipe: Recipe(), group: GroupContext(rollout))
    let grader = LanguageGrader(model: model)
    let verdict = allocations { _ = grader.gradeAtOnce(rollout, context) }
    var numbers: [[Int]] = []
    numbers.reserveCapacity(1_000)
    let array = allocations { numbers.append([numbers.count]) }
    print("a verdict with its details \(verdict); for comparison, an array of one number \(array)")
}

private func shortRollout() -> Rollout {
    var rollout = Rollout()
    rollout.problem = "Quelle est la somme de ces deux nombres entiers ?"
    rollout.completion.content =
        "<think>Je dois additionner les deux nombres, puis vérifier le résultat.</think>7"
    return rollout
}

private func allocations(_ call: () -> Void) -> Double {
    for _ in 0..<10 { call() }
    let before = allocation_count()
    for _ in 0..<100 { call() }
    return Double(allocation_count() - before) / 100
}

/// Prints the CPU time of labelling and windows on one and eight MiB of what a careless look-ahead
/// would take quadratic time for.
func timeHostile(modelPath: String) throws {
    let model = try LanguageModel(path: modelPath)
    let patterns = [
        "$", "$a ", "$$\\$", "`", "`a``", "``` ", "\n```", "~~~\n", "\\", "\\(", "\\text{",
        "\\begin{align}", "\\boxed{", "{", "<", "<b ", "<b a>", "&", "http://", "www.", "\"a",
        "«", "«“„「『", "»", "\u{200b}", "\u{300}", "а", "aа ", "\n", " ", "a", "a ", "a. ", "答",
    ]
    print("pattern: ms a MiB at 1 MiB, at 8 MiB (whole label and windows)")
    for pattern in patterns {
        let perMiB = [1, 8].map { mebibytes -> Double in
            let text = repeated(ByteString(pattern), size: mebibytes << 20)
            let start = cpuSeconds()
            _ = model.identify(text)
            _ = model.surveyWindows(of: text, native: "fr")
            _ = model.identifyProblem(text)
            return (cpuSeconds() - start) * 1e3 / Double(mebibytes)
        }
        let name = pattern.unicodeScalars.map { $0.escaped(asASCII: true) }.joined()
        print("\(name)\t\(rounded(perMiB[0]))\t\(rounded(perMiB[1]))")
    }
}
