// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import Grading
import Sandbox

/// Finds the program in an answer.
enum CodeSource {
    /// A program, or the verdict when there is none.
    enum Found {
        case program(ProgramLanguage, ByteString)
        case verdict(Verdict)
    }

    /// Takes the recipe's fenced block out of an answer section.
    ///
    /// - Parameters:
    ///   - answer: the answer section.
    ///   - block: first or last block with a language name.
    ///   - demanded: the task's language; nil accepts every known one.
    /// - Returns: the program; `no_code` or `wrong_language` otherwise.
    static func find(
        in answer: ByteString, block: Recipe.CodeBlock, demanded: ProgramLanguage?
    ) -> Found {
        let fence =
            switch block {
            case .first: FencedBlock.firstNamed(in: answer)
            case .last: FencedBlock.lastNamed(in: answer)
            }
        guard let fence, fence.code.leadingWhitespaceCount < fence.code.count else {
            return .verdict("no_code")
        }
        guard let language = ProgramLanguage.named(fence.language),
            demanded == nil || language == demanded
        else { return .verdict("wrong_language") }
        return .program(language, fence.code)
    }
}
