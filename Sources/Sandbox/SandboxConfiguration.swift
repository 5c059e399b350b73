// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How to start a sandbox; nothing is read from the environment.
public struct SandboxConfiguration: Sendable {
    /// Path of the `assay-sandbox` program.
    public var helperPath: String
    /// Folder for precompiled headers; made if missing, shown read-only inside boxes.
    public var cacheDirectory: String
    /// Runs at a time, 1 to 256; more than there are cores makes verdicts depend on load.
    public var workers: Int
    /// The C++ compiler, as seen inside a box.
    public var compilerPath: String = "/usr/bin/g++"
    /// The Python interpreter, as seen inside a box.
    public var pythonPath: String = "/usr/bin/python3"
    /// Keeps an interpreter warm in each slot, where `pythonPath` has a shared library; else each run
    /// starts its own.
    public var usesPythonZygote = true
    /// Host folders shown read-only at the same path, besides /usr; at most 16.
    public var readOnlyPaths: [String] = []
    /// Starts even if these layers of the minimum are missing; the report still says so.
    public var allowDegraded: Set<String> = []
    /// Uses control groups where they can be written.
    public var usesControlGroups = true
    /// Compiles and runs a known program before the first program of each language, for callers that
    /// do not `check` all of them at the start.
    public var provesLanguages = false
    /// User id that the helper takes before all else; nil = that of this process.
    public var userID: UInt32?
    /// A command that starts the helper in a narrower environment, for tests.
    var helperWrapper: [String] = []
    /// Bound of the compile cache in bytes of sources and binaries.
    public var compileCacheBytes = 256 << 20

    /// Why a folder cannot be one of `readOnlyPaths`; nil when it can.
    ///
    /// - Parameter path: any text.
    /// - Returns: a clause about the path, without its subject.
    public static func fault(ofPath path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.hasPrefix("/"), !parts.contains(".."), path != "/" else {
            return "takes an absolute path without .., not \(path)"
        }
        let own: Set<Substring> = ["box", "cache", "dev", "proc", "tmp", "host-proc"]
        guard !own.contains(parts[1]) else {
            return "cannot show \(path): programs have a /\(parts[1]) of their own"
        }
        return access(path, R_OK) == 0 ? nil : "cannot read \(path)"
    }

    /// Names the three settings that have no default.
    ///
    /// - Parameters:
    ///   - helperPath: path of the `assay-sandbox` program.
    ///   - cacheDirectory: folder for precompiled headers.
    ///   - workers: runs at a time, 1 to 256.
    public init(helperPath: String, cacheDirectory: String, workers: Int) {
        precondition((1...256).contains(workers), "workers \(workers) outside 1...256")
        self.helperPath = helperPath
        self.cacheDirectory = cacheDirectory
        self.workers = workers
    }
}
