// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CSandbox
import Glibc

/// A descriptor with one owner, closed when the last reference goes.
final class MemoryFile: Sendable {
    let descriptor: Int32

    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    /// Copies bytes into a memfd that nobody can change.
    init(sealing bytes: ByteString, name: String) throws(SandboxError) {
        descriptor = bytes.withUnsafeBytes { csbx_sealed_memfd(name, $0.baseAddress, $0.count) }
        if descriptor < 0 { throw .failure("memfd_create: \(systemError())") }
    }

    deinit { close(descriptor) }

    /// Copies the first `count` bytes out.
    func read(count: Int) throws(SandboxError) -> ByteString {
        let storage = ByteStorage(count: count)
        guard csbx_read_all(descriptor, storage.base, count) == 0 else {
            throw .failure("reading a memfd: \(systemError())")
        }
        return ByteString(storage, range: 0..<count)
    }
}

/// The text of `errno`.
func systemError() -> String { String(cString: strerror(errno)) }
