// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Hashing
import Testing

@Suite("SHA-256")
struct SHA256Tests {
    /// Messages and digests of FIPS 180-4's examples (NIST CAVP) and padding boundaries.
    static let vectors: [(message: String, digest: String)] = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
                + "klmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ]

    @Test("the standard's messages have the standard's digests", arguments: vectors)
    func standardVectors(message: String, digest: String) {
        #expect(SHA256.hash(ByteString(message)).hex == digest)
    }

    @Test("a million times the letter a has the standard's digest")
    func millionLetters() {
        let message = ByteString([UInt8](repeating: 0x61, count: 1_000_000))

        let digest = SHA256.hash(message).hex

        #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test("pieces of any size give the digest of the whole")
    func pieces() {
        let message = ByteString((0..<400).map { UInt8(truncatingIfNeeded: $0 &* 37) })
        let whole = SHA256.hash(message)

        for size in [1, 3, 55, 56, 57, 63, 64, 65, 127, 128, 129, 399] {
            var hasher = SHA256()
            for start in stride(from: 0, to: message.count, by: size) {
                hasher.update(message[start..<min(start + size, message.count)])
            }
            #expect(hasher.finish() == whole, "pieces of \(size) bytes")
        }
    }

    @Test("finishing does not end the hasher")
    func finishTwice() {
        var hasher = SHA256()
        hasher.update("ab")
        _ = hasher.finish()
        hasher.update("c")

        #expect(hasher.finish() == SHA256.hash("abc"))
    }

    @Test("hexadecimal digits round-trip and malformed ones are refused")
    func hexadecimal() {
        let digest = SHA256.hash("abc")

        #expect(SHA256Digest(hex: digest.hex) == digest)
        #expect(SHA256Digest(hex: digest.hex.uppercased()) == digest)
        #expect(SHA256Digest(hex: "") == nil)
        #expect(SHA256Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(SHA256Digest(hex: digest.hex + "0") == nil)
        #expect(SHA256Digest(hex: String(repeating: "g", count: 64)) == nil)
    }

    @Test("digests sort as their bytes do")
    func order() {
        let digests = ["", "a", "b", "c", "d"].map { SHA256.hash(ByteString($0)) }

        let sorted = digests.sorted()

        #expect(sorted.map(\.hex) == digests.map(\.hex).sorted())
        #expect(sorted.map(\.hex) == sorted.map { hexOf($0.bytes) })
    }

    private func hexOf(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
