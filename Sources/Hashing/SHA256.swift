// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Computes SHA-256 over bytes that arrive in any number of pieces.
///
///     SHA256.hash("abc").hex   // "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
///
/// - Source: FIPS 180-4 §6.2; constants §4.2.2 and §5.3.3.
public struct SHA256: Sendable {
    private static let blockSize = 64

    private var state: SIMD8<UInt32> = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
        0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    private var pending = SIMD64<UInt8>()
    private var pendingCount = 0
    private var totalBytes: UInt64 = 0

    /// Starts with no bytes hashed.
    public init() {}

    /// Hashes `bytes` in one call.
    ///
    /// - Parameter bytes: any content, at most 2⁶¹ − 1 bytes.
    /// - Returns: the digest.
    public static func hash(_ bytes: ByteString) -> SHA256Digest {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finish()
    }

    /// Appends bytes.
    ///
    /// - Parameter bytes: the next piece; may be empty.
    public mutating func update(_ bytes: ByteString) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Appends bytes.
    ///
    /// - Parameter bytes: the next piece; may be empty.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        totalBytes += UInt64(bytes.count)
        var position = 0
        if pendingCount > 0 {
            position = min(Self.blockSize - pendingCount, bytes.count)
            fillPending(base, count: position)
        }
        let wholeBlocks = (bytes.count - position) / Self.blockSize
        compress(base + position, blocks: wholeBlocks)
        position += wholeBlocks * Self.blockSize
        fillPending(base + position, count: bytes.count - position)
    }

    /// Pads and returns the digest of all bytes appended so far.
    ///
    /// The hasher itself is left as it was, so that more bytes may follow.
    ///
    /// - Returns: the digest.
    public func finish() -> SHA256Digest {
        var last = self
        let bits = (totalBytes &* 8).bigEndian
        var padding = SIMD64<UInt8>()
        padding[0] = 0x80
        let zeros = (2 * Self.blockSize - 9 - pendingCount) % Self.blockSize
        withUnsafeBytes(of: padding) { last.update(UnsafeRawBufferPointer(rebasing: $0[...zeros])) }
        withUnsafeBytes(of: bits) { last.update($0) }
        return SHA256Digest(words: last.state)
    }

    private mutating func fillPending(_ source: UnsafeRawPointer, count: Int) {
        for index in 0..<count {
            pending[pendingCount + index] = source.load(fromByteOffset: index, as: UInt8.self)
        }
        pendingCount += count
        guard pendingCount == Self.blockSize else { return }
        pendingCount = 0
        let block = pending
        withUnsafeBytes(of: block) { buffer in
            if let base = buffer.baseAddress { compress(base, blocks: 1) }
        }
    }

    private mutating func compress(_ source: UnsafeRawPointer, blocks: Int) {
        guard blocks > 0 else { return }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
            roundConstants.withUnsafeBufferPointer { constants in
                for block in 0..<blocks {
                    expand(source + block * Self.blockSize, into: schedule)
                    state = mix(state, schedule, constants)
                }
            }
        }
    }
}

private func expand(_ block: UnsafeRawPointer, into w: UnsafeMutableBufferPointer<UInt32>) {
    for t in 0..<16 {
        w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * t, as: UInt32.self))
    }
    for t in 16..<64 {
        let (a, b) = (w[t - 15], w[t - 2])
        let small0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)
        let small1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10)
        w[t] = w[t - 16] &+ small0 &+ w[t - 7] &+ small1
    }
}

// The letters a…h are those of FIPS 180-4 §6.2.2.
private func mix(
    _ state: SIMD8<UInt32>, _ w: UnsafeMutableBufferPointer<UInt32>,
    _ k: UnsafeBufferPointer<UInt32>
) -> SIMD8<UInt32> {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for t in 0..<64 {
        let big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        let chosen = (e & f) ^ (~e & g)
        let first = h &+ big1 &+ chosen &+ k[t] &+ w[t]
        let big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        let majority = (a & b) ^ (a & c) ^ (b & c)
        (h, g, f, e) = (g, f, e, d &+ first)
        (d, c, b, a) = (c, b, a, first &+ big0 &+ majority)
    }
    return state &+ SIMD8(a, b, c, d, e, f, g, h)
}

@inline(__always)
private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    (word >> count) | (word << (32 - count))
}

/// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
private let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
    0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
    0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
    0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
    0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
    0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
    0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
    0xc671_78f2,
]
