// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What a byte that is no UTF-8 decodes to; a separator like U+0000 itself.
let invalidCharacter: UInt32 = 0

/// Number of bytes that UTF-8 needs for a code point.
@inline(__always)
func utf8Width(_ value: UInt32) -> Int {
    value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4
}

/// Decodes one character.
///
/// - Parameters:
///   - source: at least `limit` readable bytes.
///   - limit: ≥ 1.
/// - Returns: the code point and its width in bytes; ``invalidCharacter`` of width 1 where the
///   bytes are not well formed (RFC 3629: overlong forms, surrogates, beyond U+10FFFF).
@inline(__always)
func decodeUTF8(_ source: UnsafePointer<UInt8>, limit: Int) -> (value: UInt32, width: Int) {
    let lead = UInt32(source[0])
    if lead < 0x80 { return (lead, 1) }
    if lead >= 0xc2, lead < 0xe0, limit >= 2, let a = continuation(source[1]) {
        return ((lead & 0x1f) << 6 | a, 2)
    }
    if lead >= 0xe0, lead < 0xf0, limit >= 3,
        let a = continuation(source[1]), let b = continuation(source[2])
    {
        let value = (lead & 0x0f) << 12 | a << 6 | b
        if value >= 0x800, !(0xd800...0xdfff).contains(value) { return (value, 3) }
    }
    if lead >= 0xf0, lead < 0xf5, limit >= 4,
        let a = continuation(source[1]), let b = continuation(source[2]),
        let c = continuation(source[3])
    {
        let value = (lead & 0x07) << 18 | a << 12 | b << 6 | c
        if (0x10000...0x10ffff).contains(value) { return (value, 4) }
    }
    return (invalidCharacter, 1)
}

@inline(__always)
private func continuation(_ byte: UInt8) -> UInt32? {
    byte & 0xc0 == 0x80 ? UInt32(byte & 0x3f) : nil
}

/// Writes one character as UTF-8.
///
/// - Parameters:
///   - value: a code point that ``decodeUTF8`` returned.
///   - target: room for four bytes.
/// - Returns: the number of bytes written.
@inline(__always)
func encodeUTF8(_ value: UInt32, to target: UnsafeMutablePointer<UInt8>) -> Int {
    if value < 0x80 {
        target[0] = UInt8(value)
        return 1
    }
    if value < 0x800 {
        target[0] = UInt8(0xc0 | value >> 6)
        target[1] = UInt8(0x80 | value & 0x3f)
        return 2
    }
    if value < 0x10000 {
        target[0] = UInt8(0xe0 | value >> 12)
        target[1] = UInt8(0x80 | value >> 6 & 0x3f)
        target[2] = UInt8(0x80 | value & 0x3f)
        return 3
    }
    target[0] = UInt8(0xf0 | value >> 18)
    target[1] = UInt8(0x80 | value >> 12 & 0x3f)
    target[2] = UInt8(0x80 | value >> 6 & 0x3f)
    target[3] = UInt8(0x80 | value & 0x3f)
    return 4
}
