// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import TestSupport
import Testing
import Wire

/// The built `assay verify` as a process of its own.
private final class VerifyProgram {
    private let pid: pid_t
    private let folder: TemporaryFolder
    private let name: String

    /// Starts it; what it prints goes to files named after `name`.
    init(_ arguments: [String], in folder: TemporaryFolder, name: String = "run") throws {
        self.folder = folder
        self.name = name
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, end) in [(STDOUT_FILENO, "out"), (STDERR_FILENO, "err")] {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, folder.file("\(name).\(end)"), O_CREAT | O_TRUNC | O_WRONLY,
                0o644)
        }
        let path = Locations.products + "/assay"
        var words: [UnsafeMutablePointer<CChar>?] =
            ([path, "verify"] + arguments + ["--cache-directory", Locations.cache]).map {
                strdup($0)
            }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid = pid_t()
        let status = posix_spawn(&pid, path, &actions, nil, &words, environ)
        guard status == 0 else { throw FileError(path: path) }
        self.pid = pid
    }

    /// Waits for the end.
    ///
    /// - Returns: the exit code; minus the signal if one ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }

    func kill() -> Int32 {
        Glibc.kill(pid, SIGKILL)
        return wait()
    }

    var output: String { get throws { try folder.text("\(name).out") } }
    var errors: String { get throws { try folder.text("\(name).err") } }
}

@Suite("assay verify", .serialized)
struct VerifyProgramTests {
    private let folder = TemporaryFolder()

    private func dataset(_ lines: [String], _ name: String = "data.jsonl") throws -> String {
        let path = folder.file(name)
        try ByteString(lines.map { $0 + "\n" }.joined()).write(toNewFile: path, mode: 0o644)
        return path
    }

    private func row(_ number: Int) -> String {
        number % 10 == 9
            ? #"{"problem":"","answer":"\#(number)"}"#
            : #"{"problem":"What is \#(number) + \#(number * 7)?","answer":"\#(number * 8)"}"#
    }

    private func run(_ arguments: [String], name: String = "run") throws -> (Int32, VerifyProgram) {
        let program = try VerifyProgram(arguments, in: folder, name: name)
        return (program.wait(), program)
    }

    @Test("killed in the middle and resumed, a run ends with the report of one that was not")
    func killAndResume() throws {
        let data = try dataset((0..<6000).map(row))
        let journal = folder.file("journal")
        let program = try VerifyProgram([data, "--journal", journal], in: folder)
        // Waits for the first rows, not for a time; a minute is for the worst of machines.
        var size = 0
        for _ in 0..<6000 where size < 20_000 {
            var facts = stat()
            if stat(journal, &facts) == 0 { size = Int(facts.st_size) }
            poll(nil, 0, 10)
        }
        #expect(program.kill() == -SIGKILL)
        let torn = try folder.text("journal").utf8.count

        let (resumed, second) = try run(
            [data, "--journal", journal, "--resume", "--format", "json"], name: "resumed")
        let (whole, third) = try run([data, "--format", "json"], name: "whole")

        #expect(torn >= 20_000)
        #expect(resumed == 1 && whole == 1)
        #expect(try second.errors.contains("going on after"))
        #expect(try second.output == third.output)
    }

    @Test("shards merged print the report of one run")
    func shards() throws {
        let data = try dataset((0..<100).map(row))
        let parts = (1...2).map { folder.file("part\($0)") }
        for number in 1...2 {
            let (code, program) = try run([
                data, "--shard", "\(number)/2", "--journal", parts[number - 1],
            ])
            #expect(code == 0)
            #expect(try program.output.isEmpty)
        }
        let formats = ["--format", "html"]
        let (merged, first) = try run(["merge"] + parts + formats, name: "merged")
        let (whole, second) = try run([data] + formats, name: "whole")

        #expect(merged == 1 && whole == 1)
        #expect(try first.output == second.output)
    }

    @Test("clean rows alone pass, and reports go where they were asked to")
    func cleanRows() throws {
        let data = try dataset((0..<20).map(row))
        let (clean, dropped) = (folder.file("clean.jsonl"), folder.file("dropped.jsonl"))
        let (code, _) = try run([
            data, "--write-clean", clean, "--write-dropped", dropped, "-o", folder.file("reports"),
            "--format", "text,junit,md=\(folder.file("summary.md"))",
        ])
        #expect(code == 1)
        #expect(try folder.text("clean.jsonl").split(separator: "\n").count == 18)
        #expect(try folder.text("dropped.jsonl").split(separator: "\n").count == 2)
        #expect(try folder.text("reports/junit.xml").hasPrefix("<?xml"))
        #expect(try folder.text("reports/report.txt").contains("rows out"))
        #expect(try folder.text("summary.md").hasPrefix("## assay verify"))
        #expect(try run([clean]).0 == 0)
    }

    @Test("a baseline lets known findings pass")
    func baseline() throws {
        let data = try dataset((0..<20).map(row))
        let baseline = folder.file("baseline.jsonl")
        #expect(try run([data, "--write-baseline", baseline]).0 == 1)
        #expect(try run([data, "--baseline", baseline]).0 == 0)
    }

    @Test("an empty file is no clean dataset")
    func empty() throws {
        let (code, program) = try run([try dataset([])])
        #expect(code == 1)
        #expect(try program.output.hasPrefix("D001 empty-file (error): 1 row\n"))
    }

    @Test("--row-bytes says which rows are too large, and belongs to a journal")
    func rowBytes() throws {
        let problem = "What is 1 + 1?" + String(repeating: " It is easy.", count: 300)
        let data = try dataset([#"{"problem":"\#(problem)","answer":"2"}"#, row(1)])
        let journal = folder.file("journal")
        let select = ["--select", "S"]
        #expect(try run([data] + select).0 == 0)
        let (code, small) = try run(
            [data, "--row-bytes", "2000", "--journal", journal] + select, name: "small")
        #expect(code == 1)
        #expect(try small.output.contains("at most 2000 are read"))

        let (refused, other) = try run(
            [data, "--journal", journal, "--resume"] + select, name: "other")
        #expect(refused == 2)
        #expect(try other.errors.contains("belongs to another run: row_bytes_max differ"))
    }

    @Test(
        "bad usage is exit code 2 and says what would be accepted",
        arguments: [
            (["DATA", "--format", "yaml"], "--format takes text"),
            (["DATA", "--format", "json,html"], "-o FOLDER"), (["DATA", "--resume"], "--journal"),
            (["DATA", "--shard", "1/2"], "--journal"), (["DATA", "--shard", "3/2"], "3/8"),
            (["DATA", "--budget", "soon"], "20m"),
            (["DATA", "--select", "Q"], "assay verify rules"),
            (["DATA", "--fail-on", "bad"], "CODE>N"), (["/nowhere.jsonl"], "/nowhere.jsonl"),
            (["DATA", "--profile", "unheard"], "unheard"), (["merge", "DATA"], "no journal"),
            (["-", "--write-clean", "x"], "read once"), (["DATA", "--row-bytes", "9"], "1024 to"),
            (["DATA", "--jobs", "0"], "1 to 256"),
        ] as [([String], String)])
    func usage(_ arguments: [String], _ sentence: String) throws {
        let data = try dataset([row(1)])
        let (code, program) = try run(arguments.map { $0 == "DATA" ? data : $0 })
        #expect(code == 2)
        let errors = try program.errors
        #expect(errors.contains(sentence), "\(errors)")
        #expect(try program.output.isEmpty)
    }
}
