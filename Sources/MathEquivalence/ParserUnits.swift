// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Words: answers that are text, and units behind numbers.

extension Parser {
    /// Words after a number that change its value; with them it is no quantity.
    private static let changingWords: Set<String> = [
        "hundred", "thousand", "million", "billion", "trillion", "dozen", "dozens", "score", "half",
        "halves", "third", "thirds", "quarter", "quarters", "tenths", "squared", "cubed",
        "factorial",
        "times", "plus", "minus", "divided", "over", "to", "not", "than", "through", "is", "equals",
        "either", "between", "about", "except", "if", "when", "where", "for", "mod", "modulo",
        "base",
        "hundreds", "thousands", "millions", "billions", "is not", "fifths", "sixths", "eighths",
        "or", "nor", "unless", "instead", "rather", "maybe", "perhaps",
        "possibly", "probably",
        "negative", "positive", "double", "triple", "twice", "power", "root", "wrong", "no",
        "false",
    ]

    static let changingRemarks: Set<String> = [
        "hundred", "thousand", "million", "billion", "trillion", "dozen", "hundreds", "thousands",
        "millions", "billions", "not", "wrong", "no", "false", "base", "mod", "modulo", "negative",
    ]

    /// By the value of a currency token.
    static let currencies = ["dollar", "euro", "sterling", "yuan", "rupee"]

    /// Words that multiply the number before them.
    private static let scales: [String: Int] = [
        "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12,
    ]

    /// `2.5 million`: the number times its scale, or the value as it was.
    private mutating func parseScale(_ value: Int32) throws(ParseFailure) -> Int32 {
        guard kind == .word || kind == .text, let power = Self.scales[string.trimmedSpaces],
            let factor = Rational(10).raised(to: power)
        else { return value }
        let isMoney = tree.kind(value) == .quantity
        let number = isMoney ? tree.part(value, 0) : value
        guard tree.kind(number) == .number else { return value }
        advance()
        let product = try node(.multiply, number, tree.addNumber(factor))
        return isMoney ? try node(.quantity, product, payload: Int(tree[value].payload)) : product
    }

    /// Short unit names that are not products of letters.
    private static let units: Set<String> = [
        "cm", "mm", "km", "dm", "nm", "ft", "in", "yd", "mi", "kg", "mg", "lb", "lbs", "oz", "ml",
        "mL", "dl", "hr", "hrs", "min", "mins", "sec", "secs", "ms", "mph", "kph", "kmh", "Hz",
        "kHz",
        "kJ", "kW", "kPa", "Pa", "eV", "MeV", "keV", "mol", "deg", "rad", "sq", "cu", "pm", "am",
        "gal", "qt", "pt", "cal", "AU", "pc", "erg", "dyn", "GeV", "MHz", "GHz", "cents", "cent",
        "USD", "dollars", "yen", "day", "days", "boys", "girls", "men", "cups", "cup", "feet",
        "foot",
        "mile", "miles", "hour", "hours", "year", "years", "ways", "way", "inch", "unit", "units",
        "AM", "PM", "points", "per", "Rs", "pcs", "cards", "pens", "m²", "square", "cubic",
    ]

    /// A lone short word such as "Yes", which is no product of letters.
    var wholeWord: String? {
        guard tokens.count == 2, tokens[0].kind == .word else { return nil }
        let word = strings[Int(tokens[0].value)]
        return Self.smallWords.contains(word.lowercased()) ? word : nil
    }

