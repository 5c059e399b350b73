// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// The alphabet that LaTeX and plain text share after lexing.
enum TokenKind: UInt8, Sendable {
    case end, number, letter, word, text, roman, function, operatorName
    case leftBrace, rightBrace, leftParenthesis, rightParenthesis, leftBracket, rightBracket
    case leftSet, rightSet, bar, doubleBar
    case leftFloor, rightFloor, leftCeiling, rightCeiling, leftAngle, rightAngle
    case plus, minus, times, slash, plusMinus, minusPlus, caret, underscore
    case relation, comma, semicolon, colon, bang, prime, percent, degree
    case ampersand, row, beginGrid, endGrid, ellipsis, currency
    case cup, cap, setMinus, infinity, pi, fraction, squareRoot, radical, cubeRoot, binomial
    case choose, overline, sum, product, opaqueOperator, logarithm, exponential
    case differential, determinant, modulo, parenthesizedModulo, separator, namedSet, emptySet,
        accent
}

/// Kinds of tokens as bits, for questions that are asked at every token.
struct TokenSet: ExpressibleByArrayLiteral {
    private var bits: UInt128 = 0

    init(arrayLiteral kinds: TokenKind...) {
        for kind in kinds { bits |= 1 << UInt128(kind.rawValue) }
    }

    init(_ kind: TokenKind) { bits = 1 << UInt128(kind.rawValue) }

    func contains(_ kind: TokenKind) -> Bool { bits >> UInt128(kind.rawValue) & 1 == 1 }
}

/// One token.
///
/// `value` indexes the lexer's tables or holds a code, depending on the kind.
struct Token: Sendable {
    var kind: TokenKind
    var value: Int32 = 0
    /// Bytes of the normalised input.
    var start: Int32
    var end: Int32
    /// Whether white space stands before the token.
    var followsSpace = false
}

/// Operators that take a bracketed list.
enum ListOperator: Int32 {
    case gcd, lcm, minimum, maximum
}

/// What a backslash command or a plain word means.
enum Meaning: Sendable {
    case token(TokenKind, Int32)
    case relation(RelationSign)
    case function(FunctionName)
    case letter(String)
    case layout
    /// `\left`, `\big` and the like: the mark behind may be an invisible full stop.
    case size
    /// A box, whose braces group nothing.
    case box
    /// Skips the command and its braced argument.
    case skipArgument
    case text
    case roman
    case blackboard
    /// `\R`, a set of numbers by its letter.
    case number(String)
    case begin, end
    /// Negates the relation that follows.
    case not
}

