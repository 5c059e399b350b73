// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A language as data: which commands make and run a program.
///
/// In arguments, `{compiler}` and `{python}` stand for the configured paths and `{include}` for the
/// folder of the precompiled header (an argument holding it is left out when there is none).
public struct ProgramLanguage: Sendable, Hashable {
    /// Its name on the wire.
    public let name: String
    /// Name of the source inside the box, whose working folder is /box.
    let sourceName: String
    /// Command that compiles or checks the source; exit code 0 = good.
    let compileCommand: [String]
    /// File that the compile command leaves, executed by every run; nil = the source is run.
    let artifactName: String?
    /// Command of a run; the first argument is ignored when there is an artifact.
    let runCommand: [String]
    /// Environment of both commands, besides the common one.
    let environment: [String]
    /// Whether both commands are Python's, which a zygote may run.
    let isPython: Bool
    /// Header to precompile once, if any.
    let precompiledHeader: PrecompiledHeader?
    /// Tells a broken compiler from a broken program.
    let control: ControlProgram

    /// A header that most sources include, and the command that precompiles it.
    struct PrecompiledHeader: Sendable, Hashable {
        /// As in `#include <…>`.
        let name: String
        /// Content of the file that is compiled, and that stands beside the result.
        let content: String
        /// Command that writes `artifactName` from `sourceName`.
        let command: [String]
        let sourceName: String
        let artifactName: String
        /// Command whose output identifies the compiler.
        let identityCommand: [String]
    }

    /// Environment of every program.
    static let commonEnvironment = [
        "PATH=/usr/bin:/bin", "HOME=/box", "TMPDIR=/tmp", "LANG=C.UTF-8",
    ]

    /// Every language there is.
    public static let all: [ProgramLanguage] = [.cpp, .c, .python]
}
