// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution

/// Bounds the rollouts in flight, so that a full server says so instead of queueing without end.
final class Admission: Sendable {
    private let inFlight = Locked(0)
    /// Most rollouts in flight.
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes `count` places if they are free; a batch larger than the limit is taken when nothing
    /// else is in flight, since it would never fit otherwise.
    func tryEnter(_ count: Int) -> Bool {
        inFlight.withLock { inFlight in
            guard inFlight == 0 || inFlight + count <= limit else { return false }
            inFlight += count
            return true
        }
    }

    /// Gives back `count` places.
    func leave(_ count: Int) {
        inFlight.withLock { inFlight in
            inFlight -= count
            precondition(inFlight >= 0, "more rollouts left than entered")
        }
    }

    /// Rollouts in flight.
    var count: Int { inFlight.withLock { $0 } }
}
