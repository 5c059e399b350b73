// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Finds a problem inside the template that a prompt wraps around it.
///
/// A template is chat markers, labels ("Question:") and sentences that say how to answer. Of these
/// only the commonest are known; a template of other sentences is told by its language, see
/// ``LanguageModel/identifyProblem(_:)``.
enum ProblemScope {
    /// Longer texts are no problem with a template; they are judged whole.
    static let sizeMax = 64 << 10

    /// The last turn of the user, and in it what follows the last label of a problem.
    ///
    /// - Parameter text: any bytes.
    /// - Returns: the whole text where it has neither.
    static func lastTurn(_ text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var range = 0..<text.count
        for position in text.indices {
            if let size = prefix(of: text, at: position, openers) {
                range = position + size..<text.count
            }
        }
        if range.lowerBound > 0,
            let end = range.first(where: { prefix(of: text, at: $0, closers) != nil })
        {
            range = range.lowerBound..<end
        }
        var start = range.lowerBound
        for position in range where isLabelPlace(text, position, range.lowerBound) {
            if let size = prefix(of: text, at: position, labels) { start = position + size }
        }
        return min(start, range.upperBound)..<range.upperBound
    }

    /// Whether a sentence says how to answer.
    static func isInstruction(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.indices.contains { prefix(of: text, at: $0, instructions) != nil }
    }

    /// The beginning of a line, after marks of a heading or emphasis, or after a blank.
    private static func isLabelPlace(
        _ text: UnsafeBufferPointer<UInt8>, _ position: Int, _ start: Int
    ) -> Bool {
        guard position > start else { return true }
        switch text[position - 1] {
        case UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "#"), UInt8(ascii: "*"):
            return true
        default: return false
        }
    }

    /// The size of a phrase that stands at `position`, ASCII letters of any case.
    private static func prefix(
        of text: UnsafeBufferPointer<UInt8>, at position: Int, _ phrases: Phrases
    ) -> Int? {
        guard let candidates = phrases.byFirstByte[Int(lowerASCII(text[position]))] else {
            return nil
        }
        return candidates.first { phrase in
            guard position + phrase.count <= text.count else { return false }
            for index in phrase.indices where lowerASCII(text[position + index]) != phrase[index] {
                return false
            }
            return true
        }?.count
    }

    /// Phrases by their first byte, which few positions of a text have.
    private struct Phrases: Sendable {
        var byFirstByte = [[[UInt8]]?](repeating: nil, count: 256)

        init(_ list: [String]) {
            for phrase in list.map({ Array($0.utf8) }) {
                byFirstByte[Int(phrase[0])] = (byFirstByte[Int(phrase[0])] ?? []) + [phrase]
            }
        }
    }

    /// What begins a user's turn in the chat templates of ChatML, Llama, Mistral, Gemma, DeepSeek
    /// and those like them.
    private static let openers = Phrases([
        "<|im_start|>user", "<|start_header_id|>user<|end_header_id|>", "[inst]", "<|user|>",
        "<｜user｜>", "<start_of_turn>user",
    ])

    private static let closers = Phrases([
        "<|", "<｜", "[/inst]", "<end_of_turn>", "</s>",
    ])

    private static let labels = Phrases([
        "user:", "human:", "question:", "question :", "problem:", "instruction:", "exercise:",
        "problème :", "problème:", "énoncé :", "énoncé:", "exercice :", "frage:", "aufgabe:",
        "pregunta:", "problema:", "ejercicio:", "domanda:", "esercizio:", "pergunta:", "Вопрос:",
        "Задача:", "вопрос:", "задача:", "问题：", "问题:", "题目：", "题目:", "問題：", "問題:",
        "題目：", "質問：",
    ])

    /// Parts of sentences that tell how to answer, not what; lower case.
    private static let instructions = Phrases([
        "\\boxed", "<think>", "latex",
        "step by step", "step-by-step", "final answer", "your answer", "your response",
        "your solution", "following problem", "following question", "following math",
        "assistant", "you are a", "reason step", "think carefully", "question below",
        "étape par étape", "pas à pas", "réponse finale", "ta réponse", "votre réponse",
        "problème suivant", "question suivante", "exercice suivant", "tu es un", "vous êtes un",
        "schritt für schritt", "endgültige antwort", "deine antwort", "ihre antwort",
        "folgende aufgabe", "folgende frage", "folgende problem", "du bist ein", "sie sind ein",
        "paso a paso", "respuesta final", "tu respuesta", "su respuesta", "siguiente problema",
        "problema siguiente", "siguiente pregunta", "eres un", "asistente",
        "passo dopo passo", "passo per passo", "passo passo", "risposta finale", "tua risposta",
        "seguente problema", "problema seguente", "seguente domanda", "sei un", "assistente",
        "passo a passo", "resposta final", "sua resposta", "tua resposta", "seguinte problema",
        "problema a seguir", "você é um",
        "шаг за шагом", "по шагам", "пошагово", "окончательный ответ", "свой ответ",
        "ответ запиши", "запишите ответ", "запиши ответ", "следующую задачу", "следующий вопрос",
        "помощник", "ассистент",
        "一步一步", "一步步", "逐步", "最终答案", "最終答案", "下面的问题", "以下问题", "下面的数学",
        "下列问题", "你是一", "你的答案", "答案放", "答案写",
        "ステップバイステップ", "最終的な答え", "段階的",
    ])
}
