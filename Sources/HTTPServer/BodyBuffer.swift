// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Glibc

/// Collects a body while it arrives.
///
/// Memory follows the bytes that came, never the declared length: a header that promises 64 MiB
/// costs 64 KiB. The block doubles when full and always has room for the padding.
///
/// Ownership: `block` is malloc memory of this buffer until `finish()` hands it to a `ByteStorage`;
/// a buffer that is thrown away early frees it.
struct BodyBuffer: ~Copyable {
    /// First block for a body whose declared length is larger, in bytes.
    static let firstBytes = 64 << 10

    private var block: UnsafeMutableRawPointer?
    /// Bytes that fit into `block` before its padding.
    private var capacity = 0
    private let firstCapacity: Int
    private(set) var count = 0

    /// Prepares for a body; nothing is allocated before its first byte.
    ///
    /// - Parameter declaredBytes: Content-Length; nil for a chunked body.
    init(declaredBytes: Int?) {
        block = nil
        firstCapacity = max(1, min(declaredBytes ?? 4096, Self.firstBytes))
    }

    deinit { free(block) }

    /// Adds bytes at the end.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(count + bytes.count)
        if let block { memcpy(block + count, source, bytes.count) }
        count += bytes.count
    }

    private mutating func reserve(_ needed: Int) {
        guard needed > capacity else { return }
        var wanted = max(capacity, firstCapacity)
        while wanted < needed { wanted *= 2 }
        // Running out of memory here is the machine's state, not the client's doing: the caps on
        // body and in-flight bytes are to be set far below it.
        guard let grown = realloc(block, wanted + HTTPRequest.bodyPaddingBytes) else {
            preconditionFailure("out of memory for a body of \(needed) bytes")
        }
        block = grown
        capacity = wanted
    }

    /// Ends the collection: the bytes, followed in memory by the zero padding.
    consuming func finish() -> ByteString {
        guard let block else { return Self.empty }
        memset(block + count, 0, HTTPRequest.bodyPaddingBytes)
        let storage = ByteStorage(adopting: block, count: capacity + HTTPRequest.bodyPaddingBytes)
        let result = ByteString(storage, range: 0..<count)
        self.block = nil
        return result
    }

    /// No bytes, with padding.
    static let empty: ByteString = {
        let storage = ByteStorage(count: HTTPRequest.bodyPaddingBytes)
        memset(storage.base, 0, HTTPRequest.bodyPaddingBytes)
        return ByteString(storage, range: 0..<0)
    }()
}
