// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import Graders
import Grading
import Rewards
import Sandbox
import Wire

/// A row with a code task, ready to be looked at.
struct CodeRow: Sendable {
    /// The row.
    let row: DatasetRow
    /// Its task, with all its tests.
    let task: CodeTask
    private let grader: CodeGrader
    private let context: CheckContext

    /// What reading a row came to.
    enum Reading: Sendable {
        /// The row has another task, or none.
        case other
        /// The task cannot be read: a fault of the row.
        case faulty(Ungraded)
        /// Something is missing here: no fault of the row.
        case unavailable(String)
        case ready(CodeRow)
    }

    /// Reads a row's task as the service would.
    static func read(_ row: DatasetRow, _ context: CheckContext) async -> Reading {
        // Most rows of other kinds are told apart without parsing.
        guard row.mayHaveCodeTask, let text = row.task,
            let view = try? JSONDocument(text).root, view["type"]?.string == "code"
        else { return .other }
        let registry = context.rewards.registry
        do throws(WireError) {
            guard let task = try registry.decodeTask(view) as? CodeTask,
                let grader = registry.grader(for: task) as? CodeGrader
            else { preconditionFailure("the registry reads code tasks for the code grader") }
            do throws(Ungraded) {
                var task = try await grader.resolved(task)
                // Whatever a group draws must hold: all tests are looked at.
                task.sampleCount = task.tests.count
                return .ready(CodeRow(row: row, task: task, grader: grader, context: context))
            } catch {
                return reading(error)
            }
        } catch {
            return reading(.invalidTask(error))
        }
    }

    private static func reading(_ failure: Ungraded) -> Reading {
        // A test set that was never put here says nothing of the row.
        guard failure.status == .invalidTask, failure.code != "tests_not_found" else {
            return .unavailable("\(failure.code): \(failure.message)")
        }
        return .faulty(failure)
    }

    /// What no program of the task can change; nil if all is well.
    func fault() async -> Ungraded? {
        await context.rewards.perform {
            await grader.fault(of: task, recipe: context.recipe, group: group)
        }
    }

    /// What the tests expect of Python functions.
    func expectations() async -> Result<[TestExpectation?], Ungraded> {
        await context.rewards.perform {
            do throws(Ungraded) {
                return .success(try await grader.expectations(of: task, group: group))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Judges a program as training would, on all tests.
    ///
    /// - Parameters:
    ///   - source: the program.
    ///   - language: one that the tests can be run against.
    ///   - change: is made to the task before.
    /// - Returns: what the grader found.
    func judge(
        _ source: ByteString, in language: ProgramLanguage,
        changing change: @Sendable (inout CodeTask) -> Void = { _ in }
    ) async -> Outcome {
        var rollout = Rollout()
        var task = self.task
        task.submit(source, in: language)
        change(&task)
        rollout.task = task
        rollout.group = ByteString(group)
        var recipe = context.recipe
        recipe.correctness.isPartial = false
        let grading = GradingContext(
            sections: CompletionSections(
                content: "", reasoning: "", format: recipe.format.completion),
            recipe: recipe, group: GroupContext(rollout))
        return await context.rewards.perform { [rollout] in
            await grader.grade(rollout, grading)
        }
    }

    private var group: String { row.id }

    /// The language whose programs the task is about; nil if it says nothing and has no solutions.
    var language: ProgramLanguage? {
        task.language
            ?? row.solutions.lazy.filter { $0.expectation == .accepted }
            .compactMap { ProgramLanguage.named($0.language) }.first
    }

    /// Whether programs of a language can be run against the tests.
    func accepts(_ language: ProgramLanguage) -> Bool {
        let isByOutput = task.tests.allSatisfy { test in
            if case .standardIO = test { true } else { false }
        }
        return isByOutput || language == task.language
    }
}

extension Inspection {
    /// Only what was asked for.
    func selected(by context: CheckContext) -> Inspection {
        var inspection = self
        inspection.findings = findings.filter { context.runs($0.rule) }
        return inspection
    }

    /// Notes why a rule could not be applied.
    mutating func note(_ failure: Ungraded, _ rule: Rule) {
        failures.append("\(rule.code): \(failure.code): \(failure.message)")
    }
}

extension Check {
    /// Whether any of its rules was selected.
    func isSelected(_ context: CheckContext) -> Bool { rules.contains { context.runs($0) } }
}
