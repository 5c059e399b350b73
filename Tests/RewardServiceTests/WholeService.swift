// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution
import Graders
import Grading
import HTTPServer
import LanguageID
import MathEquivalence
import RewardService
import Rewards
import Sandbox
import TestSupport

/// The real server with every engine, in this process; its helper processes end with it.
final class WholeService: Sendable {
    private let server: HTTPServer

    private init() async throws {
        var engines = Engines()
        engines.languageModel = try LanguageModel(path: Locations.root + "/.models/lid.176.ftz")
        engines.math = try MathEngine(
            configuration: MathConfiguration(
                workerPath: Locations.products + "/assay-math", workerCount: 2))
        engines.sandbox = try await Sandbox.start(
            SandboxConfiguration(
                helperPath: Locations.products + "/assay-sandbox",
                cacheDirectory: Locations.cache, workers: 2))
        engines.testSets = try TestSetStore(directory: Locations.cache + "-tests")
        let pool = BlockingPool(name: "test-whole", width: 2)
        let service = RewardService(
            engine: RewardEngine(
                registry: GraderRegistry(engines: engines), pool: pool, batchWidth: 8),
            recipes: RecipeBook(), pool: pool, sandbox: engines.sandbox,
            testSets: engines.testSets, maxInFlightRollouts: 1000,
            facts: ServiceFacts(version: "test"))
        var configuration = HTTPServerConfiguration()
        RewardService.configure(&configuration)
        server = try HTTPServer(configuration: configuration, handler: service)
        try server.start()
    }

    private static let started = Task { try await WholeService() }

    /// The one that all tests of this bundle share.
    static func shared() async throws -> WholeService { try await started.value }

    func post(_ path: String, _ body: String) throws -> RawResponse {
        try ask("POST", path, body)
    }

    func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> RawResponse {
        let client = try RawClient(port: server.port, deadlineSeconds: 120)
        try client.request(method, path, body: body)
        return try client.response()
    }
}
