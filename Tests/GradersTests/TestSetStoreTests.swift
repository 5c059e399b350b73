// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import Grading
import Hashing
import TestSupport
import Testing
import Wire

@testable import Graders

@Suite("Test sets")
struct TestSetStoreTests {
    @Test("a set that was put is there, also for the next process")
    func restart() async throws {
        let folder = TemporaryFolder()
        let body = Self.body(3)
        let digest = SHA256.hash(body)

        let first = try await TestSetStore(directory: folder.path).put(body, as: digest)
        let store = try TestSetStore(directory: folder.path)

        #expect(first.isNew && first.summary.testCount == 3)
        #expect(try await !store.put(body, as: digest).isNew)
        #expect(try await TestSetStore(directory: folder.path).load(digest).tests.count == 3)
    }

    @Test("bytes under another digest are refused and leave nothing")
    func otherDigest() async throws {
        let folder = TemporaryFolder()
        let store = try TestSetStore(directory: folder.path)
        let digest = SHA256.hash("something else")

        let error = await #expect(throws: TestSetError.self) {
            try await store.put(Self.body(1), as: digest)
        }

        #expect(error == .otherDigest(SHA256.hash(Self.body(1))))
        #expect(!store.contains(digest) && folder.names.isEmpty)
    }

    @Test(
        "what is no array of tests is refused and leaves nothing",
        arguments: ["", "{}", "[]", "[1]", #"[{"stdin":"1"}]"#, #"[{"stdout":"1"}]]"#])
    func malformed(text: String) async throws {
        let folder = TemporaryFolder()
        let store = try TestSetStore(directory: folder.path)
        let body = ByteString(text)

        await #expect(throws: TestSetError.self) {
            try await store.put(body, as: SHA256.hash(body))
        }

        #expect(folder.names.isEmpty)
    }

    @Test("the least recently used sets make room")
    func eviction() async throws {
        let folder = TemporaryFolder()
        let store = try TestSetStore(directory: folder.path, capacityBytes: 64 << 10)
        let bodies = (0..<3).map { Self.large(UInt8(ascii: "a") + UInt8($0)) }
        let digests = bodies.map { SHA256.hash($0) }

        for index in 0..<2 { _ = try await store.put(bodies[index], as: digests[index]) }
        #expect(store.contains(digests[0]))
        _ = try await store.put(bodies[2], as: digests[2])

        #expect(digests.map(store.contains) == [true, false, true])
        #expect(folder.names == [digests[0].hex, digests[2].hex].sorted())
        await #expect(throws: TestSetError.notFound(digests[1])) {
            try await store.load(digests[1])
        }
    }

    @Test("a set larger than all may be together is refused")
    func tooLarge() async throws {
        let folder = TemporaryFolder()
        let store = try TestSetStore(directory: folder.path, capacityBytes: 1 << 10)
        let body = Self.large(UInt8(ascii: "a"))

        await #expect(throws: TestSetError.tooLarge) {
            try await store.put(body, as: SHA256.hash(body))
        }

        #expect(folder.names.isEmpty)
    }

    @Test("a damaged file is no set")
    func damage() async throws {
        let folder = TemporaryFolder()
        let body = Self.body(2)
        let digest = SHA256.hash(body)
        _ = try await TestSetStore(directory: folder.path).put(body, as: digest)
        truncate("\(folder.path)/\(digest.hex)", off_t(body.count - 1))

        let store = try TestSetStore(directory: folder.path)

        await #expect(throws: TestSetError.notFound(digest)) { try await store.load(digest) }
        #expect(!store.contains(digest) && folder.names.isEmpty)
        #expect(try await store.put(body, as: digest).isNew)
        #expect(try await store.load(digest).tests.count == 2)
    }

    @Test("other files in the folder are left alone")
    func foreignFiles() async throws {
        let folder = TemporaryFolder()
        try ByteString("x").write(toNewFile: folder.path + "/README", mode: 0o644)
        try ByteString("x").write(toNewFile: folder.path + "/.draft-1-2", mode: 0o644)

        _ = try TestSetStore(directory: folder.path)

        #expect(folder.names == [".draft-1-2", "README"])
    }

    @Test("two processes may share a folder")
    func sharing() async throws {
        let folder = TemporaryFolder()
        let (one, other) = (
            try TestSetStore(directory: folder.path), try TestSetStore(directory: folder.path)
        )
        let body = Self.body(1)
        let digest = SHA256.hash(body)

        _ = try await one.put(body, as: digest)
        #expect(try await other.put(body, as: digest).isNew)
        unlink("\(folder.path)/\(digest.hex)")

        // What it has parsed it still knows; a fresh process finds nothing.
        #expect(try await one.load(digest).tests.count == 1)
        #expect(try !TestSetStore(directory: folder.path).contains(digest))
    }

    @Test("a set is parsed once for many rollouts")
    func parsedOnce() async throws {
        let store = try TestSetStore(directory: TemporaryFolder().path)
        let body = Self.body(50)
        let digest = SHA256.hash(body)
        _ = try await store.put(body, as: digest)

        let digests = try await (store.load(digest).digests, store.load(digest).digests)

        #expect(digests.0 === digests.1)
    }

    // MARK: - Tasks

    @Test("a task with a reference is graded like one with the tests themselves")
    func grading() async throws {
        let store = try TestSetStore(directory: TemporaryFolder().path)
        let body = Self.body(40)
        let digest = SHA256.hash(body)
        _ = try await store.put(body, as: digest)
        let registered = CodeGrader.registered(
            sandbox: try await SandboxProbe.shared(), testSets: store)
        func score(_ member: String) async throws -> JSONView? {
            let text =
                #"{"language":"python","code":"print(int(input()) + 1)","group":"g","seed":4,"#
                + #""sample":3,\#(member)}"#
            let request = try registered.decodeRequest(try JSONDocument(ByteString(text)).root)
            let outcome = await registered.grader.grade(
                request.rollout, GraderProbe.context(request.rollout))
            guard case .verdict(let score) = outcome else { return nil }
            var writer = JSONWriter()
            writer.write(score.json)
            return try JSONDocument(writer.byteString).root
        }

        let (named, inline) = (
            try await score(#""tests_ref":"\#(digest)""#), try await score(#""tests":\#(body)"#)
        )

        #expect(named?["verdict"]?.string == "accepted")
        #expect(named?["indices"]?.raw == inline?["indices"]?.raw)
        #expect(named?["indices"]?.count == 3 && named?["runs"]?.count == 3)
    }

    @Test("a task whose set is not here says so when it is read")
    func missing() throws {
        let digest = SHA256.hash("nothing")
        let text = #"{"type":"code","tests_ref":"\#(digest)"}"#

        let error = #expect(throws: WireError.self) {
            try GraderProbe.registry.decodeTask(JSONDocument(ByteString(text)).root)
        }

        #expect(error?.code == "tests_not_found" && error?.pointer.description == "/tests_ref")
    }

    @Test("a set that vanishes after its task was read is our trouble, never a verdict")
    func vanished() async throws {
        let folder = TemporaryFolder()
        let body = Self.body(1)
        let digest = SHA256.hash(body)
        _ = try await TestSetStore(directory: folder.path).put(body, as: digest)
        let registered = CodeGrader.registered(
            sandbox: try await SandboxProbe.shared(),
            testSets: try TestSetStore(directory: folder.path))
        let text = #"{"language":"python","code":"print(1)","tests_ref":"\#(digest)"}"#
        let request = try registered.decodeRequest(try JSONDocument(ByteString(text)).root)
        unlink("\(folder.path)/\(digest.hex)")

        let outcome = await registered.grader.grade(
            request.rollout, GraderProbe.context(request.rollout))

        guard case .ungraded(let failure) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(failure.code == "tests_not_found" && failure.status.isRetryable)
        #expect(failure.cause == .host)
    }

    // MARK: - Parts

    /// Tests that ask for the number after theirs.
    private static func body(_ count: Int) -> ByteString {
        let tests = (0..<count).map { #"{"stdin":"\#($0)","stdout":"\#($0 + 1)"}"# }
        return ByteString("[\(tests.joined(separator: ","))]")
    }

    /// A set of 30 KiB.
    private static func large(_ letter: UInt8) -> ByteString {
        ByteString(
            Array(#"[{"stdout":""#.utf8) + [UInt8](repeating: letter, count: 30 << 10)
                + Array(#""}]"#.utf8))
    }
}

/// A folder that is deleted with its last user.
private final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/assay-tests-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    /// Names of the files in it, sorted.
    var names: [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
