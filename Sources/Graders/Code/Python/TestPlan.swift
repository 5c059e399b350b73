// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Hashing
import Wire

/// How a Python test is run, found from its text alone, before any solution is seen.
enum TestPlan: Sendable, Equatable {
    /// The solution is asked from outside.
    case outside(OutsidePlan)
    /// The text needs the solution beside it; with why.
    case inProcess(String)
    /// No solution can pass: the text is no Python, or imports what is not there; with why.
    case invalid(String)
}

/// What a solution is asked, and what decides.
struct OutsidePlan: Sendable, Equatable {
    /// The calls, as the candidate program reads them.
    var events: ByteString
    /// Number of calls.
    var eventCount = 0
    /// Whether `expected` is all there is to the test.
    var isSimple = false
    /// What the calls must return to pass, by index, in the canonical writing of values.
    var expected: [Expected] = []
    /// Whether a call that changes its argument may show in the test.
    var hasAliases = true
    /// Names of Python's that the test takes from the solution, a JSON array.
    var ownNames: ByteString = "[]"

    struct Expected: Sendable, Equatable {
        let index: Int
        let value: ByteString
    }

    /// Reads a plan that the judge program wrote.
    init?(_ view: JSONView) {
        guard let events = view["events"]?.string, let expected = view["expected"],
            let isSimple = view["simple"]?.boolean, let hasAliases = view["aliases"]?.boolean,
            let names = view["own"], let asked = try? JSONDocument(events).root
        else { return nil }
        self.events = events
        self.isSimple = isSimple
        self.hasAliases = hasAliases
        ownNames = names.raw
        eventCount = asked.count
        for pair in expected.elements {
            var parts = pair.elements
            guard let index = try? parts.next()?.integer(), let value = parts.next()?.string,
                index < eventCount
            else { return nil }
            self.expected.append(Expected(index: index, value: value))
        }
    }

    /// A plan that only names calls.
    init(events: ByteString, eventCount: Int) {
        self.events = events
        self.eventCount = eventCount
    }

    /// Whether the answers are what a simple test expects, so that nobody need be asked.
    ///
    /// False says nothing: values may be equal and written otherwise, such as `1` and `1.0`.
    func isMet(by answers: SolutionAnswers) -> Bool {
        isSimple && !answers.hasRaised && !(hasAliases && answers.hasChanges)
            && expected.allSatisfy { answers.value($0.index)?.raw == $0.value }
    }
}

extension TestPlan {
    /// Reads what the judge program wrote of one test; nil if it makes no sense.
    init?(_ view: JSONView) {
        let message = view["message"]?.string?.string ?? ""
        switch view["state"]?.string?.string {
        case "planned":
            guard let plan = OutsidePlan(view) else { return nil }
            self = .outside(plan)
        case "in_process": self = .inProcess(message)
        case "invalid": self = .invalid(message)
        default: return nil
        }
    }
}

/// What a solution answered, read strictly: its process may write anything.
struct SolutionAnswers: Sendable {
    private let document: JSONDocument
    private let results: [JSONView]

    /// Reads the output of the candidate program.
    ///
    /// - Returns: nil unless it holds one result for each of `count` calls.
    init?(_ output: ByteString, count: Int) {
        guard let document = try? JSONDocument(output), let list = document.root["results"],
            list.kind == .array, list.count == count, document.root.count == 1
        else { return nil }
        self.document = document
        results = Array(list.elements)
    }

    /// The value that a call returned; nil if it returned none that can be written.
    func value(_ index: Int) -> JSONView? { results[index]["value"] }

    /// The name of the exception that a call raised, and its text.
    func raised(_ index: Int) -> ByteString? { SolutionError(results[index]["raised"]).text }

    /// The type of the object that a call returned and that cannot be written.
    func opaque(_ index: Int) -> ByteString? { results[index]["opaque"]?.string }

    /// Whether a call raised.
    var hasRaised: Bool { results.contains { $0["raised"] != nil } }

    /// Whether a call changed an argument.
    var hasChanges: Bool { results.contains { $0["changed"] != nil } }

    /// The first exception.
    var firstRaised: ByteString? {
        results.lazy.compactMap { SolutionError($0["raised"]).text }.first
    }
}

/// An exception as the candidate program writes it: `[name, text]`.
struct SolutionError {
    /// Both, cut to 300 bytes; nil if there was none.
    let text: ByteString?
    /// Its name.
    let name: ByteString?

    init(_ view: JSONView?) {
        guard let view else { (text, name) = (nil, nil); return }
        let parts = view.elements.map { $0.string ?? "" }
        name = parts.first ?? ""
        let all = parts.map(\.string).filter { !$0.isEmpty }.joined(separator: ": ")
        text = ByteString(String(all.prefix(300)))
    }
}