    /// The text, if the whole consists of words and stands for no expression.
    func wholeText() -> String? {
        var hasWord = false
        for (index, token) in tokens.enumerated() {
            switch token.kind {
            case .text: hasWord = true
            case .word: hasWord = hasWord || !isNameWord(index)
            case .letter, .roman, .number, .comma, .minus, .separator, .colon, .semicolon, .bang,
                .prime, .leftParenthesis, .rightParenthesis, .end, .slash, .percent, .function,
                .operatorName, .modulo:
                continue
            case .relation where token.value == Int32(RelationSign.member.rawValue): continue
            default: return nil
            }
        }
        guard hasWord, startsWithWord else { return nil }
        if tokens.count == 2, tokens[0].kind == .text { return strings[Int(tokens[0].value)] }
        if isListOfTexts { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the first mark is a word that no operand begins with.
    private var startsWithWord: Bool {
        guard let first = tokens.firstIndex(where: { $0.kind != .leftParenthesis }) else {
            return false
        }
        switch tokens[first].kind {
        case .text: return true
        case .word: return true
        case .letter:
            let next = tokens[first + 1]
            return next.kind == .word && !isNameWord(first + 1) && next.followsSpace
        default: return false
        }
    }

    /// `\text{A}, \text{B}`: items rather than one text.
    private var isListOfTexts: Bool {
        tokens.contains { $0.kind == .comma || $0.kind == .separator }
            && tokens.allSatisfy {
                [.text, .comma, .separator, .letter, .number, .end].contains($0.kind)
            }
    }

    /// Two or three letters, or capitals only: more likely names side by side than a word.
    private func isNameWord(_ index: Int) -> Bool {
        let word = strings[Int(tokens[index].value)].utf8
        return word.count <= 3 && word.allSatisfy(isASCIILetter)
            || word.allSatisfy { $0 &- 65 < 26 } && word.count <= 5
    }

    /// Whether the word here is a unit rather than letters multiplied.
    var isUnitWord: Bool {
        guard kind == .word else { return false }
        let word = string
        if !word.utf8.allSatisfy(isASCIILetter) {
            // Marks and pictures are no units: what they say is not known.
            return word.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.generalCategory == .currencySymbol
                    || "²³".unicodeScalars.contains($0)
            }
        }
        return Self.units.contains(word)
            || (word.utf8.count > 3 && !word.utf8.allSatisfy { $0 &- 65 < 26 })
    }

    /// Whether a remark such as " (loads)" stands here.
    var startsUnitRemark: Bool {
        guard kind == .leftParenthesis, token.followsSpace else { return false }
        var index = position + 1
        var hasWord = false
        while index < tokens.count {
            switch tokens[index].kind {
            case .word, .text:
                hasWord = hasWord || strings[Int(tokens[index].value)].utf8.count >= 2
            case .letter, .roman, .minus, .slash, .separator, .function, .operatorName, .caret,
                .number:
                if tokens[index].kind == .number, !hasWord { return false }
            case .rightParenthesis: return hasWord
            default: return false
            }
            index += 1
        }
        return false
    }

    /// A unit after a complete value; its spelling is kept, its meaning compared elsewhere.
    mutating func parseUnit(after bare: Int32) throws(ParseFailure) -> Int32 {
        let value = try parseScale(bare)
        if skipApproximateRemark() { return value }
        if let fraction = try parseUnitFraction(value) { return fraction }
        let isRemark = startsUnitRemark
        guard isRemark || kind == .text || kind == .roman || kind == .currency || isUnitWord else {
            return value
        }
        var words: [String] = []
        while let word = unitPart(isRemark: isRemark) {
            words.append(word)
            advance()
            guard words.count <= 24 else { throw unexpected() }
        }
        let unit = Self.joined(words)
        let parts = Self.lowerCaseWords(unit)
        // A remark in brackets names what is counted: "9 (times)".
        let changing = isRemark ? Self.changingRemarks : Self.changingWords
        let isPowered = unit.contains("squared") || unit.contains("cubed")
        guard !parts.contains(where: changing.contains) || isPowered && UnitScale(unit) != nil
        else {
            throw ParseFailure(message: "\"\(unit.prefix(40))\" after a number changes its value.")
        }
        if parts == ["percent"] || parts == ["per", "cent"] { return try node(.percent, value) }
        if parts.count == 1, ["degrees", "degree", "deg"].contains(parts[0]) {
            return try node(.degrees, value)
        }
        guard unit.utf8.allSatisfy({ !isASCIIDigit($0) }) || isPower(unit) else {
            throw ParseFailure(message: "\"\(unit.prefix(40))\" is no unit.")
        }
        if let (number, micro) = splitMicro(value, unit) {
            tree.texts.append(micro)
            return try node(.quantity, number, payload: tree.texts.count - 1)
        }
        tree.texts.append(unit)
        let quantity = try node(.quantity, value, payload: tree.texts.count - 1)
        return try parseCompound(quantity, unit) ?? quantity
    }

    /// `5\,\mu\text{m}`: the prefix stands before the text as a letter.
    private func splitMicro(_ value: Int32, _ unit: String) -> (number: Int32, unit: String)? {
        guard tree.kind(value) == .multiply, tree[value].count == 2,
            tree.kind(tree.part(value, 1)) == .symbol, tree.name(tree.part(value, 1)) == "mu",
            UnitScale("μ" + unit) != nil
        else { return nil }
        return (tree.part(value, 0), "μ" + unit)
    }

    /// `60\frac{\text{km}}{\text{h}}`: a unit above and below; nil, with nothing read, for others.
    private mutating func parseUnitFraction(_ value: Int32) throws(ParseFailure) -> Int32? {
        guard startsUnitFraction else { return nil }
        let start = position
        var sides: [String] = []
        advance()
        for _ in 0..<2 {
            guard accept(.leftBrace) else { break }
            var words: [String] = []
            while kind != .rightBrace, kind != .fraction, words.count < 12,
                let word = unitPart(isRemark: false)
            {
                words.append(word)
                advance()
            }
            guard accept(.rightBrace) else { break }
            sides.append(Self.joined(words))
        }
        let spelling = sides.joined(separator: "/")
        guard sides.count == 2, UnitScale(spelling) != nil else {
            position = start
            throw unexpected()
        }
        tree.texts.append(spelling)
        return try node(.quantity, value, payload: tree.texts.count - 1)
    }

    /// Whether a fraction of units stands here, which multiplies nothing.
    var startsUnitFraction: Bool {
        guard kind == .fraction, nextKind == .leftBrace, position + 3 < tokens.count else {
            return false
        }
        return [.text, .roman].contains(tokens[position + 2].kind)
    }

    /// "1 hour 30 minutes" and "6 feet and 2 inches": the smaller unit goes on with the larger one.
    ///
    /// - Returns: the sum in the smaller unit; nil, with nothing read, if anything else follows.
    private mutating func parseCompound(
        _ quantity: Int32, _ unit: String
    ) throws(ParseFailure) -> Int32? {
        let start = position
        guard kind == .number || (kind == .separator && isConjunction && nextKind == .number),
            compoundDepth < 3, let large = UnitScale(unit)
        else { return nil }
        _ = accept(.separator)
        let number = try parseInteger()
        compoundDepth += 1
        defer { compoundDepth -= 1 }
        let rest = try parseUnit(after: number)
        guard tree.kind(rest) == .quantity, let small = UnitScale(tree.text(rest)),
            small.dimension == large.dimension,
            let ratio = large.factor.multiplying(small.factor.inverse), Rational.one < ratio,
            let count = tree.literal(number).value, count < ratio
        else {
            position = start
            return nil
        }
        let scale = tree.addNumber(ratio)
        let whole = try node(.multiply, tree.part(quantity, 0), scale)
        let sum = try node(.add, whole, tree.part(rest, 0))
        return try node(.quantity, sum, payload: Int(tree[rest].payload))
    }

    /// With single spaces between them, and without round brackets.
    private static func joined(_ words: [String]) -> String {
        let text = words.count == 1 ? words[0] : words.joined(separator: " ")
        guard text.utf8.contains(where: { $0 == 40 || $0 == 41 }) else { return text.trimmedSpaces }
        return String(text.filter { $0 != "(" && $0 != ")" }).trimmedSpaces
    }

    /// The runs of letters in a text, in lower case.
    static func lowerCaseWords(_ text: String) -> [String] {
        if !text.isEmpty, text.utf8.allSatisfy({ $0 | 32 == $0 && isASCIILetter($0) }) {
            return [text]
        }
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return text.lowercased().split(whereSeparator: { !$0.isLetter }).map(String.init)
        }
        return text.utf8.split(whereSeparator: { !isASCIILetter($0) }).map { word in
            String(decoding: word.map { $0 | 32 }, as: UTF8.self)
        }
    }

