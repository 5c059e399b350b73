// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Bytes
import DatasetVerifier
import Glibc
import Grading
import Rewards
import Wire

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verifies datasets of verifiable tasks, as a gate in CI.",
        discussion: """
            Every row is looked at by every rule that runs: `assay verify rules` lists them.
            Exit code: 0 when nothing counts against the dataset, 1 when something does, 2 for bad
            usage or a file that cannot be read, 3 when the budget was spent before every row was
            looked at, 4 when nothing else is wrong but some rows could not be checked.

            EXAMPLES
              assay verify train.jsonl
              assay verify train.jsonl --format github,md=summary.md,html=report.html
              assay verify train.jsonl --write-clean clean.jsonl --write-dropped dropped.jsonl
              assay verify train.jsonl --budget 20m --journal train.journal --resume
              assay verify train.jsonl --shard 1/4 --journal part1   # then: assay verify merge part*
            """,
        subcommands: [VerifyFiles.self, VerifyMerge.self, VerifyRules.self],
        defaultSubcommand: VerifyFiles.self)
}

/// `assay verify FILE…`.
struct VerifyFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files", abstract: "Verifies files; the default, so its name may be left out.")

    @Argument(help: "Datasets: JSONL, JSON, Parquet, each also compressed, or folders of problems.")
    var files: [String]

    @Option(help: "How rows are read, such as verl; by default told from each file's first rows.")
    var profile: String?

    @OptionGroup var rules: RuleOptions

    @Option(help: "Rows and programs looked at side by side; by default one for each core.")
    var jobs: Int?

    @Option(help: "One of N equal parts of the dataset, such as 3/8; merge the journals.")
    var shard: String?

    @Option(help: "Stop after this time, such as 90s, 20m or 2h; exit code 3.")
    var budget: String?

    @Option(help: "Keep what was found of each row in this file, to resume or merge.")
    var journal: String?

    @Flag(help: "Go on with the journal where it ends.")
    var resume = false

    @Option(help: "Folder that keeps what was found of each row for later runs.")
    var cache: String?

    @Option(help: "An evaluation set that rows must not be taken from; may be repeated.")
    var against: [String] = []

    @Option(help: "Largest row in bytes; a larger one is a finding. Beyond 8 MiB one at a time.")
    var rowBytes = ReadOptions.rowBytesStandard

    @Option(help: "How often a reference solution is run, to see whether its verdict is stable.")
    var runs: Int?

    @Option(help: "Most solutions of a row that are run, of the good and of the bad each.")
    var solutions: Int?

    @Option(help: "Most mutants of a reference solution that are run; for rules on demand.")
    var mutants: Int?

    @Option(help: "The recipe whose formats and limits apply: its name, or a file.")
    var recipe: String?

    @OptionGroup var recipes: RecipeOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if let jobs, !(1...256).contains(jobs) {
            throw ValidationError("--jobs takes 1 to 256, not \(jobs)")
        }
        let counts = [("--runs", runs), ("--solutions", solutions), ("--mutants", mutants)]
        for (name, count) in counts {
            guard let count, !(1...100).contains(count) else { continue }
            throw ValidationError("\(name) takes 1 to 100, not \(count)")
        }
        let sizes = ReadOptions.rowBytesRange
        guard sizes.contains(rowBytes) else {
            throw ValidationError(
                "--row-bytes takes \(sizes.lowerBound) to \(sizes.upperBound), not \(rowBytes)")
        }
        if resume && journal == nil {
            throw ValidationError("--resume needs the --journal to go on with")
        }
        if let shard {
            guard Shard(shard) != nil else {
                throw ValidationError("--shard takes a part such as 3/8, not \"\(shard)\"")
            }
            guard journal != nil else {
                throw ValidationError("--shard needs a --journal, which is then merged")
            }
        }
        if let budget, Self.seconds(budget) == nil {
            throw ValidationError("--budget takes a time such as 90s, 20m or 2h, not \"\(budget)\"")
        }
        let isSplit = reports.writeClean != nil || reports.writeDropped != nil
        if files.contains("-") && (isSplit || resume) {
            throw ValidationError("standard input is read once: --write-… and --resume need files")
        }
    }

    func run() async throws {
        try await VerifySession.reportingErrors { try await perform() }
    }

    private func perform() async throws {
        let part = shard.flatMap { Shard($0) } ?? Shard.whole
        // What can be wrong with the arguments is said before the engines start.
        let sets = try against.map { path throws(ReadError) in
            try EvaluationSet(contentsOfFile: path)
        }
        let registry = VerifySession.registry(sets)
        let known = registry.rules + RunRules.all
        let codes = try rules.codes(among: known)
        let judgement = try reports.judgement(known)
        let rows = try VerifySession.rows(
            files, profile: profile, rowBytesMax: rowBytes, python: service.readerPython)
        let session = try await VerifySession(
            registry: registry, codes: codes, service: serviceOptions,
            book: try recipes.book(standard: recipe), choices: choices, against: sets)
        defer { session.removeTemporaryFolder() }
        let path = try journal ?? session.temporaryFile("journal")
        let parameters = try session.parameters(
            files: files, profile: profile, rowBytesMax: rowBytes, shard: part)
        let writer = try JournalWriter(path, parameters, resume: resume)
        if writer.resumedCount > 0 { say("going on after \(writer.resumedCount) rows") }
        var run = session.run
        run.budgetSeconds = budget.flatMap(Self.seconds)
        run.cache = try cache.map { folder throws(VerificationError) in
            try RowCache(folder: folder, key: parameters.cacheKey)
        }
        let progress = VerifyProgress(resumed: writer.resumedCount)
        let ending = try await run.perform(
            into: writer, rows: rows
        ) { progress.show($0) }
        progress.finish()
        if parameters.shard != .whole {
            await session.running.shutDown()
            if ending == .budgetSpent { throw ExitCode(Verdict.partial.exitCode) }
            return
        }
        let code = try await session.report(
            [path], judgement, options: reports, profile: profile)
        if code != 0 { throw ExitCode(code) }
    }

    private var choices: VerifyChoices {
        var choices = VerifyChoices()
        choices.runs = runs ?? choices.runs
        choices.solutionsMax = solutions ?? choices.solutionsMax
        choices.mutantsMax = mutants ?? choices.mutantsMax
        return choices
    }

    private var serviceOptions: ServiceOptions {
        var service = service
        service.threads = service.threads ?? jobs
        service.sandboxWorkers = service.sandboxWorkers ?? jobs
        return service
    }

    /// `90s`, `20m`, `2h` or seconds.
    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? text : String(text.dropLast())),
            number > 0, number * (unit ?? 1) <= 30 * 86_400
        else { return nil }
        return number * (unit ?? 1)
    }
}

