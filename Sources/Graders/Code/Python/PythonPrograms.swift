// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Our own programs for Python tests; each runs in a box.
enum PythonPrograms {
    /// Loads a solution and calls its functions.
    ///
    /// Believed in nothing: the solution shares its process.
    static let candidate = joined(
        PackageResources.returns_py + [UInt8(ascii: "\n")] + PackageResources.candidate_py)
    /// Runs the text of tests, and sees of a solution only data.
    static let judge = joined(
        PackageResources.room_py + [UInt8(ascii: "\n")] + PackageResources.judge_py)

    private static func joined(_ program: [UInt8]) -> ByteString {
        ByteString(PackageResources.values_py + [UInt8(ascii: "\n")] + program)
    }

    /// A program that returns at its top level, in a form that Python runs.
    ///
    /// - Parameter source: any bytes.
    /// - Returns: a program that does what `source` would do as a body of a function.
    static func returning(_ source: ByteString) -> ByteString {
        let digits = Array("0123456789abcdef".utf8)
        let hex = source.array.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        let text = PackageResources.returns_py + Array("\nexec(compiled(bytes.fromhex('".utf8)
        return ByteString(text + hex + Array("')))\n".utf8))
    }
}
