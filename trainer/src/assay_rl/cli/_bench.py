# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The demo's claims, measured: several seeds, two controls, and the log graded again."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from assay_rl.cli._commands import say
from assay_rl.client import Client
from assay_rl.demo import DemoOptions, DemoOutcome, run_demo
from assay_rl.training import regrade

# What the demo claims of each seed.
_RISE_MIN = 0.15
_ROW = "| {:<26} | {:>4} | {:>6} | {:>6} | {:>6} | {:>6} | {:>6} | {:<18} | {:>5} |"


def bench(options: argparse.Namespace, client: Client) -> int:
    """Prints a table; 1 if a claim does not hold for some seed."""
    say(
        _ROW.format(
            "method", "seed", "before", "after", "rise", "greedy", "form", "95 % of the rise", "s"
        )
    )
    say("|" + "---|" * 9)
    failures: list[str] = []
    for seed in options.seeds:
        failures += _seed(seed, options, client)
    for failure in failures:
        say(f"FAILED: {failure}")
    if not failures:
        say(f"every seed rose by at least {_RISE_MIN}, no control did, every reward repeated")
    return 1 if failures else 0


def _seed(seed: int, options: argparse.Namespace, client: Client) -> list[str]:
    base = DemoOptions(
        out=options.out / f"{seed}-both",
        seed=seed,
        steps=options.steps,
        warm_up_steps=options.warm_up_steps,
        held_out=options.held_out,
    )
    failures = []
    both = _run("fine-tuned, reinforced", base, client)
    if both.rise < _RISE_MIN or both.interval_low <= 0:
        failures.append(f"seed {seed} rose by {both.rise:.3f}")
    again = regrade(base.out / "rollouts.jsonl", client)
    if not again.compared or again.differences:
        failures.append(f"seed {seed}: {len(again.differences)} of {again.compared} rewards differ")
    control = replace(
        base,
        out=options.out / f"{seed}-shuffled",
        shuffle_rewards=True,
        warmed_up=base.out / "warmed-up.pt",
    )
    shuffled = _run("the same, rewards shuffled", control, client)
    if shuffled.interval_low > 0:
        failures.append(f"seed {seed} rose by {shuffled.rise:.3f} on shuffled rewards")
    _run(
        "fine-tuned for longer",
        replace(
            base, out=options.out / f"{seed}-sft", method="sft", warmed_up=base.out / "warmed-up.pt"
        ),
        client,
    )
    _run("reinforced only", replace(base, out=options.out / f"{seed}-rl", method="rl"), client)
    return failures


def _run(name: str, options: DemoOptions, client: Client) -> DemoOutcome:
    began = time.monotonic()
    outcome = run_demo(options, client)
    before, after = outcome.before, outcome.after
    interval = f"{outcome.interval_low:+.3f} … {outcome.interval_high:+.3f}"
    say(
        _ROW.format(
            name,
            options.seed,
            f"{before.answer_correct:.3f}",
            f"{after.answer_correct:.3f}",
            f"{outcome.rise:+.3f}",
            f"{after.greedy_answer_correct:.3f}",
            f"{after.well_formed:.3f}",
            interval,
            f"{time.monotonic() - began:.0f}",
        )
    )
    return outcome
