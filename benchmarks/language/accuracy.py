#!/usr/bin/env python3
"""Accuracy of language identification and of the language bonus.

usage: accuracy.py TOOL MODEL SEED COUNT FILE.jsonl...

TOOL is the built `bench-language`. Each line of a file is an object with `language` (or a file
name that ends in _xx.jsonl) and one of `text`, `problem`. Prints, per file and language, how many
texts get the right label from the endpoint (a text without a label counts as wrong), and with the
rewards' thresholds how many are known and how many of those are right; then, for COUNT chains of
thought of each kind that chains.py builds with SEED, how many the modes `whole` and `windows` judge
as they should.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys


def labelled(paths: list[str]) -> list[tuple[str, str, str]]:
    """File name, language and text of every line."""
    rows = []
    for path in paths:
        name = pathlib.Path(path).name
        named = re.search(r"_([a-z]{2})\.jsonl$", name)
        with open(path, encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                language = row.get("language") or (named[1] if named else "?")
                rows.append((name, language, row.get("text") or row["problem"]))
    return rows


def sentences(tool: str, model: str, paths: list[str]) -> None:
    rows = labelled(paths)
    given = "".join(text.replace("\n", "\x01") + "\n" for _, _, text in rows)
    found = subprocess.run([tool, "identify", model], input=given, text=True, check=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    counts: dict[tuple[str, str], collections.Counter[str]] = {}
    for (name, language, _), line in zip(rows, found, strict=True):
        label, _, _, strict = line.split("\t")
        for key in ((name, language), ("all", ""), ("all", language)):
            count = counts.setdefault(key, collections.Counter())
            count["n"] += 1
            count["right"] += label == language
            count["known"] += strict != "unknown"
            count["known_right"] += strict == language
    print(f"{'sentences':26} {'':4} {'n':>6} {'right':>9} {'known':>9} {'of known':>9}")
    for (name, language), c in sorted(counts.items()):
        print(f"{name:26} {language:4} {c['n']:6} {c['right'] / c['n']:9.2%} "
              f"{c['known'] / c['n']:9.2%} {c['known_right'] / max(c['known'], 1):9.2%}")


def chains(tool: str, model: str, seed: str, count: str, paths: list[str]) -> None:
    builder = pathlib.Path(__file__).with_name("chains.py")
    given = subprocess.run([sys.executable, str(builder), seed, count, *paths], text=True,
                           check=True, stdout=subprocess.PIPE).stdout
    found = subprocess.run([tool, "grade", model], input=given, text=True, check=True,
                           stdout=subprocess.PIPE).stdout
    counts: dict[str, collections.Counter[str]] = {}
    for row, line in zip(map(json.loads, given.splitlines()), found.splitlines(), strict=True):
        whole, windows, _ = line.split("\t")
        c = counts.setdefault(row["kind"], collections.Counter())
        c["n"] += 1
        c["whole"] += (whole == "consistent") == row["pay"]
        c["windows"] += (windows == "consistent") == row["pay"]
    print(f"\n{'chains judged rightly':31} {'n':>6} {'whole':>9} {'windows':>9}")
    for kind, c in counts.items():
        print(f"{kind:31} {c['n']:6} {c['whole'] / c['n']:9.2%} {c['windows'] / c['n']:9.2%}")


def main() -> int:
    if len(sys.argv) < 6:
        print(__doc__)
        return 2
    tool, model, seed, count, *paths = sys.argv[1:]
    sentences(tool, model, paths)
    chains(tool, model, seed, count, paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
