// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import CSystem
import Execution
import Glibc
import Graders
import Grading
import LanguageID
import MathEquivalence
import RewardService
import Rewards
import Sandbox
import Wire

/// What `serve`, `grade`, `run` and `doctor` share: the engines and their limits.
struct ServiceOptions: ParsableArguments {
    @Option(help: "Threads that grade; by default one for each core.")
    var threads: Int?

    @Option(help: "Programs that run at a time; by default one for each core.")
    var sandboxWorkers: Int?

    @Option(help: "Folder for precompiled headers; by default below the user's cache folder.")
    var cacheDirectory: String?

    @Option(help: "Folder for test sets; by default beside that for precompiled headers.")
    var testsDirectory: String?

    @Option(help: "Most bytes of test sets in that folder; the least recently used go first.")
    var testsBytes = 4 << 30

    @Option(help: "A file such as testlib.h that checkers may include; may be repeated.")
    var checkerFile: [String] = []

    @Option(help: "fastText's lid.176.ftz or lid.176.bin; by default one beside this program.")
    var languageModel: String?

    @Option(help: "Python interpreter for Python programs.")
    var python = Self.systemPython

    private static let systemPython = "/usr/bin/python3"

    /// The interpreter that reads Parquet: the one that was named, else the first on the PATH, which
    /// is where people install packages.
    var readerPython: String { python == Self.systemPython ? "python3" : python }

    @Option(
        help:
            "A folder outside /usr that programs may read, such as that of --python; may be repeated."
    )
    var readOnlyPath: [String] = []

    @Option(help: "C++ compiler for C++ programs.")
    var compiler = "/usr/bin/g++"

    @Option(help: "Who is asked about math that stays undecided: none or sympy, in the sandbox.")
    var mathFallback = MathFallback.none

    /// Second engines for mathematics.
    enum MathFallback: String, ExpressibleByArgument, CaseIterable {
        case none, sympy
    }

    @Option(
        help: "Run programs even where these layers of the minimal isolation are missing.",
        transform: LayerNames.init)
    var allowDegraded = LayerNames()

    /// Names of required layers, parted by commas.
    struct LayerNames {
        var names: Set<String> = []

        init() {}

        init(_ text: String) throws {
            names = Set(text.split(separator: ",").map(String.init))
            let unknown = names.subtracting(LayerReport.required).sorted()
            guard unknown.isEmpty, !names.isEmpty else {
                throw ValidationError(
                    "\(unknown.joined(separator: ", ")) is no required layer; they are "
                        + LayerReport.required.sorted().joined(separator: ", "))
            }
        }
    }

    func validate() throws {
        for (name, count) in [("--threads", threads), ("--sandbox-workers", sandboxWorkers)] {
            guard let count, !(1...256).contains(count) else { continue }
            throw ValidationError("\(name) takes 1 to 256, not \(count)")
        }
        if let fault = readOnlyPath.lazy.compactMap(SandboxConfiguration.fault(ofPath:)).first {
            throw ValidationError("--read-only-path \(fault)")
        }
        guard testsBytes >= 0 else {
            throw ValidationError("--tests-bytes takes 0 or more, not \(testsBytes)")
        }
    }

    /// Starts the engines; requests may name one of `recipes`, and `cacheBytes` of results are
    /// kept.
    ///
    /// One that cannot start is absent, and the facts say why; only a fallback that was asked for
    /// and cannot start, or a recipe whose program does not compile, ends the program. `sandbox`
    /// says when the sandbox starts: on demand only where neither of the two needs it.
    func start(
        recipes: RecipeBook = RecipeBook(), cacheBytes: Int = 0, sandbox: SandboxStart = .atOnce
    ) async throws -> RunningEngines {
        let cores = Int(csys_usable_cores())
        let pool = BlockingPool(name: "grading", width: threads ?? cores)
        let workers = sandboxWorkers ?? cores
        var configuration = sandboxConfiguration(workers: workers)
        var engines = Engines()
        var facts = ServiceFacts(version: Assay.version)
        engines.checkerFiles = try checkerFile.map(Self.readCheckerFile)
        engines.testSets = openTestSets()
        let isOnDemand =
            sandbox == .onDemand && mathFallback == .none
            && recipes.recipes.allSatisfy(\.recipe.components.isEmpty)
        if !isOnDemand { await addSandbox(configuration, to: &engines, &facts) }
        addMath(workers: pool.width, to: &engines, &facts)
        addLanguageModel(to: &engines, &facts)
        facts.licences.append(LanguageLicence.json)
        if mathFallback == .sympy { engines.mathFallback = try await startSymPy(engines) }
        let width = 4 * max(pool.width, workers)
        let grading: @Sendable (Engines) -> GradingEngines = { engines in
            GradingEngines(
                engines: engines,
                rewards: RewardEngine(
                    registry: GraderRegistry(engines: engines), pool: pool, batchWidth: width,
                    cache: cacheBytes > 0 ? ResultCache(capacityBytes: cacheBytes) : nil))
        }
        let first = grading(engines)
        if let fault = await RecipeOptions.fault(of: recipes, first.rewards.registry) {
            await engines.sandbox?.shutDown()
            await engines.math?.shutDown()
            throw ValidationError(fault)
        }
        configuration.provesLanguages = isOnDemand
        let programs = OnDemand { [engines, configuration] in
            guard isOnDemand, let sandbox = try? await Self.startSandbox(configuration) else {
                return first
            }
            var all = engines
            all.sandbox = sandbox
            return grading(all)
        }
        return RunningEngines(
            pool: pool, first: first, programs: programs, batchWidth: width, recipes: recipes,
            facts: facts)
    }

    // MARK: - Engines

