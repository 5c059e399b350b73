// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Every Swift target: Swift 6 mode, warnings as errors, and three upcoming features.
///
/// ExistentialAny (SE-0335), MemberImportVisibility (SE-0444), InternalImportsByDefault (SE-0409).
let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// C helpers that run as their own processes: gnu11, warnings as errors.
let cSettings: [CSetting] = [
    .define("_GNU_SOURCE"),
    .enableWarning("all"),
    .enableWarning("extra"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "assay",
    products: [
        .executable(name: "assay", targets: ["assay"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // MARK: Bytes
        .target(name: "Bytes", dependencies: ["CSystem"], swiftSettings: swiftSettings),
        .testTarget(
            name: "BytesTests", dependencies: ["Bytes", "TestSupport"],
            swiftSettings: swiftSettings),

        // MARK: Hashing
        .target(name: "Hashing", dependencies: ["Bytes"], swiftSettings: swiftSettings),
        .testTarget(
            name: "HashingTests", dependencies: ["Hashing", "Bytes"],
            swiftSettings: swiftSettings),

        // MARK: CSystem
        .target(name: "CSystem", cSettings: cSettings),

        // MARK: Execution
        .target(name: "Execution", dependencies: ["CSystem"], swiftSettings: swiftSettings),
        .testTarget(
            name: "ExecutionTests", dependencies: ["Execution", "TestSupport"],
            swiftSettings: swiftSettings),

        // MARK: Wire
        .target(
            name: "CJSONTape", cxxSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "Wire", dependencies: ["CJSONTape", "Bytes"], swiftSettings: swiftSettings),
        .testTarget(
            name: "WireTests", dependencies: ["Wire", "Bytes", "TestSupport"],
            swiftSettings: swiftSettings),

        // MARK: HTTPServer
        .systemLibrary(
            name: "CMicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .target(name: "CSocket", cSettings: cSettings),
        .target(
            name: "HTTPServer",
            dependencies: ["CMicrohttpd", "CSocket", "CSystem", "Bytes", "Execution"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "Bytes", "Execution", "TestSupport"],
            swiftSettings: swiftSettings),

        // MARK: Completion
        .target(name: "Completion", dependencies: ["Bytes"], swiftSettings: swiftSettings),
        .testTarget(
            name: "CompletionTests", dependencies: ["Completion", "Bytes", "TestSupport"],
            swiftSettings: swiftSettings),

        // MARK: LanguageID
        .target(name: "CLanguageModel", cxxSettings: [.treatAllWarnings(as: .error)]),
        .target(
            name: "CFastText", cxxSettings: [.treatAllWarnings(as: .error)],
            linkerSettings: [.linkedLibrary("fasttext")]),
        .target(
            name: "LanguageID", dependencies: ["CLanguageModel", "Hashing", "Bytes", "Execution"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "LanguageIDTests",
            dependencies: [
                "LanguageID", "CLanguageModel", "CFastText", "Hashing", "Bytes", "TestSupport",
            ],
            swiftSettings: swiftSettings),

        // MARK: MathEquivalence
        .executableTarget(
            name: "assay-math", path: "Sources/AssayMath", cSettings: cSettings,
            linkerSettings: [
                .linkedLibrary("calcium"), .linkedLibrary("antic"), .linkedLibrary("flint-arb"),
                .linkedLibrary("flint"), .linkedLibrary("gmp"), .linkedLibrary("seccomp"),
            ]),
        .target(
            name: "MathEquivalence", dependencies: ["Bytes", "CSystem", "Execution"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "MathEquivalenceTests",
            dependencies: [
                "MathEquivalence", "Bytes", "Execution", "TestSupport", "assay-math",
            ],
            swiftSettings: swiftSettings),

        .executableTarget(
            name: "math-bench",
            dependencies: ["MathEquivalence", "Completion", "Bytes", "Execution"],
            path: "benchmarks/math",
            exclude: [
                "compare.py", "completions.py", "restyle.py", "reasons.tsv", "check_sympy.py",
            ],
            swiftSettings: swiftSettings),

        // MARK: Sandbox
        .target(name: "CSandbox", cSettings: cSettings),
        .executableTarget(
            name: "assay-sandbox", dependencies: ["CSandbox"], path: "sandbox",
            cSettings: cSettings, linkerSettings: [.linkedLibrary("seccomp")]),
        .target(
            name: "Sandbox", dependencies: ["Bytes", "CSandbox", "Execution"],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "restricted-host", path: "Tests/RestrictedHost", cSettings: cSettings,
            linkerSettings: [.linkedLibrary("seccomp")]),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "Sandbox", "CSandbox", "Bytes", "TestSupport", "assay-sandbox", "restricted-host",
            ],
            swiftSettings: swiftSettings),

        // MARK: Grading
        .target(
            name: "Grading",
            dependencies: ["Bytes", "Wire", "Completion", "Hashing", "Execution"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "GradingTests", dependencies: ["Grading", "Wire", "Bytes", "TestSupport"],
            swiftSettings: swiftSettings),

        // MARK: Graders
        .target(
            name: "Graders",
            dependencies: [
                "Grading", "Wire", "Bytes", "Completion", "Hashing", "LanguageID",
                "MathEquivalence", "Sandbox", "Execution",
            ],
            resources: [
                .embedInCode("Code/Python/values.py"), .embedInCode("Code/Python/candidate.py"),
                .embedInCode("Code/Python/judge.py"), .embedInCode("Code/Python/returns.py"),
                .embedInCode("Code/Python/room.py"), .embedInCode("Code/Python/packed.py"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "GradersTests",
            dependencies: [
                "Graders", "Grading", "Completion", "Hashing", "LanguageID", "MathEquivalence",
                "Sandbox", "Wire", "Bytes", "TestSupport", "assay-math", "assay-sandbox",
            ],
            swiftSettings: swiftSettings),

        // MARK: Rewards
        .target(
            name: "Rewards",
            dependencies: [
                "Graders", "Grading", "Completion", "Hashing", "Wire", "Bytes", "Execution",
                "CSystem",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RewardsTests",
            dependencies: [
                "Rewards", "Graders", "Grading", "Wire", "Bytes", "Execution", "CSystem",
                "TestSupport",
            ],
            swiftSettings: swiftSettings),

        // MARK: RewardService
        .target(
            name: "RewardService",
            dependencies: [
                "Rewards", "Graders", "Grading", "Completion", "Hashing", "Sandbox", "Wire",
                "Bytes", "HTTPServer", "Execution", "CSystem",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RewardServiceTests",
            dependencies: [
                "RewardService", "Rewards", "Graders", "Grading", "HTTPServer", "Hashing",
                "LanguageID", "MathEquivalence", "Sandbox", "Wire", "Bytes", "Execution",
                "TestSupport",
                "assay", "assay-math", "assay-sandbox",
            ],
            swiftSettings: swiftSettings),

        // MARK: DatasetVerifier
        .target(
            name: "CInflate", cSettings: cSettings, linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "DatasetVerifier",
            dependencies: [
                "CInflate", "Rewards", "Graders", "Grading", "Completion", "MathEquivalence",
                "LanguageID",
                "Sandbox", "Hashing", "Wire", "Bytes", "Execution", "CSystem",
            ],
            resources: [
                .embedInCode("Reading/Python/parquet_rows.py"),
                .embedInCode("Checks/Code/mutants.py"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "DatasetVerifierTests",
            dependencies: [
                "DatasetVerifier", "Rewards", "Graders", "Grading", "Completion",
                "MathEquivalence", "LanguageID", "Sandbox", "Hashing", "Wire", "Bytes",
                "Execution", "TestSupport", "assay", "assay-math", "assay-sandbox",
            ],
            swiftSettings: swiftSettings),

        // MARK: assay
        .executableTarget(
            name: "assay",
            dependencies: [
                "RewardService", "DatasetVerifier", "Rewards", "Graders", "Grading", "Sandbox",
                "Hashing",
                "Wire", "Bytes", "HTTPServer", "Execution", "CSystem", "assay-sandbox",
                "assay-math",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings),

        // MARK: Benchmarks
        .target(
            name: "CAllocationCount", path: "benchmarks/allocations", cSettings: cSettings),
        .executableTarget(
            name: "bench-compare", dependencies: ["Graders", "Bytes"],
            path: "benchmarks/compare", exclude: ["run.py"], swiftSettings: swiftSettings),
        .executableTarget(
            name: "bench-reading", dependencies: ["DatasetVerifier", "Wire", "Bytes"],
            path: "benchmarks/reading", swiftSettings: swiftSettings),
        .executableTarget(
            name: "bench-checks",
            dependencies: [
                "DatasetVerifier", "Rewards", "Graders", "Grading", "MathEquivalence",
                "LanguageID", "Wire", "Bytes", "Execution", "assay-math",
            ],
            path: "benchmarks/checks", swiftSettings: swiftSettings),
        .executableTarget(
            name: "bench-language",
            dependencies: [
                "LanguageID", "CFastText", "Graders", "Grading", "Completion", "Wire", "Bytes",
                "CAllocationCount",
            ],
            path: "benchmarks/language",
            exclude: [
                "accuracy.py", "chains.py", "throughput.py", "french.txt", "chinese.txt",
            ],
            swiftSettings: swiftSettings),

        // MARK: TestSupport
        .target(
            name: "TestSupport", dependencies: ["Bytes", "CSystem", "Execution", "Wire"],
            path: "Tests/TestSupport",
            swiftSettings: swiftSettings),
    ],
    cxxLanguageStandard: .cxx17
)

// MARK: Fuzzing

/// Fuzz targets, each `fuzz/<name>/main.swift`, with what they test.
///
/// They link against libFuzzer and so are built by `scripts/fuzz` only.
let fuzzTargets: [(name: String, dependencies: [Target.Dependency])] = [
    ("completion", ["Completion", "Bytes"]),
    ("extract", ["MathEquivalence", "Bytes"]),
    ("json", ["Wire", "Bytes"]),
    ("ladder", ["MathEquivalence", "Bytes"]),
    ("latex", ["MathEquivalence", "Bytes"]),
    ("math", ["MathEquivalence", "Bytes"]),
    ("outputs", ["Graders", "Bytes"]),
    ("pickle", ["DatasetVerifier", "Bytes"]),
    ("plain", ["MathEquivalence", "Bytes"]),
    ("pyliteral", ["DatasetVerifier", "Bytes"]),
    ("row", ["DatasetVerifier", "Bytes"]),
    ("strip", ["LanguageID"]),
]

if Context.environment["ASSAY_FUZZ"] != nil {
    package.targets.append(.target(name: "FuzzDriver", path: "fuzz/driver", cSettings: cSettings))
    for target in fuzzTargets {
        package.targets.append(
            .executableTarget(
                name: "fuzz-\(target.name)", dependencies: target.dependencies + ["FuzzDriver"],
                path: "fuzz/\(target.name)", exclude: ["seeds"], swiftSettings: swiftSettings))
    }
}
