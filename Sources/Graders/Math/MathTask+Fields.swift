// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Grading
import MathEquivalence
import Wire

extension MathTask {
    /// Most references of a task, and most bytes of one.
    static let referencesMax = 64
    static let referenceBytesMax = 64 << 10

    /// Reads a task.
    ///
    /// - Parameter view: the `task` object.
    /// - Returns: the task, with at least one reference.
    /// - Throws: ``WireError`` for a faulty member, and for an `extract` that looks elsewhere than
    ///   the box that the recipe's gate demands.
    static func decode(_ view: JSONView) throws(WireError) -> MathTask {
        var task = MathTask()
        try taskFields.decode(view, into: &task)
        guard task.extraction == .boxed else {
            throw WireError(
                code: "conflict",
                message: "a recipe's gate demands a box, so its answer is the box: \"extract\" is"
                    + " \"boxed\" here, and other modes are for /v1/graders/math",
                pointer: JSONPointer(["extract"]))
        }
        return task
    }

    /// Members of a math task that a grader's own endpoint takes as well.
    static func sharedFields<Root>(
        get: @escaping @Sendable (Root) -> MathTask,
        set: @escaping @Sendable (inout Root, MathTask) -> Void
    ) -> [Field<Root>] {
        func changing<Value>(
            _ change: @escaping @Sendable (inout MathTask, Value) -> Void
        ) -> @Sendable (inout Root, Value) -> Void {
            { root, value in
                var task = get(root)
                change(&task, value)
                set(&root, task)
            }
        }
        return [
            Field(
                "reference", .any,
                FieldNotes(
                    aliases: ["ground_truth", "gold", "expected_answer"], isRequired: true),
                doc: "The trusted answer: a string, a number, or an array of them."
            ) { view, root throws(WireError) in
                var task = get(root)
                task.references = try references(view)
                set(&root, task)
            },
            .choice(
                "references", ReferenceRule.self, FieldNotes(defaultText: "\"any\""),
                doc: "Whether any reference suffices or all are required.",
                set: changing { $0.rule = $1 }),
            .choice(
                "extract", ExtractionMode.self, FieldNotes(defaultText: "\"boxed\""),
                doc: "How the answer is found in a completion.",
                set: changing { $0.extraction = $1 }),
            .object(
                "policies", policyFields, doc: "Policies of the comparison, see docs/math.md.",
                get: { get($0).options }, set: changing { $0.options = $1 }),
        ]
    }

    private static let taskFields = FieldTable<MathTask>(
        "math task",
        fields: [.string("type", doc: "math") { _, _ in }]
            + sharedFields(get: { $0 }, set: { $0 = $1 }))

    private static let policyFields = FieldTable<ComparisonOptions>(
        "policies",
        fields: [
            .boolean(
                "rounding", FieldNotes(defaultText: "true"),
                doc: "A decimal reference of 3 digits or more accepts what rounds to it."
            ) { $0.acceptsRounding = $1 },
            .number(
                "tolerance", FieldNotes(range: 0...1),
                doc: "Largest distance from the reference, as a share of it; replaces rounding."
            ) { $0.tolerance = $1 },
            .boolean(
                "decimal_comma", FieldNotes(defaultText: "false"), doc: "2,5 is read as 2.5."
            ) { $0.readsDecimalComma = $1 },
            .boolean(
                "list_order", FieldNotes(defaultText: "false"),
                doc: "Whether the order of bare lists counts."
            ) { $0.ignoresListOrder = !$1 },
            .boolean(
                "missing_units", FieldNotes(defaultText: "true"),
                doc: "A value equals the same value with a unit that only one side states."
            ) { $0.acceptsMissingUnits = $1 },
            .boolean(
                "unit_conversion", FieldNotes(defaultText: "true"),
                doc: "Units of one kind are converted: 5 m equals 500 cm."
            ) { $0.convertsUnits = $1 },
            .boolean(
                "bare_percent", FieldNotes(defaultText: "true"), doc: "60% equals 60, besides 0.6."
            ) { $0.acceptsBarePercent = $1 },
            .boolean(
                "assignment", FieldNotes(defaultText: "true"),
                doc: "An equation such as x = 5 equals its value alone."
            ) { $0.acceptsAssignment = $1 },
            .boolean(
                "equation_chain", FieldNotes(defaultText: "true"),
                doc: "3 + 5 = 8 equals 8 if every member has that value."
            ) { $0.acceptsEquationChain = $1 },
            .boolean(
                "bare_degrees", FieldNotes(defaultText: "true"),
                doc: "90° equals 90, besides π/2."
            ) { $0.acceptsBareDegrees = $1 },
            .boolean(
                "ratio", FieldNotes(defaultText: "true"), doc: "3:4 equals 3/4."
            ) { $0.acceptsRatioAsQuotient = $1 },
            .boolean(
                "vector", FieldNotes(defaultText: "true"),
                doc: "(1, 2) equals a matrix with one row or column."
            ) { $0.acceptsVectorAsTuple = $1 },
            .boolean(
                "integration_constant", FieldNotes(defaultText: "true"),
                doc: "Antiderivatives that both add a constant are compared up to one."
            ) { $0.comparesUpToConstant = $1 },
            .boolean(
                "missing_constant", FieldNotes(defaultText: "false"),
                doc: "An antiderivative may leave out the constant that the reference adds."
            ) { $0.acceptsMissingConstant = $1 },
            .boolean(
                "unsimplified", FieldNotes(defaultText: "true"),
                doc: "Whether 2/4 and 1 + 1 are accepted for 1/2 and 2."
            ) { $0.acceptsUnsimplified = $1 },
            .boolean(
                "stated_base", FieldNotes(defaultText: "true"),
                doc: "The digits of a reference without a base equal themselves with one."
            ) { $0.acceptsStatedBase = $1 },
            .boolean(
                "numeric_proof", FieldNotes(defaultText: "true"),
                doc: "Whether agreement to hundreds of digits is enough for equality."
            ) { $0.acceptsNumericProof = $1 },
        ])

    /// Reads references: a text, a number as it is written, or an array of them.
    private static func references(_ view: JSONView) throws(WireError) -> [ByteString] {
        guard view.kind == .array else { return [try reference(view)] }
        guard view.count >= 1, view.count <= referencesMax else {
            throw view.unacceptable("1 to \(referencesMax) references")
        }
        var references: [ByteString] = []
        for (index, element) in view.elements.enumerated() {
            do {
                references.append(try reference(element))
            } catch {
                throw error.prefixed(by: String(index))
            }
        }
        return references
    }

    private static func reference(_ view: JSONView) throws(WireError) -> ByteString {
        guard let text = view.string ?? view.numberToken, text.count <= referenceBytesMax else {
            throw view.unacceptable("a string of at most \(referenceBytesMax) bytes, or a number")
        }
        return text
    }
}
