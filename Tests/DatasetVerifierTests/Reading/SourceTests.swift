// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
import TestSupport
import Testing
import Wire

@testable import DatasetVerifier

@Suite("Reading of files")
struct SourceTests {
    // MARK: - Lines

    @Test("a byte order mark, carriage returns and blank lines are passed over; lines keep numbers")
    func readsLines() throws {
        let rows = try Self.rows(
            "\u{feff}{\"a\": 1}\r\n\r\n  \n{\"a\": 2}\r\n{\"a\": 3}", name: "x.jsonl")

        #expect(rows.map(\.text.string) == [#"{"a": 1}"#, #"{"a": 2}"#, #"{"a": 3}"#])
        #expect(rows.map(\.position.line) == [1, 4, 5])
    }

    @Test("a line beyond the limit is a finding with its size, and the next line is read")
    func boundsLines() throws {
        let long = #"{"a": ""# + String(repeating: "x", count: 700_000) + #""}"#
        var options = ReadOptions()
        options.rowBytesMax = 100_000
        let rows = try Self.rows(long + "\n{\"a\": 2}\n" + long, name: "x.jsonl", options)

        #expect(rows.map { $0.findings.map(\.rule.code) } == [["S006"], [], ["S006"]])
        #expect(rows[0].text.count <= 256)
        #expect(rows[0].findings[0].evidence.members[0].value == .integer(700_009))
        #expect(rows[1].text == #"{"a": 2}"#)
    }

    @Test("a line is read whole wherever the pieces of the file end")
    func joinsPieces() throws {
        let lines = (0..<40).map { index in
            #"{"a": ""# + String(repeating: "y", count: 26_000 + index) + #""}"#
        }
        let rows = try Self.rows(lines.joined(separator: "\n") + "\n", name: "x.jsonl")

        #expect(rows.map(\.text.string) == lines)
    }

    @Test("an empty file has no rows")
    func readsNothing() throws {
        #expect(try Self.rows("", name: "x.jsonl").isEmpty)
        #expect(try Self.rows("\n\n", name: "x.json").isEmpty)
    }

    // MARK: - JSON

