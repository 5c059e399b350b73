// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution
import Hashing

/// SHA-256 of each test of a task, computed when first needed and shared by all copies of the task.
///
/// Without it every rollout of a group would hash all tests for its draw.
final class TestDigests: Sendable {
    private let tests: [CodeTest]
    private let digests = Locked<[SHA256Digest]?>(nil)

    init(_ tests: [CodeTest]) { self.tests = tests }

    /// One digest for each test, in file order.
    var all: [SHA256Digest] {
        digests.withLock { digests in
            if let digests { return digests }
            let made = tests.map(\.digest)
            digests = made
            return made
        }
    }
}
