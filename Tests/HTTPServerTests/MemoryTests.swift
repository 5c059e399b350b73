// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import HTTPServer
import TestSupport
import Testing

/// Whether a sanitizer runs, which keeps freed memory for a while.
private let isSanitized = dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil

@Suite("Memory", .serialized)
struct MemoryTests {
    /// Resident memory of this process in bytes.
    private func residentBytes() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        _ = fgets(&line, Int32(line.count), file)
        let text = String(
            decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = Int(text.split(separator: " ").dropFirst().first ?? "")
        return try #require(pages) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    @Test(
        "memory does not grow with the number of requests",
        .disabled(if: isSanitized, "a sanitizer keeps freed memory"))
    func steady() throws {
        let server = try TestServer(answers: { request in
            request.head.path == "/now"
                ? .now(echo(request))
                : .later { exchange in start { exchange.reply(echo(request)) } }
        })
        let body = String(repeating: "x", count: 4096)
        func serve(_ count: Int) throws {
            let client = try server.client()
            for index in 0..<count {
                try client.request("POST", index % 2 == 0 ? "/now" : "/later", body: body)
                #expect(try client.response().status == 200)
            }
        }
        try serve(500)
        let before = try residentBytes()

        try serve(4000)

        // 16 MB of bodies have passed. Other suites run in this process, so the bound is loose; one
        // leaked body a request would still break it.
        let growth = try residentBytes() - before
        #expect(server.reaches { $0.chargedRequests == 0 && $0.inFlightBodyBytes == 0 })
        #expect(growth < 12 << 20)
    }
}
