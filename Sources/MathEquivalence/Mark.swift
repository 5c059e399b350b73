// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Bytes that texts are searched for.
///
/// Not an array: its count of references would be written by all threads.
struct Mark: Sendable, ExpressibleByStringLiteral {
    private let text: StaticString

    init(stringLiteral text: StaticString) {
        precondition(text.hasPointerRepresentation, "a mark is a string literal")
        self.text = text
    }

    var count: Int { text.utf8CodeUnitCount }
    var start: UnsafePointer<UInt8> { text.utf8Start }
    var bytes: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

    subscript(index: Int) -> UInt8 { bytes[index] }
}
