// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Glibc
import TestSupport
import Testing
import Wire

@Suite("The built program", .serialized)
struct ServedProgramTests {
    @Test(
        "a limit that is none is refused before anything starts",
        arguments: [
            ["--drain-s", "nan"], ["--drain-s", "1e30"], ["--max-in-flight-rollouts", "0"],
        ])
    func senselessLimit(options: [String]) throws {
        let failure = #expect(throws: ServedProgram.Failure.self) {
            try ServedProgram(options: options)
        }
        #expect(failure?.description.contains("takes") == true)
    }

    @Test("SIGTERM under load: what was accepted is answered whole, and the exit status is 0")
    func terminateUnderLoad() throws {
        let program = try ServedProgram()
        let tally = Locked(Tally())
        let port = program.port
        let posters = (0..<4).map { _ in Worker { Self.post(to: port, tally) } }
        let batches = try (0..<3).map { _ in try Self.startBatch(program) }
        for _ in 0..<30_000 where tally.withLock({ $0.answered }) < 50 { poll(nil, 0, 1) }

        program.terminate()
        let results = try batches.map { try $0.response().lines }

        for worker in posters { worker.join() }
        #expect(program.exitStatus() == 0)
        #expect(program.logText.contains("stopped"))
        #expect(tally.withLock { $0.cutOff } == 0)
        for lines in results {
            #expect(lines.count == Self.batchCount)
            let indices = lines.sortedByIndex.map { $0["index"]?.raw.string }
            #expect(indices == (0..<Self.batchCount).map(String.init))
            #expect(lines.allSatisfy { $0["status"]?.string == "graded" })
        }
    }

    private static let batchCount = 5000

    /// What the posting threads saw.
    private struct Tally {
        var answered = 0
        /// Responses that began and did not end.
        var cutOff = 0
    }

    /// A batch whose acceptance is certain, because its first result has been sent, and whose end
    /// is not, because its client reads nothing until the signal is out.
    private static func startBatch(_ program: ServedProgram) throws -> RawClient {
        let id = String(repeating: "x", count: 400)
        let item = #"{"id":"\#(id)","completion":"<think>a</think>b"}"#
        let items = [String](repeating: item, count: batchCount).joined(separator: ",")
        // Language is off, so that the test needs no model.
        let body = "{\"recipe\":{\"language\":{\"reward\":0}},\"items\":[\(items)]}"
        let client = try program.client(receiveBufferBytes: 4096)
        try client.request(
            "POST", "/v1/rewards", headers: "Accept: application/x-ndjson\r\n", body: body)
        var waited = pollfd(fd: client.socket, events: Int16(POLLIN), revents: 0)
        _ = poll(&waited, 1, 60_000)
        return client
    }

    /// Posts rollouts until the server closes the connection or refuses.
    private static func post(to port: Int, _ tally: Locked<Tally>) {
        guard let client = try? RawClient(port: port, deadlineSeconds: 60) else { return }
        let body = #"{"completion":"<think>a</think>b","recipe":{"language":{"reward":0}}}"#
        while (try? client.request("POST", "/v1/reward", body: body)) != nil {
            do {
                guard try client.response().status == 200 else { return }
                tally.withLock { $0.answered += 1 }
            } catch {
                // A request that was not read before the connection closed has no answer at all.
                if client.hasReceivedPart { tally.withLock { $0.cutOff += 1 } }
                return
            }
        }
    }

    @Test("every example of the listings runs and is graded")
    func examples() throws {
        let program = try ServedProgram()
        let client = try program.client()
        func ask(_ method: String, _ path: String, _ body: String? = nil) throws -> RawResponse {
            try client.request(method, path, body: body)
            return try client.response()
        }
        // Without its model or its programs an engine is not ready, and its graders say so.
        let isReady = try ask("GET", "/readyz").status == 200
        if !isReady { print("skipped in part: an engine of the built program is not ready") }
        let graders = try ask("GET", "/v1/graders").json["graders"]
        let recipes = try ask("GET", "/v1/recipes").json["recipes"]
        let bodies =
            (graders?.elements ?? .none).map { ($0["path"], $0["example"]) }
            + (recipes?.elements ?? .none).map { (Optional.none, $0["example"]) }

        for (path, example) in bodies {
            let path = path?.string?.string ?? "/v1/reward"
            let answer = try ask("POST", path, example?.raw.string ?? "")
            let status = answer.json["status"]?.string?.string
            #expect(answer.status == 200, "\(path): \(answer.text)")
            #expect(
                status == "graded"
                    || (!isReady && (status == "verifier_error" || status == "sandbox_failure")),
                "\(path): \(answer.text)")
        }
        #expect(bodies.count >= 3)
        program.terminate()
        #expect(program.exitStatus() == 0)
    }
}

/// A thread that a test waits for.
private final class Worker {
    private var thread = pthread_t()

    init(_ work: @escaping @Sendable () -> Void) {
        // Released by `runWorker`.
        let box = Unmanaged.passRetained(WorkerBox(work))
        let status = pthread_create(&thread, nil, runWorker, box.toOpaque())
        precondition(status == 0, "pthread_create failed with \(status)")
    }

    func join() { pthread_join(thread, nil) }
}

private final class WorkerBox: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}

/// Entry of the thread; takes over the box retained by `Worker.init`.
private func runWorker(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<WorkerBox>.fromOpaque(argument).takeRetainedValue().work()
    return nil
}
