// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether a statement asks for a proof.
enum ProofDetector {
    /// Where it does; nil where it does not.
    ///
    /// Verbs of proof count where they order: at the start of a sentence or clause. Verbs that mean
    /// other things too ("show", "verify") and proofs that somebody "wants to" or "can" give count
    /// only where nothing else is asked.
    ///
    /// - Complexity: linear in the text.
    static func detect(_ statement: Statement) -> Range<Int>? {
        var isElse: Bool?
        for range in proofs.ranges(in: statement.lower) {
            switch place(statement, range) {
            case .order: return range
            case .helped:
                let asks = isElse ?? asksElse(statement)
                isElse = asks
                if !asks { return range }
            case .story: continue
            }
        }
        guard
            let weak = weakProofs.ranges(in: statement.lower)
                .first(where: { place(statement, $0) != .story })
        else { return nil }
        return isElse ?? asksElse(statement) ? nil : weak
    }

    private enum Place { case order, helped, story }

    /// Whether a verb orders: at the start of a sentence, a line, a labelled part or a clause.
    private static func place(_ statement: Statement, _ range: Range<Int>) -> Place {
        let text = statement.lower
        let index = range.lowerBound
        var end = index
        while end > 0, text[end - 1].isWhitespace || "$*)".utf8.contains(text[end - 1]) { end -= 1 }
        guard end > 0 else { return .order }
        if text[index] >= 0x80 || ".?!:;,\n".utf8.contains(text[end - 1]) { return .order }
        var start = end
        while start > 0, text[start - 1].isLetterOrDigit { start -= 1 }
        if end - start <= 3, start == 0 || "(\n".utf8.contains(text[start - 1]), text[end] == 0x29 {
            return .order
        }
        let word = ByteString(Array(text[start..<end]))
        if clauseOpeners.contains(word) { return .order }
        // People need to show things; nobody needs to prove them in a word problem.
        let isPlain = plainProofs.contains(ByteString(Array(text[range])))
        return !isPlain && helpers.contains(word) ? .helped : .story
    }

    /// Whether the statement asks for anything that is no proof.
    private static func asksElse(_ statement: Statement) -> Bool {
        if statement.lower.contains(UInt8(ascii: "?")) { return true }
        return Instructions.orders.ranges(in: statement.lower).contains { range in
            !ownOrders.contains(ByteString(Array(statement.lower[range])))
        }
    }

    /// Orders of ``Instructions`` that ask for proofs, or that prompts open with.
    private static let ownOrders: Set<ByteString> = [
        "solve", "prove", "show that", "derive", "démontrer", "montrer que", "beweise", "zeige",
        "demuestra", "dimostra", "докажите", "证明",
    ]

    private static let clauseOpeners: Set<ByteString> = [
        "and", "then", "please", "also", "now", "hence", "thus", "rigorously", "formally", "et",
        "und", "man", "si", "or",
    ]
    private static let helpers: Set<ByteString> = ["to", "can", "must", "you", "should", "will"]
    private static let plainProofs: Set<ByteString> = [
        "show that", "demonstrate that", "verify that", "justify that", "disprove",
    ]

    private static let proofs = PhraseSet([
        "prove", "prove that", "prove the", "show that", "give a proof", "write a proof",
        "provide a proof", "demonstrate that", "disprove", "verify that", "justify that",
        "give a rigorous proof", "give a complete proof", "give a formal proof",
        "write a rigorous proof", "write a complete proof", "write a formal proof",
        "provide a rigorous proof", "provide a complete proof", "provide a formal proof",
        "give a detailed proof", "write a detailed proof", "provide a detailed proof",
        "prouver", "prouver que", "prouvez", "démontrer", "démontrez", "démontrer que", "demontrer",
        "montrer que", "montrez que", "beweise", "beweisen sie", "zeige, dass", "zeigen sie",
        "zeige", "demuestre", "demuestra", "demostrar", "demuéstrese", "probar que", "pruebe que",
        "prueba que", "dimostra", "dimostri", "dimostrare", "dimostrate", "dimostrare che",
        "докажите", "доказать", "покажите, что", "证明", "求证", "試證", "試証", "試证", "试证",
        "証明せよ", "udowodnij", "bewijs",
    ])

    /// Verbs that order a proof where nothing else is asked.
    private static let weakProofs = PhraseSet([
        "show", "verify", "justify", "establish that", "establish the", "derive that",
        "explain why", "confirm that", "demonstrate", "proof that", "deduce that", "argue that",
        "conclude that", "proof of",
    ])
}