    /// `\text{(about }18.9\text{ cards)}` after an exact value repeats it roughly.
    private mutating func skipApproximateRemark() -> Bool {
        guard kind == .text,
            string.trimmedSpaces.hasPrefix("(about")
                || string.trimmedSpaces.hasPrefix("(approx")
        else { return false }
        for offset in 1...6 where position + offset < tokens.count {
            let last = tokens[position + offset]
            if last.kind == .text, strings[Int(last.value)].trimmedSpaces.hasSuffix(")") {
                for _ in 0...offset { advance() }
                return true
            }
        }
        return false
    }

    /// Digits only as powers, as in `cm^2`.
    private func isPower(_ unit: String) -> Bool {
        var previous: UInt8 = 0
        for byte in unit.utf8 {
            if isASCIIDigit(byte), previous != 94, previous != 45, previous != 32 { return false }
            previous = byte
        }
        return unit.utf8.count { isASCIIDigit($0) } <= 3
    }

    /// The spelling of the token here as part of a unit, or nil if the unit ends.
    private func unitPart(isRemark: Bool) -> String? {
        switch kind {
        case .text, .word, .roman, .letter: return string
        case .currency: return Self.currencies[Int(token.value)]
        case .function, .operatorName, .modulo:
            return String(decoding: bytes[Int(token.start)..<Int(token.end)], as: UTF8.self)
        case .separator where isRemark: return "and"
        case .slash: return "/"
        case .times: return " "
        case .caret: return "^"
        case .minus: return "-"
        case .number
        where tokens[position - 1].kind == .caret
            || tokens[position - 1].kind == .leftBrace
            || tokens[position - 1].kind == .minus:
            return String(decoding: bytes[Int(token.start)..<Int(token.end)], as: UTF8.self)
        case .leftBrace where tokens[position - 1].kind == .caret,
            .rightBrace
        where tokens[position - 1].kind == .caret
            || (kind == .rightBrace && position >= 3
                && (tokens[position - 2].kind == .leftBrace
                    || tokens[position - 3].kind == .leftBrace)):
            return ""
        case .leftParenthesis where isRemark, .rightParenthesis where isRemark: return ""
        default: return nil
        }
    }
}
