// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Completion
import FuzzDriver
import Glibc

// Sections, boxes and fences: any bytes. Parts never overlap and never leave the completion.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let text = ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size))
        var format = CompletionFormat()
        format.stripSuffixes = ["</s>"]
        let sections = CompletionSections(text, format: format)
        let parts = sections.thoughts.count + sections.answer.count
        precondition(parts <= text.count, "the parts are longer than the whole")
        if case .content(let content) = LastBox(in: sections.answer) {
            precondition(!content.trimmed.isEmpty, "an empty box has content")
        }
        let (first, last) = (
            FencedBlock.firstNamed(in: sections.answer), FencedBlock.lastNamed(in: sections.answer)
        )
        precondition((first == nil) == (last == nil), "there is a first block but no last one")
        return 0
    })
