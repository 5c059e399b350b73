#!/usr/bin/env python3
"""Builds chains of thought with known languages from labelled sentences.

usage: chains.py SEED COUNT FILE.jsonl... > chains.jsonl

Each line of a file is an object with `language` (or a name that ends in _xx.jsonl) and one of
`text`, `problem`. Every line written is an object with `kind`, `problem`, `thoughts`, `answer`,
`language`, `other` and `pay` (whether the bonus is due). Kinds:

  consistent   one language, LaTeX and code mixed in
  terms        the same with some English terms, a name and one quoted English sentence
  switched     from a quarter to all of the thoughts in another language: a block, or scattered
  paragraph    one paragraph of three to five sentences in another language
  woven        from a quarter to a half of the words, one to four at a time, in another language
  template     a problem (a line's `problem` where there are any) inside an English template,
               thoughts in the problem's language
  ignored      the same, thoughts in English
"""

import json
import random
import re
import sys

FORMULAS = [
    r"$x^2 + y^2 = r^2$", r"$\frac{a}{b} = 2$", r"\(n \ge 3\)", r"$f(x) = \sin(2x) + \cos x$",
    r"$$\sum_{k=1}^{n} k = \frac{n(n+1)}{2}$$", r"\[\int_0^1 x^2 \, dx = \frac{1}{3}\]",
    "\\begin{align*}\na + b &= 7 \\\\\na - b &= 1\n\\end{align*}", r"$\boxed{42}$", r"$p \mid ab$",
    r"$\lim_{n \to \infty} a_n = 0$", r"$\text{mod } 7$", r"$2^{10} = 1024$", r"$x_{max}$",
]
CODE = [
    "```python\ndef solve(numbers):\n    total = 0\n    for value in numbers:\n"
    "        total += value\n    return total\n```",
    "```cpp\n#include <vector>\nint main() {\n    std::vector<int> values;\n"
    "    std::cout << values.size();\n}\n```",
    "`print(sum(range(10)))`", "`result = max(left, right)`",
    "```\nfor i in range(3):\n    print(i * i)\n```",
]
TERMS = ["dynamic programming", "brute force", "Vieta", "Cauchy-Schwarz", "Fermat", "modulo", "Euler",
         "binary search", "greedy", "Python", "double counting", "Dijkstra"]
TEMPLATES = [
    "Solve the following math problem step by step. The last line of your response should be of "
    "the form Answer: $Answer (without quotes) where $Answer is the answer to the problem.\n\n{}"
    "\n\nRemember to put your answer on its own line after \"Answer:\".",
    "A conversation between User and Assistant. The user asks a question, and the assistant solves "
    "it. The assistant first thinks about the reasoning process in the mind and then provides the "
    "user with the answer.\nUser: {}\nAssistant:",
    "{}\nPlease reason step by step, and put your final answer within \\boxed{{}}.",
    "You are a helpful assistant.\n\nProblem: {}\n\nThink carefully before you answer.",
]


def letters(text: str) -> int:
    """Letters, an East Asian one counting five."""
    return sum(5 if "\u3040" <= c <= "\ud7ff" else 1 for c in text if c.isalpha())


class Source:
    """Sentences by language, drawn at random."""

    def __init__(self, paths: list[str], seed: int) -> None:
        self.random = random.Random(seed)
        self.sentences: dict[str, list[str]] = {}
        self.problems: dict[str, list[str]] = {}
        for path in paths:
            named = re.search(r"_([a-z]{2})\.jsonl$", path)
            with open(path, encoding="utf-8") as lines:
                for row in map(json.loads, lines):
                    language = row.get("language") or (named and named[1])
                    text = row.get("text") or row["problem"]
                    self.sentences.setdefault(language, []).append(text)
                    if "problem" in row:
                        self.problems.setdefault(language, []).append(text)
        self.languages = sorted(self.sentences)

    def sentence(self, language: str) -> str:
        return self.random.choice(self.sentences[language])

    def problem(self, language: str) -> str:
        return self.random.choice(self.problems.get(language) or self.sentences[language])

    def decorated(self, sentence: str) -> str:
        """A sentence with a formula or code behind it now and then."""
        draw = self.random.random()
        if draw < 0.45:
            return sentence + " " + self.random.choice(FORMULAS)
        if draw < 0.52:
            return sentence + "\n" + self.random.choice(CODE) + "\n"
        return sentence

    def paragraph(self, language: str, low: int = 3, high: int = 6) -> str:
        count = self.random.randint(low, high)
        return " ".join(self.decorated(self.sentence(language)) for _ in range(count))

    def paragraphs(self, language: str) -> list[str]:
        return [self.paragraph(language) for _ in range(self.random.randint(3, 12))]


