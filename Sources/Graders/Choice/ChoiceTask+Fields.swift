// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import Wire

extension ChoiceTask {
    /// Most options of a task, most bytes of one, and most letters of a label.
    static let optionsMax = 64
    static let optionBytesMax = 64 << 10
    static let labelLettersMax = 4

    /// Reads a task.
    ///
    /// - Parameter view: the `task` object.
    /// - Returns: the task, whose reference is one of its options.
    /// - Throws: ``WireError`` for a faulty member or a reference that names no option.
    static func decode(_ view: JSONView) throws(WireError) -> ChoiceTask {
        var draft = Draft()
        try taskFields.decode(view, into: &draft)
        return try draft.task()
    }

    /// What was read before the reference is looked up among the options.
    struct Draft: Sendable {
        var reference: ByteString = ""
        var options: [Option] = []

        func task() throws(WireError) -> ChoiceTask {
            var task = ChoiceTask()
            task.options = options
            let word = ChoiceSpelling.plain(reference.string)
            if options.isEmpty {
                guard ChoiceTask.isLabel(word) else {
                    throw Self.fault("a reference without options is a letter or a number")
                }
                task.reference = Option(label: word, text: "")
                return task
            }
            let labels = options.map(\.label)
            let label: String?
            switch ChoiceSpelling.label(of: reference.string, among: labels) {
            case .alone(let found): label = found
            default:
                label = options.first { ChoiceSpelling.isSame($0.text.string, word) }?.label
            }
            guard let right = options.first(where: { $0.label == label }) else {
                throw Self.fault("the reference is neither the letter nor the text of an option")
            }
            task.reference = right
            return task
        }

        private static func fault(_ message: String) -> WireError {
            WireError(code: "invalid_reference", message: message).prefixed(by: "reference")
        }
    }

    /// Members of a choice task that a grader's own endpoint takes as well.
    static func sharedFields<Root>(
        _ change: @escaping @Sendable (inout Root, (inout Draft) -> Void) -> Void
    ) -> [Field<Root>] {
        [
            Field(
                "reference", .any,
                FieldNotes(
                    aliases: ["ground_truth", "gold", "expected_answer"], isRequired: true),
                doc: "The letter or the text of the right option."
            ) { view, root throws(WireError) in
                guard let text = view.string ?? view.numberToken, text.count <= optionBytesMax
                else { throw view.unacceptable("a string of at most \(optionBytesMax) bytes") }
                change(&root) { $0.reference = text }
            },
            Field(
                "options", .any, FieldNotes(aliases: ["choices"]),
                doc: "The options: {\"A\": text, …}, or texts that get the letters from A on."
            ) { view, root throws(WireError) in
                let options = try options(view)
                change(&root) { $0.options = options }
            },
        ]
    }

    private static let taskFields = FieldTable<Draft>(
        "choice task",
        fields: [.string("type", doc: "choice") { _, _ in }]
            + sharedFields { draft, change in change(&draft) })

    private static func options(_ view: JSONView) throws(WireError) -> [Option] {
        guard view.count >= 2, view.count <= optionsMax else {
            throw view.unacceptable("2 to \(optionsMax) options")
        }
        var options: [Option] = []
        for (key, value) in view.members {
            options.append(Option(label: key.string, text: try text(value, at: key.string)))
        }
        for (index, value) in view.elements.enumerated() {
            // A to Z, then 27 and on.
            let label =
                index < 26 ? String(UnicodeScalar(UInt8(65 + index))) : String(index + 1)
            options.append(Option(label: label, text: try text(value, at: String(index))))
        }
        guard !options.isEmpty, options.allSatisfy({ isLabel($0.label) }),
            Set(options.map(\.label)).count == options.count
        else { throw view.unacceptable("options with different letters or numbers as names") }
        return options
    }

    private static func text(_ view: JSONView, at place: String) throws(WireError) -> ByteString {
        guard let text = view.string ?? view.numberToken, text.count <= optionBytesMax else {
            throw view.unacceptable("a string of at most \(optionBytesMax) bytes")
                .prefixed(by: place)
        }
        return text
    }

    static func isLabel(_ word: String) -> Bool {
        (1...labelLettersMax).contains(word.count)
            && word.allSatisfy { $0.isLetter || $0.isNumber }
    }
}
