// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import DatasetVerifier
import Execution
import Glibc
import Graders
import Grading
import LanguageID
import MathEquivalence
import Rewards
import Wire

// Runs all checks that run no program over JSON Lines of math rows, in one thread, and prints
// every finding as `id TAB code TAB message`, then CPU time per row and check.
//
//     bench-checks [--quiet] [--against FILE]... FILE...
//
// Members read: id, problem or verl's prompt, gold or verl's ground_truth, solution or raw_answer,
// language, completion with label; rows with one problem become one row with rollouts where there
// are completions.

func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func task(_ reference: JSONValue) -> ByteString {
    var writer = JSONWriter()
    writer.write(.members(["type": "math", "reference": reference]))
    return writer.byteString
}

func row(_ view: JSONView, _ line: Int, _ file: String) -> DatasetRow {
    var row = DatasetRow(
        position: RowPosition(fileIndex: 0, file: file, line: line), profile: "bench",
        raw: view.raw)
    if let id = view["id"]?.string {
        row.id = id.string
        row.hasOwnID = true
    }
    let chat = view["prompt"]?.elements.compactMap { $0["content"]?.string?.string } ?? []
    row.problem =
        view["problem"]?.string ?? view["extra_info"]?["raw_problem"]?.string ?? ""
    row.prompt = chat.isEmpty ? row.problem : ByteString(chat.joined(separator: "\n\n"))
    row.problemPointer = "/problem"
    row.taskPointer = "/gold"
    if let gold = (view["gold"] ?? view["reward_model"]?["ground_truth"]).flatMap({
        $0.string ?? $0.numberToken
    }) {
        row.references = [gold]
        row.task = task(.text(gold))
    }
    row.workedSolution = view["solution"]?.string ?? view["raw_answer"]?.string
    row.languageTag = view["language"]?.string?.string
    if let completion = view["completion"]?.string {
        row.rollouts = [
            RowRollout(
                completion: CompletionText(content: completion),
                isCorrect: view["label"]?.boolean, pointer: "/completion")
        ]
    }
    return row
}

func load(_ path: String) throws -> [DatasetRow] {
    let bytes = try ByteString(contentsOfFile: path)
    var rows: [DatasetRow] = []
    var places: [ByteString: Int] = [:]
    for (number, line) in bytes.array.split(separator: 10).enumerated() {
        let row = row(try JSONDocument(ByteString(Array(line))).root, number + 1, path)
        if !row.rollouts.isEmpty, let place = places[row.problem] {
            rows[place].rollouts += row.rollouts
        } else {
            places[row.problem] = rows.count
            rows.append(row)
        }
    }
    return rows
}

var arguments = Array(CommandLine.arguments.dropFirst())
var options = CheckOptions()
var isQuiet = false
while let first = arguments.first, first.hasPrefix("--") {
    arguments.removeFirst()
    if first == "--quiet" {
        isQuiet = true
    } else {
        options.evaluationSets.append(try EvaluationSet(contentsOfFile: arguments.removeFirst()))
    }
}
let products = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false)
    .dropLast().joined(separator: "/")
var engines = Engines()
engines.math = try MathEngine(
    configuration: MathConfiguration(workerPath: products + "/assay-math", workerCount: 1))
engines.languageModel = try LanguageModel(path: ".models/lid.176.ftz")
let registry = CheckRegistry(options: options)
let context = CheckContext(
    rewards: RewardEngine(
        registry: GraderRegistry(engines: engines), pool: BlockingPool(name: "bench", width: 1),
        batchWidth: 1),
    engines: engines, recipe: Recipe(), selected: Set(registry.rules.map(\.code)))
let rows = try arguments.flatMap(load)
var counts: [String: Int] = [:]
@MainActor func report(_ id: String, _ finding: Finding) {
    counts[finding.rule.code, default: 0] += 1
    if !isQuiet { print("\(id)\t\(finding.rule.code)\t\(finding.message)") }
}
for check in registry.checks {
    let start = cpuSeconds()
    var remembered: [RememberedRow] = []
    var factBytes = 0
    for row in rows {
        let inspection = await check.inspect(row, context)
        for finding in inspection.findings { report(row.id, finding) }
        for failure in inspection.failures { print("\(row.id)\tfailed\t\(failure)") }
        guard let facts = inspection.facts else { continue }
        var writer = JSONWriter()
        writer.write(facts)
        factBytes = max(factBytes, writer.bytes.count)
        remembered.append(
            RememberedRow(
                position: row.position, id: row.id,
                facts: try JSONDocument(writer.byteString).root))
    }
    let middle = cpuSeconds()
    for found in try await check.conclude(RowsInMemory(rows: remembered), context) {
        report(remembered[found.rowIndex].id, found.finding)
    }
    let end = cpuSeconds()
    print(
        "# \(check.name): \(Int((middle - start) / Double(max(rows.count, 1)) * 1e6)) us a row,"
            + " conclude \(Int((end - middle) / Double(max(rows.count, 1)) * 1e6)) us a row,"
            + " facts up to \(factBytes) bytes")
}
print(
    "# \(rows.count) rows: "
        + counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        .joined(separator: ", "))
