# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Measures greedy collation on 2,048 lognormal lengths, beside microbatches in order of arrival.

Run by `make bench-collation`. The paper (arXiv 2506.10910 §3) gives 19 % less padding and says
neither of what lengths nor against what.
"""

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence

from assay_rl.collation import collate_greedily, collate_in_order

SEQUENCES = 2048  # the paper's batch (§5.3)
BUDGET_TOKENS = 32768
MEDIAN_TOKENS = 6000
P99_OVER_MEDIAN = 5.0  # the paper's longest completions take up to five times the shortest (§3)
P99_SIGMAS = 2.3263  # the standard normal distribution's 99th percentile
SEEDS = range(20)


def lognormal_lengths(seed: int) -> list[int]:
    """Lengths in tokens [sequence], p99 five times the median, none over the budget."""
    rng = random.Random(seed)
    sigma = math.log(P99_OVER_MEDIAN) / P99_SIGMAS
    draws = (round(MEDIAN_TOKENS * rng.lognormvariate(0, sigma)) for _ in range(SEQUENCES))
    return [min(max(draw, 1), BUDGET_TOKENS) for draw in draws]


def rectangles_in_order(lengths: Sequence[int], budget_tokens: int) -> tuple[int, int]:
    """Microbatches and tokens of padded rectangles, rows times the longest, filled on arrival."""
    microbatches = tokens = rows = longest = 0
    for length in lengths:
        if rows == 0 or (rows + 1) * max(longest, length) > budget_tokens:
            tokens += rows * longest
            microbatches, rows, longest = microbatches + 1, 0, 0
        rows, longest = rows + 1, max(longest, length)
    return microbatches, tokens + rows * longest


def packed(
    collate: Callable[[Sequence[int], int], list[list[int]]],
) -> Callable[[Sequence[int], int], tuple[int, int]]:
    """Microbatches and tokens of packed rows, each padded to the budget."""

    def measure(lengths: Sequence[int], budget_tokens: int) -> tuple[int, int]:
        count = len(collate(lengths, budget_tokens))
        return count, count * budget_tokens

    return measure


LAYOUTS = {
    "padded rectangles, order of arrival": rectangles_in_order,
    "packed rows, order of arrival": packed(collate_in_order),
    "packed rows, greedy": packed(collate_greedily),
}


def main() -> None:
    """Prints means over the seeds, and the worst greedy one."""
    print(f"{SEQUENCES} lengths, median {MEDIAN_TOKENS}, p99/p50 = {P99_OVER_MEDIAN:g}, ", end="")
    print(f"budget {BUDGET_TOKENS}, mean of {len(SEEDS)} seeds")
    print("| layout | microbatches | padding | tokens computed |")
    print("|---|---|---|---|")
    minibatches = [lognormal_lengths(seed) for seed in SEEDS]
    computed: dict[str, float] = {}
    padding: dict[str, float] = {}
    for name, layout in LAYOUTS.items():
        measured = [layout(lengths, BUDGET_TOKENS) for lengths in minibatches]
        computed[name] = statistics.fmean(tokens for _, tokens in measured)
        padding[name] = computed[name] - statistics.fmean(map(sum, minibatches))
        count = statistics.fmean(count for count, _ in measured)
        share = padding[name] / computed[name]
        print(f"| {name} | {count:.0f} | {share:.1%} | {computed[name] / 1e6:.2f} M |")
    greedy = list(LAYOUTS)[-1]
    shares = [1 - sum(m) / LAYOUTS[greedy](m, BUDGET_TOKENS)[1] for m in minibatches]
    print(f"greedy, worst seed: {max(shares):.2%} unfilled")
    for name in list(LAYOUTS)[:2]:
        fewer = 1 - padding[greedy] / padding[name]
        less = 1 - computed[greedy] / computed[name]
        print(f"greedy against {name}: padding -{fewer:.1%}, tokens computed -{less:.1%}")
    print("the paper: padding -19 %, baseline and lengths not given")
    start = time.process_time()
    for lengths in minibatches:
        collate_greedily(lengths, BUDGET_TOKENS)
    elapsed = (time.process_time() - start) / len(SEEDS)
    print(f"greedy collation of {SEQUENCES} sequences: {elapsed * 1000:.1f} ms of CPU time")


if __name__ == "__main__":
    main()
