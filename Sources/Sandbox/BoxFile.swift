// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import CSandbox
import Glibc

/// A file that lies beside a program in its box: readable, not writable.
public struct BoxFile: Sendable, Hashable {
    /// Its name in the box's folder, which is the program's working folder.
    public let name: String
    /// What is in it.
    public let content: ByteString

    /// Names a file; nil for another name than one of these.
    ///
    /// - Parameters:
    ///   - name: 1 to 63 of the characters `A`–`Z`, `a`–`z`, `0`–`9`, `_`, `-` and `.`, not `.`
    ///     first, and no name that the box needs.
    ///   - content: any bytes; they count as memory and scratch of the box.
    public init?(name: String, content: ByteString) {
        let isPlain = name.utf8.allSatisfy { byte in
            byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
        guard isPlain, name.utf8.count < Int(SBX_NAME_MAX), name.utf8.first != UInt8(ascii: "."),
            !name.isEmpty, !ProgramLanguage.namesInBox.contains(name)
        else { return nil }
        self.name = name
        self.content = content
    }

    /// The row of files that a box unpacks; see `sbx_file`.
    static func archive(_ files: [BoxFile]) throws(SandboxError) -> MemoryFile {
        let headSize = MemoryLayout<sbx_file>.size
        let storage = ByteStorage(count: files.reduce(0) { $0 + headSize + $1.content.count })
        var next = storage.base
        for file in files {
            memset(next, 0, headSize)
            let name = Array(file.name.utf8)
            memcpy(next, name, name.count)
            next.storeBytes(
                of: UInt64(file.content.count), toByteOffset: Int(SBX_NAME_MAX), as: UInt64.self)
            next += headSize
            file.content.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { memcpy(next, base, bytes.count) }
            }
            next += file.content.count
        }
        return try MemoryFile(
            sealing: ByteString(storage, range: 0..<storage.count), name: "files")
    }
}

extension ProgramLanguage {
    /// Names that sources and binaries have in a box.
    static let namesInBox = Set(
        all.flatMap { [$0.sourceName, $0.artifactName].compactMap(\.self) })
}
