// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

public import Bytes
import Execution

/// How an engine is set up.
public struct MathConfiguration: Sendable {
    /// Path of the `assay-math` program.
    public var workerPath: String
    /// Number of worker processes, each with a thread that waits for it where the caller may not
    /// block; ≥ 1.
    public var workerCount: Int

    /// Describes an engine.
    ///
    /// - Parameters:
    ///   - workerPath: path of the `assay-math` program.
    ///   - workerCount: number of worker processes; ≥ 1.
    public init(workerPath: String, workerCount: Int = 2) {
        self.workerPath = workerPath
        self.workerCount = workerCount
    }
}

/// Decides whether a mathematical answer means the same as a reference.
///
/// Plain numbers, fractions, polynomials and rational functions are decided in the calling thread;
/// the rest goes to `assay-math` processes, for which a thread of a `BlockingPool` waits where it
/// stands. The same pair gives the same result on every machine.
///
///     let engine = try MathEngine(configuration: .init(workerPath: "/usr/lib/assay/assay-math"))
///     await engine.compare(reference: "\\frac{1}{2}", answer: "0.5").outcome   // .equivalent
public final class MathEngine: Sendable {
    private let pool: WorkerPool

    /// Starts the workers.
    ///
    /// - Parameter configuration: where the worker is and how many to run.
    /// - Throws: ``MathEngineError`` if a worker cannot be started.
    public init(configuration: MathConfiguration) throws(MathEngineError) {
        pool = try WorkerPool(
            path: configuration.workerPath, width: max(1, configuration.workerCount))
    }

    /// Compares an answer with a reference.
    ///
    /// - Parameters:
    ///   - reference: the trusted side; LaTeX or plain text.
    ///   - answer: the untrusted side; any bytes. Over 64 KiB it is unparsable.
    ///   - options: policies.
    /// - Returns: the result; it never throws, every failure is an outcome.
    public func compare(
        reference: ByteString, answer: ByteString, options: ComparisonOptions = ComparisonOptions()
    ) async -> Comparison {
        let comma = options.readsDecimalComma
        return await compare(
            reference: MathExpression(reference, readsDecimalComma: comma),
            answer: MathExpression(answer, readsDecimalComma: comma), options: options)
    }

    /// Compares expressions that were read before.
    ///
    /// - Parameters:
    ///   - reference: the trusted side.
    ///   - answer: the untrusted side.
    ///   - options: policies; `readsDecimalComma` must be what both sides were read with.
    /// - Returns: the result; it never throws, every failure is an outcome.
    public func compare(
        reference: MathExpression, answer: MathExpression,
        options: ComparisonOptions = ComparisonOptions()
    ) async -> Comparison {
        if let plain = Self.comparePlain(reference.text, answer.text, options) { return plain }
        switch Self.prepare(reference, answer) {
        case .failure(let comparison): return comparison
        case .success(let pair):
            if BlockingPool.isOwnThread {
                return pair.compare(pool: pool, options: options) ?? Self.hostFailure
            }
            if let result = pair.compare(pool: nil, options: options) { return result }
            return await withTaskExecutorPreference(pool.threads) {
                pair.compare(pool: pool, options: options) ?? Self.hostFailure
            }
        }
    }

    /// Compares in the calling thread, without a worker.
    ///
    /// - Parameters:
    ///   - reference: the trusted side.
    ///   - answer: the untrusted side.
    ///   - options: policies.
    /// - Returns: the result, or nil if only a worker can tell.
    /// - Complexity: linear in the input, apart from exact arithmetic on at most 4,096 bits.
    public static func compareInProcess(
        reference: ByteString, answer: ByteString, options: ComparisonOptions = ComparisonOptions()
    ) -> Comparison? {
        let comma = options.readsDecimalComma
        return compareInProcess(
            reference: MathExpression(reference, readsDecimalComma: comma),
            answer: MathExpression(answer, readsDecimalComma: comma), options: options)
    }

