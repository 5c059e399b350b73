// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Sandbox
import Wire

extension Checker {
    /// Most files of a checker, and most bytes of all of them.
    private static let filesMax = 16
    private static let fileBytesMax = 4 << 20

    /// Reads a `checker` object.
    static func decode(_ view: JSONView) throws(WireError) -> Checker {
        var checker = Checker(language: .cpp, code: "")
        try table.decode(view, into: &checker)
        return checker
    }

    private static let table = FieldTable<Checker>(
        "checker",
        fields: [
            Field("language", .string, .required, doc: "cpp or python.") {
                view, root throws(WireError) in root.language = try CodeTask.language(view)
            },
            Field("code", .string, .required, doc: "Its source.") {
                view, root throws(WireError) in
                root.code = try view.text(atMost: CodeTask.sourceBytesMax)
            },
            Field("files", .object, doc: "Files beside it by name, such as testlib.h.") {
                view, root throws(WireError) in root.files = try files(view)
            },
            .number(
                "points_max", FieldNotes(range: 1e-9...1e9, defaultText: "1"),
                doc: "Points that a test is worth in full."
            ) { $0.pointsMax = $1 },
            .object(
                "limits", LimitFields.table, doc: "Limits of its compilation and of each run.",
                get: { LimitFields(compile: $0.compileLimits, run: $0.runLimits) },
                set: { ($0.compileLimits, $0.runLimits) = ($1.compile, $1.run) }),
        ])

    private static func files(_ view: JSONView) throws(WireError) -> [BoxFile] {
        guard view.count <= filesMax else { throw view.unacceptable("at most \(filesMax) files") }
        var files: [BoxFile] = []
        var room = fileBytesMax
        for (name, content) in view.members {
            do throws(WireError) {
                let text = try content.text(atMost: room)
                room -= text.count
                guard let file = BoxFile(name: name.string, content: text) else {
                    throw WireError(
                        code: "out_of_range",
                        message: "a file's name has 1 to 63 letters, digits and _ - .,"
                            + " not . first, and is not that of the source")
                }
                files.append(file)
            } catch {
                throw error.prefixed(by: name.string)
            }
        }
        return files
    }
}

extension JSONView {
    /// A text of bounded length.
    fileprivate func text(atMost bytesMax: Int) throws(WireError) -> ByteString {
        guard let text = string else { throw unacceptable("a string") }
        guard text.count <= bytesMax else {
            throw WireError(
                code: "too_large", message: "at most \(bytesMax) bytes, found \(text.count)")
        }
        return text
    }
}
