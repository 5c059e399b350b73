// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// A fixed set of names that is asked with bytes in place, whatever the case of their ASCII letters.
///
/// Markup vanishes from the text only under a name listed here. An unlisted name stays as a word,
/// so that nobody hides prose by writing `\every \word \so` or `<every><word><so>`.
struct NameTable: Sendable {
    private let names: [[UInt8]]
    private let slots: [UInt16]  // 1 + index into `names`, 0 = free; open addressing
    private let mask: Int
    private let longest: Int

    /// - Parameter list: different lower-case names separated by white space; ≤ 1,000 of them.
    init(_ list: String) {
        names = list.split(whereSeparator: \.isWhitespace).map { Array($0.utf8) }
        longest = names.map(\.count).max() ?? 0
        var size = 8
        while size < names.count * 3 { size *= 2 }
        mask = size - 1
        var slots = [UInt16](repeating: 0, count: size)
        for (index, name) in names.enumerated() {
            var slot = name.withUnsafeBufferPointer { nameHash($0) } & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt16(index + 1)
        }
        self.slots = slots
    }

    /// Whether `name`, in any case, is listed.
    ///
    /// - Parameter name: any bytes.
    /// - Returns: true for a listed name.
    func contains(_ name: UnsafeBufferPointer<UInt8>) -> Bool { index(of: name) != nil }

    /// Where `name`, in any case, stands in the list.
    ///
    /// - Parameter name: any bytes.
    /// - Returns: its index; nil for an unlisted name.
    func index(of name: UnsafeBufferPointer<UInt8>) -> Int? {
        guard !name.isEmpty, name.count <= longest else { return nil }
        var slot = nameHash(name) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if isSame(names[index], name) { return index }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func isSame(_ listed: [UInt8], _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard listed.count == name.count else { return false }
        for index in 0..<name.count where listed[index] != lowerASCII(name[index]) { return false }
        return true
    }
}

/// FNV-1a of the lower-cased bytes, as a non-negative integer.
private func nameHash(_ name: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name { hash = (hash ^ UInt64(lowerASCII(byte))) &* 0x0000_0100_0000_01b3 }
    return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7fff_ffff)
}

/// Lower-cases an ASCII letter; other bytes stay.
@inline(__always)
func lowerASCII(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

/// Whether a byte is an ASCII letter.
@inline(__always)
func isASCIILetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

/// Whether a byte is an ASCII digit.
@inline(__always)
func isASCIIDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
