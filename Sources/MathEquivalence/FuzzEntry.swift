// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes

/// Reads bytes as an answer; a fuzzer calls it.
///
/// - Parameter bytes: anything.
public func fuzzParse(_ bytes: ByteString) {
    _ = MathEngine.expressionType(of: bytes)
    for mode in ExtractionMode.allCases { _ = AnswerExtractor.extract(bytes, mode: mode) }
}

/// Reads two texts and runs the steps of the ladder that need no worker; a fuzzer calls it.
///
/// Traps if a readable text without a policy is found different from itself.
///
/// - Parameters:
///   - reference: anything.
///   - answer: anything.
public func fuzzCompare(_ reference: ByteString, _ answer: ByteString) {
    fuzzParse(reference)
    fuzzParse(answer)
    _ = MathEngine.compareInProcess(reference: reference, answer: answer)
    let same = MathEngine.compareInProcess(reference: answer, answer: answer)
    precondition(
        same?.outcome != .different || MathEngine.validate(reference: answer) == nil,
        "an unreadable text was compared")
}
