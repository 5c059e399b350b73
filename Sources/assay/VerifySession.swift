// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Bytes
import DatasetVerifier
import Execution
import Glibc
import Graders
import Grading
import Hashing
import LanguageID
import RewardService
import Rewards
import Sandbox
import Wire

/// How thoroughly rows are looked at.
struct VerifyChoices {
    var runs = 1
    var solutionsMax = 8
    var mutantsMax = 5

    init() {}

    /// Those of a run.
    init(_ parameters: RunParameters) {
        runs = parameters.runs
        solutionsMax = parameters.solutionsMax
        mutantsMax = parameters.mutantsMax
    }
}

/// The engines, rules and choices of one `assay verify`.
struct VerifySession {
    let running: RunningEngines
    let registry: CheckRegistry
    let context: CheckContext
    private let contextForPrograms: @Sendable () async -> CheckContext
    private let recipe: PreparedRecipe
    private let toolchain: String
    private let python: String
    private let against: [RunParameters.Input]
    private let mathFallback: String
    private let temporary = TemporaryFolder()

    /// All rules, those of whole files included.
    var rules: [Rule] { registry.rules + RunRules.all }

    /// Starts the engines.
    ///
    /// `codes` are the rules that run, among those of `registry` and ``RunRules``.
    init(
        registry: CheckRegistry, codes: Set<String>, service: ServiceOptions, book: RecipeBook,
        choices: VerifyChoices, against: [EvaluationSet]
    ) async throws {
        recipe = book.standard
        self.registry = registry
        self.against = against.map { .init(name: $0.name, content: $0.digest.hex) }
        let running = try await service.start(recipes: book, sandbox: .onDemand)
        self.running = running
        python = service.readerPython
        mathFallback = service.mathFallback.rawValue
        toolchain = Self.facts(of: service.compiler) + ", " + Self.facts(of: service.python)
        let context: @Sendable (GradingEngines) -> CheckContext = { [recipe] grading in
            var context = CheckContext(
                rewards: grading.rewards, engines: grading.engines, recipe: recipe.recipe,
                selected: codes)
            context.runs = choices.runs
            context.solutionsMax = choices.solutionsMax
            context.mutantsMax = choices.mutantsMax
            return context
        }
        self.context = context(running.first)
        contextForPrograms = { [programs = running.programs] in context(await programs.value()) }
    }

    /// Turns what went wrong into a sentence and exit code 2.
    static func reportingErrors(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as VerificationError {
            say(error.message)
            throw ExitCode(Main.usageExitCode)
        } catch let error as ReadError {
            say(error.message)
            throw ExitCode(Main.usageExitCode)
        }
    }

    // MARK: - Before the engines start

    /// All checks, with the evaluation sets that rows must not be taken from.
    static func registry(_ sets: [EvaluationSet]) -> CheckRegistry {
        var options = CheckOptions()
        options.evaluationSets = sets
        return CheckRegistry(options: options)
    }

    /// The evaluation sets of a run, unchanged since.
    static func evaluationSets(of parameters: RunParameters) throws -> [EvaluationSet] {
        try parameters.against.map { input in
            let set = try EvaluationSet(contentsOfFile: input.name)
            guard set.digest.hex == input.content else {
                throw VerificationError("\(input.name) is not what the journals were made with")
            }
            return set
        }
    }

    // MARK: - Running

    var run: VerificationRun {
        VerificationRun(
            checks: registry.checks, context: context, contextForPrograms: contextForPrograms,
            pool: running.pool, width: running.batchWidth)
    }

    /// Opens the files; `python` reads those that are Parquet.
    static func rows(
        _ files: [String], profile: String?, rowBytesMax: Int, python: String
    ) throws(ReadError) -> DatasetReader {
        var options = ReadOptions()
        options.profile = profile
        options.rowBytesMax = rowBytesMax
        options.python = python
        return try DatasetReader(files, options: options)
    }

