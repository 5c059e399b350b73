// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Hashing

/// Looks at one row with every check that runs.
struct RowInspector: Sendable {
    let checks: [any Check]
    let context: CheckContext
    let contextForPrograms: @Sendable () async -> CheckContext
    let cache: RowCache?

    /// What is found of a row, from the cache if it was looked at before.
    func record(
        _ raw: RawRow, _ hash: SHA256Digest, _ decoder: any RowDecoder
    ) async throws(VerificationError) -> RowRecord {
        let place = raw.position
        if var known = try cache?.record(hash, profile: decoder.profile) {
            known.fileIndex = place.fileIndex
            known.line = place.line
            if known.id.isEmpty { known.id = "\(place.file):\(place.line)" }
            return known
        }
        let row = decoder.decode(raw)
        var record = RowRecord(
            fileIndex: place.fileIndex, line: place.line, id: row.id, hash: hash)
        let context = needsPrograms(row) ? await contextForPrograms() : self.context
        for check in checks {
            record.add(await check.inspect(row, context), of: check.name, where: context.runs)
        }
        // What a cancelled engine said is no fact about the row.
        if !Task.isCancelled {
            try cache?.keep(record, hasOwnID: row.hasOwnID, profile: decoder.profile)
        }
        return record
    }

    /// Whether a check that runs may have to run a program of the row.
    private func needsPrograms(_ row: DatasetRow) -> Bool {
        row.mayHaveCodeTask && checks.contains(where: \.runsPrograms)
    }
}
