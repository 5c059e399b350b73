// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport

/// The built `assay serve` as a process of its own, on a port of its own.
final class ServedProgram {
    /// The port that it listens on.
    let port: Int
    private let pid: pid_t
    private let log: Int32
    private var text = ""
    private var hasEnded = false

    init(options: [String] = []) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure("pipe failed: \(errno)") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        posix_spawn_file_actions_addclose(&actions, ends[1])
        let path = Locations.products + "/assay"
        let words = [path, "serve", "--port", "0"] + options
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, path, &actions, nil, &arguments, environ)
        close(ends[1])
        guard status == 0 else { throw Failure("cannot start \(path): \(status)") }
        self.pid = pid
        log = ends[0]
        let line = Self.line(with: "serving on", from: log)
        let tail = line.drop { $0 != ":" }.split(separator: ":").last ?? ""
        guard let port = Int(tail.prefix { $0.isNumber }) else {
            kill(pid, SIGKILL)
            throw Failure("no port in \"\(line)\"")
        }
        self.port = port
    }

    deinit {
        if !hasEnded {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
        close(log)
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    func client(receiveBufferBytes: Int32? = nil) throws -> RawClient {
        try RawClient(port: port, receiveBufferBytes: receiveBufferBytes, deadlineSeconds: 60)
    }

    func terminate() { kill(pid, SIGTERM) }

    /// Waits for the end, reading the log on so that it never blocks the program.
    ///
    /// - Returns: the exit status; -1 if a signal ended it.
    func exitStatus() -> Int32 {
        while let byte = Self.byte(from: log) { text.unicodeScalars.append(UnicodeScalar(byte)) }
        // The log ends with the process, or was silent for a minute: then it hangs.
        var status: Int32 = 0
        for _ in 0..<500 where waitpid(pid, &status, WNOHANG) == 0 { poll(nil, 0, 10) }
        hasEnded = true
        if kill(pid, SIGKILL) == 0 { waitpid(pid, &status, 0) }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
    }

    /// The log after the first line, once it has ended.
    var logText: String { text }

    private static func line(with mark: String, from descriptor: Int32) -> String {
        var line = ""
        var last = ""
        while let byte = byte(from: descriptor) {
            if byte != UInt8(ascii: "\n") {
                line.unicodeScalars.append(UnicodeScalar(byte))
            } else if line.contains(mark) {
                return line
            } else {
                (last, line) = (line, "")
            }
        }
        return last + line
    }

    /// The next byte; nil at the end, or after 60 s of silence.
    private static func byte(from descriptor: Int32) -> UInt8? {
        var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&waited, 1, 60_000) > 0, read(descriptor, &byte, 1) == 1 else { return nil }
        return byte
    }
}
