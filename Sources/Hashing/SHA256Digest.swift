// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The 256-bit result of ``SHA256``, ordered as its big-endian bytes are.
public struct SHA256Digest: Hashable, Sendable {
    let words: SIMD8<UInt32>

    init(words: SIMD8<UInt32>) { self.words = words }

    /// Reads 64 hexadecimal digits of either case.
    ///
    /// - Parameter hex: the digits, without prefix or spaces; anything else gives nil.
    public init?(hex: String) {
        var words = SIMD8<UInt32>()
        var count = 0
        for byte in hex.utf8 {
            guard count < 64, let digit = Self.value(ofHexDigit: byte) else { return nil }
            words[count / 8] = words[count / 8] << 4 | digit
            count += 1
        }
        guard count == 64 else { return nil }
        self.words = words
    }

    /// The 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 64) { buffer in
            for index in 0..<64 {
                let nibble = words[index / 8] >> UInt32(28 - 4 * (index % 8)) & 0xf
                buffer[index] = digits[Int(nibble)]
            }
            return 64
        }
    }

    /// The 32 bytes, most significant first.
    public var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 4] >> UInt32(24 - 8 * ($0 % 4))) }
    }

    private static func value(ofHexDigit byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}

// MARK: - Conformances

extension SHA256Digest: Comparable {
    /// Whether the left digest's bytes sort first.
    public static func < (left: SHA256Digest, right: SHA256Digest) -> Bool {
        for index in 0..<8 where left.words[index] != right.words[index] {
            return left.words[index] < right.words[index]
        }
        return false
    }
}

extension SHA256Digest: CustomStringConvertible {
    /// The hexadecimal digits.
    public var description: String { hex }
}
