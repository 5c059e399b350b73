// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Wire

/// The licence of the language model, as users must be told.
enum LanguageLicence {
    static let json = JSONValue.members([
        "part": "lid.176.ftz, language identification model", "licence": "CC BY-SA 3.0",
        "authors": "A. Joulin, E. Grave, P. Bojanowski, T. Mikolov (fastText)",
        "source": "https://fasttext.cc/docs/en/language-identification.html",
    ])
}
