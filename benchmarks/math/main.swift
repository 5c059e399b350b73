// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Measures the engine on case files:
//   math-bench cases FILE [--verbose]   {"gold","answer","expect","contestable","category"} a line
//   math-bench golds FILE               {"gold","source"} a line: how many references parse
//   math-bench random FILE COUNT        random pairs of references; prints those called equal
//   math-bench pairs REFERENCE ANSWER   one comparison
//   math-bench dos REFERENCE FILE       {"name","answer"} a line: time of each against a reference
//   math-bench extract FILE             {"name","text"} a line: what each rule finds
//   math-bench profile FILE REPEATS     CPU time of the cases by deciding step
//   math-bench cores FILE ROUNDS        the cases on one core and on two, by turns; all threads and
//                                       workers are bound to these cores
//   math-bench soak FILES COUNT         mixed pairs of all files, with memory at intervals
//   math-bench serve                    arrays of {"gold","answer"} in, arrays of replies out

import Bytes
import Completion
import Foundation
import MathEquivalence

struct Line {
    let fields: [String: Any]
    subscript(key: String) -> String { fields[key] as? String ?? "" }
}

func lines(_ path: String) -> [Line] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { line in
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
        return (object as? [String: Any]).map(Line.init)
    }
}

func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

func makeEngine(workers: Int = 1) throws -> MathEngine {
    let own = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false)
    let folder = own.dropLast().joined(separator: "/")
    let path = ProcessInfo.processInfo.environment["ASSAY_MATH"] ?? folder + "/assay-math"
    return try MathEngine(configuration: MathConfiguration(workerPath: path, workerCount: workers))
}

/// Longest text that is tried as an expression before an answer is looked for in it.
let bareBytesMax = 200

/// What a text says: the answer of a text with thoughts and of a long one; of any other the text
/// itself if it can be read, else the answer in it.
func expression(in text: ByteString) -> MathExpression {
    let sections = CompletionSections(text, format: CompletionFormat())
    let section = sections.fault == nil ? sections.answer : text
    if sections.fault == nil, case .content(let content) = LastBox(in: section) {
        return MathExpression(content)
    }
    if sections.fault == nil || section.count > bareBytesMax,
        let found = AnswerExtractor.extract(section, mode: .prose)
    {
        return MathExpression(found.text)
    }
    let whole = MathExpression(section)
    if let type = whole.type, type != .text { return whole }
    return AnswerExtractor.extract(section, mode: .prose).map { MathExpression($0.text) } ?? whole
}

func runCases(_ path: String, verbose: Bool) async throws {
    let engine = try makeEngine()
    var right = 0
    var total = 0
    var falsePositives = 0
    var steps: [String: Int] = [:]
    var times: [Double] = []
    for line in lines(path) {
        let expected = line.fields["expect"] as? Bool ?? false
        let isContested = line.fields["contestable"] is String
        let (gold, said) = (ByteString(line["gold"]), ByteString(line["answer"]))
        let start = now()
        let result = await engine.compare(
            reference: expression(in: gold), answer: expression(in: said))
        times.append(now() - start)
        let isEqual = result.outcome == .equivalent
        if isContested && !verbose { continue }
        total += 1
        steps[result.decidedBy.rawValue, default: 0] += 1
        if isEqual == expected {
            right += 1
            continue
        }
        if isEqual { falsePositives += 1 }
        let kind = isEqual ? "FALSE POSITIVE" : "false negative"
        print(
            "\(kind) \(line["id"]) [\(line["category"])]\(isContested ? " contested" : "")\n  gold   "
                + "\(String(line["gold"].suffix(150)))\n  answer \(String(line["answer"].suffix(150)))\n  "
                + "\(result.outcome) by \(result.decidedBy.rawValue): \(result.explanation)"
        )
    }
    times.sort()
    print(
        "right \(right) of \(total) = \(Double(right) / Double(max(total, 1))), false positives \(falsePositives)"
    )
    print("steps", steps.sorted { $0.key < $1.key })
    if !times.isEmpty {
        func at(_ share: Double) -> Double {
            times[min(times.count - 1, Int(Double(times.count) * share))]
        }
        print(
            "microseconds p50 \(at(0.5) * 1e6) p90 \(at(0.9) * 1e6) p99 \(at(0.99) * 1e6) max \((times.last ?? 0) * 1e6)"
        )
    }
    await engine.shutDown()
}

func runGolds(_ path: String) async throws {
    let engine = try makeEngine()
    var counts: [String: (parsed: Int, equal: Int, all: Int)] = [:]
    var types: [String: Int] = [:]
    for line in lines(path) {
        let source = String(line["source"].prefix(24))
        var count = counts[source] ?? (0, 0, 0)
        count.all += 1
        let gold = ByteString(line["gold"])
        if let problem = MathEngine.validate(reference: gold) {
            print(
                "unparsed [\(source)] \(String(line["gold"].prefix(110)).debugDescription) — \(problem.message)"
            )
        } else {
            count.parsed += 1
            if !source.hasPrefix("college"), let type = MathEngine.expressionType(of: gold) {
                types[type.rawValue, default: 0] += 1
            }
            let same = await engine.compare(reference: gold, answer: ByteString(line["gold"] + " "))
            if same.outcome == .equivalent {
                count.equal += 1
            } else {
                print(
                    "NOT SELF-EQUAL [\(source)] \(line["gold"].prefix(110).debugDescription) \(same.outcome) \(same.explanation)"
                )
            }
        }
        counts[source] = count
    }
    print("types without college_math:", types.sorted { $0.key < $1.key })
    for (source, count) in counts.sorted(by: { $0.key < $1.key }) {
        print(
            "\(source): \(count.parsed) of \(count.all) parsed, \(count.equal) equal to themselves")
    }
    await engine.shutDown()
}

