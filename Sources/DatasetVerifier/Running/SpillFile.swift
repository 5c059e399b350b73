// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// Bytes that would cost memory by the row: appended, then read at any place.
///
/// Theory of operation: a file without a name in `TMPDIR`, or `/tmp`, which the kernel frees with
/// its descriptor, however the process ends. It is made when the first block is full: small
/// datasets never touch the disk. It is read by `pread`, not mapped, so that what is read does not
/// stay resident.
final class SpillFile: @unchecked Sendable {
    // Invariant behind `@unchecked`: used by one task at a time.
    private static let blockBytes = 1 << 18

    private var descriptor: Int32 = -1
    private var block: [UInt8] = []
    private var written = 0

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Bytes appended so far.
    var size: Int { written + block.count }

    /// Appends values as they lie in memory.
    ///
    /// - Throws: ``VerificationError`` when the folder is full or cannot be written to.
    func append<Value: FixedWidthInteger>(_ values: [Value]) throws(VerificationError) {
        values.withUnsafeBytes { block.append(contentsOf: $0) }
        if block.count >= Self.blockBytes { try flush() }
    }

    /// Reads values that were appended.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - values: replaced by them; its memory is used again.
    ///   - offset: of the first one, in bytes; what is read must lie within ``size``.
    /// - Throws: ``VerificationError`` when the file cannot be read.
    func read<Value: FixedWidthInteger>(
        _ count: Int, into values: inout [Value], at offset: Int
    ) throws(VerificationError) {
        if values.count != count { values = [Value](repeating: 0, count: count) }
        let bytes = count * MemoryLayout<Value>.stride
        precondition(offset >= 0 && offset + bytes <= size, "a read beyond the end")
        if offset >= written {
            let start = offset - written
            values.withUnsafeMutableBytes { $0.copyBytes(from: block[start..<start + bytes]) }
            return
        }
        if offset + bytes > written { try flush() }
        let isRead = values.withUnsafeMutableBytes { buffer in
            Self.transfers(bytes) { done in
                pread(
                    descriptor, buffer.baseAddress.map { $0 + done }, bytes - done,
                    off_t(offset + done))
            }
        }
        guard isRead else { throw Self.failed() }
    }

    private func flush() throws(VerificationError) {
        if descriptor < 0 { try make() }
        let isWritten = block.withUnsafeBytes { buffer in
            Self.transfers(buffer.count) { done in
                pwrite(
                    descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                    off_t(written + done))
            }
        }
        guard isWritten else { throw Self.failed() }
        written += block.count
        block.removeAll(keepingCapacity: true)
    }

    /// Repeats a call until all bytes are through; false when it fails.
    private static func transfers(_ bytes: Int, _ call: (_ done: Int) -> Int) -> Bool {
        var done = 0
        while done < bytes {
            let count = call(done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private static var folder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    private static func failed() -> VerificationError {
        VerificationError("a temporary file: \(FileError(path: folder))")
    }

    private func make() throws(VerificationError) {
        // `mkstemp` would leave the descriptor to programs that are started meanwhile.
        var template = Array("\(Self.folder)/assay-verify-XXXXXX".utf8CString)
        let folder = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let folder else { throw Self.failed() }
        descriptor = open(
            folder + "/spill", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
        let error = errno
        unlink(folder + "/spill")
        rmdir(folder)
        errno = error
        guard descriptor >= 0 else { throw Self.failed() }
    }
}
