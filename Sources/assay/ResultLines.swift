// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Rewards
import Wire

/// Prints results in the order of their input, each as soon as all before it are known.
final class ResultLines: Sendable {
    private struct State {
        var waiting: [ByteString?]
        var next = 0
        var ungradedCount = 0
    }

    private let state: Locked<State>

    init(count: Int) {
        state = Locked(State(waiting: [ByteString?](repeating: nil, count: count)))
    }

    /// Rollouts without a reward so far.
    var ungradedCount: Int { state.withLock { $0.ungradedCount } }

    func take(_ result: RolloutResult) {
        var writer = JSONWriter(reservingBytes: 512)
        writer.write(result.json)
        writer.write(byte: UInt8(ascii: "\n"))
        let line = writer.byteString
        let hasReward = result.reward != nil
        let index = result.index
        state.withLock { state in
            state.waiting[index] = line
            if !hasReward { state.ungradedCount += 1 }
            while state.next < state.waiting.count, let ready = state.waiting[state.next] {
                printBytes(ready)
                state.waiting[state.next] = ""
                state.next += 1
            }
        }
    }
}
