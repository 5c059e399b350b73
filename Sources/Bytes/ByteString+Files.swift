// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// A system call that failed on a file.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The `errno` it left.
    public let code: Int32
    /// The file.
    public let path: String

    /// Notes the present `errno`.
    ///
    /// - Parameter path: the file.
    public init(path: String) {
        code = errno
        self.path = path
    }

    /// The sentence for people.
    public var description: String { "\(path): \(String(cString: strerror(code)))" }
}

extension ByteString {
    /// Reads a whole regular file.
    ///
    /// - Parameter path: the file.
    /// - Throws: ``FileError``.
    public init(contentsOfFile path: String) throws(FileError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileError(path: path) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw FileError(path: path) }
        let storage = ByteStorage(count: Int(facts.st_size))
        var size = 0
        while size < storage.count {
            let count = Glibc.read(file, storage.base + size, storage.count - size)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(path: path) }
            // Somebody cut the file short meanwhile.
            if count == 0 { break }
            size += count
        }
        self.init(storage, range: 0..<size)
    }

    /// Writes a file that must not exist yet, down to the disk.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - mode: its permissions, such as 0o644.
    /// - Throws: ``FileError``; then the file may exist in part.
    public func write(toNewFile path: String, mode: mode_t) throws(FileError) {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
        guard file >= 0 else { throw FileError(path: path) }
        defer { close(file) }
        let isWritten = withUnsafeBytes { bytes -> Bool in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(
                    file, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
        guard isWritten, fsync(file) == 0 else { throw FileError(path: path) }
    }
}