    /// Compares expressions that were read before, in the calling thread, without a worker.
    ///
    /// - Parameters:
    ///   - reference: the trusted side.
    ///   - answer: the untrusted side.
    ///   - options: policies; `readsDecimalComma` must be what both sides were read with.
    /// - Returns: the result, or nil if only a worker can tell.
    public static func compareInProcess(
        reference: MathExpression, answer: MathExpression,
        options: ComparisonOptions = ComparisonOptions()
    ) -> Comparison? {
        compare(reference, answer, pool: nil, options: options)
    }

    /// Nil if `pool` is nil and a worker is needed.
    static func compare(
        _ reference: MathExpression, _ answer: MathExpression, pool: WorkerPool?,
        options: ComparisonOptions
    ) -> Comparison? {
        if let plain = comparePlain(reference.text, answer.text, options) { return plain }
        switch prepare(reference, answer) {
        case .failure(let comparison): return comparison
        case .success(let pair): return pair.compare(pool: pool, options: options)
        }
    }

    /// Says why a reference cannot be used, judging by its form alone.
    ///
    /// - Parameter reference: the trusted side.
    /// - Returns: nil if it can be read.
    public static func validate(reference: ByteString) -> ReferenceProblem? {
        problem(of: MathExpression(reference))
    }

    /// Says why a reference that was read cannot be used, judging by its form alone.
    ///
    /// - Parameter reference: the trusted side.
    /// - Returns: nil if it can be read.
    public static func problem(of reference: MathExpression) -> ReferenceProblem? {
        if isPlain(reference.spelling) { return nil }
        switch reference.side {
        case .failure(let failure): return ReferenceProblem(message: failure.message)
        case .success(let side):
            guard side.exact.isUndefined(side.tree.root) else { return nil }
            return ReferenceProblem(message: "The reference divides by zero.")
        }
    }

    /// Names the type that decides how an expression is compared.
    ///
    /// - Parameter expression: LaTeX or plain text.
    /// - Returns: nil if it cannot be read.
    public static func expressionType(of expression: ByteString) -> ExpressionType? {
        MathExpression(expression).type
    }

    /// Ends the workers; comparisons that need one fail from then on.
    public func shutDown() async { pool.shutDown() }

    /// The process ids of the idle workers, so that tests can kill one.
    var idleWorkerProcessIDs: [Int32] { pool.idleProcessIDs }

    private static let hostFailure = Comparison(
        outcome: .failed(.host), decidedBy: .ball, proof: .exact, policies: [],
        explanation: "The math worker failed.")

    /// Two numbers or fractions of digits alone; nil for all else, and where a policy about decimals may apply.
    private static func comparePlain(
        _ reference: ByteString, _ answer: ByteString, _ options: ComparisonOptions
    ) -> Comparison? {
        if options.readsDecimalComma { return nil }
        return reference.withUnsafeBytes { first in
            answer.withUnsafeBytes { second in
                let isEqual: Bool
                let mayRound: Bool
                if let x = PlainNumber(first), let y = PlainNumber(second) {
                    // An oversized answer to a reference of normal size is unparsable; `prepare`
                    // says so.
                    let limit = Parser.inputLimit
                    if second.count > limit, first.count <= limit { return nil }
                    isEqual = PlainNumber.isEqual(x, first, y, second)
                    mayRound = x.hasPoint || y.hasPoint
                } else if let x = PlainFraction(first), let y = PlainFraction(second) {
                    isEqual = x == y
                    mayRound = x.isDecimal || y.isDecimal
                } else {
                    return nil
                }
                if !isEqual && (mayRound || options.tolerance != nil) { return nil }
                return Comparison(
                    outcome: isEqual ? .equivalent : .different, decidedBy: .rational,
                    proof: .exact, policies: [],
                    explanation: isEqual ? "Both sides are equal." : "The numbers differ.")
            }
        }
    }

    private enum Prepared {
        case success(PreparedPair)
        case failure(Comparison)
    }

