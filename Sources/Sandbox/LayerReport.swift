// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// One layer of isolation, as its canary found it.
public struct IsolationLayer: Sendable, Equatable {
    /// Its name, for example `seccomp`.
    public let name: String
    /// Whether a program that tried the forbidden thing was stopped.
    public let isActive: Bool
    /// How, or why not.
    public let detail: String
    /// Whether the sandbox refuses to start without it.
    public let isRequired: Bool
}

/// How a program is kept apart from the host.
public enum Enclosure: String, Sendable {
    /// In namespaces that root makes.
    case namespaces
    /// In namespaces below a user namespace, as a plain user makes them.
    case userNamespace = "user_namespace"
    /// In none, as one process that cannot fork.
    case oneProcess = "one_process"
}

/// What protects the host, proven by programs that tried to break it.
public struct LayerReport: Sendable, Equatable {
    /// Every layer, in a fixed order.
    public let layers: [IsolationLayer]
    /// What the layers are built on.
    public let enclosure: Enclosure
    /// How memory is capped: `cgroup1`, `cgroup2`, `sampled` or `none`.
    public let memoryMode: String
    /// How Python programs start: `zygote 3.11.2`, or `exec` and why there is no zygote.
    public let python: String

    /// The required layers that are missing.
    public var missing: [IsolationLayer] { layers.filter { $0.isRequired && !$0.isActive } }

    /// Whether the minimum is met.
    public var meetsMinimum: Bool { missing.isEmpty }

    /// `full`; `reduced` when optional layers are missing; `one_process` when programs may not fork;
    /// `degraded` when required layers are missing.
    public var mode: String {
        if !meetsMinimum { return "degraded" }
        if enclosure == .oneProcess { return "one_process" }
        // A user namespace is what takes the place of a user id per slot without root.
        return layers.allSatisfy { $0.isActive || $0.name == "userns" } ? "full" : "reduced"
    }

    /// The names of the layers that hold.
    public var active: [String] { layers.filter(\.isActive).map(\.name) }

    /// The layers without which the sandbox does not start, unless told to.
    public static let required: Set<String> = [
        "file_isolation", "capabilities", "rlimits", "seccomp", "network", "whole_tree_kill",
        "memory", "cpu_accounting",
    ]

    /// What an operator should know of layers that were allowed to be missing, a sentence each.
    ///
    /// - Parameter allowed: names of required layers, as for `SandboxConfiguration.allowDegraded`.
    /// - Returns: nothing when none is named and none is missing.
    public func warnings(allowing allowed: Set<String>) -> [String] {
        let lost = missing.map { "\($0.name) (\($0.detail))" }
        let held = layers.filter { $0.isActive && allowed.contains($0.name) }.map(\.name)
        var sentences: [String] = []
        if !lost.isEmpty {
            sentences.append(
                "programs run without \(lost.joined(separator: ", ")), as --allow-degraded says; "
                    + "every result says so")
        }
        if !held.isEmpty {
            sentences.append(
                "--allow-degraded names \(held.joined(separator: ", ")), which nothing lacks here: "
                    + "without that name assay would refuse to start the day that it is missing")
        }
        return sentences
    }

    /// The layer of that name.
    ///
    /// - Parameter name: for example `seccomp`.
    public subscript(name: String) -> IsolationLayer? { layers.first { $0.name == name } }
}
