// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Execution

/// Something that is made when it is first asked for, once for all who ask.
///
/// It is made in a task of its own: that the first asker is cancelled takes it from nobody.
final class OnDemand<Value: Sendable>: Sendable {
    private let task = Locked<Task<Value, Never>?>(nil)
    private let make: @Sendable () async -> Value

    init(_ make: @escaping @Sendable () async -> Value) { self.make = make }

    /// The value, made now if nobody has asked before.
    func value() async -> Value {
        let asked = task.withLock { task in
            if let task { return task }
            let first = Task { [make] in await make() }
            task = first
            return first
        }
        return await asked.value
    }

    /// The value; nil if nobody has asked for it.
    func valueIfAsked() async -> Value? { await task.withLock { $0 }?.value }
}
