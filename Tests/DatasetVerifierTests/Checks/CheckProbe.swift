// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import DatasetVerifier
import Execution
import Graders
import Grading
import LanguageID
import MathEquivalence
import Rewards
import TestSupport
import Wire

/// The engines that checks stand on, and rows made from fixtures.
enum CheckProbe {
    private static let engines = Result {
        var engines = Engines()
        engines.math = try MathEngine(
            configuration: MathConfiguration(
                workerPath: Locations.products + "/assay-math", workerCount: 1))
        engines.languageModel = try LanguageModel(path: Locations.root + "/.models/lid.176.ftz")
        return engines
    }

    /// A context in which all rules run.
    static func context(
        without missing: (inout Engines) -> Void = { _ in }, selected: Set<String>? = nil,
        recipe: Recipe = Recipe()
    ) throws -> CheckContext {
        var engines = try engines.get()
        missing(&engines)
        return CheckContext(
            rewards: RewardEngine(
                registry: GraderRegistry(engines: engines),
                pool: BlockingPool(name: "test-checks", width: 1), batchWidth: 1),
            engines: engines, recipe: recipe,
            selected: selected
                ?? Set(CheckRegistry().rules.map(\.code).filter { !$0.hasPrefix("C") }))
    }

    /// A row as a fixture describes it.
    static func row(_ view: JSONView, line: Int = 1) -> DatasetRow {
        var row = DatasetRow(
            position: RowPosition(fileIndex: 0, file: "rows.jsonl", line: line),
            profile: "fixture", raw: view.raw)
        if let id = view["id"]?.string {
            row.id = id.string
            row.hasOwnID = true
        }
        row.problem = view["problem"]?.string ?? ""
        row.prompt = view["prompt"]?.string ?? row.problem
        row.problemPointer = "/problem"
        row.taskPointer = "/reference"
        row.references = texts(view["reference"])
        row.options = texts(view["options"])
        row.workedSolution = view["solution"]?.string
        row.languageTag = view["language"]?.string?.string
        row.rollouts = (view["rollouts"]?.elements.map { $0 } ?? []).enumerated().map {
            index, rollout in
            RowRollout(
                completion: rollout["completion"]?.string.map { CompletionText(content: $0) },
                isCorrect: rollout["correct"]?.boolean, pointer: "/rollouts/\(index)")
        }
        row.task = task(view, row)
        return row
    }

    private static func texts(_ view: JSONView?) -> [ByteString] {
        guard let view else { return [] }
        return view.string.map { [$0] } ?? view.elements.compactMap(\.string)
    }

    private static func task(_ view: JSONView, _ row: DatasetRow) -> ByteString? {
        let type = view["type"]?.string?.string ?? "math"
        var task = JSONObject(["type": .string(type)])
        let references = row.references.map { JSONValue.text($0) }
        if let only = references.first, references.count == 1 {
            task.append("reference", only)
        } else if !references.isEmpty {
            task.append("reference", .array(references))
        }
        if let rule = view["rule"]?.string { task.append("references", .text(rule)) }
        if !row.options.isEmpty {
            task.append("options", .array(row.options.map { .text($0) }))
        }
        var writer = JSONWriter()
        writer.write(.object(task))
        return writer.byteString
    }

    /// Runs all checks that run no program over rows as the verifier does: facts travel as bytes.
    ///
    /// - Returns: row and finding, in the order of the checks.
    static func findings(
        _ rows: [DatasetRow], _ context: CheckContext, options: CheckOptions = CheckOptions()
    ) async throws -> [(row: Int, finding: Finding)] {
        var found: [(row: Int, finding: Finding)] = []
        for check in CheckRegistry(options: options).checks where !check.name.hasPrefix("code-") {
            var remembered: [RememberedRow] = []
            var places: [Int] = []
            for (index, row) in rows.enumerated() {
                let inspection = await check.inspect(row, context)
                found += inspection.findings.map { (index, $0) }
                guard let facts = inspection.facts else { continue }
                var writer = JSONWriter()
                writer.write(facts)
                remembered.append(
                    RememberedRow(
                        position: row.position, id: row.id,
                        facts: try JSONDocument(writer.byteString).root))
                places.append(index)
            }
            for late in try await check.conclude(RowsInMemory(rows: remembered), context) {
                found.append((places[late.rowIndex], late.finding))
            }
        }
        return found
    }

    /// The codes found in one row alone, sorted.
    static func codes(_ view: JSONView, _ context: CheckContext) async throws -> [String] {
        try await findings([row(view)], context).map(\.finding.rule.code).sorted()
    }
}
