// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// One `assay-math` process and our end of its socket.
///
/// Theory of operation: the process is spawned with an empty environment and one descriptor, the
/// socket, as its standard input; everything else is closed by `closefrom` and CLOEXEC. One request
/// is in flight at a time. The worker ends when our end closes, so it dies with this process too.
/// Used by one thread at a time: whoever took it from the pool. The process runs on that thread's
/// CPU, where the thread waits for it: left to itself it would be woken on the other of two CPUs as
/// often as not, which costs more than half of the pairs take (`math-bench cores`).
final class MathWorker {
    /// The worker died, or answered nonsense; it must not be used again.
    struct Death: Error {}

    /// What a worker says about one request.
    struct Reply {
        var outcome: UInt8
        var method: UInt8
        var isExact: Bool
        /// Fuel that the answer used.
        var answerSpent: UInt64
        var text: String
    }

    let processID: pid_t
    private let socket: Int32
    private var nextID: UInt32 = 1
    /// The CPU that the process is bound to; -1 at first.
    private(set) var processor: Int32 = -1
    /// Requests answered; the pool replaces a worker after `requestLimit`.
    private(set) var requestCount = 0

    /// Keeps a leak in a library from adding up: at about 1 ms a request, once a minute.
    static let requestLimit = 50_000
    /// Silence after which a worker counts as dead; its own CPU timer is 10 s.
    static let silenceSeconds = 60

    /// Starts a worker.
    init(_ program: WorkerProgram) throws(MathEngineError) {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else {
            throw MathEngineError(message: "socketpair failed: \(Self.reason(errno))")
        }
        do {
            processID = try Self.spawn(program, socket: pair[1])
        } catch {
            close(pair[0])
            close(pair[1])
            throw error
        }
        close(pair[1])
        socket = pair[0]
        var limit = timeval(tv_sec: Self.silenceSeconds, tv_usec: 0)
        setsockopt(
            socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(socket)
        kill(processID, SIGKILL)
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    }

    private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func spawn(
        _ program: WorkerProgram, socket: Int32
    ) throws(MathEngineError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, socket, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        csys_spawn_close_from(&actions, 3)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("assay-math"), nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        defer { free(arguments[0]) }
        var child = pid_t()
        let status = posix_spawn(
            &child, program.spawnPath, &actions, &attributes, &arguments, &environment)
        guard status == 0 else {
            throw MathEngineError(message: "Cannot start \(program.name): \(reason(status))")
        }
        return child
    }

    /// Bytes of a reply before its text.
    private static let headSize = 19
    /// Bytes of the longest reply.
    private static let replySize = headSize + 1024

    /// Sends one request and waits for its reply.
    func perform(_ payload: [UInt8]) throws(Death) -> Reply {
        followThread()
        let id = nextID
        nextID &+= 1
        requestCount += 1
        var frame: [UInt8] = []
        frame.reserveCapacity(payload.count + 8)
        withUnsafeBytes(of: UInt32(payload.count + 4).littleEndian) { frame.append(contentsOf: $0) }
        withUnsafeBytes(of: id.littleEndian) { frame.append(contentsOf: $0) }
        frame.append(contentsOf: payload)
        try sendAll(frame)
        return try withUnsafeTemporaryAllocation(byteCount: Self.replySize, alignment: 8) {
            bytes throws(Death) in try receiveReply(into: bytes, id: id)
        }
    }

    /// Moves the process to the CPU of the calling thread.
    private func followThread() {
        let here = csys_processor()
        guard here != processor, here >= 0 else { return }
        // Where it may not be moved it runs as it did.
        processor = csys_bind_process(processID, here) == 0 ? here : processor
    }

    /// Reads a reply, which comes in one piece unless the socket is full.
    private func receiveReply(
        into bytes: UnsafeMutableRawBufferPointer, id: UInt32
    ) throws(Death) -> Reply {
        guard let base = bytes.baseAddress else { throw Death() }
        var count = 0
        var size = Self.headSize
        while count < size {
            let received = recv(socket, base + count, bytes.count - count, 0)
            if received < 0 && errno == EINTR { continue }
            guard received > 0 else { throw Death() }
            count += received
            guard count >= Self.headSize else { continue }
            let length = Self.word(bytes, 0)
            guard length >= 15, length <= bytes.count - 4, Self.word(bytes, 4) == id else {
                throw Death()
            }
            size = Int(length) + 4
        }
        guard count == size else { throw Death() }
        return Reply(
            outcome: bytes[8], method: bytes[9], isExact: bytes[10] != 0,
            answerSpent: UInt64(Self.word(bytes, 11)) | UInt64(Self.word(bytes, 15)) << 32,
            text: String(decoding: bytes[Self.headSize..<size], as: UTF8.self))
    }

    /// Sends raw bytes, for tests of the worker's own defences.
    func sendAll(_ bytes: [UInt8]) throws(Death) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { raw -> Int in
                guard let base = raw.baseAddress else { return -1 }
                return send(socket, base + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Death() }
            offset += count
        }
    }

    func receive(_ count: Int) throws(Death) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var offset = 0
        while offset < count {
            let received = bytes.withUnsafeMutableBytes { raw -> Int in
                guard let base = raw.baseAddress else { return -1 }
                return recv(socket, base + offset, count - offset, 0)
            }
            if received < 0 && errno == EINTR { continue }
            guard received > 0 else { throw Death() }
            offset += received
        }
        return bytes
    }

    private static func word(_ bytes: UnsafeMutableRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
