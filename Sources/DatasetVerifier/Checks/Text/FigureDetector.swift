// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

import Bytes

/// Tells whether a statement leans on a figure, an image or a page that is not in it.
enum FigureDetector {
    /// A figure that is spoken of while none is there.
    ///
    /// - Parameter statement: the statement, drawings apart.
    /// - Returns: the words; nil where one is drawn or none is needed.
    static func missingFigure(_ statement: Statement) -> Range<Int>? {
        guard !statement.hasDrawing else { return nil }
        var hasRows: Bool?
        for range in phrases.ranges(in: statement.lower)
        where !isHarmless(statement.lower, range) {
            // A table is there if rows are.
            guard tables.matches(statement.lower, at: range.lowerBound) else { return range }
            let isThere = hasRows ?? hasTable(statement)
            hasRows = isThere
            if !isThere { return range }
        }
        return nil
    }

    /// An image or a link; the policy sees neither.
    static func link(_ statement: Statement) -> Range<Int>? { links.first(in: statement.lower) }

    // MARK: - Steps

    /// What follows "the figure" or "shown" in other senses.
    private static func isHarmless(_ text: [UInt8], _ range: Range<Int>) -> Bool {
        var end = range.upperBound
        while end < text.count, text[end].isWhitespace { end += 1 }
        return end < text.count && harmlessTails.matches(text, at: end)
    }

    private static func hasTable(_ statement: Statement) -> Bool {
        if tableMarks.first(in: statement.lower) != nil { return true }
        // Markdown and plain tables: lines with two bars or tabs.
        let lines = statement.bytes.split(separator: UInt8(ascii: "\n"))
        let rows = lines.count { line in
            line.count { $0 == UInt8(ascii: "|") || $0 == 0x09 || $0 == UInt8(ascii: "&") } >= 1
        }
        return rows >= 2
    }

    private static let harmlessTails = PhraseSet([
        "out", "skater", "skaters", "skating", "of speech", "to be", "that the", "that if",
        "by", "at", "in class", "frame", "frames", "eight",
    ])
    private static let tableMarks = PhraseSet([
        "\\begin{tabular", "\\begin{array", "\\hline", "|-", "| -", "<table", "\\begin{matrix",
    ])
    private static let tables = PhraseSet([
        "table below", "following table", "table above", "the table", "tableau ci-dessous",
        "the table shows", "the table gives", "based on the table", "according to the table",
        "look at the table", "in the table below", "from the table", "in this table",
        "tabelle zeigt", "folgende tabelle", "siguiente tabla", "в таблице", "下表", "右表", "如表",
    ])

    private static let phrases = PhraseSet(
        plainPhrases + nouns.flatMap { noun in templates.map { "\($0) \(noun)" } })

    /// What a statement leans on, and with which words.
    private static let nouns = ["figure", "diagram", "picture", "image", "drawing", "sketch"]
    private static let templates = [
        "in this", "from the", "using the", "refer to the", "see the", "look at the",
        "according to the", "based on the", "the given", "the accompanying", "the attached",
        "shown in the", "consider the", "observe the", "given the", "as seen in the", "on the",
        "for the given", "the adjacent", "the adjoining",
    ]

    private static let plainPhrases = [
        "in the figure", "the figure below", "the figure above", "the figure shown",
        "figure below", "figure above", "figure shown", "following figure", "this figure",
        "the figure", "as in figure", "shown in figure", "see figure", "attached figure",
        "in the diagram", "diagram below", "diagram above", "diagram shown", "following diagram",
        "this diagram", "the diagram",
        "in the picture", "picture below", "picture shown", "pictured below", "pictured above",
        "is pictured", "are pictured", "pictured here", "in the image", "image below",
        "image shown", "following image", "in the drawing", "drawing below",
        "graph below", "graph shown", "graph above", "graphed below", "following graph",
        "shown below", "shown above", "shown here", "as shown", "is shown", "are shown", "shown is",
        "shown are", "grid shown", "chart below", "chart shown", "following chart",
        "plotted below", "illustrated below", "depicted below", "map below",
        "diagram to the right", "figure to the right", "on the right is shown",
        "figure to the left", "diagram to the left", "figure 1", "figure 2", "figure 3", "in fig",
        "see fig", "fig. 1", "fig. 2", "fig. 3", "figure shows", "diagram shows", "picture shows",
        "sketch shows", "sketch below", "graph shows", "chart shows", "the pie chart",
        "the bar graph", "the bar chart", "the line graph", "the histogram",
        "according to the chart",
        "according to the graph", "number line above", "number line below", "map shows",
        "map above", "as illustrated", "as depicted", "as pictured", "pictured.", "pictured?",
        "pictured,", "drawn here", "drawn below", "the table shows", "the table gives",
        "based on the table", "according to the table", "look at the table", "from the table",
        "table below", "following table", "table above",
        "sur la figure", "la figure montre", "voir figure", "voir la figure", "ci-contre",
        "die abbildung", "siehe abbildung", "abbildung zeigt", "in der skizze", "siehe skizze",
        "figura muestra", "figura se muestra", "ver figura", "la figura mostra", "vedi figura",
        "tabelle zeigt", "folgende tabelle", "siguiente tabla", "в таблице", "см. рис",
        "下表", "右表", "如表", "由图", "从图", "见图", "图1", "图2", "观察图",
        "la figure ci-dessous", "figure ci-contre", "figure suivante", "schéma ci-dessous",
        "graphique ci-dessous", "in der abbildung", "abbildung unten", "folgende abbildung",
        "figura siguiente", "siguiente figura", "en la figura", "figura de abajo",
        "nella figura", "figura seguente", "figura sottostante", "на рисунке", "на чертеже",
        "на диаграмме", "如图", "下图", "如下图", "右图", "左图", "图中", "图所示",
    ]

    private static let links = PhraseSet([
        "http://", "https://", "www.", "![", "<img", "<image", "[image]", "[img",
        "\\includegraphics", "data:image",
        ".png", ".jpg", ".jpeg", ".gif", ".svg",
    ])
}
