// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

extension JSONView {
    /// The value with every string unescaped; numbers as they are written.
    var copied: JSONValue {
        switch kind {
        case .null: .null
        case .boolean: .boolean(boolean ?? false)
        case .number: .raw(raw)
        case .string: .text(string ?? "")
        case .array: .array(elements.map(\.copied))
        case .object:
            .object(
                members.reduce(into: JSONObject()) { object, member in
                    object.append(member.key.string, member.value.copied)
                })
        }
    }
}