    private func addSandbox(
        _ configuration: SandboxConfiguration, to engines: inout Engines,
        _ facts: inout ServiceFacts
    ) async {
        do {
            let sandbox = try await Self.startSandbox(configuration)
            engines.sandbox = sandbox
            facts.engines.append(
                EngineFacts(name: "sandbox", isReady: true, report: sandbox.layers.json))
        } catch {
            facts.engines.append(
                EngineFacts(name: "sandbox", isReady: false, report: .string(error.description)))
        }
    }

    private func addMath(workers: Int, to engines: inout Engines, _ facts: inout ServiceFacts) {
        do {
            engines.math = try MathEngine(
                configuration: MathConfiguration(
                    workerPath: Installation.helper("assay-math"), workerCount: workers))
            facts.engines.append(
                EngineFacts(name: "math", isReady: true, report: .string("\(workers) workers")))
        } catch {
            facts.engines.append(
                EngineFacts(name: "math", isReady: false, report: .string(error.message)))
        }
    }

    private func addLanguageModel(to engines: inout Engines, _ facts: inout ServiceFacts) {
        do {
            let path = languageModel ?? Installation.languageModel
            let model = try LanguageModel(path: path)
            engines.languageModel = model
            facts.engines.append(
                EngineFacts(name: "language", isReady: true, report: .string(model.file.name)))
        } catch {
            facts.engines.append(
                EngineFacts(name: "language", isReady: false, report: .string(error.message)))
        }
    }

    /// Where it cannot be opened, tasks carry their tests themselves.
    private func openTestSets() -> TestSetStore? {
        let folder = testsDirectory ?? (cacheDirectory ?? Installation.cacheDirectory) + "-tests"
        do {
            return try TestSetStore(directory: folder, capacityBytes: testsBytes)
        } catch {
            say("no test sets can be kept: \(error)")
            return nil
        }
    }

    private static func readCheckerFile(_ path: String) throws -> BoxFile {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard let file = BoxFile(name: name, content: try InputFile.read(path)) else {
            throw ValidationError("--checker-file cannot have the name \"\(name)\"")
        }
        return file
    }

    private func startSymPy(_ engines: Engines) async throws -> SymPyFallback {
        do throws(SandboxError) {
            guard let sandbox = engines.sandbox else {
                throw .unavailable("SymPy runs in the sandbox, which is missing")
            }
            return try await SymPyFallback.start(sandbox)
        } catch {
            await engines.sandbox?.shutDown()
            await engines.math?.shutDown()
            say("--math-fallback sympy: \(error.description)")
            throw ExitCode(3)
        }
    }

    private func sandboxConfiguration(workers: Int) -> SandboxConfiguration {
        var configuration = SandboxConfiguration(
            helperPath: Installation.helper("assay-sandbox"),
            cacheDirectory: cacheDirectory ?? Installation.cacheDirectory, workers: workers)
        configuration.pythonPath = python
        configuration.compilerPath = compiler
        configuration.allowDegraded = allowDegraded.names
        configuration.readOnlyPaths = readOnlyPath
        return configuration
    }

    /// Starts a sandbox; it has proven every language, or will before the first program of each.
    private static func startSandbox(
        _ configuration: SandboxConfiguration
    ) async throws(SandboxError) -> Sandbox {
        let sandbox = try await Sandbox.start(configuration)
        sandbox.layers.warnings(allowing: configuration.allowDegraded).forEach(say)
        guard !configuration.provesLanguages else { return sandbox }
        do {
            for language in ProgramLanguage.all {
                try await sandbox.prepare(language)
                try await sandbox.check(language)
            }
        } catch {
            await sandbox.shutDown()
            throw error
        }
        return sandbox
    }
}

/// When the sandbox starts.
enum SandboxStart {
    /// Before anything else, with a proof that every language works.
    case atOnce
    /// When a program is to be run first; then each language is proven before its first program.
    case onDemand
}

/// Engines, and what grades on them.
struct GradingEngines: Sendable {
    let engines: Engines
    let rewards: RewardEngine
}

/// The engines of a process.
struct RunningEngines {
    let pool: BlockingPool
    /// What runs from the start.
    let first: GradingEngines
    /// The same with the sandbox, which starts now if it is on demand; without it if it cannot.
    let programs: OnDemand<GradingEngines>
    /// Rollouts or rows in flight; enough to keep all sandbox slots busy.
    let batchWidth: Int
    let recipes: RecipeBook
    let facts: ServiceFacts

    var engines: Engines { first.engines }
    var rewards: RewardEngine { first.rewards }

    /// Stops the helper processes, then the threads.
    func shutDown() async {
        let last = await programs.valueIfAsked() ?? first
        await last.engines.sandbox?.shutDown()
        await engines.math?.shutDown()
        pool.shutDown()
    }
}

/// Where this program finds its parts.
enum Installation {
    /// A helper program, which lies beside this one.
    static func helper(_ name: String) -> String { folder + "/" + name }

    /// The language model beside this program, or where `scripts/fetch-language-model` puts it.
    static var languageModel: String {
        let beside = folder + "/lid.176.ftz"
        return access(beside, R_OK) == 0 ? beside : ".models/lid.176.ftz"
    }

    /// `/var/cache/assay` for root, else `assay` below the user's cache folder.
    static var cacheDirectory: String {
        if geteuid() == 0 { return "/var/cache/assay" }
        if let cache = variable("XDG_CACHE_HOME") { return cache + "/assay" }
        return (variable("HOME") ?? "/tmp") + "/.cache/assay"
    }

    /// The folder of this executable.
    static let folder: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, Int(PATH_MAX))
        guard count > 0 else { return "." }
        let path = String(decoding: buffer[0..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }()

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
