// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution
import Testing

@Suite("Blocking pool")
struct BlockingPoolTests {
    @Test("every job runs exactly once")
    func everyJobRunsOnce() async {
        let pool = BlockingPool(name: "test-pool", width: 3)
        defer { pool.shutDown() }
        let total = Locked(0)

        await withTaskGroup(of: Void.self) { group in
            for number in 1...1000 {
                group.addTask(executorPreference: pool) { total.withLock { $0 += number } }
            }
        }

        #expect(total.withLock { $0 } == 500_500)
    }

    @Test("a job that arrives after shutdown still runs")
    func lateJobRuns() async {
        let pool = BlockingPool(name: "test-late", width: 1)
        pool.shutDown()

        let answer = await withTaskExecutorPreference(pool) { 42 }

        #expect(answer == 42)
    }
}