/// `assay verify merge JOURNAL…`.
struct VerifyMerge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Reports on the journals of all shards as on one run.",
        discussion: """
            EXAMPLES
              assay verify train.jsonl --shard 1/2 --journal part1
              assay verify train.jsonl --shard 2/2 --journal part2
              assay verify merge part1 part2 --format md
            """)

    @Argument(help: "The journal of each shard, in any order.")
    var journals: [String]

    @Option(help: "The recipe of the run: its name, or a file.")
    var recipe: String?

    @OptionGroup var recipes: RecipeOptions
    @OptionGroup var reports: ReportOptions
    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await VerifySession.reportingErrors { try await perform() }
    }

    private func perform() async throws {
        let parameters = try JournalSet(journals).parameters
        let sets = try VerifySession.evaluationSets(of: parameters)
        let registry = VerifySession.registry(sets)
        let judgement = try reports.judgement(registry.rules + RunRules.all)
        let session = try await VerifySession(
            registry: registry, codes: Set(parameters.rules), service: service,
            book: try recipes.book(standard: recipe), choices: VerifyChoices(parameters),
            against: sets)
        defer { session.removeTemporaryFolder() }
        try session.checkRecipe(of: parameters)
        let code = try await session.report(
            journals, judgement, options: reports,
            profile: parameters.profile == "auto" ? nil : parameters.profile)
        if code != 0 { throw ExitCode(code) }
    }
}

/// `assay verify rules`.
struct VerifyRules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Lists the rules, or explains some.",
        discussion: """
            EXAMPLES
              assay verify rules
              assay verify rules M002
            """)

    @Argument(help: "Codes or beginnings of codes; all by default.")
    var codes: [String] = []

    func run() throws {
        let all = CheckRegistry().rules + RunRules.all
        let rules = all.filter { rule in
            codes.isEmpty || codes.contains { rule.code.hasPrefix($0) }
        }
        guard !rules.isEmpty else {
            throw ValidationError("there is no such rule; `assay verify rules` lists all")
        }
        for rule in rules.sorted(by: { $0.code < $1.code }) {
            let onDemand = rule.isDefault ? "" : ", only when selected"
            print("\(rule.code) \(rule.name) (\(rule.severity.rawValue)\(onDemand))")
            print("    " + rule.summary)
        }
    }
}
