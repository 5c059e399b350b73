// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CSandbox
import Glibc

/// Proves each layer by a program that tries what the layer must stop.
struct Canaries: Sendable {
    let facts: HelperFacts
    let hiddenPath: String
    let run: @Sendable (BoxRequest) async throws(SandboxError) -> BoxReply?

    /// Runs all of them, each in a box of its own, on every path that makes boxes; the paths at the
    /// same time, since most canaries wait more than they compute.
    func report() async throws(SandboxError) -> LayerReport {
        let isWarm = has(SBX_PYTHON_ZYGOTE)
        async let warmed = isWarm ? attempt(.zygote) : nil
        let direct = try await attempt(.keeper).get()
        guard let warm = try await warmed?.get() else {
            let why = facts.python.isEmpty ? "" : " (\(facts.python))"
            return LayerReport(
                layers: direct.layers, enclosure: enclosure,
                memoryMode: direct.isCapped ? memoryMode : "none",
                python: "exec\(why)")
        }
        let layers = zip(direct.layers, warm.layers).map { direct, warm in
            guard direct.isActive && !warm.isActive else { return direct }
            return IsolationLayer(
                name: direct.name, isActive: false, detail: "Python zygote: \(warm.detail)",
                isRequired: direct.isRequired)
        }
        return LayerReport(
            layers: layers, enclosure: enclosure,
            memoryMode: direct.isCapped && warm.isCapped ? memoryMode : "none",
            python: "zygote \(facts.python)")
    }

    /// Who makes the box of a canary.
    private enum Maker { case keeper, zygote }

    /// What the canaries of one path showed.
    private struct Proof {
        let layers: [IsolationLayer]
        let isCapped: Bool
    }

    private func attempt(_ maker: Maker) async -> Result<Proof, SandboxError> {
        do throws(SandboxError) {
            return .success(try await proven(by: maker))
        } catch {
            return .failure(error)
        }
    }

    private func proven(by maker: Maker) async throws(SandboxError) -> Proof {
        let probe = try await probe(maker)
        let tree = try await answer("orphan", maker)
        let trace = try await answer("trace", maker)
        let memory = try await answer("memory", maker)
        let processes = try await answer("processes", maker, processes: 16)
        let cpu = try await answer("spin", maker, cpuSeconds: 0.05)
        let isBound = probe.isActive(facts.isOneProcess ? "one_process" : "candidate_not_init")
        let isTreeKilled = tree.outcome == SBX_FINISHED && isBound
        var layers = namespaceLayers(probe)
        layers += [
            probe.layer("file_isolation", required: true),
            IsolationLayer(
                name: "uid_switch", isActive: probe.user.map { $0 != String(getuid()) } ?? false,
                detail: userDetail(probe),
                isRequired: false),
            probe.layer("capabilities", required: true),
            probe.layer("rlimits", required: true),
            seccomp(probe, trace),
            landlock(probe),
            IsolationLayer(
                name: "network", isActive: probe.isActive("no_socket"),
                detail: has(SBX_NETNS) ? "no socket() and an empty namespace" : "no socket()",
                isRequired: true),
            IsolationLayer(
                name: "whole_tree_kill", isActive: isTreeKilled,
                detail: treeDetail(isTreeKilled),
                isRequired: true),
            memoryLayer(memory),
            IsolationLayer(
                name: "pids", isActive: processes.outcome == SBX_FINISHED,
                detail: pidsDetail, isRequired: false),
            IsolationLayer(
                name: "cpu_accounting",
                isActive: cpu.outcome == SBX_TIME_LIMIT && cpu.cause == SBX_CAUSE_CPU,
                detail: has(SBX_CGROUP_CPU) ? "cgroup" : "sampled from /proc, 10 ms steps",
                isRequired: true),
        ]
        return Proof(layers: layers, isCapped: memory.outcome == SBX_MEMORY_LIMIT)
    }

    // MARK: - Layers

    private func namespaceLayers(_ probe: Probe) -> [IsolationLayer] {
        let names = [
            ("pidns", "pid", false), ("mountns", "mnt", false), ("netns", "net", false),
            ("ipcns", "ipc", false), ("userns", "user", false),
        ]
        return names.map { name, kernelName, isRequired in
            let own = linkTarget("/proc/self/ns/\(kernelName)")
            let inside = probe.namespaces[kernelName]
            let isActive = inside != nil && inside != own
            let why =
                facts.isOneProcess
                ? "not allowed here (\(facts.whyOneProcess))"
                : name == "userns" ? "not needed: the helper is root" : "same as the host's"
            return IsolationLayer(
                name: name, isActive: isActive, detail: isActive ? inside ?? "" : why,
                isRequired: isRequired)
        }
    }

    private var enclosure: Enclosure {
        if facts.isOneProcess { return .oneProcess }
        return has(SBX_USERNS) ? .userNamespace : .namespaces
    }