    @Test(
        "rows are found whatever holds them",
        arguments: Fixture.load("verify/reading/sources.jsonl"))
    func findsRows(_ fixture: FixtureCase) throws {
        let text = try #require(fixture["text"])
        let file = try #require(fixture["file"])

        let rows = try Self.rows(text, name: file)

        // White space between members is no difference.
        #expect(
            rows.map { $0.text.string.filter { $0 != " " } }
                == fixture.texts("rows").map(\.string), "\(fixture["why"] ?? "")")
    }

    @Test(
        "UTF-16 is named in the error", arguments: [[0xff, 0xfe, 0x5b, 0], [0xfe, 0xff, 0, 0x5b]])
    func namesWideText(_ bytes: [UInt8]) throws {
        let name = "\(UInt32.random(in: 0 ... .max))-wide.jsonl"
        try Self.write(bytes, name: name)
        defer { unlink("\(Self.folder)/\(name)") }

        let error = #expect(throws: ReadError.self) {
            try Self.rows(of: "\(Self.folder)/\(name)")
        }

        #expect(error?.message.contains("UTF-16") ?? false)
    }

    @Test("the elements of an array are rows, each on one line")
    func readsArrays() throws {
        let rows = try Self.rows(
            "[\n  {\"a\": \"x, ]\\\"\",\n \"b\": [1, 2]},\n  {\"a\": 2}\n]\n", name: "x.json")

        #expect(rows.map(\.text.string) == [#"{"a":"x, ]\"","b":[1,2]}"#, #"{"a":2}"#])
        #expect(try Self.rows(" [ ] ", name: "x.json").isEmpty)
    }

    @Test("an array that never ends is an error of the file")
    func refusesCutArrays() {
        #expect(throws: ReadError.self) { try Self.rows("[{\"a\": 1},", name: "x.json") }
    }

    @Test("an array's element beyond the limit is a finding")
    func boundsElements() throws {
        var options = ReadOptions()
        options.rowBytesMax = 1000
        let rows = try Self.rows(
            "[\"" + String(repeating: "x", count: 5000) + "\", {}]", name: "x.json", options)

        #expect(rows.map { $0.findings.map(\.rule.code) } == [["S006"], []])
    }

    @Test("an object with rows, a dataset server's page, and pandas columns are read")
    func readsObjects() throws {
        let member = try Self.rows(
            "{\"version\": 1,\n \"data\": [{\"a\":\n1}, {\"a\":2}]}", name: "x.json")
        let page = try Self.rows(
            "{\"rows\":\n[{\"row_idx\": 0, \"row\": {\"a\": 1}}]}", name: "x.json")
        let columns = try Self.rows(
            "{\"a\": {\"0\": \"x\", \"1\": \"y\"}, \"b\": {\"0\": 1, \"1\": 2}}", name: "x.json")

        #expect(member.map(\.text.string) == [#"{"a":1}"#, #"{"a":2}"#])
        #expect(page.map(\.text.string) == [#"{"a": 1}"#])
        #expect(columns.map(\.text.string) == [#"{"a":"x","b":1}"#, #"{"a":"y","b":2}"#])
    }

    @Test("lines of JSON in a file named .json are lines")
    func readsLinesUnderAnotherName() throws {
        let rows = try Self.rows("{\"a\": 1}\n{\"a\": 2}\n", name: "x.json")

        #expect(rows.count == 2)
    }

    @Test("tab-separated rows get the language of the file's name")
    func readsTabs() throws {
        let rows = try Self.rows("Was ist 1 + 1?\t2\nUnd \"2\"?\t3\n", name: "mgsm_de.tsv")

        #expect(
            rows.map(\.text.string) == [
                #"{"question":"Was ist 1 + 1?","answer":"2","language":"de"}"#,
                #"{"question":"Und \"2\"?","answer":"3","language":"de"}"#,
            ])
    }

    @Test("UTF-16 is refused with a word")
    func refusesUTF16() {
        #expect(
            throws: ReadError(
                "\(Self.folder)/x.jsonl: the file is UTF-16 or UTF-32; write it as UTF-8")
        ) {
            try Self.write([0xff, 0xfe, 0x7b, 0], name: "x.jsonl")
            _ = try RowSources.open("\(Self.folder)/x.jsonl")
        }
    }

    // MARK: - gzip

    @Test("gzip files are read, of one member or two")
    func readsGzip() throws {
        for name in ["one.jsonl.gz", "two.jsonl.gz"] {
            let rows = try Self.rows(of: Locations.fixture("verify/reading/files/\(name)"))
            #expect(rows.map(\.text.string) == [#"{"a": 1}"#, #"{"a": 2}"#], "\(name)")
        }
    }

    @Test("gzip data that is cut or damaged is an error of the file")
    func refusesDamagedGzip() {
        for name in ["cut.jsonl.gz", "damaged.jsonl.gz"] {
            #expect(throws: ReadError.self, "\(name)") {
                try Self.rows(of: Locations.fixture("verify/reading/files/\(name)"))
            }
        }
    }

    @Test("a bomb of one line is one finding, in bounded memory")
    func boundsBombs() throws {
        let before = Self.peakKilobytes()
        let rows = try Self.rows(of: Locations.fixture("verify/reading/files/bomb.jsonl.gz"))

        #expect(rows.map { $0.findings.map(\.rule.code) } == [["S006"]])
        // 64 MB inflated; a row may take 8 MiB and is held twice at most.
        #expect(Self.peakKilobytes() - before < 48_000)
    }

    @Test("a packed bomb is refused at its limit")
    func boundsPayloads() throws {
        let file = try ByteString(
            contentsOfFile: Locations.fixture("verify/reading/files/bomb.jsonl.gz"))

        #expect(throws: Inflated.Fault(message: "inflates to more than 1000000 bytes")) {
            _ = try Inflated.bytes(file, atMost: 1_000_000)
        }
    }

    // MARK: - Several files

    @Test("files are read one after the other, each with its own profile")
    func readsSeveral() throws {
        try Self.write(Array(#"{"problem": "1 + 1?", "answer": "2"}"#.utf8), name: "a.jsonl")
        try Self.write(
            Array(#"{"question": "1 + 1?", "answer": "It is 2.\n#### 2"}"#.utf8), name: "b.jsonl")
        let reader = try DatasetReader(["\(Self.folder)/a.jsonl", "\(Self.folder)/b.jsonl"])
        var seen: [String] = []
        while let (raw, decoder) = try reader.next() {
            let row = decoder.decode(raw)
            seen.append("\(row.position.fileIndex) \(row.profile) \(row.references[0])")
        }

        #expect(seen == ["0 flat 2", "1 gsm8k 2"])
        #expect(reader.profiles == ["flat", "gsm8k"])
        #expect(reader.bytesRead == reader.bytesTotal)
    }

    @Test("a file that no profile fits is refused, with what was seen and the profiles")
    func refusesStrangers() throws {
        try Self.write(Array(#"{"text": "Hello", "language": "en"}"#.utf8), name: "c.jsonl")
        let reader = try DatasetReader(["\(Self.folder)/c.jsonl"])
        do {
            _ = try reader.next()
            Issue.record("a file of texts was read")
        } catch {
            #expect(error.message.contains("seen: members text (string), language (string)"))
            #expect(error.message.contains("--profile: verl, flat,"))
        }
    }

    @Test("rows of two shapes, each half of them, are refused")
    func refusesMixtures() throws {
        let text = """
            {"question": "1 + 1?", "answer": "It is 2.\\n#### 2"}
            {"prompt": "1 + 1?", "reward_model": {"ground_truth": "2"}}
            """
        try Self.write(Array(text.utf8), name: "d.jsonl")
        let reader = try DatasetReader(["\(Self.folder)/d.jsonl"])

        #expect(throws: ReadError.self) { _ = try reader.next() }
    }

    @Test("an unknown profile, a missing file and a folder without packages are refused")
    func refusesBadUsage() throws {
        var options = ReadOptions()
        options.profile = "verll"

        #expect(throws: ReadError.self) { try DatasetReader(["x"], options: options) }
        #expect(throws: ReadError.self) { try DatasetReader(["/nowhere/x.jsonl"]) }
        #expect(throws: ReadError.self) { try RowSources.open(Locations.fixture("verify/reading")) }
    }

    // MARK: - Tools

    /// A folder of this process.
    static let folder: String = {
        let path = Locations.products + "/reading-\(getpid())"
        mkdir(path, 0o755)
        return path
    }()

    static func write(_ bytes: [UInt8], name: String) throws {
        unlink("\(folder)/\(name)")
        try ByteString(bytes).write(toNewFile: "\(folder)/\(name)", mode: 0o644)
    }

    static func rows(_ text: String, name: String, _ options: ReadOptions = ReadOptions()) throws
        -> [RawRow]
    {
        let unique = "\(UInt32.random(in: 0 ... .max))-\(name)"
        try write(Array(text.utf8), name: unique)
        defer { unlink("\(folder)/\(unique)") }
        return try rows(of: "\(folder)/\(unique)", options)
    }

    static func rows(of path: String, _ options: ReadOptions = ReadOptions()) throws -> [RawRow] {
        let source = try RowSources.open(path, options: options)
        var rows: [RawRow] = []
        while let row = try source.next() { rows.append(row) }
        return rows
    }

    private static func peakKilobytes() -> Int {
        var usage = rusage()
        // 0 is RUSAGE_SELF.
        getrusage(0, &usage)
        return usage.ru_maxrss
    }
}
