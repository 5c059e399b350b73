// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// A program ready to run many times.
public final class Program: Sendable {
    /// Its language.
    public let language: ProgramLanguage
    /// Size of the binary, or of the source of an interpreted language, in bytes.
    public let byteCount: Int
    let file: MemoryFile

    init(language: ProgramLanguage, file: MemoryFile, byteCount: Int) {
        self.language = language
        self.file = file
        self.byteCount = byteCount
    }
}

/// Why there is no program; each is a compile error of the source.
public enum CompileFailure: String, Sendable {
    /// The compiler said so.
    case diagnosed
    /// Compiling needed more CPU time, or stood still.
    case timeLimit = "time_limit"
    /// Compiling needed more memory.
    case memoryLimit = "memory_limit"
    /// The compiler crashed, or its output was too large.
    case crashed
}

/// What came of compiling or checking a source.
public struct CompileResult: Sendable {
    /// The program, if there is one.
    public var program: Program?
    /// Why there is none.
    public var failure: CompileFailure?
    /// What the compiler wrote, capped, without folders of paths.
    public var diagnostics: ByteString
    /// Whether it came from the cache; then the times are those of the first compilation.
    public var cached: Bool
    /// CPU time in seconds.
    public var cpuSeconds: Double
    /// Wall time in seconds.
    public var wallSeconds: Double
    /// Waited for a slot, in seconds.
    public var queueSeconds: Double
    /// Largest memory use in bytes.
    public var peakMemoryBytes: Int
    /// CPU time lies within 0.75 to 1.25 of its limit.
    public var nearLimit: Bool
}
