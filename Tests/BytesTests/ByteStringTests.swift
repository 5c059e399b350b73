// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Testing

@Suite("Byte strings")
struct ByteStringTests {
    @Test("a slice counts its offsets from its own start")
    func sliceOffsets() {
        let text: ByteString = "reward"

        let slice = text[2..<6][1..<3]

        #expect(slice.string == "ar")
        #expect(slice[0] == UInt8(ascii: "a"))
    }

    @Test("equality and hash go by content, not by storage")
    func equality() {
        let left: ByteString = "xx42"
        let right: ByteString = "42"

        #expect(left[2..<4] == right)
        #expect(left[2..<4].hashValue == right.hashValue)
        #expect(left != right)
    }

    @Test("a slice keeps its storage alive")
    func storageLifetime() {
        var slice: ByteString?
        do {
            let whole = ByteString(Array(repeating: UInt8(ascii: "z"), count: 4096))
            slice = whole[4090..<4096]
        }

        #expect(slice?.string == "zzzzzz")
    }

    @Test("an empty string is empty in every form")
    func emptiness() {
        #expect(ByteString("").isEmpty)
        #expect(ByteString([]) == ByteString(""))
        #expect(ByteString("abc")[1..<1].isEmpty)
    }
}
