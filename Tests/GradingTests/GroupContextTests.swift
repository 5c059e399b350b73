// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Testing

@Suite("Group context")
struct GroupContextTests {
    @Test("the caller's group is the key")
    func namedGroup() {
        var rollout = Rollout()
        rollout.group = "p17"

        #expect(GroupContext(rollout).key == "p17")
    }

    @Test("without a group, completions of one prompt and task share a key")
    func sharedKey() {
        var first = Rollout()
        first.problem = "What is 6*7?"
        first.completion.content = "42"
        var second = first
        second.completion.content = "41"

        #expect(GroupContext(first).key == GroupContext(second).key)
    }

    @Test("prompt and problem do not run into each other")
    func framedParts() {
        var first = Rollout()
        (first.prompt, first.problem) = ("ab", "c")
        var second = Rollout()
        (second.prompt, second.problem) = ("a", "bc")

        #expect(GroupContext(first).key != GroupContext(second).key)
    }
}
