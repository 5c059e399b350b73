#!/usr/bin/env python3
"""Accuracy of language identification on labelled JSON Lines files.

usage: measure.py TOOL MODEL FILE.jsonl...

TOOL is the built `bench-language`. Each line of a file is an object with `language` and one of
`text`, `problem`. Prints, per file and language, how many are labelled right without thresholds,
the same for the model's own first label, and with the shipped thresholds how many are known and
how many of those are right; then every known and wrong one.
"""

import collections
import json
import subprocess
import sys

LETTERS_MIN, PROBABILITY_MIN = 20, 0.3  # LanguageEvidence's defaults


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    tool, model, *paths = sys.argv[1:]
    rows = []
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            rows += [(path.rsplit("/", 1)[-1], json.loads(line)) for line in lines]
    texts = [row.get("text") or row["problem"] for _, row in rows]
    given = "".join(text.replace("\n", "\x01") + "\n" for text in texts)
    found = subprocess.run([tool, "identify", model], input=given, text=True, check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    counts: dict[tuple[str, str], collections.Counter[str]] = {}
    errors = []
    for (path, row), text, line in zip(rows, texts, found, strict=True):
        label, probability, evidence, first = line.split("\t")
        for key in ((path, row["language"]), ("all", "")):
            count = counts.setdefault(key, collections.Counter())
            known = int(evidence) >= LETTERS_MIN and float(probability) >= PROBABILITY_MIN
            right = label == row["language"]
            count["n"] += 1
            count["right"] += right
            count["model"] += first == row["language"]
            count["known"] += known
            count["known_right"] += known and right
        if known and not right:
            errors.append(f"{row['language']} → {label} {probability[:5]}: {text[:100]!r}")
    print(f"{'file':24} {'':4} {'n':>6} {'right':>9} {'model':>9} {'known':>9} {'of known':>9}")
    for (path, language), c in counts.items():
        print(f"{path:24} {language:4} {c['n']:6} {c['right'] / c['n']:9.2%} "
              f"{c['model'] / c['n']:9.2%} {c['known'] / c['n']:9.2%} "
              f"{c['known_right'] / max(c['known'], 1):9.2%}")
    print(*errors, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
