// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Hashing

/// Draws the tests of a group: the same for every member, on any node, anew for each seed.
///
/// A test's key is SHA-256 over version, group, seed, SHA-256(test) and index, each behind its
/// length; the smallest keys are drawn. Contents are part of the key, so that a changed test is
/// drawn anew; the index tells equal tests apart.
enum TestDraw {
    /// Part of every key; a change of the rule changes it.
    private static let version: ByteString = "assay-test-draw-1"

    /// Draws tests.
    ///
    /// - Parameters:
    ///   - task: with all tests in file order.
    ///   - group: names the group and its seed.
    /// - Returns: indices in ascending order.
    static func indices(of task: CodeTask, group: GroupContext) -> [Int] {
        let count = task.sampleCount
        guard task.tests.count > count else { return Array(task.tests.indices) }
        let groupKey = group.key
        let seed = ByteString(String(group.seed))
        let keys = task.testDigests.enumerated().map { index, digest in
            var hash = SHA256()
            hash.update(lengthPrefixed: version)
            hash.update(lengthPrefixed: groupKey)
            hash.update(lengthPrefixed: seed)
            hash.update(lengthPrefixed: ByteString(digest.bytes))
            hash.update(lengthPrefixed: ByteString(String(index)))
            return (key: hash.finish(), index: index)
        }
        return keys.sorted { $0.key < $1.key }.prefix(count).map(\.index).sorted()
    }
}
