// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import TestSupport
import Testing

@testable import Sandbox

extension SandboxTests {
    /// What the sandbox says of itself.
    @Suite struct LayerTests {
        @Test("the minimum is met in every environment", arguments: Mode.available)
        func minimum(_ mode: Mode) async throws {
            let report = try await Shared.sandbox(mode).layers
            #expect(report.missing == [])
            for name in ["seccomp", "network", "file_isolation", "whole_tree_kill", "memory"] {
                #expect(report[name]?.isActive == true, "\(name): \(report[name]?.detail ?? "")")
            }
            if mode == .unprivileged {
                #expect(report.memoryMode == "sampled")
                #expect(report.enclosure == .userNamespace)
                #expect(report["userns"]?.isActive == true)
            }
            if mode == .restricted {
                #expect(report.enclosure == .oneProcess)
                #expect(report.mode == "one_process")
                #expect(report.memoryMode == "sampled")
                #expect(report["pidns"]?.detail.contains("Operation not permitted") == true)
            }
            let required = Set(report.layers.filter(\.isRequired).map(\.name))
            #expect(required == LayerReport.required)
        }

        @Test("whoever allows a layer to be missing that holds is told so, others hear nothing")
        func warnings() async throws {
            let report = try await Shared.sandbox(.standard).layers
            #expect(report.warnings(allowing: []) == [])
            let warnings = report.warnings(allowing: ["memory", "network"])
            #expect(warnings.count == 1 && warnings[0].contains("network, memory, which"))
        }

        @Test(
            "a folder that programs cannot be shown is refused with the reason",
            arguments: [
                ("usr/lib", "absolute"), ("/usr/../etc", "absolute"), ("/", "absolute"),
                ("/tmp/venv", "a /tmp of their own"), ("/proc", "a /proc of their own"),
                ("/nonexistent", "cannot read"),
            ])
        func unshowable(_ path: String, _ reason: String) {
            #expect(SandboxConfiguration.fault(ofPath: path)?.contains(reason) == true)
            #expect(SandboxConfiguration.fault(ofPath: "/usr/local") == nil)
        }

        @Test("a missing helper is a sentence, not a crash")
        func missingHelper() async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.helperPath = "/nonexistent/assay-sandbox"
            await #expect(
                throws: SandboxError.unavailable(
                    "cannot start /nonexistent/assay-sandbox: No such file or directory")
            ) { try await Sandbox.start(configuration) }
        }

        @Test("a helper that is no helper is a sentence, not an endless loop")
        func wrongHelper() async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.helperPath = "/bin/true"
            await #expect(throws: SandboxError.self) { try await Sandbox.start(configuration) }
        }

        @Test("a bind that does not exist is left out; a relative one is refused")
        func binds() async throws {
            var configuration = Shared.configuration(workers: 1)
            configuration.readOnlyPaths = ["/nonexistent/folder"]
            let sandbox = try await Sandbox.start(configuration)
            await sandbox.shutDown()
            configuration.readOnlyPaths = ["relative"]
            await #expect(throws: SandboxError.self) { try await Sandbox.start(configuration) }
        }
    }
}