    func parameters(
        files: [String], profile: String?, rowBytesMax: Int, shard: Shard
    ) throws(VerificationError) -> RunParameters {
        var inputs: [RunParameters.Input] = []
        for file in files {
            var facts = stat()
            guard file == "-" || stat(file, &facts) == 0 else {
                throw VerificationError(FileError(path: file).description)
            }
            inputs.append(.init(name: file, content: "\(facts.st_size) bytes"))
        }
        var parameters = RunParameters(
            version: Assay.version, files: inputs, checks: run.checks, context: context,
            recipeHash: recipe.hash, toolchain: toolchain)
        parameters.profile = profile ?? "auto"
        parameters.shard = shard
        parameters.against = against
        parameters.rowBytesMax = rowBytesMax
        if let model = running.engines.languageModel {
            parameters.languageModel = "\(model.file.name) \(model.file.digest.hex)"
        }
        parameters.mathFallback = mathFallback
        parameters.checkerFiles = running.engines.checkerFiles.map {
            .init(name: $0.name, content: SHA256.hash($0.content).hex)
        }
        return parameters
    }

    /// Rows must be concluded under the recipe that they were looked at with.
    func checkRecipe(of parameters: RunParameters) throws(VerificationError) {
        guard parameters.recipeHash == recipe.hash else {
            throw VerificationError("the journals are of another recipe; name it with --recipe")
        }
    }

    /// What changes when a program is replaced, the same on machines with the same packages.
    private static func facts(of program: String) -> String {
        var facts = stat()
        guard stat(program, &facts) == 0 else { return "\(program) is absent" }
        return "\(program) \(facts.st_size) \(facts.st_mtim.tv_sec)"
    }

    // MARK: - Reporting

    /// Concludes journals, stops the engines, writes all reports.
    ///
    /// - Returns: the exit code.
    func report(
        _ journals: [String], _ judgement: ReportOptions.Judgement, options: ReportOptions,
        profile: String?
    ) async throws -> Int32 {
        let set = try JournalSet(journals)
        let conclusion = try await Conclusion(set, checks: run.checks, context: context)
        await running.shutDown()
        let dataset = try VerifiedDataset(
            set, conclusion, rules: rules, policy: judgement.policy, baseline: judgement.baseline)
        for (format, path) in try options.plan() {
            try write(format, dataset, options.show, to: path)
        }
        if let path = options.writeBaseline {
            let file = try WholeFile(path)
            try file.output.write(dataset.baselineText())
            try file.finish()
        }
        if options.writeClean != nil || options.writeDropped != nil {
            let split = DatasetSplit(
                cleanPath: options.writeClean, droppedPath: options.writeDropped)
            try split.write(
                dataset,
                rows: try Self.rows(
                    set.parameters.files.map(\.name), profile: profile,
                    rowBytesMax: set.parameters.rowBytesMax, python: python))
        }
        return dataset.summary.verdict.exitCode
    }

    private func write(
        _ format: ReportFormat, _ dataset: VerifiedDataset, _ shown: Int, to path: String?
    ) throws(VerificationError) {
        guard let path else {
            return try format.write(dataset, shown: shown, to: ReportOutput { printBytes($0) })
        }
        if let folder = path.lastIndex(of: "/").map({ String(path[..<$0]) }), !folder.isEmpty {
            mkdir(folder, 0o755)
        }
        let file = try WholeFile(path)
        try format.write(dataset, shown: shown, to: file.output)
        try file.finish()
    }

    // MARK: - Temporary files

    func temporaryFile(_ name: String) throws -> String { try temporary.file(name) }

    func removeTemporaryFolder() { temporary.remove() }
}

/// A folder for the journal of a run that keeps none.
private final class TemporaryFolder: @unchecked Sendable {
    // Invariant behind `@unchecked`: used by the one task that runs the command.
    private var files: [String] = []
    private var path: String?

    func file(_ name: String) throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/assay-verify-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw VerificationError(FileError(path: parent).description) }
        path = made
        files.append("\(made)/\(name)")
        return "\(made)/\(name)"
    }

    func remove() {
        for file in files { unlink(file) }
        if let path { rmdir(path) }
    }
}
