// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// Reads the lines of a journal, holding one of them and a block of the file.
final class JournalLines {
    private let path: String
    private let descriptor: Int32
    private var block = [UInt8](repeating: 0, count: 1 << 16)
    private var pending: [UInt8] = []
    private var start = 0
    /// Bytes of all whole lines returned so far, newlines included.
    private(set) var offset = 0

    init(_ path: String) throws(VerificationError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw VerificationError("\(FileError(path: path))") }
    }

    deinit { close(descriptor) }

    /// The next line that ends with a newline, without it; a torn last line is passed over.
    func next() throws(VerificationError) -> ByteString? {
        var searched = start
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = ByteString(Array(pending[start..<end]))
                offset += end + 1 - start
                start = end + 1
                return line
            }
            pending.removeFirst(start)
            start = 0
            searched = pending.count
            guard try fill() else { return nil }
        }
    }

    private func fill() throws(VerificationError) -> Bool {
        while true {
            let count = read(descriptor, &block, block.count)
            if count > 0 {
                pending.append(contentsOf: block[0..<count])
                return true
            }
            if count == 0 { return false }
            guard errno == EINTR else { throw VerificationError("\(FileError(path: path))") }
        }
    }

    /// Reads one line again.
    ///
    /// - Parameters:
    ///   - path: the journal.
    ///   - offset: of the line's first byte.
    ///   - size: bytes of the line without its newline.
    /// - Returns: the line.
    /// - Throws: ``VerificationError`` when the journal cannot be read that far.
    static func line(
        of path: String, offset: Int, size: Int
    ) throws(VerificationError) -> ByteString {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw VerificationError("\(FileError(path: path))") }
        defer { close(descriptor) }
        var line = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = line.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor, buffer.baseAddress.map { $0 + done }, size - done,
                    off_t(offset + done))
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw VerificationError("\(FileError(path: path))") }
            guard count > 0 else { throw VerificationError("\(path) has been cut off") }
            done += count
        }
        return ByteString(line)
    }
}