func runHostile(_ reference: String, _ path: String) async throws {
    let engine = try makeEngine()
    for line in lines(path) {
        let start = now()
        let result = await engine.compare(
            reference: ByteString(reference), answer: ByteString(line["answer"]))
        let milliseconds = (now() - start) * 1e3
        print(
            "\(milliseconds > 50 ? "SLOW " : "")\(line["name"]): \(result.outcome) by \(result.decidedBy.rawValue), \(milliseconds) ms, \(result.explanation)"
        )
    }
    await engine.shutDown()
}

func runSpeed(_ reference: String, _ answer: String) async throws {
    let engine = try makeEngine()
    let (x, y) = (ByteString(reference), ByteString(answer))
    let first = await engine.compare(reference: x, answer: y)
    print(
        "\(first.outcome) by \(first.decidedBy.rawValue), proof \(first.proof.rawValue), policies \(first.policies): \(first.explanation)"
    )
    let count = 2000
    let start = now()
    for _ in 0..<count { _ = await engine.compare(reference: x, answer: y) }
    print("\((now() - start) / Double(count) * 1e6) microseconds each")
    await engine.shutDown()
}

func runProfile(_ path: String, repeats: Int) async throws {
    let engine = try makeEngine()
    let cases = lines(path).map { (ByteString($0["gold"]), ByteString($0["answer"])) }
    var times: [(Double, String)] = []
    var clock = ProcessorClock()
    for (gold, said) in cases {
        let start = clock.seconds()
        var step = ""
        for _ in 0..<repeats {
            let result = await engine.compare(
                reference: expression(in: gold), answer: expression(in: said))
            step = result.decidedBy.rawValue
        }
        times.append(((clock.seconds() - start) / Double(repeats) * 1e6, step))
    }
    for step in Set(times.map(\.1)) {
        let own = times.filter { $0.1 == step }.map(\.0).sorted()
        print(step, own.count, "p50", own[own.count / 2], "p90", own[own.count * 9 / 10])
    }
    let all = times.map(\.0).sorted()
    print("all p50", all[all.count / 2], "p90", all[all.count * 9 / 10])
    await engine.shutDown()
}

func runExtract(_ path: String) {
    for line in lines(path) {
        let text = ByteString(line["text"])
        let found = ExtractionMode.allCases.map { mode in
            let answer = AnswerExtractor.extract(text, mode: mode)
            return "\(mode.rawValue) "
                + (answer.map { "\($0.text.string.debugDescription) (\($0.extractedBy))" } ?? "nil")
        }
        var box = "none"
        if case .content(let content) = LastBox(in: text) { box = content.string.debugDescription }
        print(
            "\(line["name"]): \(line["text"].debugDescription)\n    LastBox \(box)  \(found.joined(separator: "  "))"
        )
    }
}

func runRandom(_ path: String, count: Int) async throws {
    let engine = try makeEngine()
    let golds = Array(Set(lines(path).map { $0["gold"] })).sorted()
    var state: UInt64 = 1
    func pick() -> String {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return golds[Int((state >> 33) % UInt64(golds.count))]
    }
    var outcomes: [String: Int] = [:]
    for _ in 0..<count {
        let (x, y) = (pick(), pick())
        if x == y { continue }
        let result = await engine.compare(reference: ByteString(x), answer: ByteString(y))
        outcomes["\(result.outcome)", default: 0] += 1
        if result.outcome == .equivalent { print("EQUAL \(x) | \(y) | \(result.policies)") }
    }
    print(outcomes.sorted { $0.key < $1.key })
    await engine.shutDown()
}

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "cases": try await runCases(arguments[2], verbose: arguments.contains("--verbose"))
case "golds": try await runGolds(arguments[2])
case "random": try await runRandom(arguments[2], count: Int(arguments[3]) ?? 1000)
case "dos": try await runHostile(arguments[2], arguments[3])
case "serve": try await runServe()
case "extract": runExtract(arguments[2])
case "cores": try await runCores(arguments[2], rounds: Int(arguments[3]) ?? 5)
case "soak":
    try await runSoak(
        Array(arguments[2..<(arguments.count - 1)]), Int(arguments.last ?? "") ?? 1000)
case "profile": try await runProfile(arguments[2], repeats: Int(arguments[3]) ?? 10)
case "pairs": try await runSpeed(arguments[2], arguments[3])
default: print("math-bench cases|golds|random|pairs|dos|profile|cores|soak|serve …; see main.swift")
}
