// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

/// What exercises in mathematics begin with, where one word is often all that is no formula.
enum ExerciseVerbs {
    /// Labels of the languages, in the order of the bits that ``table`` gives.
    static let labels = lists.map(\.label)

    /// Of each word the languages in which exercises begin with it, one bit each.
    static let table = WordTable(lists.map(\.words))

    private static let lists: [(label: String, words: String)] = [
        (
            "en",
            """
            compute calculate evaluate simplify solve find determine prove show factor expand
            differentiate integrate express convert
            """
        ),
        (
            "fr",
            """
            calculer calculez calcule résoudre résolvez résous trouver trouvez trouve déterminer
            déterminez détermine simplifier simplifiez simplifie montrer montrez factoriser
            factorisez développer développez évaluer évaluez dériver exprimer convertir
            """
        ),
        (
            "de",
            """
            berechne berechnen bestimme bestimmen löse lösen vereinfache vereinfachen finde finden
            zeige zeigen beweise faktorisiere ermittle ermitteln werte
            """
        ),
        (
            "es",
            """
            calcula calcular calcule resuelve resolver resuelva halla hallar halle encuentra
            encontrar encuentre determina determine simplifica simplificar demuestra factoriza
            evalúa deriva
            """
        ),
        (
            "it",
            """
            calcola calcolare calcolate risolvi risolvere risolvete trova trovare trovate determina
            determinare semplifica semplificare dimostra dimostrare fattorizza valuta deriva
            """
        ),
        (
            "pt",
            """
            calcule calcular calcula resolva resolver encontre encontrar determine determina
            simplifique simplificar demonstre mostre fatore
            """
        ),
        (
            "ru",
            """
            вычислите вычислить вычисли найдите найти найди решите решить реши упростите упростить
            определите докажите доказать разложите
            """
        ),
        ("zh", "求 求解 计算 计算下列 解 化简 证明 計算 化簡 證明 解方程 求值"),
    ]
}
