// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line.
@main
struct Assay: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "assay",
        abstract: "Says what a completion is worth, and why: rewards for reinforcement learning.",
        discussion: """
            EXAMPLES
              assay serve                          # rewards over HTTP on 127.0.0.1:8080
              assay grade rollouts.jsonl           # rewards for a file, one result a line
              assay doctor                         # what this machine allows, and what is missing
            """,
        version: version,
        subcommands: [Serve.self, Grade.self])
}
