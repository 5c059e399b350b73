// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPServer
import Testing

@Suite("Termination signals", .serialized)
struct TerminationSignalTests {
    @Test("signals before and after the wait are delivered in order")
    func delivered() async {
        let signals = TerminationSignal(signals: [SIGUSR1, SIGUSR2])

        kill(getpid(), SIGUSR2)
        #expect(await signals.wait() == SIGUSR2)
        let waiting = Task(executorPreference: workers) { await signals.wait() }
        kill(getpid(), SIGUSR1)

        #expect(await waiting.value == SIGUSR1)
    }
}
