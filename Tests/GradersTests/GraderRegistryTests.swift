// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Testing
import Wire

@testable import Graders

@Suite("Grader registry")
struct GraderRegistryTests {
    @Test(
        "every listed example runs", arguments: GraderProbe.registry.graders.map(\.descriptor.name))
    func examplesRun(name: String) throws {
        let registered = try #require(GraderProbe.registry.grader(named: name))
        let example = ByteString(registered.descriptor.example.description)

        #expect(throws: Never.self) {
            try registered.decodeRequest(try JSONDocument(example).root)
        }
    }

    @Test("an unknown task type names the known ones")
    func unknownTask() throws {
        let task = try JSONDocument(#"{"type":"essay"}"#).root

        let error = #expect(throws: WireError.self) { try GraderProbe.registry.decodeTask(task) }

        #expect(error?.pointer.description == "/type")
        #expect(error?.message.contains("\"none\"") == true)
    }
}
