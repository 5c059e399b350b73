# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Measures the JSON tape against orjson: CPU time of one parse of a rollout's request body.

Run by scripts/bench-http. Both parse the same bodies in turn, 9 times; medians. Bodies are those of
the HTTP benchmark, as `json.dumps` writes them (\\uXXXX) and as UTF-8.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import orjson

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "http"))
from run import bodies  # noqa: E402

ROOT = HERE.parent.parent
SIZES = {"1 KiB": 1 << 10, "16 KiB": 16 << 10, "128 KiB": 128 << 10}
BYTES_PER_RUN = 64 << 20
PAIRS = 9


def build(work: Path) -> Path:
    """Compiles the driver with the package's own parser, with SwiftPM's release flags."""
    program, include = work / "tape", ROOT / "Sources/CJSONTape/include"
    for compiler, source in (("clang", HERE / "tape.c"),
                             ("clang++", ROOT / "Sources/CJSONTape/CJSONTape.cpp")):
        standard = ["-std=c++17"] if source.suffix == ".cpp" else ["-D_GNU_SOURCE"]
        subprocess.run([compiler, "-O2", *standard, "-I", include, "-c", source,
                        "-o", work / f"{source.stem}.o"], check=True)
    subprocess.run(["clang++", work / "tape.o", work / "CJSONTape.o", "-lsimdjson", "-o", program],
                   check=True)
    return program


def orjson_nanoseconds(lines: list[bytes], rounds: int) -> float:
    start = time.process_time_ns()
    for _ in range(rounds):
        for line in lines:
            orjson.loads(line)
    return (time.process_time_ns() - start) / rounds / len(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()
    work = HERE.parent / "out"
    work.mkdir(exist_ok=True)
    tape = subprocess.Popen(
        [build(work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert tape.stdin is not None and tape.stdout is not None
    report = []
    print("| body | text | tape µs | orjson µs | ratio [range] |\n|---|---|---|---|---|")
    for name, size in SIZES.items():
        for form in ("escaped", "UTF-8"):
            lines = bodies(size)
            if form == "UTF-8":
                lines = [json.dumps(json.loads(line), ensure_ascii=False).encode() for line in lines]
            path = work / "json.jsonl"
            path.write_bytes(b"\n".join(lines))
            rounds = max(1, BYTES_PER_RUN // (size * len(lines)))
            runs = []
            for _ in range(PAIRS):
                tape.stdin.write(f"{path} {rounds}\n")
                tape.stdin.flush()
                runs.append((float(tape.stdout.readline()), orjson_nanoseconds(lines, rounds)))
            ours, theirs = (statistics.median(column) / 1e3 for column in zip(*runs))
            ratios = [right / left for left, right in runs]
            report.append({"body": name, "text": form, "tape_us": ours, "orjson_us": theirs,
                           "ratio": statistics.median(ratios)})
            print(f"| {name} | {form} | {ours:.2f} | {theirs:.2f} | "
                  f"{statistics.median(ratios):.1f} [{min(ratios):.1f}–{max(ratios):.1f}] |")
    tape.stdin.close()
    tape.wait()
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
