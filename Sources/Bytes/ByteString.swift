// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A heap block of fixed size whose bytes never change once it is shared.
///
/// `ByteString` slices keep it alive; the last slice frees it.
public final class ByteStorage: @unchecked Sendable {
    // Invariant behind `@unchecked`: writes happen only before the first `ByteString` is made
    // from the storage; afterwards all threads only read.
    /// First byte of the block.
    public let base: UnsafeMutableRawPointer
    /// Size of the block in bytes.
    public let count: Int

    /// Allocates a block of `count` bytes, its content undefined.
    ///
    /// - Parameter count: size in bytes; ≥ 0.
    public init(count: Int) {
        precondition(count >= 0, "a storage cannot have a negative size")
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
    }

    /// Takes over a block that came from `malloc`, which is freed with `free`.
    ///
    /// - Parameters:
    ///   - base: the block.
    ///   - count: its readable size in bytes.
    public init(adopting base: UnsafeMutableRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    deinit { free(base) }
}

/// An immutable run of bytes that keeps its storage alive, so that a completion travels from the
/// socket to every grader without a copy.
///
///     let text: ByteString = "reward"
///     text[2..<4].description   // "wa"
public struct ByteString: @unchecked Sendable {
    // Invariant behind `@unchecked`: the bytes never change. They live as long as `storage`, or, where
    // that is nil, as the program: those of literals have no count of references, which all threads
    // would write to.
    @usableFromInline let storage: ByteStorage?
    @usableFromInline let base: UnsafeRawPointer
    /// Number of bytes.
    public let count: Int

    /// Views `range` of a storage.
    ///
    /// - Parameters:
    ///   - storage: the block; it must not be written any more.
    ///   - range: byte offsets inside the block.
    public init(_ storage: ByteStorage, range: Range<Int>) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= storage.count,
            "range \(range) lies outside a storage of \(storage.count) bytes")
        self.storage = storage
        base = UnsafeRawPointer(storage.base + range.lowerBound)
        count = range.count
    }

    private init(_ storage: ByteStorage?, base: UnsafeRawPointer, count: Int) {
        self.storage = storage
        self.base = base
        self.count = count
    }

    /// Copies a sequence of bytes.
    ///
    /// - Parameter bytes: any UTF-8 or binary content.
    public init(copying bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else {
            self = ""
            return
        }
        let storage = ByteStorage(count: bytes.count)
        memcpy(storage.base, source, bytes.count)
        self.init(storage, range: 0..<bytes.count)
    }

    /// Copies the UTF-8 form of a string.
    ///
    /// - Parameter string: the text.
    public init(_ string: String) {
        var string = string
        self = string.withUTF8 { ByteString(copying: UnsafeRawBufferPointer($0)) }
    }

    /// Copies an array of bytes.
    ///
    /// - Parameter bytes: the content.
    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { ByteString(copying: $0) }
    }

    /// Lends the bytes to `body`; the pointer is valid only during the call.
    ///
    /// - Parameter body: reads the bytes.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Whether there are no bytes.
    public var isEmpty: Bool { count == 0 }

    /// Whether these are exactly the bytes of `other`.
    ///
    /// - Parameter other: for example the UTF-8 form of a string, without making a copy of it.
    /// - Returns: true if length and content are the same.
    public func hasBytes(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count, let start = other.baseAddress else {
            return other.isEmpty && isEmpty
        }
        return withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0, start, count) == 0 } ?? true
        }
    }

    /// The byte at `index`, counted from the start of this slice.
    ///
    /// - Parameter index: in `0 ..< count`.
    public subscript(index: Int) -> UInt8 {
        precondition(index >= 0 && index < count, "index \(index) outside 0..<\(count)")
        defer { withExtendedLifetime(storage) {} }
        return base.load(fromByteOffset: index, as: UInt8.self)
    }

    /// The slice of these bytes that `range` names, without a copy.
    ///
    /// - Parameter range: offsets counted from the start of this slice.
    public subscript(range: Range<Int>) -> ByteString {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "\(range) outside 0..<\(count)")
        return ByteString(storage, base: base + range.lowerBound, count: range.count)
    }

    /// The bytes as an array.
    public var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The bytes as text; invalid UTF-8 becomes U+FFFD.
    public var string: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}

// MARK: - Conformances

extension ByteString: Hashable {
    /// Whether both hold the same bytes.
    public static func == (left: ByteString, right: ByteString) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { first in
            right.withUnsafeBytes { second in
                guard let first = first.baseAddress, let second = second.baseAddress else {
                    return true
                }
                return memcmp(first, second, left.count) == 0
            }
        }
    }

    /// Feeds the bytes to a hasher.
    ///
    /// - Parameter hasher: receives the bytes.
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    /// Views the UTF-8 bytes of a literal, without a copy.
    ///
    /// - Parameter value: the literal.
    public init(stringLiteral value: StaticString) {
        guard value.hasPointerRepresentation else {
            self.init(value.description)
            return
        }
        self.init(nil, base: UnsafeRawPointer(value.utf8Start), count: value.utf8CodeUnitCount)
    }
}

extension ByteString: CustomStringConvertible {
    /// The bytes as text; invalid UTF-8 becomes U+FFFD.
    public var description: String { string }
}