enum Vocabulary {
    static let greek: [String] = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa",
        "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
        "Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Upsilon", "Phi", "Psi", "Omega",
    ]

    static let functions: [String: FunctionName] = [
        "sin": .sin, "cos": .cos, "tan": .tan, "tg": .tan, "cot": .cot, "ctg": .cot, "sec": .sec,
        "csc": .csc, "cosec": .csc,
        "arcsin": .arcsin, "asin": .arcsin, "arccos": .arccos, "acos": .arccos,
        "arctan": .arctan, "atan": .arctan, "arctg": .arctan, "arccot": .arccot,
        "acot": .arccot, "arcsec": .arcsec, "asec": .arcsec, "arccsc": .arccsc, "acsc": .arccsc,
        "sinh": .sinh, "cosh": .cosh, "tanh": .tanh, "coth": .coth, "sech": .sech, "csch": .csch,
        "arsinh": .arsinh, "arcsinh": .arsinh, "asinh": .arsinh,
        "arcosh": .arcosh, "arccosh": .arcosh, "acosh": .arcosh,
        "artanh": .artanh, "arctanh": .artanh, "atanh": .artanh,
        "ln": .ln, "abs": .abs, "floor": .floor, "ceil": .ceil, "Re": .re, "Im": .im,
        "arg": .arg, "sgn": .sign, "sign": .sign,
    ]

    /// Commands and words that mean the same with and without a backslash.
    static let shared: [String: Meaning] = {
        var table: [String: Meaning] = [:]
        for name in greek { table[name] = .letter(name) }
        for (name, function) in functions { table[name] = .function(function) }
        let tokens: [(String, TokenKind, Int32)] = [
            ("pi", .pi, 0), ("infty", .infinity, 0), ("log", .logarithm, 0), ("lg", .logarithm, 10),
            ("exp", .exponential, 0), ("cis", .exponential, 1),
            ("gcd", .operatorName, ListOperator.gcd.rawValue),
            ("lcm", .operatorName, ListOperator.lcm.rawValue),
            ("min", .operatorName, ListOperator.minimum.rawValue),
            ("max", .operatorName, ListOperator.maximum.rawValue), ("mod", .modulo, 0),
        ]
        for (name, kind, value) in tokens { table[name] = .token(kind, value) }
        return table
    }()

    static let wordTable = WordTable(words)
    static let commandTable = WordTable(commands)

    static let words: [String: Meaning] = {
        var table = shared
        // Without a backslash, xi is x times i.
        for name in ["Re", "Im", "arg", "sign", "tg", "xi"] { table[name] = nil }
        let tokens: [(String, TokenKind)] = [
            ("sqrt", .radical), ("cbrt", .cubeRoot), ("inf", .infinity), ("infinity", .infinity),
            ("Infinity", .infinity), ("oo", .infinity), ("Pi", .pi), ("and", .separator),
            ("or", .separator), ("und", .separator), ("oder", .separator), ("et", .separator),
            ("ou", .separator), ("и", .separator), ("или", .separator),
        ]
        for (name, kind) in tokens { table[name] = .token(kind, 0) }
        return table
    }()

    static let commands: [String: Meaning] = {
        var table = shared
        table["lb"] = .token(.logarithm, 2)
        addSymbols(to: &table)
        addRelations(to: &table)
        addLayout(to: &table)
        return table
    }()

    private static func addSymbols(to table: inout [String: Meaning]) {
        let tokens: [(String, TokenKind)] = [
            ("frac", .fraction), ("dfrac", .fraction), ("tfrac", .fraction), ("cfrac", .fraction),
            ("sqrt", .squareRoot), ("radical", .radical), ("cuberadical", .cubeRoot),
            ("binom", .binomial), ("dbinom", .binomial), ("tbinom", .binomial),
            ("choose", .choose), ("nicefrac", .fraction), ("sfrac", .fraction),
            ("flatfrac", .fraction), ("surd", .squareRoot), ("det", .determinant),
            ("overline", .overline), ("dot", .accent), ("ddot", .accent),
            ("cdot", .times), ("times", .times), ("ast", .times), ("div", .slash),
            ("pm", .plusMinus),
            ("mp", .minusPlus), ("cup", .cup), ("bigcup", .opaqueOperator), ("cap", .cap),
            ("setminus", .setMinus), ("backslash", .setMinus), ("degree", .degree),
            ("circ", .degree),
            ("ldots", .ellipsis), ("cdots", .ellipsis), ("dots", .ellipsis), ("vdots", .ellipsis),
            ("ddots", .ellipsis), ("dotsc", .ellipsis), ("dotsb", .ellipsis),
            ("prime", .prime), ("sum", .sum), ("prod", .product),
            ("int", .opaqueOperator), ("iint", .opaqueOperator), ("oint", .opaqueOperator),
            ("lim", .opaqueOperator), ("bmod", .modulo), ("pmod", .parenthesizedModulo),
            ("lfloor", .leftFloor), ("rfloor", .rightFloor), ("lceil", .leftCeiling),
            ("rceil", .rightCeiling), ("langle", .leftAngle), ("rangle", .rightAngle),
            ("lvert", .bar), ("rvert", .bar), ("vert", .bar), ("mid", .bar), ("lVert", .doubleBar),
            ("rVert", .doubleBar), ("Vert", .doubleBar), ("|", .doubleBar), ("{", .leftSet),
            ("}", .rightSet), ("lbrace", .leftSet), ("rbrace", .rightSet), ("lbrack", .leftBracket),
            ("rbrack", .rightBracket), ("emptyset", .emptySet), ("varnothing", .emptySet),
            ("%", .percent), ("bullet", .times), ("colon", .colon), ("textdegree", .degree),
            ("lparen", .leftParenthesis), ("rparen", .rightParenthesis), ("dotsm", .ellipsis),
            ("\\", .row), ("newline", .row), ("cr", .row), ("vec", .accent), ("hat", .accent),
            ("bar", .accent),
            ("tilde", .accent), ("overrightarrow", .accent), ("widehat", .accent),
            ("land", .separator), ("lor", .separator), ("wedge", .separator), ("vee", .separator),
        ]
        for (name, kind) in tokens { table[name] = .token(kind, 0) }
        table["over"] = .token(.choose, 1)
        for (name, code) in [
            ("$", 0), ("textdollar", 0), ("euro", 1), ("texteuro", 1), ("pounds", 2),
            ("textsterling", 2), ("yuan", 3), ("yen", 3), ("textyen", 3), ("rupee", 4),
        ] {
            table[name] = .token(.currency, Int32(code))
        }
        for (name, letter) in [
            ("varepsilon", "epsilon"), ("vartheta", "theta"), ("varphi", "phi"),
            ("varrho", "rho"), ("varsigma", "sigma"), ("ell", "ell"), ("hbar", "hbar"),
            ("partial", "partial"), ("nabla", "nabla"), ("angle", "angle"),
            ("triangle", "triangle"),
            ("imath", "i"), ("top", "top"), ("intercal", "top"), ("exponentialE", "e"),
            ("imaginaryI", "i"),
        ] {
            table[name] = .letter(letter)
        }
    }

    private static func addRelations(to table: inout [String: Meaning]) {
        let relations: [(String, RelationSign)] = [
            ("le", .lessOrEqual), ("leq", .lessOrEqual), ("leqslant", .lessOrEqual),
            ("ge", .greaterOrEqual), ("geq", .greaterOrEqual), ("geqslant", .greaterOrEqual),
            ("lt", .less), ("gt", .greater), ("ne", .notEqual), ("neq", .notEqual),
            ("in", .member), ("notin", .notMember), ("approx", .approximate), ("equiv", .congruent),
            ("sim", .similar), ("cong", .similar), ("to", .arrow), ("rightarrow", .arrow),
            ("Rightarrow", .arrow), ("implies", .arrow), ("mapsto", .arrow), ("iff", .arrow),
            ("leftrightarrow", .arrow), ("Leftrightarrow", .arrow), ("parallel", .parallel),
            ("leqq", .lessOrEqual), ("geqq", .greaterOrEqual), ("coloneqq", .equal),
            ("triangleq", .equal), ("longrightarrow", .arrow), ("Longrightarrow", .arrow),
            ("Longleftrightarrow", .arrow), ("thickapprox", .approximate),
            ("perp", .perpendicular), ("subset", .subset), ("subseteq", .subset),
        ]
        for (name, sign) in relations { table[name] = .relation(sign) }
    }

    private static func addLayout(to table: inout [String: Meaning]) {
        for name in [
            "left", "right", "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr",
            "biggl", "biggr", "Biggl", "Biggr", "displaystyle", "textstyle", "scriptstyle",
            "limits",
            "nolimits", "quad", "qquad", "!", ",", ";", ":", " ", ">", "/", "(", ")", "[", "]",
            "thinspace", "mathstrut", "boxed", "fbox", "mathbf", "boldsymbol", "bm", "mathit",
            "mathcal", "mathsf", "mathscr", "mathfrak", "bf", "rm", "it", "underline", "hline",
            "hfill", "noindent", "tiny", "scriptsize", "footnotesize", "small", "normalsize",
            "LARGE",
            "huge", "Huge", "scriptscriptstyle", "normalfont", "mathnormal", "mathord", "mathrel",
            "mathbin", "mathopen", "mathclose", "mathinner", "smash", "allowbreak", "medspace",
            "thickspace", "negthinspace", "uline", "boldmath", "pmb", "mathbfit", "mathop",
            "enspace", "\n", "ensuremath", "strut", "large", "Large",
        ] {
            let isSize =
                name == "left" || name == "right" || name.hasPrefix("big") || name.hasPrefix("Big")
            table[name] =
                isSize ? .size : name == "boxed" || name == "fbox" ? .box : .layout
        }
        for name in [
            "color", "hspace", "vspace", "phantom", "tag", "label", "mspace", "textcolor",
            "colorbox", "hphantom", "vphantom",
        ] {
            table[name] = .skipArgument
        }
        for name in [
            "text", "textbf", "textit", "textrm", "mbox", "textnormal", "textsf", "texttt", "emph",
            "textup", "hbox",
        ] {
            table[name] = .text
        }
        table["mathrm"] = .roman
        table["operatorname"] = .roman
        table["mathbb"] = .blackboard
        table["Bbb"] = .blackboard
        for letter in ["R", "Z", "Q", "N", "C"] { table[letter] = .number(letter) }
        table["not"] = .not
        table["begin"] = .begin
        table["end"] = .end
    }
}
