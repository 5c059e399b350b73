// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CSystem
import Execution
import Graders
import Grading
import Rewards
import RewardService
import Wire

/// What `serve`, `grade` and `doctor` share: the engines and their limits.
struct ServiceOptions: ParsableArguments {
    @Option(help: "Threads that grade; by default one for each core.")
    var threads: Int?

    /// Starts the engines.
    func start() -> RunningEngine {
        let threads = max(1, threads ?? Int(csys_usable_cores()))
        let pool = BlockingPool(name: "grading", width: threads)
        let registry = GraderRegistry(engines: Engines())
        return RunningEngine(
            pool: pool,
            engine: RewardEngine(registry: registry, pool: pool, batchWidth: 4 * threads),
            recipes: RecipeBook(),
            facts: ServiceFacts(version: Assay.version))
    }
}

/// The engines of a process.
struct RunningEngine {
    let pool: BlockingPool
    let engine: RewardEngine
    let recipes: RecipeBook
    let facts: ServiceFacts
}
