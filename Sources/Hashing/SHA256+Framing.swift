// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

extension SHA256 {
    /// Appends a part behind its length, so that no two lists of parts hash alike.
    ///
    /// - Parameter part: hashed after its size in bytes as a 64-bit big-endian number.
    public mutating func update(lengthPrefixed part: ByteString) {
        withUnsafeBytes(of: UInt64(part.count).bigEndian) { update($0) }
        update(part)
    }
}
