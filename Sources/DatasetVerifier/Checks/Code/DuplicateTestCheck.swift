// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Graders
import Wire

/// C011 and C019: tests that stand more than once, and tests that contradict each other.
struct DuplicateTestCheck: Check {
    let name = "code-duplicate-tests"
    let rules = [CodeRules.duplicateTests, CodeRules.contradictingTests]

    func inspect(_ row: DatasetRow, _ context: CheckContext) async -> Inspection {
        guard isSelected(context), case .ready(let code) = await CodeRow.read(row, context)
        else { return Inspection() }
        var firsts: [[ByteString]: Int] = [:]
        var duplicates: [Int] = []
        var contradictions: [(first: Int, second: Int)] = []
        for (index, test) in code.task.tests.enumerated() {
            guard let first = firsts[test.given] else {
                firsts[test.given] = index
                continue
            }
            if code.task.tests[first] == test {
                duplicates.append(index)
            } else if code.task.checker == nil,
                test.contradicts(code.task.tests[first], by: code.task.compare)
            {
                contradictions.append((first, index))
            }
        }
        let asserted = LiteralAssertion.all(in: code.task.tests)
        var places: [ByteString: Int] = [:]
        for (index, assertion) in asserted.enumerated() {
            guard let first = places[assertion.call] else {
                places[assertion.call] = index
                continue
            }
            if asserted[first].expected == assertion.expected {
                // Tests that are one assertion were compared above.
                if assertion.isWithin { duplicates.append(assertion.place) }
            } else if asserted[first].differs(from: assertion) {
                contradictions.append((asserted[first].place, assertion.place))
            }
        }
        let isWithin = code.task.tests.count == 1 && asserted.contains(where: \.isWithin)
        let total = isWithin ? asserted.count : code.task.tests.count
        var inspection = Inspection()
        if let first = duplicates.first {
            inspection.findings.append(
                Finding(
                    CodeRules.duplicateTests,
                    "Of \(total) \(isWithin ? "assertions" : "tests") \(duplicates.count)"
                        + " \(duplicates.count == 1 ? "repeats another" : "repeat others").",
                    pointer: row.taskPointer,
                    evidence: JSONObject([
                        "first": .integer(first), "count": .integer(duplicates.count),
                        "tests": .integer(total),
                    ])))
        }
        if let pair = contradictions.first {
            inspection.findings.append(
                Finding(
                    CodeRules.contradictingTests,
                    "Tests \(pair.first + 1) and \(pair.second + 1) have the same input and expect"
                        + " different results.",
                    pointer: row.taskPointer,
                    evidence: JSONObject([
                        "tests": [.integer(pair.first), .integer(pair.second)],
                        "count": .integer(contradictions.count),
                    ])))
        }
        return inspection.selected(by: context)
    }
}

extension CodeTest {
    /// All that a solution is given, apart from what is expected of it.
    fileprivate var given: [ByteString] {
        switch self {
        case .standardIO(let test): ["stdin", test.stdin]
        case .call(let test): ["call", ByteString(test.function.text), test.arguments]
        case .assertion(let test): ["assert", test.setup, test.assertion.trimmed]
        case .program(let test): ["program", test.program, ByteString(test.entryPoint ?? "")]
        }
    }

    /// Whether no output meets both tests, whose input is the same.
    ///
    /// One whose own answer meets the other, as far as the comparison sees, does not.
    fileprivate func contradicts(_ other: CodeTest, by comparison: OutputComparison) -> Bool {
        switch (self, other) {
        case (.standardIO(let test), .standardIO(let other)):
            comparison.differs(test.stdout, expected: other.stdout)
                && comparison.differs(other.stdout, expected: test.stdout)
        case (.call(let test), .call(let other)):
            !TaggedValue.mayEqual(test.expected, other.expected)
        default: false
        }
    }
}