    private func userDetail(_ probe: Probe) -> String {
        if has(SBX_UID_SWITCH) { return "a user id of its own per slot" }
        guard facts.isOneProcess else { return "the one user of the user namespace" }
        return probe.user == String(getuid())
            ? "the user of the server" : "a user id of the sandbox's own"
    }

    private func treeDetail(_ isActive: Bool) -> String {
        guard isActive else { return "a process outlived its run" }
        return facts.isOneProcess ? "a run is one process" : "by the pid namespace"
    }

    private var pidsDetail: String {
        if facts.isOneProcess { return "one process, threads counted" }
        return has(SBX_CGROUP_PIDS) ? "cgroup" : "RLIMIT_NPROC"
    }

    private func seccomp(_ probe: Probe, _ trace: BoxReply) -> IsolationLayer {
        let isActive = probe.isActive("filter") && trace.outcome == SBX_FORBIDDEN_SYSCALL
        return IsolationLayer(
            name: "seccomp", isActive: isActive,
            detail: isActive
                ? "\(facts.filterRules) instructions, ptrace kills" : "ptrace was not stopped",
            isRequired: true)
    }

    private func landlock(_ probe: Probe) -> IsolationLayer {
        let isActive = facts.landlockVersion > 0 && probe.isActive("landlock")
        let why = facts.landlockVersion > 0 ? "the write was not refused" : "not in this kernel"
        return IsolationLayer(
            name: "landlock", isActive: isActive,
            detail: isActive ? "ABI \(facts.landlockVersion)" : why, isRequired: false)
    }

    private func memoryLayer(_ memory: BoxReply) -> IsolationLayer {
        let isActive = memory.outcome == SBX_MEMORY_LIMIT
        var detail = memoryMode
        if !facts.cgroupReason.isEmpty { detail += " (\(facts.cgroupReason))" }
        return IsolationLayer(
            name: "memory", isActive: isActive, detail: isActive ? detail : "not capped: \(detail)",
            isRequired: true)
    }

    private var memoryMode: String {
        if has(SBX_CGROUP1_MEMORY) { return "cgroup1" }
        return has(SBX_CGROUP2_MEMORY) ? "cgroup2" : "sampled"
    }

    private func has(_ feature: sbx_features) -> Bool { facts.features & feature.rawValue != 0 }

    // MARK: - Running

    /// The lines that the probe printed.
    private struct Probe {
        var layers: [String: (isActive: Bool, detail: String)] = [:]
        var namespaces: [String: String] = [:]
        var user: String?

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                if words.count == 3, words[0] == "namespace" {
                    namespaces[words[1]] = words[2]
                } else if words.count >= 2, words[0] == "user" {
                    user = words[1]
                } else if words.count >= 2 {
                    let detail = words.count == 3 ? words[2] : ""
                    layers[words[0]] = (words[1] == "active", detail)
                }
            }
        }

        func isActive(_ name: String) -> Bool { layers[name]?.isActive ?? false }

        func layer(_ name: String, required: Bool) -> IsolationLayer {
            IsolationLayer(
                name: name, isActive: isActive(name), detail: layers[name]?.detail ?? "no answer",
                isRequired: required)
        }
    }

    private func probe(_ maker: Maker) async throws(SandboxError) -> Probe {
        let reply = try await answer("probe", maker, extra: [hiddenPath])
        guard reply.outcome == SBX_FINISHED else {
            throw .unavailable(
                "the first program in a box failed: outcome \(reply.outcome.rawValue), exit code "
                    + "\(reply.exitCode), signal \(reply.signal), step \(reply.stage), "
                    + "\(String(cString: strerror(reply.error))) \(try reply.stderr())")
        }
        return Probe(try reply.stdout().string)
    }

    /// Further runs of a canary that had no answer of its own.
    private static let repetitions = 5

    private func answer(
        _ name: String, _ maker: Maker, extra: [String] = [], cpuSeconds: Double = 1,
        memoryBytes: Int = 64 << 20, processes: Int = 8
    ) async throws(SandboxError) -> BoxReply {
        var limits = RunLimits(cpuSeconds: cpuSeconds, memoryBytes: memoryBytes)
        limits.processes = processes
        limits.scratchBytes = 1 << 20
        let empty = try MemoryFile(sealing: "", name: "input")
        let request = BoxRequest(
            arguments: [name] + extra, environment: [], program: empty, input: empty,
            isCanary: true, isPython: maker == .zygote, limits: limits)
        // The helper may be replaced once while it starts; a machine that is busy when the server
        // starts says nothing about a layer.
        var reply = try await run(request)
        for _ in 0..<Self.repetitions where reply == nil || reply?.outcome == SBX_STARVED {
            reply = try await run(request)
        }
        guard let reply else {
            throw .unavailable("the helper died while its canary \(name) ran")
        }
        guard reply.outcome != SBX_STARVED else {
            throw .unavailable("the host is overloaded: the canary \(name) waited for a CPU")
        }
        return reply
    }

    private func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 128)
        let length = readlink(path, &buffer, buffer.count)
        let bytes = buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }
        return length > 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }
}
