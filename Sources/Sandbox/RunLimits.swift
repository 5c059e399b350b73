// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What one run may use; a limit reached is a verdict.
public struct RunLimits: Sendable, Hashable {
    /// CPU time of all its processes and threads together, in seconds, 0.01 to 3,600.
    public var cpuSeconds = 4.0
    /// Time neither computing nor waiting for a CPU, in seconds: sleeping is the cheapest way to
    /// hold a slot.
    public var idleSeconds = 2.0
    /// Memory of all its processes, files in the box included, in bytes, 16 MiB to 1 TiB.
    ///
    /// 300 MiB is the recipe's "300 MB". Also the size of its stack.
    public var memoryBytes = 300 << 20
    /// Standard output kept, in bytes; more ends the run.
    public var stdoutBytes = 16 << 20
    /// Standard error kept, in bytes; more ends the run.
    public var stderrBytes = 1 << 20
    /// Size of the writable file system, in bytes; it counts as memory too.
    public var scratchBytes = 64 << 20
    /// Files and folders in the writable file system.
    public var scratchFiles = 4096
    /// Processes and threads together.
    public var processes = 64
    /// Open descriptors of a process.
    public var openFiles = 256

    /// The recipe's limits: 4 s and 300 MiB.
    public init() {}

    /// The limits of a test.
    ///
    /// - Parameters:
    ///   - cpuSeconds: CPU time in seconds.
    ///   - memoryBytes: memory in bytes.
    public init(cpuSeconds: Double, memoryBytes: Int) {
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
    }

    /// Wall time after which a run is ended whatever it does: twice the CPU time and the idle time.
    public var wallSeconds: Double { 2 * cpuSeconds + idleSeconds + 1 }
}

/// What compiling (or, for Python, checking) one program may use.
public struct CompileLimits: Sendable, Hashable {
    /// CPU time in seconds, 0.01 to 3,600.
    public var cpuSeconds = 10.0
    /// Memory in bytes.
    public var memoryBytes = 2 << 30
    /// Diagnostics kept, in bytes; the rest is dropped.
    public var diagnosticsBytes = 16 << 10
    /// Largest binary, in bytes.
    public var binaryBytes = 64 << 20

    /// The recipe's limit: 10 s.
    public init() {}
}
