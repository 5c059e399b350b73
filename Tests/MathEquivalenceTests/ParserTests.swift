// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes
import Execution
import Testing

@testable import MathEquivalence

@Suite("Expression parser")
struct ParserTests {
    @Test(
        "names the type of an expression",
        arguments: [
            ("42", ExpressionType.number), ("x+1", .expression), ("(1,2)", .tuple), ("1, 2", .list),
            ("\\{1,2\\}", .set), ("[0,1)", .interval), ("x=5", .relation), ("3:4", .ratio),
            ("204_5", .based), ("\\text{Evelyn}", .text), ("5\\text{ cm}", .quantity),
            ("\\begin{pmatrix}1\\\\2\\end{pmatrix}", .matrix),
        ])
    func types(_ text: String, _ type: ExpressionType) {
        #expect(MathEngine.expressionType(of: ByteString(text)) == type)
    }

    @Test("no tree is deeper or larger than its limits", arguments: MathCase.load("dos.jsonl"))
    func limits(_ line: MathCase) {
        let bytes = Array((line.answer ?? "").utf8)
        guard let tree = bytes.withUnsafeBytes({ try? Parser.parse($0) }) else { return }

        #expect(tree.nodes.count <= ExpressionTree.nodeLimit)
        #expect(tree.depth(tree.root) <= ExpressionTree.depthLimit)
        for index in tree.nodes.indices {
            #expect(tree.parts(Int32(index)).allSatisfy { $0 < index })
        }
    }

    @Test("every hostile input is read on a stack of one mebibyte")
    func smallStack() async {
        let pool = BlockingPool(name: "small-stack", width: 1)
        await withTaskExecutorPreference(pool) {
            for line in MathCase.load("dos.jsonl") {
                fuzzCompare(ByteString(line.answer ?? ""), ByteString("x+1"))
            }
        }
        pool.shutDown()
    }

    @Test("random mixtures of tokens never crash")
    func randomMixtures() {
        let pieces = [
            "\\frac", "{", "}", "(", ")", "[", "]", "\\sqrt", "1", "23", "x", "+", "-", "^", "_",
            ",", "|",
            "\\left", "\\right", "\\pm", "!", "%", "\\text{a}", "=", "<", "\\cup", "\\{", "\\}",
            "\\sin", "i",
            "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\", "\\sum", "\\log", ":", ".", "…", "²",
            "\\mathrm",
            "/", "*", "'", "\\infty", "\\overline", "\\mod", "\\gcd", " ", "$", "e", "and", "cm",
            "\\in",
        ]
        var random = SplitMix(seed: 7)
        for _ in 0..<20_000 {
            let count = Int(random.next() % 12) + 1
            let text = (0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
                .joined()
            fuzzCompare(ByteString(text), ByteString(text))
        }
    }

    @Test(
        "an expression read once compares as its text does",
        arguments: MathCase.load("equivalent.jsonl").prefix(40))
    func readOnce(_ line: MathCase) {
        let (reference, answer) = (
            ByteString(line.reference ?? ""), ByteString(line.answer ?? "")
        )
        let whole = MathEngine.compareInProcess(reference: reference, answer: answer)
        let read = MathEngine.compareInProcess(
            reference: MathExpression(reference), answer: MathExpression(answer))

        #expect(whole == read)
        #expect(MathExpression(reference).type == MathEngine.expressionType(of: reference))
    }

    @Test("words differ by letters, not by case, spaces or marks around them")
    func words() {
        #expect(WordComparison.isEqual("  New   York.", "\\text{new york}"))
        #expect(WordComparison.isEqual("(E)", "E"))
        #expect(WordComparison.isEqual("élan", "ÉLAN"))
        #expect(!WordComparison.isEqual("newyork", "new york"))
        #expect(!WordComparison.isEqual("E", "e"))
        #expect(WordComparison.isEqual(String(repeating: "(", count: 60_000), ""))
    }
}
