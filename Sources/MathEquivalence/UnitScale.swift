// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What a unit measures, as powers of base units, and how many of those it is.
struct UnitScale {
    /// Base units and their powers; those with power 0 are left out.
    var dimension: [String: Int] = [:]
    var factor = Rational.one

    /// Reads `km/h`, `m s^-2`, `square cm`; nil if a word is no known unit.
    ///
    /// - Parameter spelling: as written behind the number, braces and spaces allowed.
    init?(_ spelling: String) {
        var words = Self.words(Self.withPowersBehind(spelling))[...]
        var isBelow = false
        var named = 1
        var hasUnit = false
        while let word = words.popFirst() {
            switch word.lowercased() {
            case "/", "per":
                isBelow = true
            case "square", "sq": named = 2
            case "cubic", "cu": named = 3
            case "of", "the": continue
            default:
                guard let symbol = Self.symbol(word), let unit = Self.units[symbol] else {
                    return nil
                }
                var power = named
                if words.first == "^" {
                    guard let written = words.dropFirst().first.flatMap({ Int($0) }),
                        named == 1, (-4...4).contains(written)
                    else { return nil }
                    power = written
                    words = words.dropFirst(2)
                }
                guard multiply(unit, isBelow ? -power : power) else { return nil }
                hasUnit = true
                named = 1
            }
        }
        guard hasUnit, named == 1 else { return nil }
        dimension = dimension.filter { $0.value != 0 }
    }

    /// "second squared" as "second^2".
    private static func withPowersBehind(_ spelling: String) -> String {
        guard spelling.utf8.count > 7, spelling.contains("squared") || spelling.contains("cubed")
        else { return spelling }
        return spelling.split(separator: " ").map { word in
            word == "squared" ? "^2" : word == "cubed" ? "^3" : String(word)
        }.joined(separator: " ")
    }

    private mutating func multiply(_ unit: (base: String, factor: Rational), _ power: Int) -> Bool {
        if let (base, rank) = Self.derived[unit.base] {
            dimension[base, default: 0] += power * (rank - 1)
            return multiply((base, unit.factor), power)
        }
        if let parts = Self.compound[unit.base] {
            guard let scale = unit.factor.raised(to: power), let product = factor.multiplying(scale)
            else { return false }
            factor = product
            for (base, rank) in parts { dimension[base, default: 0] += rank * power }
            return true
        }
        guard let scale = unit.factor.raised(to: power), let product = factor.multiplying(scale)
        else { return false }
        factor = product
        dimension[unit.base, default: 0] += power
        return true
    }

    /// Words, `/`, `^` and whole exponents.
    private static func words(_ spelling: String) -> [String] {
        var result: [String] = []
        var word = ""
        func flush() {
            if !word.isEmpty { result.append(word) }
            word = ""
        }
        for character in spelling {
            switch character {
            case "/", "^":
                flush()
                result.append(String(character))
            case "-" where result.last == "^" && word.isEmpty: word = "-"
            case " ", "~", "{", "}", ".", "-", "\\":
                if word != "-" { flush() }
            default: word.append(character)
            }
        }
        flush()
        return result
    }

    /// The symbol that a spelling stands for: `kW` for "kilowatts"; nil for what is no unit.
    ///
    /// The case of a symbol counts: mW is a thousandth, MW a million.
    static func symbol(_ word: String) -> String? {
        if units[word] != nil { return word }
        let lower = word.lowercased()
        if let known = spellings[lower] { return known }
        guard lower.utf8.count > 3, lower.hasSuffix("s") else { return nil }
        return spellings[String(lower.dropLast())]
    }

    private static let prefixes: [(symbol: String, name: String, power: Int)] = [
        ("G", "giga", 9), ("M", "mega", 6), ("k", "kilo", 3), ("d", "deci", -1),
        ("c", "centi", -2), ("m", "milli", -3), ("μ", "micro", -6), ("n", "nano", -9),
    ]

    /// Units that take prefixes, with their names.
    private static let prefixed: [(symbol: String, names: [String])] = [
        ("m", ["meter", "metre"]), ("g", ["gram", "gramme"]), ("s", ["second"]),
        ("l", ["liter", "litre"]), ("N", ["newton"]), ("J", ["joule"]), ("W", ["watt"]),
        ("V", ["volt"]), ("Pa", ["pascal"]), ("Hz", ["hertz"]), ("A", ["ampere", "amp"]),
        ("mol", ["mole"]), ("eV", ["electronvolt"]), ("ohm", []),
    ]

