// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What the checks say of all rows together, by the rows' ordinals.
public struct Conclusion: Sendable {
    /// Faults in the order of the checks.
    private(set) var faults: [Int: [RowRecord.Fault]] = [:]

    /// Lets every check look at what it remembered of the rows.
    ///
    /// Facts stay in the journals; checks keep a few bytes a row and spill the rest.
    ///
    /// - Parameters:
    ///   - journals: records of all rows, or of those that a run came to.
    ///   - checks: all there are, in order.
    ///   - context: engines and choices.
    /// - Throws: ``VerificationError`` when a journal cannot be read, or a temporary file not
    ///   written.
    public init(
        _ journals: JournalSet, checks: [any Check], context: CheckContext
    ) async throws(VerificationError) {
        for check in checks where journals.checksWithFacts.contains(check.name) {
            let rows = JournaledRows(journals, check: check.name)
            for blamed in try await check.conclude(rows, context)
            where context.runs(blamed.finding.rule) {
                precondition(
                    rows.contains(blamed.rowIndex),
                    "\(check.name) blames a row that left no facts")
                let ordinal = try rows.ordinal(blamed.rowIndex)
                faults[ordinal, default: []].append(RowRecord.Fault(blamed.finding))
            }
        }
    }
}
