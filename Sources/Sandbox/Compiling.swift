// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CSandbox

// MARK: - Compiling

extension Sandbox {
    /// Compiles a source, or checks it where the language has no compiler.
    ///
    /// Cached by exact source, files and limits.
    ///
    /// - Parameters:
    ///   - language: how.
    ///   - source: at most the scratch size; any bytes.
    ///   - files: lie beside the source, such as a header that it includes in quotes.
    ///   - limits: a limit reached is a failure in the result.
    ///   - group: opaque key; slots are shared fairly between groups.
    /// - Returns: the program, or why there is none.
    /// - Throws: `SandboxError`, never for anything that the source caused.
    public func compile(
        language: ProgramLanguage, source: ByteString, files: [BoxFile] = [],
        limits: CompileLimits = CompileLimits(), group: String = ""
    ) async throws(SandboxError) -> CompileResult {
        let key = CompileCache.Key(
            language: language, source: source, files: files, limits: limits)
        return try await compiled.result(for: key) { () throws(SandboxError) in
            try await self.compileUncached(key, group: group)
        }
    }

    private func compileUncached(
        _ key: CompileCache.Key, group: String
    ) async throws(SandboxError) -> CompileResult {
        let plain = ProgramLanguage.all.first { $0.name == key.language.name } ?? key.language
        if configuration.provesLanguages { try await prove(plain) }
        let result = try await compileOnce(key, group: group)
        if let failure = result.failure { try await confirm(failure, of: plain, group: group) }
        return result
    }

    /// Compiles, whatever the cache holds and whoever is to blame for a failure.
    func compileOnce(
        _ key: CompileCache.Key, group: String
    ) async throws(SandboxError) -> CompileResult {
        let language = key.language
        let folder = try await headerFolder(language, group: group)
        let source = try MemoryFile(sealing: key.source, name: "source")
        var limits = RunLimits(
            cpuSeconds: key.limits.cpuSeconds, memoryBytes: key.limits.memoryBytes)
        limits.idleSeconds = 5
        limits.stdoutBytes = key.limits.diagnosticsBytes
        limits.stderrBytes = key.limits.diagnosticsBytes
        limits.scratchBytes = 256 << 20
        var request = BoxRequest(
            arguments: resolve(language.compileCommand, folder: folder),
            environment: ProgramLanguage.commonEnvironment + language.environment,
            program: source, input: try MemoryFile(sealing: "", name: "input"),
            isPython: language.isPython, fileName: language.sourceName,
            artifactName: language.artifactName, artifactBytes: key.limits.binaryBytes,
            startsOthers: language.artifactName != nil, discardsExcess: true, limits: limits)
        try request.add(key.files)
        let (reply, queued, _) = try await perform(request, group: group)
        var result = CompileResult(
            program: nil, failure: nil,
            diagnostics: Diagnostics.cleaned(try reply.stderr()), cached: false,
            cpuSeconds: reply.cpuSeconds, wallSeconds: reply.wallSeconds, queueSeconds: queued,
            peakMemoryBytes: reply.peakBytes, nearLimit: reply.has(SBX_NEAR_LIMIT))
        result.failure = Self.compileFailure(reply)
        guard result.failure == nil else { return result }
        guard language.artifactName != nil else {
            result.program = Program(language: language, file: source, byteCount: key.source.count)
            return result
        }
        guard let binary = try reply.artifact() else {
            result.failure = .crashed
            return result
        }
        result.program = Program(
            language: language, file: try MemoryFile(sealing: binary, name: "program"),
            byteCount: binary.count)
        return result
    }

    private static func compileFailure(_ reply: BoxReply) -> CompileFailure? {
        switch reply.outcome {
        case SBX_FINISHED: nil
        case SBX_MEMORY_LIMIT: .memoryLimit
        case SBX_TIME_LIMIT: .timeLimit
        case SBX_RUNTIME_ERROR where reply.exitCode == 1: .diagnosed
        default: .crashed
        }
    }

    func headerFolder(
        _ language: ProgramLanguage, group: String
    ) async throws(SandboxError) -> String? {
        try await headers.folder(for: language) { request throws(SandboxError) in
            try await self.perform(request, group: group).reply
        } resolve: { command in
            self.resolve(command, folder: nil)
        }
    }

    func resolve(_ command: [String], folder: String?) -> [String] {
        command.compactMap { argument in
            switch argument {
            case "{compiler}": configuration.compilerPath
            case "{python}": configuration.pythonPath
            case "-I{include}": folder.map { "-I/cache/\($0)" }
            default: argument
            }
        }
    }
}
