// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import FuzzDriver
import Glibc
import Wire

// The JSON tape: any bytes. What is accepted must read back to the same tape when it is written.
exit(
    fuzz_run(CommandLine.argc, CommandLine.unsafeArgv) { bytes, size in
        let body = ByteString(copying: UnsafeRawBufferPointer(start: bytes, count: size))
        guard let document = try? JSONDocument(body) else { return 0 }
        var writer = JSONWriter()
        writer.write(document.root.copied)
        guard let copy = try? JSONDocument(writer.byteString) else {
            preconditionFailure("what was written is not JSON")
        }
        precondition(copy.root.copied == document.root.copied, "written values differ")
        return 0
    })
