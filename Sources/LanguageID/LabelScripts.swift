// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What the labels of lid.176 mean: the scripts a language is written in, and which labels are one
/// language to a reader.
enum LabelScripts {
    /// A label's own name, or the language it counts as: short Chinese texts are misread as Wu and
    /// Cantonese, Arabic ones as Egyptian.
    static func canonical(_ label: String) -> String {
        switch label {
        case "wuu", "yue": "zh"
        case "arz": "ar"
        default: label
        }
    }

    /// Whether texts of `label` are written in `script`; true for scripts not told apart here.
    static func uses(_ label: String, _ script: Script) -> Bool {
        if script == .other { return true }
        let listed = table.filter { $0.labels.contains(label[...]) }
        return listed.isEmpty ? script == .latin : listed.contains { $0.script == script }
    }

    /// The language of an alphabet that only one label uses.
    static func onlyLanguage(of alphabet: Script) -> String? {
        switch alphabet {
        case .greek: "el"
        case .thai: "th"
        default: nil
        }
    }

    /// Labels of each script.
    ///
    /// A label in no row is written in Latin letters, one in several rows in all of them.
    private static let table: [(script: Script, labels: Set<Substring>)] = [
        (.latin, list("az ku sh sr tt tk uz")),
        (
            .cyrillic,
            list(
                "av az ba be bg ce cv kk krc kv ky lez mhr mk mn mrj myv os ru rue sah sh sr tg tk "
                    + "tt tyv uk uz xal")
        ),
        (.greek, list("el")),
        (.hebrew, list("he yi")),
        (.arabic, list("ar arz azb ckb fa ku mzn pnb ps sd ug ur")),
        (.devanagari, list("bh dty gom hi mai mr ne new sa")),
        (.thai, list("th")),
        (.hangul, list("ko")),
        (.kana, list("ja")),
        (.han, list("ja wuu yue zh")),
        (.other, list("am as bn bo bpy dv gu hy ka km kn lo ml my or pa si ta te xmf")),
    ]

    private static func list(_ labels: String) -> Set<Substring> {
        Set(labels.split(separator: " "))
    }
}
