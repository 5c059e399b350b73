// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Hashing

/// The files of test sets: one for each, named by its digest.
struct TestSetFolder: Sendable {
    struct File {
        let digest: SHA256Digest
        let bytes: Int
        /// When it was last written or read from the disk, in nanoseconds since 1970.
        let usedNanoseconds: Int
    }

    private let directory: String
    private static let draftPrefix = ".draft-"
    /// Age from which a draft is a crash's, not another server's, in nanoseconds: one hour.
    private static let draftNanosecondsMax = 3600 * 1_000_000_000

    /// Opens a folder, made if it is missing.
    init(_ directory: String) throws(FileError) {
        self.directory = directory
        var partial = directory.hasPrefix("/") ? "" : "."
        let parts = directory.split(separator: "/")
        for (index, part) in parts.enumerated() {
            partial += "/" + part
            let mode: mode_t = index == parts.count - 1 ? 0o700 : 0o755
            if mkdir(partial, mode) != 0 && errno != EEXIST { throw FileError(path: partial) }
        }
    }

    /// All sets; drafts that a crash left are deleted on the way.
    func list() throws(FileError) -> [File] {
        guard let stream = opendir(directory) else { throw FileError(path: directory) }
        defer { closedir(stream) }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var files: [File] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var facts = stat()
            guard stat(path(name), &facts) == 0 else { continue }
            let time = Self.nanoseconds(facts.st_mtim)
            if let digest = SHA256Digest(hex: name), digest.hex == name {
                files.append(
                    File(digest: digest, bytes: Int(facts.st_size), usedNanoseconds: time))
            } else if name.hasPrefix(Self.draftPrefix),
                Self.nanoseconds(now) - time > Self.draftNanosecondsMax
            {
                unlink(path(name))
            }
        }
        return files
    }

    func write(_ body: ByteString, as digest: SHA256Digest) throws(FileError) {
        let draft = path("\(Self.draftPrefix)\(getpid())-\(UInt64.random(in: 0 ... .max))")
        do throws(FileError) {
            try body.write(toNewFile: draft, mode: 0o644)
            guard rename(draft, path(digest.hex)) == 0 else { throw FileError(path: draft) }
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// A set's bytes; its time of use is noted for the next process.
    func read(_ digest: SHA256Digest) throws(FileError) -> ByteString {
        let body = try ByteString(contentsOfFile: path(digest.hex))
        // Where it fails, another order of deletion is all that follows.
        utimensat(AT_FDCWD, path(digest.hex), nil, 0)
        return body
    }

    /// Deletes a set; one that is gone already is fine.
    func remove(_ digest: SHA256Digest) { unlink(path(digest.hex)) }

    func give(to id: UInt32, _ digests: [SHA256Digest]) throws(FileError) {
        for path in [directory] + digests.map({ path($0.hex) }) {
            guard chown(path, id, id) == 0 || errno == ENOENT else { throw FileError(path: path) }
        }
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    private static func nanoseconds(_ time: timespec) -> Int {
        time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
