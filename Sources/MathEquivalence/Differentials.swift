// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// Finds the `dx` of integrals: `dx`, `d x`, `\mathrm{d}x`, and the end of `xdx`.
enum Differentials {
    /// Makes them `.differential` tokens with the name as their string, in one pass.
    static func mark(_ lexer: inout Lexer) {
        func isIntegral(_ token: Token) -> Bool {
            token.kind == .opaqueOperator && lexer.strings[Int(token.value)].hasSuffix("int")
        }
        guard let first = lexer.tokens.firstIndex(where: isIntegral) else { return }
        var result = Array(lexer.tokens[...first])
        result.reserveCapacity(lexer.tokens.count)
        var index = first + 1
        while index < lexer.tokens.count {
            let token = lexer.tokens[index]
            let isBound = result.last?.kind == .caret || result.last?.kind == .underscore
            index += 1
            guard !isBound, token.kind == .word || token.kind == .letter else {
                result.append(token)
                continue
            }
            let name = lexer.strings[Int(token.value)]
            if token.kind == .letter {
                if name == "d", index < lexer.tokens.count, lexer.tokens[index].kind == .letter {
                    var mark = lexer.tokens[index]
                    mark.kind = .differential
                    mark.start = token.start
                    result.append(mark)
                    index += 1
                } else {
                    result.append(token)
                }
                continue
            }
            let letters = Array(name)
            guard letters.count >= 2, letters.count <= 4, letters[letters.count - 2] == "d",
                name.utf8.allSatisfy(isASCIILetter)
            else {
                result.append(token)
                continue
            }
            for letter in letters.dropLast(2) {
                lexer.strings.append(String(letter))
                var part = token
                part.kind = .letter
                part.value = Int32(lexer.strings.count - 1)
                result.append(part)
            }
            lexer.strings.append(String(letters[letters.count - 1]))
            var mark = token
            mark.kind = .differential
            mark.value = Int32(lexer.strings.count - 1)
            result.append(mark)
        }
        lexer.tokens = result
    }
}
