// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
public import Hashing
import Wire

/// All that the findings of a run depend on besides the rows.
///
/// It is the first line of every journal: a run is resumed, and shards are merged, only under the
/// same parameters.
public struct RunParameters: Sendable {
    /// A file that is verified or compared with.
    public struct Input: Sendable {
        /// As it was given.
        public let name: String
        /// What tells its content: a size or a digest.
        public let content: String

        /// Names a file.
        ///
        /// - Parameters:
        ///   - name: as it was given.
        ///   - content: a size or a digest.
        public init(name: String, content: String) {
            self.name = name
            self.content = content
        }
    }

    /// Version of this program.
    public var version: String
    /// The files, in order.
    public var files: [Input]
    /// The profile that was asked for, or `auto`.
    public var profile = "auto"
    /// Codes of the rules that run.
    public var rules: [String]
    /// Names and versions of the checks that run, such as `duplicates 2`.
    public var checks: [String]
    /// Evaluation sets that rows are compared with.
    public var against: [Input] = []
    /// How often a reference solution is run.
    public var runs = 3
    /// Most solutions of a row that are run.
    public var solutionsMax = 8
    /// Most mutants of a reference solution that are run.
    public var mutantsMax = 5
    /// Seeds everything random.
    public var seed = 0
    /// Largest row that is read, in bytes.
    public var rowBytesMax = ReadOptions.rowBytesStandard
    /// What tells the language model from others; empty without one.
    public var languageModel = ""
    /// Who is asked about math that stays undecided; `none` for nobody.
    public var mathFallback = "none"
    /// Files that checkers may include.
    public var checkerFiles: [Input] = []
    /// Hash of the recipe.
    public var recipeHash: String
    /// What tells the compiler and the interpreter apart from others.
    public var toolchain: String
    /// The part of the dataset.
    public var shard = Shard.whole

    /// Collects the parameters of a run.
    ///
    /// - Parameters:
    ///   - version: of this program.
    ///   - files: the files, in order.
    ///   - checks: those that run.
    ///   - context: selected rules and choices.
    ///   - recipeHash: hash of the recipe.
    ///   - toolchain: what tells the compiler and the interpreter apart from others.
    public init(
        version: String, files: [Input], checks: [any Check], context: CheckContext,
        recipeHash: String, toolchain: String
    ) {
        self.version = version
        self.files = files
        self.checks = checks.map { "\($0.name) \($0.version)" }
        self.recipeHash = recipeHash
        self.toolchain = toolchain
        rules = context.selected.sorted()
        runs = context.runs
        solutionsMax = context.solutionsMax
        mutantsMax = context.mutantsMax
        seed = context.seed
    }

    /// Raised by one whenever the lines of journals change.
    static let format = 2

    private var common: JSONObject {
        JSONObject([
            "assay_verify": .integer(Self.format), "version": .string(version),
            "profile": .string(profile), "rules": .array(rules.map { .string($0) }),
            "checks": .array(checks.map { .string($0) }),
            "against": .array(against.map(\.json)), "runs": .integer(runs),
            "solutions_max": .integer(solutionsMax), "mutants_max": .integer(mutantsMax),
            "seed": .integer(seed), "row_bytes_max": .integer(rowBytesMax),
            "language_model": .string(languageModel), "math_fallback": .string(mathFallback),
            "checker_files": .array(checkerFiles.map(\.json)), "recipe_hash": .string(recipeHash),
            "toolchain": .string(toolchain),
        ])
    }

    /// The first line of a journal, newline included.
    var headerLine: ByteString {
        var object = common
        object.append("files", .array(files.map(\.json)))
        object.append("shard", .array([.integer(shard.number), .integer(shard.count)]))
        var writer = JSONWriter()
        writer.write(.object(object))
        writer.write(byte: UInt8(ascii: "\n"))
        return writer.byteString
    }

    /// Digest of what the findings of one row depend on besides the row and its profile.
    public var cacheKey: SHA256Digest { SHA256.hash(JSONWriter.text(of: .object(common))) }
}

// MARK: - Reading

extension RunParameters {
    /// Reads the first line of a journal.
    ///
    /// - Parameter line: the line; anything but one of this version's gives nil.
    init?(headerLine line: ByteString) {
        guard let root = try? JSONDocument(line).root,
            root["assay_verify"]?.plainInteger == Self.format,
            let version = root["version"]?.string, let profile = root["profile"]?.string,
            let recipeHash = root["recipe_hash"]?.string,
            let runs = root["runs"]?.plainInteger, let seed = root["seed"]?.plainInteger,
            let solutionsMax = root["solutions_max"]?.plainInteger,
            let mutantsMax = root["mutants_max"]?.plainInteger,
            let rowBytesMax = root["row_bytes_max"]?.plainInteger,
            let languageModel = root["language_model"]?.string,
            let mathFallback = root["math_fallback"]?.string,
            let toolchain = root["toolchain"]?.string,
            let parts = root["shard"]?.elements.compactMap(\.plainInteger), parts.count == 2,
            let shard = Shard(parts[0], of: parts[1])
        else { return nil }
        self.version = version.string
        self.profile = profile.string
        self.recipeHash = recipeHash.string
        self.runs = runs
        self.solutionsMax = solutionsMax
        self.mutantsMax = mutantsMax
        self.seed = seed
        self.rowBytesMax = rowBytesMax
        self.languageModel = languageModel.string
        self.mathFallback = mathFallback.string
        self.toolchain = toolchain.string
        self.shard = shard
        files = Input.list(root["files"])
        against = Input.list(root["against"])
        checkerFiles = Input.list(root["checker_files"])
        rules = root["rules"]?.elements.compactMap { $0.string?.string } ?? []
        checks = root["checks"]?.elements.compactMap { $0.string?.string } ?? []
    }

    /// What tells two runs apart.
    ///
    /// - Parameter other: parameters of another run.
    /// - Returns: names of the members that differ; empty for runs that belong together.
    func differences(from other: RunParameters) -> [String] {
        guard let mine = try? JSONDocument(headerLine).root,
            let theirs = try? JSONDocument(other.headerLine).root
        else { return ["all"] }
        return mine.members.compactMap { member in
            member.value.raw == theirs[member.key.string]?.raw ? nil : member.key.string
        }
    }
}

extension RunParameters.Input {
    fileprivate var json: JSONValue {
        .members(["name": .string(name), "content": .string(content)])
    }

    fileprivate static func list(_ view: JSONView?) -> [Self] {
        (view?.elements ?? .none).map { element in
            Self(
                name: element["name"]?.string?.string ?? "",
                content: element["content"]?.string?.string ?? "")
        }
    }
}