def with_terms(source: Source, paragraphs: list[str]) -> list[str]:
    result = []
    for paragraph in paragraphs:
        if source.random.random() < 0.7:
            paragraph += " (" + source.random.choice(TERMS) + ")"
        result.append(paragraph)
    place = source.random.randrange(len(result))
    quote = min((source.sentence("en") for _ in range(3)), key=len)
    result[place] += f" « {quote} »"
    return result


def switched(source: Source, language: str, other: str) -> list[str]:
    """Paragraphs of which at least a quarter of the letters are in another language."""
    paragraphs = source.paragraphs(language)
    share = source.random.uniform(0.25, 0.9)
    native = sum(map(letters, paragraphs))
    foreign: list[str] = []
    missing = native * share / (1 - share)
    while missing > 0:
        foreign.append(source.decorated(source.sentence(other)))
        missing -= letters(foreign[-1])
    if source.random.random() < 0.5:
        place = source.random.randint(0, len(paragraphs))
        return paragraphs[:place] + [" ".join(foreign)] + paragraphs[place:]
    for sentence in foreign:
        place = source.random.randrange(len(paragraphs))
        paragraphs[place] += " " + sentence
    return paragraphs


def words(text: str) -> list[str]:
    """Words, and characters of Chinese."""
    return re.findall("[\u4e00-\u9fff]|[^\\s\u4e00-\u9fff]+", text)


def woven(source: Source, language: str, other: str) -> list[str]:
    """Paragraphs in which words of both languages take turns within each sentence."""
    share = source.random.uniform(0.25, 0.5)
    paragraphs = []
    for _ in range(source.random.randint(3, 6)):
        native = words(" ".join(source.sentence(language) for _ in range(4)))
        foreign = words(" ".join(source.sentence(other) for _ in range(6)))
        mixed: list[str] = []
        while native and foreign:
            run = source.random.randint(1, 4)
            mixed += foreign[:run]
            del foreign[:run]
            run = max(1, round(run * (1 - share) / share))
            mixed += native[:run]
            del native[:run]
        paragraphs.append(" ".join(mixed))
    return paragraphs


def chain(source: Source, kind: str) -> dict[str, object]:
    languages = source.languages
    language = source.random.choice(languages)
    if kind in ("terms", "template", "ignored"):
        asked = sorted(source.problems) if kind != "terms" and source.problems else languages
        language = source.random.choice([name for name in asked if name != "en"])
    other = source.random.choice([name for name in languages if name != language])
    problem, answer = source.problem(language), source.sentence(language)
    thoughts = source.paragraphs(language)
    if kind == "terms":
        thoughts = with_terms(source, thoughts)
    elif kind == "switched":
        thoughts = switched(source, language, other)
    elif kind == "paragraph":
        thoughts.insert(source.random.randint(0, len(thoughts)), source.paragraph(other, 3, 5))
    elif kind == "woven":
        thoughts = woven(source, language, other)
    elif kind in ("template", "ignored"):
        problem = source.random.choice(TEMPLATES).format(problem)
        if kind == "ignored":
            other = "en"
            thoughts, answer = source.paragraphs("en"), source.sentence("en")
    return {"kind": kind, "language": language, "other": other, "problem": problem,
            "thoughts": "\n\n".join(thoughts), "answer": answer + " $\\boxed{7}$",
            "pay": kind in ("consistent", "terms", "template")}


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    source = Source(sys.argv[3:], int(sys.argv[1]))
    for kind in ("consistent", "terms", "switched", "paragraph", "woven", "template",
                 "ignored"):
        for _ in range(int(sys.argv[2])):
            print(json.dumps(chain(source, kind), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
