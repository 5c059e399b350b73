// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import Execution
import Grading
public import Hashing
public import Wire

/// Test sets that clients bring once and name by SHA-256 from then on.
///
/// Theory of operation: a set is a file named by the digest of its bytes, so a name can mean nothing
/// else, no path ever comes from a client, and several servers may share the folder. Files are
/// written under another name, flushed, and renamed: a reader sees all of one or none, also after a
/// crash. An index in memory knows sizes and order of use; putting a set deletes the least recently
/// used ones until the bound holds. Whoever names a deleted set is told so and puts it again. Parsed
/// sets are kept in memory under a bound of their own, so that the rollouts of a group parse once.
/// The index is under one lock, held for no system call; deleting happens before the space is used.
///
/// The folder must not be seen by boxes: it holds expected outputs.
public final class TestSetStore: Sendable {
    /// What is known of a set.
    public struct Summary: Sendable, Equatable {
        /// Its tests.
        public let testCount: Int
        /// Its size as it was sent, in bytes.
        public let byteCount: Int
    }

    struct Parsed: Sendable {
        let tests: [CodeTest]
        let digests: TestDigests
        let summary: Summary
    }

    private struct State {
        var entries: [SHA256Digest: (bytes: Int, used: UInt64)] = [:]
        var bytes = 0
        var clock: UInt64 = 0

        mutating func add(_ digest: SHA256Digest, bytes: Int) {
            remove(digest)
            clock += 1
            entries[digest] = (bytes, clock)
            self.bytes += bytes
        }

        mutating func remove(_ digest: SHA256Digest) {
            bytes -= entries.removeValue(forKey: digest)?.bytes ?? 0
        }
    }

    /// Most bytes of all sets on disk.
    public let capacityBytes: Int
    private let folder: TestSetFolder
    private let state = Locked(State())
    private let parsed: SharedResults<SHA256Digest, Parsed>

    /// Opens a folder, with what earlier processes left in it.
    ///
    /// - Parameters:
    ///   - directory: made if it is missing, for this user alone.
    ///   - capacityBytes: most bytes of all sets on disk; a larger set is refused.
    ///   - memoryBytes: most bytes of parsed sets in memory.
    /// - Throws: ``FileError``.
    public init(
        directory: String, capacityBytes: Int = 4 << 30, memoryBytes: Int = 256 << 20
    ) throws(FileError) {
        self.capacityBytes = capacityBytes
        folder = try TestSetFolder(directory)
        parsed = SharedResults(costMax: memoryBytes, countMax: 4096)
        let found = try folder.list().sorted { $0.usedNanoseconds < $1.usedNanoseconds }
        state.withLock { state in
            for file in found { state.add(file.digest, bytes: file.bytes) }
        }
        drop(makingRoomFor: 0)
    }

    /// Gives the folder and all in it to the user that this process becomes.
    ///
    /// - Parameter id: user and group.
    /// - Throws: ``FileError``, if this process may not.
    public func give(to id: UInt32) throws(FileError) {
        try folder.give(to: id, state.withLock { Array($0.entries.keys) })
    }

    /// Whether a set is there.
    ///
    /// - Parameter digest: its name.
    /// - Returns: true if it was at last sight; asking counts as use.
    public func contains(_ digest: SHA256Digest) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[digest] else { return false }
            state.clock += 1
            state.entries[digest] = (entry.bytes, state.clock)
            return true
        }
    }

    /// Takes a set.
    ///
    /// - Parameters:
    ///   - body: a JSON array of tests.
    ///   - digest: SHA-256 of the body.
    /// - Returns: what is known of it, and whether it is new.
    /// - Throws: ``TestSetError``.
    public func put(
        _ body: ByteString, as digest: SHA256Digest
    ) async throws(TestSetError) -> (summary: Summary, isNew: Bool) {
        guard body.count <= capacityBytes else { throw .tooLarge }
        let found = SHA256.hash(body)
        guard found == digest else { throw .otherDigest(found) }
        let set = try await self.set(digest) { () throws(TestSetError) in body }
        if contains(digest) { return (set.summary, false) }
        drop(makingRoomFor: body.count)
        do {
            try folder.write(body, as: digest)
        } catch {
            throw .file(error)
        }
        state.withLock { $0.add(digest, bytes: body.count) }
        return (set.summary, true)
    }

    /// What is known of a set.
    ///
    /// - Parameter digest: its name.
    /// - Returns: number and size of its tests.
    /// - Throws: ``TestSetError``, `notFound` if it is not there.
    public func summary(_ digest: SHA256Digest) async throws(TestSetError) -> Summary {
        try await load(digest).summary
    }

    /// The tests of a set.
    func load(_ digest: SHA256Digest) async throws(TestSetError) -> Parsed {
        guard contains(digest) else { throw .notFound(digest) }
        return try await set(digest) { () throws(TestSetError) in
            do {
                let body = try folder.read(digest)
                // Only a damaged disk comes here with other bytes.
                if SHA256.hash(body) == digest { return body }
                folder.remove(digest)
            } catch {
                // Another server that shares the folder may have deleted it.
            }
            forget(digest)
            throw .notFound(digest)
        }
    }

    // MARK: - Parts

    private func set(
        _ digest: SHA256Digest, _ body: () async throws(TestSetError) -> ByteString
    ) async throws(TestSetError) -> Parsed {
        try await parsed.result(for: digest) { set in
            // Unescaped texts may take as much again.
            2 * set.summary.byteCount + 256 * set.summary.testCount
        } make: { () throws(TestSetError) in
            let body = try await body()
            do {
                let tests = try CodeTask.tests(try JSONDocument(body).root)
                return Parsed(
                    tests: tests, digests: TestDigests(tests),
                    summary: Summary(testCount: tests.count, byteCount: body.count))
            } catch let error as JSONSyntaxError {
                throw TestSetError.syntax(error)
            } catch let error as WireError {
                throw TestSetError.malformed(error)
            } catch {
                preconditionFailure("reading tests throws nothing else: \(error)")
            }
        }.value
    }

    private func drop(makingRoomFor bytes: Int) {
        let dropped = state.withLock { state -> [SHA256Digest] in
            guard state.bytes + bytes > capacityBytes else { return [] }
            var dropped: [SHA256Digest] = []
            let order = state.entries.sorted { $0.value.used < $1.value.used }.map(\.key)
            for digest in order where state.bytes + bytes > capacityBytes {
                state.remove(digest)
                dropped.append(digest)
            }
            return dropped
        }
        for digest in dropped { folder.remove(digest) }
    }

    private func forget(_ digest: SHA256Digest) {
        state.withLock { $0.remove(digest) }
    }
}

/// Why a test set could not be taken or found.
public enum TestSetError: Error, Sendable, Equatable {
    /// The body has this digest, not the one it was put under.
    case otherDigest(SHA256Digest)
    /// The body is no JSON.
    case syntax(JSONSyntaxError)
    /// The body is no array of tests.
    case malformed(WireError)
    /// There is no such set here.
    case notFound(SHA256Digest)
    /// The body alone is larger than all sets may be together.
    case tooLarge
    /// The disk failed.
    case file(FileError)
}