    /// The international yard and pound (1959); a week and below in seconds.
    private static let others: [(String, String, Int, Int)] = [
        ("in", "m", 254, 10_000), ("ft", "m", 3048, 10_000), ("yd", "m", 9144, 10_000),
        ("mi", "m", 1_609_344, 1000), ("lb", "g", 45_359_237, 100_000),
        ("oz", "g", 45_359_237, 1_600_000), ("min", "s", 60, 1), ("h", "s", 3600, 1),
        ("day", "s", 86_400, 1), ("week", "s", 604_800, 1), ("month", "month", 1, 1),
        ("year", "month", 12, 1), ("dollar", "dollar", 1, 1), ("cent", "dollar", 1, 100),
        ("euro", "euro", 1, 1), ("sterling", "sterling", 1, 1), ("yuan", "yuan", 1, 1),
        ("rupee", "rupee", 1, 1),
        ("celsius", "celsius", 1, 1), ("fahrenheit", "fahrenheit", 1, 1),
        ("K", "K", 1, 1),
        ("ha", "area", 10_000, 1), ("acre", "area", 40_468_564_224, 10_000_000),
        ("t", "g", 1_000_000, 1), ("gallon", "gallon", 1, 1), ("cup", "gallon", 1, 16),
        ("quart", "gallon", 1, 4), ("pint", "gallon", 1, 8),
    ]

    /// Areas and volumes in metres: what a unit with this base is a power of.
    private static let derived: [String: (base: String, power: Int)] = [
        "area": ("m", 2), "volume": ("m", 3),
    ]

    /// Coherent units by what they are made of; their factors count grams, not kilograms.
    private static let compound: [String: [String: Int]] = [
        "N": ["g": 1, "m": 1, "s": -2], "J": ["g": 1, "m": 2, "s": -2],
        "W": ["g": 1, "m": 2, "s": -3], "Pa": ["g": 1, "m": -1, "s": -2],
        "V": ["g": 1, "m": 2, "s": -3, "A": -1], "ohm": ["g": 1, "m": 2, "s": -3, "A": -2],
    ]

    private static let units: [String: (base: String, factor: Rational)] = {
        var table: [String: (base: String, factor: Rational)] = [:]
        for (symbol, _) in prefixed {
            table[symbol] = (symbol, .one)
            for prefix in prefixes {
                guard let factor = Rational(10).raised(to: prefix.power) else { continue }
                table[prefix.symbol + symbol] = (symbol, factor)
            }
        }
        // Made of kilograms, which are a thousand grams.
        for (symbol, unit) in table where compound[unit.base] != nil {
            guard let factor = unit.factor.multiplying(Rational(1000)) else { continue }
            table[symbol] = (unit.base, factor)
        }
        // A litre is a cubic decimetre.
        for symbol in ["l"] + prefixes.map({ $0.symbol + "l" }) {
            if let (_, factor) = table[symbol],
                let cubic = factor.multiplying(Rational(1000).inverse)
            {
                table[symbol] = ("volume", cubic)
            }
        }
        for (symbol, base, above, below) in others {
            guard let factor = Rational(above).multiplying(Rational(below).inverse) else {
                continue
            }
            table[symbol] = (base, factor)
        }
        return table
    }()

    /// Other spellings, in lower case.
    private static let spellings: [String: String] = {
        var table: [String: String] = [:]
        for (symbol, names) in prefixed {
            for name in names {
                table[name] = symbol
                for prefix in prefixes { table[prefix.name + name] = prefix.symbol + symbol }
            }
            table[symbol.lowercased()] = symbol
            for prefix in ["k", "c", "d", "n"] {
                table[(prefix + symbol).lowercased()] = prefix + symbol
            }
        }
        for (symbol, names) in [
            ("ft", ["foot", "feet"]), ("in", ["inch", "inche", "inches"]), ("yd", ["yard"]),
            ("mi", ["mile"]), ("lb", ["pound", "lbs"]), ("oz", ["ounce"]), ("kg", ["kilo"]),
            ("h", ["hour", "hr", "hrs"]), ("min", ["minute", "mins"]), ("s", ["sec", "secs"]),
            ("year", ["yr"]), ("dollar", ["usd"]), ("cent", ["¢"]), ("gallon", ["gal"]),
            ("mm", ["mm"]), ("mg", ["mg"]), ("ml", ["ml"]), ("ms", ["ms"]), ("MHz", ["mhz"]),
            ("GHz", ["ghz"]), ("μm", ["um"]), ("day", ["day"]), ("week", ["week"]),
            ("sterling", ["gbp", "quid"]), ("yuan", ["元", "rmb", "cny", "yen", "円"]),
            ("rupee", ["rs", "inr"]), ("ohm", ["Ω", "ω"]), ("ha", ["hectare"]), ("acre", ["acre"]),
            ("t", ["tonne"]), ("K", ["kelvin"]), ("celsius", ["celsius"]),
            ("fahrenheit", ["fahrenheit"]),
            ("month", ["month"]), ("year", ["year"]), ("euro", ["euro"]), ("cup", ["cup"]),
            ("quart", ["quart", "qt"]), ("pint", ["pint", "pt"]),
        ] {
            for name in names { table[name] = symbol }
            table[symbol.lowercased()] = table[symbol.lowercased()] ?? symbol
        }
        // T is a tesla, not a ton.
        table["t"] = nil
        table["k"] = nil
        return table
    }()
}
