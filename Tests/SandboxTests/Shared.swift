// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import CSandbox
import FoundationEssentials
import Glibc
import TestSupport

@testable import Sandbox

/// Sandboxes that many tests share; their helpers end with the test process.
enum Shared {
    static func configuration(workers: Int = 2) -> SandboxConfiguration {
        var configuration = SandboxConfiguration(
            helperPath: Locations.products + "/assay-sandbox",
            cacheDirectory: Locations.products + "/sandbox-cache", workers: workers)
        if let python { configuration.pythonPath = python }
        configuration.readOnlyPaths = pythonFolder.map { [$0] } ?? []
        return configuration
    }

    /// Another interpreter, of an environment that has numpy, say.
    static let python = getenv("ASSAY_PYTHON").map { String(cString: $0) }

    /// The environment that holds `<folder>/bin/<python>`.
    private static var pythonFolder: String? {
        python.map { $0.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() }
    }

    /// Whether the interpreter finds a module.
    static func hasModule(_ name: String) async throws -> Bool {
        let sandbox = try await standard.value
        let source = "import importlib.util as u\nprint(u.find_spec('\(name)') is not None)\n"
        let compiled = try await sandbox.compile(language: .python, source: ByteString(source))
        guard let program = compiled.program else { return false }
        return try await sandbox.run(program, stdin: "").stdout == "True\n"
    }

    /// As the tests were started: as root with control groups, else in a user namespace.
    static let standard = Task<Sandbox, any Error> { try await Sandbox.start(configuration()) }

    /// As a plain user, without control groups, whoever runs the tests.
    static let unprivileged = Task<Sandbox, any Error> {
        var configuration = Shared.configuration()
        configuration.usesControlGroups = false
        if getuid() == 0 { configuration.userID = 65534 }
        return try await Sandbox.start(configuration)
    }

    /// As in a container.
    static let restricted = Task<Sandbox, any Error> {
        try await Sandbox.start(restrictedConfiguration())
    }

    /// As in a container with the default profile and no capabilities: no namespaces, no groups.
    static func restrictedConfiguration(
        workers: Int = 2, options: [String] = []
    ) -> SandboxConfiguration {
        var configuration = configuration(workers: workers)
        configuration.helperWrapper =
            [Locations.products + "/restricted-host", "--uid", "65534"] + options
        return configuration
    }

    static func sandbox(_ mode: Mode) async throws -> Sandbox {
        switch mode {
        case .standard: try await standard.value
        case .unprivileged: try await unprivileged.value
        case .restricted: try await restricted.value
        }
    }
}

/// Where the helper runs.
enum Mode: String, CaseIterable, Sendable {
    /// As whoever runs the tests.
    case standard
    /// As a plain user, without control groups.
    case unprivileged
    /// As in a container that allows no namespaces.
    case restricted

    /// Those that this machine allows: the kernel makes no user namespace inside a chroot, and hides
    /// no files without Landlock.
    static let available: [Mode] = {
        let mounts = (try? Host.text("/proc/self/mountinfo")) ?? ""
        let hasRoot = mounts.split(separator: "\n").contains { line in
            line.split(separator: " ").dropFirst(4).first == "/"
        }
        var modes: [Mode] = [.standard]
        if hasRoot { modes.append(.unprivileged) }
        if csbx_landlock_version() > 0 { modes.append(.restricted) }
        if !hasRoot { print("skipped: a helper without root, because this is a chroot") }
        if !modes.contains(.restricted) {
            print("skipped: a helper without namespaces, because the kernel has no Landlock")
        }
        return modes
    }()
}

/// Looks at the host from outside.
enum Host {
    /// Every process below `root`.
    static func descendants(of root: pid_t) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let pid = pid_t(name), let stat = try? text("/proc/\(pid)/stat"),
                let end = stat.lastIndex(of: ")")
            else { continue }
            let fields = stat[end...].split(separator: " ")
            guard fields.count > 2, let parent = pid_t(fields[2]) else { continue }
            children[parent, default: []].append(pid)
        }
        var found: [pid_t] = []
        var next = [root]
        while let pid = next.popLast() {
            let below = children[pid] ?? []
            found += below
            next += below
        }
        return found
    }

    /// Whether a process exists and is more than a zombie that the machine's init has not reaped.
    static func isAlive(_ process: pid_t) -> Bool {
        guard let stat = try? text("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")")
        else { return false }
        return !stat[end...].hasPrefix(") Z")
    }

    /// The name that a process gave itself.
    static func name(of process: pid_t) -> String {
        String(((try? text("/proc/\(process)/comm")) ?? "gone").dropLast())
    }

    /// The only descendant of `root` with that name.
    static func process(named name: String, below root: pid_t) -> pid_t? {
        descendants(of: root).first { self.name(of: $0) == name }
    }

    /// Waits for a process to appear below `root`.
    static func wait(for name: String, below root: pid_t) async throws -> pid_t {
        for _ in 0..<5000 {
            if let found = process(named: name, below: root) { return found }
            usleep(1000)
        }
        throw SandboxError.failure("no \(name) appeared")
    }

    static var mountCount: Int {
        ((try? text("/proc/self/mountinfo")) ?? "").split(separator: "\n").count
    }

    static var openDescriptors: Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
    }

    static func descriptors(of process: pid_t) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")) ?? []).count
    }

    /// Control groups named after a helper.
    static func controlGroups(of helper: pid_t) -> [String] {
        ["memory", "pids", "cpuacct"].flatMap { controller -> [String] in
            guard let own = try? text("/proc/self/cgroup") else { return [] }
            let line = own.split(separator: "\n").first { $0.contains(":\(controller):") }
            let path = line.flatMap { $0.split(separator: ":").last }.map(String.init) ?? ""
            let group = "/sys/fs/cgroup/\(controller)\(path)/assay-sandbox-\(helper)"
            return FileManager.default.fileExists(atPath: group) ? [group] : []
        }
    }

    /// What lies in the folders of a helper's one-process runs, those folders included.
    static func scratch(of helper: pid_t) -> [String] {
        let base = "/tmp/assay-sandbox-\(helper)"
        return (try? FileManager.default.subpathsOfDirectory(atPath: base)) ?? []
    }

    /// Files that an attack would have left.
    static var escapes: [String] {
        [
            "/assay-escape", "/usr/assay-escape", "/tmp/assay-escape", "/etc/assay-escape",
            "/dev/shm/assay-escape", "/usr/lib/assay-escape", "/dev/assay-escape", "/tmp/left",
            "/dev/shm/left", "/tmp/fill0",
        ].filter { FileManager.default.fileExists(atPath: $0) }
    }

    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
