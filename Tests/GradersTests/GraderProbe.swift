// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import Graders
import Grading
import Testing
import Wire

/// Asks graders as their own endpoints do.
enum GraderProbe {
    static let registry = GraderRegistry(engines: Engines())

    /// The score that a grader gives to a body of its endpoint.
    static func score(_ grader: String, _ body: JSONObject) async throws -> Score {
        switch try await outcome(grader, body) {
        case .verdict(let score): return score
        case .ungraded(let failure): throw failure
        }
    }

    /// The outcome that a grader gives to a body of its endpoint.
    static func outcome(_ grader: String, _ body: JSONObject) async throws -> Outcome {
        var writer = JSONWriter()
        writer.write(.object(body))
        let registered = try #require(registry.grader(named: grader))
        let request = try registered.decodeRequest(try JSONDocument(writer.byteString).root)
        let context = context(request.rollout, recipe: request.recipe)
        return await registered.grader.grade(request.rollout, context)
    }

    /// What an engine would hand to a grader.
    static func context(_ rollout: Rollout, recipe: Recipe = Recipe()) -> GradingContext {
        let completion = rollout.completion
        return GradingContext(
            sections: CompletionSections(
                content: completion.content, reasoning: completion.reasoning,
                format: recipe.format.completion),
            recipe: recipe, group: GroupContext(rollout))
    }
}
