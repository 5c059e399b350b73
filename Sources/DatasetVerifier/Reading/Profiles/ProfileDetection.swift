// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Wire

extension ProfileRegistry {
    /// Rows that detection looks at.
    public static let sampleRowsMax = 64

    /// Finds the profile of a file by its first rows.
    ///
    /// Each row votes for the profiles that match it most surely; rows that match none, such as broken
    /// ones, do not vote.
    ///
    /// - Parameters:
    ///   - rows: the first rows of the file.
    ///   - file: names the file in messages.
    /// - Returns: the profile with more than half of the votes and more than any other.
    /// - Throws: ``ReadError`` that says what was seen, where there is no such profile.
    public static func detect(_ rows: [RawRow], file: String) throws(ReadError)
        -> any DatasetProfile
    {
        var votes = [Int](repeating: 0, count: profiles.count)
        var voterCount = 0
        for row in rows where row.findings.isEmpty {
            guard let root = (try? JSONDocument(row.text))?.root, root.kind == .object else {
                continue
            }
            let matches = profiles.map { $0.match(root) }
            guard let best = matches.max(), best > .none else { continue }
            voterCount += 1
            for (index, match) in matches.enumerated() where match == best { votes[index] += 1 }
        }
        let most = votes.max() ?? 0
        let winners = profiles.indices.filter { votes[$0] == most }
        if most * 2 > voterCount, winners.count == 1 { return profiles[winners[0]] }
        throw refusal(rows, file: file, candidates: most == 0 ? [] : winners)
    }

    private static func refusal(_ rows: [RawRow], file: String, candidates: [Int]) -> ReadError {
        guard rows.contains(where: { isObject($0) }) else {
            return ReadError(
                "\(file): no row is a JSON object. Read are JSON Lines, JSON, Parquet and"
                    + " tab-separated rows, told by content; CSV must be converted")
        }
        let found =
            candidates.isEmpty
            ? "no profile fits its rows"
            : "its rows fit several profiles ("
                + candidates.map { profiles[$0].profile }.joined(separator: ", ") + ")"
        return ReadError(
            "\(file): \(found); seen: \(seen(rows)). Name one with --profile: \(names)")
    }

    private static func isObject(_ row: RawRow) -> Bool {
        guard row.findings.isEmpty, let root = (try? JSONDocument(row.text))?.root else {
            return false
        }
        return root.kind == .object
    }

    /// The members of the first row that is an object.
    private static func seen(_ rows: [RawRow]) -> String {
        for row in rows where row.findings.isEmpty {
            guard let root = (try? JSONDocument(row.text))?.root, root.kind == .object else {
                continue
            }
            let keys = root.members.prefix(24).map { key, value in
                "\(key.string) (\(value.kind.rawValue))"
            }
            return keys.isEmpty
                ? "an object without members" : "members " + keys.joined(separator: ", ")
        }
        return rows.isEmpty ? "no rows" : "no JSON objects"
    }
}
