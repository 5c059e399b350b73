// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// The ladder's steps that run in `assay-math`.

extension ScalarComparator {
    /// Names that usually count things, so that whole numbers may stand for them.
    private static let countingNames: Set<String> = [
        "n", "k", "m", "j", "l", "N", "K", "M", "r", "p", "q",
    ]

    /// Sends the pair to a worker.
    func askWorker(_ left: Int32, _ right: Int32) throws(NeedsWorker) -> Finding {
        var encoder = ProgramEncoder()
        guard encoder.append(reference, left, logarithmBase: logarithmBase) else {
            return Finding(
                verdict: .undecided(.reference), step: .budget,
                sentence: "The reference cannot be evaluated.")
        }
        guard encoder.append(answer, right, logarithmBase: logarithmBase) else {
            return .different(.budget, "The answer cannot be evaluated.")
        }
        guard let pool else { throw NeedsWorker() }
        let answerFuel = isSwapped ? Self.fuel : pool.answerFuel
        guard answerFuel > 0 else { return Self.exhausted }
        let reply = pool.performComparison { kind in
            Self.header(
                kind: kind, seed: seed, variables: encoder.variables, answerFuel: answerFuel)
                + encoder.bytes
        }
        guard let reply else { return blameForCrash(left, pool) }
        if !isSwapped { pool.charge(reply) }
        return interpret(reply, encoder.variables)
    }

    /// Whether the answer's constant lies in `low ... high`.
    func askRange(_ right: Int32, _ low: Rational, _ high: Rational) throws(NeedsWorker) -> Finding
    {
        if let value = answer.exact[right] {
            let isInside = !(value < low) && !(high < value)
            return isInside
                ? .equivalent(.rational)
                : .different(.rational, "\(Self.show(value.double)) does not round to it.")
        }
        var encoder = ProgramEncoder()
        guard !answer.exact.isUndefined(right),
            encoder.append(answer, right, logarithmBase: logarithmBase),
            !encoder.hasFreeNames
        else { return .different(.structure, "The answer is no number.") }
        guard let pool else { throw NeedsWorker() }
        let answerFuel = isSwapped ? Self.fuel : pool.answerFuel
        guard answerFuel > 0 else { return Self.exhausted }
        var request =
            Self.header(kind: 2, seed: seed, variables: encoder.variables, answerFuel: answerFuel)
            + encoder.bytes
        for bound in [low, high] {
            let text = bound.wireForm
            withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) {
                request.append(contentsOf: $0)
            }
            request.append(contentsOf: text.utf8)
        }
        guard let reply = pool.perform(request) else { return blameForCrash(nil, pool) }
        if !isSwapped { pool.charge(reply) }
        return interpret(reply, [])
    }

    private static let exhausted = Finding.different(
        .budget, "The answer is too complex to evaluate.")

    /// A request killed two workers: if the reference alone runs well, the answer did it, and an
    /// answer must not be able to choose to be left out.
    private func blameForCrash(_ left: Int32?, _ pool: WorkerSession) -> Finding {
        let echo = Self.header(kind: 3, seed: 0, variables: [])
        var request = echo
        if let left {
            var encoder = ProgramEncoder()
            let isEncoded =
                encoder.append(reference, left, logarithmBase: logarithmBase)
                && encoder.append(reference, left, logarithmBase: logarithmBase)
            guard isEncoded else {
                return Finding(verdict: .undecided(.reference), step: .budget)
            }
            request = Self.header(kind: 1, seed: seed, variables: encoder.variables) + encoder.bytes
        }
        if pool.perform(request) != nil {
            return .different(.budget, "The answer cannot be evaluated.")
        }
        let isReference = pool.perform(echo) != nil
        return Finding(
            verdict: isReference ? .undecided(.reference) : .failed(.host), step: .ball,
            sentence: isReference
                ? "The reference cannot be evaluated." : "The math worker failed.")
    }

    static func header(
        kind: UInt8, seed: UInt64, variables: [String], answerFuel: UInt64 = fuel
    ) -> [UInt8] {
        var bytes: [UInt8] = [kind]
        withUnsafeBytes(of: seed.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: fuel.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: answerFuel.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(variables.count).littleEndian) { bytes.append(contentsOf: $0) }
        for name in variables {
            bytes.append(ProgramEncoder.isBound(name) ? 2 : countingNames.contains(name) ? 1 : 0)
        }
        return bytes
    }

    private func interpret(_ reply: MathWorker.Reply, _ variables: [String]) -> Finding {
        let steps: [UInt8: Comparison.Step] = [2: .algebraic, 3: .calcium]
        let step = steps[reply.method] ?? .ball
        switch reply.outcome {
        case WorkerOutcome.equivalent:
            if !reply.isExact && !options.acceptsNumericProof {
                return Finding(
                    verdict: .undecided(.engine), step: step, proof: .numeric,
                    sentence: "They agree to 960 bits, which is no proof.")
            }
            return Finding(
                verdict: .equivalent, step: step, proof: reply.isExact ? .exact : .numeric)
        case WorkerOutcome.different:
            var finding = Finding.different(step, Self.sentence(reply.text, variables))
            finding.proof = reply.isExact ? .exact : .numeric
            return finding
        case WorkerOutcome.answerTooComplex:
            return .different(.budget, "The answer is too complex to evaluate.")
        case WorkerOutcome.answerUndefined:
            return .different(.ball, "The answer has no value where the reference has one.")
        case WorkerOutcome.undecidedReference:
            return Finding(
                verdict: .undecided(.reference), step: .budget,
                sentence: "The reference could not be evaluated or decided.")
        case WorkerOutcome.referenceUndefined:
            return Finding(
                verdict: .invalidReference, step: .ball, sentence: "The reference has no value.")
        default:
            return Finding(
                verdict: .failed(.host), step: step,
                sentence: "The math worker refused the request.")
        }
    }

    /// The worker's lines: a value for each of the first variables, then both sides.
    private static func sentence(_ text: String, _ variables: [String]) -> String {
        let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard lines.count >= 2 else { return "They differ." }
        let (left, right) = (lines[lines.count - 2], lines[lines.count - 1])
        let variables = variables.filter { !ProgramEncoder.isBound($0) }
        if variables.isEmpty { return "\(left) is not \(right)." }
        let place = zip(variables, lines.dropLast(2)).map { "\($0) = \($1)" }
        return "They differ at \(place.joined(separator: ", ")): \(left) vs \(right)."
    }
}