    private static func prepare(_ reference: MathExpression, _ answer: MathExpression) -> Prepared {
        let first = reference.side
        guard case .success(let left) = first else {
            guard case .failure(let failure) = first else { return .failure(hostFailure) }
            if isPlain(reference.spelling) { return .failure(compareWithLong(answer)) }
            return .failure(syntax(.invalidReference, failure))
        }
        let second = answer.side
        guard case .success(let right) = second else {
            guard case .failure(let failure) = second else { return .failure(hostFailure) }
            return .failure(syntax(.unparsableAnswer, failure))
        }
        let seed = answer.spelling.withUnsafeBytes { bytes in
            SplitMix.hash(bytes, from: reference.spelling.withUnsafeBytes { SplitMix.hash($0) })
        }
        return .success(PreparedPair(reference: left, answer: right, seed: seed))
    }

    /// Digits alone are a reference at any length.
    private static func isPlain(_ text: ByteString) -> Bool {
        text.withUnsafeBytes { PlainNumber($0) != nil }
    }

    /// An answer that is not digits alone, against a reference of digits over the size limit.
    private static func compareWithLong(_ answer: MathExpression) -> Comparison {
        if case .failure(let failure) = answer.side { return syntax(.unparsableAnswer, failure) }
        return Comparison(
            outcome: .undecided(.reference), decidedBy: .budget, proof: .exact, policies: [],
            explanation: "The reference is too long to compare with anything but digits.")
    }

    private static func syntax(_ outcome: Comparison.Outcome, _ failure: ParseFailure) -> Comparison
    {
        Comparison(
            outcome: outcome, decidedBy: .syntax, proof: .exact, policies: [],
            explanation: failure.message)
    }
}

/// Both sides, read.
struct PreparedPair: Sendable {
    let reference: Side
    let answer: Side
    let seed: UInt64

    /// Nil if `pool` is nil and a worker is needed.
    func compare(pool: WorkerPool?, options: ComparisonOptions) -> Comparison? {
        do throws(NeedsWorker) {
            let natural = try compare(pool: pool, options: options, logarithmBase: nil)
            let (hasFirst, hasSecond) = (
                reference.tree.hasBareLogarithm, answer.tree.hasBareLogarithm
            )
            guard hasFirst || hasSecond else { return natural }
            let isMixed = hasFirst != hasSecond
            if natural.outcome == .equivalent {
                return isMixed ? natural.adding(policy: "logarithm_base") : natural
            }
            let decimal = try compare(pool: pool, options: options, logarithmBase: 10)
            guard decimal.outcome == .equivalent else { return natural }
            return decimal.adding(policy: "logarithm_base")
        } catch {
            return nil
        }
    }

    private func compare(
        pool: WorkerPool?, options: ComparisonOptions, logarithmBase: Int?
    ) throws(NeedsWorker) -> Comparison {
        let scalars = ScalarComparator(
            reference: reference, answer: answer, seed: seed, pool: pool.map(WorkerSession.init),
            options: options, logarithmBase: logarithmBase)
        var comparator = Comparator(reference: reference, answer: answer, scalars: scalars)
        var finding = try comparator.compare(reference.tree.root, answer.tree.root)
        if finding.isEquivalent, !options.acceptsUnsimplified, !answer.isSimplified {
            finding = .different(.structure, "The value is right but not worked out.")
        }
        return Comparison(finding, policies: comparator.policies)
    }
}

extension Comparison {
    init(_ finding: Finding, policies: Set<String>) {
        decidedBy = finding.step
        proof = finding.proof
        explanation = finding.sentence
        switch finding.verdict {
        case .equivalent:
            outcome = .equivalent
            if explanation.isEmpty { explanation = "Both sides are equal." }
        case .different: outcome = .different
        case .invalidReference: outcome = .invalidReference
        case .undecided(let cause): outcome = .undecided(cause)
        case .failed(let cause): outcome = .failed(cause)
        }
        self.policies = outcome == .equivalent ? policies.sorted() : []
    }

    func adding(policy: String) -> Comparison {
        var result = self
        result.policies = (policies + [policy]).sorted()
        return result
    }
}
