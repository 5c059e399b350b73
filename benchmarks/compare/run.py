# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Compares outputs of 16 MiB with Assay and with the usual line of Python, in CPU time.

    benchmarks/compare/run.py PATH_OF_BENCH_COMPARE
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SIZE = 16 << 20
REPETITIONS = 5


def repeat_to_size(line: Callable[[], str]) -> bytes:
    lines: list[str] = []
    size = 0
    while size < SIZE:
        lines.append(line())
        size += len(lines[-1]) + 1
    return ("\n".join(lines) + "\n").encode()


def workloads() -> dict[str, tuple[str, bytes, bytes]]:
    """Name → mode, output, expected; all agree."""
    draw = random.Random(1)
    integers = repeat_to_size(
        lambda: " ".join(str(draw.randrange(10**9)) for _ in range(10))
    )
    letters = repeat_to_size(lambda: " ".join(draw.choices("abcdefgh", k=40)))
    numbers = [draw.random() * 1000 for _ in range(SIZE // 14)]
    near = "\n".join(f"{number:.9f}" for number in numbers).encode()
    exact = "\n".join(f"{number + 1e-8:.9f}" for number in numbers).encode()
    lines = integers.split(b"\n")
    draw.shuffle(lines)
    return {
        "integers, the same bytes": ("tokens", integers, integers),
        "integers, other white space": ("tokens", integers.replace(b" ", b"\n"), integers),
        "one-letter tokens, CRLF": ("tokens", letters.replace(b"\n", b"\r\n"), letters),
        "one token": ("tokens", b"x" * SIZE, b"x" * SIZE),
        "letters, other case": ("tokens_ci", letters.upper(), letters),
        "lines, blanks at their ends": ("lines", integers.replace(b"\n", b" \n"), integers),
        "decimals that differ": ("float", near, exact),
        "lines in any order": ("unordered_lines", b"\n".join(lines), integers),
    }


def python_seconds(mode: str, output: bytes, expected: bytes) -> float:
    def compare() -> bool:
        if mode == "tokens_ci":
            return output.lower().split() == expected.lower().split()
        if mode == "lines":
            return [x.rstrip() for x in output.split(b"\n")] == [
                x.rstrip() for x in expected.split(b"\n")
            ]
        if mode == "float":
            pairs = zip(output.split(), expected.split(), strict=True)
            return all(abs(float(a) - float(b)) <= 1e-6 for a, b in pairs)
        if mode == "unordered_lines":
            return sorted(x.split() for x in output.splitlines() if x) == sorted(
                x.split() for x in expected.splitlines() if x
            )
        return output.split() == expected.split()

    least = float("inf")
    for _ in range(REPETITIONS):
        start = time.process_time()
        if not compare():
            raise SystemExit(f"Python finds a difference in {mode}")
        least = min(least, time.process_time() - start)
    return least


def assay_seconds(program: str, mode: str, output: bytes, expected: bytes) -> float:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, "output"), Path(folder, "expected")]
        for path, content in zip(paths, (output, expected), strict=True):
            path.write_bytes(content)
        command = [program, mode, *map(str, paths), str(REPETITIONS)]
        words = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    if words[1] != "false":
        raise SystemExit(f"Assay finds a difference in {mode}")
    return float(words[0])


def main() -> None:
    print(f"{'16 MiB of output':30} {'mode':16} {'Assay MB/s':>10} {'Python MB/s':>11} {'ratio':>6}")
    for name, (mode, output, expected) in workloads().items():
        size = len(output) / 1e6
        ours = assay_seconds(sys.argv[1], mode, output, expected)
        theirs = python_seconds(mode, output, expected)
        ratio = theirs / ours
        print(f"{name:30} {mode:16} {size / ours:10.0f} {size / theirs:11.0f} {ratio:6.1f}")


if __name__ == "__main__":
    main()
