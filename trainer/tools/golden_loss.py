# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Writes `fixtures/trainer/loss.jsonl`: minibatches with the reference's loss and gradients.

Run by `make golden-trainer`. Inputs are rounded and the reference computes in decimals, so that
every machine writes the same bytes. The lines serve any implementation of the objective.
"""

import json
from pathlib import Path
from typing import Any

import reference
from cases import OPTIONS, rollouts

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "trainer"
FILE = FIXTURES / "loss.jsonl"
DECIMALS = 6
LISTS = ("logprobs", "sampling_logprobs", "reference_logprobs", "entropies")

WHY = {
    "paper": "Magistral's objective as it stands",
    "per batch": "mean over all tokens, as DAPO",
    "per group std": "GRPO's own normalisation",
    "no normalisation": "advantages as differences of rewards",
    "correctness filter": "groups of equal correctness are dropped",
    "no filter": "groups of equal rewards count in mean, deviation and denominators",
    "KL": "penalty towards a reference policy",
    "entropy bonus": "the coefficient of the paper's ablation",
    "all ablations": "every term at once",
}


def lines() -> list[str]:
    """One JSON object a case, ready to write."""
    written = []
    for seed, (name, options) in enumerate(OPTIONS.items()):
        minibatch = [rounded(case) for case in rollouts(seed, groups=4, size=4, tokens_max=4)]
        outcome = reference.objective(minibatch, options)
        case: dict[str, Any] = {
            "name": name,
            "why": WHY[name],
            "options": options,
            "rollouts": [as_json(rollout) for rollout in minibatch],
            "expected": {
                "loss": float(outcome.loss),
                "kept": outcome.kept,
                "advantages": [float(value) for value in outcome.advantages],
                "token_weights": [float(value) for value in outcome.token_weights],
                "gradients": [[float(value) for value in row] for row in outcome.gradients],
            },
        }
        written.append(json.dumps(case))
    return written


def rounded(rollout: reference.Rollout) -> reference.Rollout:
    """The same rollout with values that print alike everywhere."""
    for name in LISTS:
        setattr(rollout, name, [round(float(v), DECIMALS) for v in getattr(rollout, name)])
    return rollout


def as_json(rollout: reference.Rollout) -> dict[str, Any]:
    """A rollout's fields as they stand in the file."""
    names = ("group", "reward", "correctness", *LISTS)
    return {name: getattr(rollout, name) for name in names}


def from_json(fields: dict[str, Any]) -> reference.Rollout:
    """A rollout read from the file."""
    return reference.Rollout(**fields)


if __name__ == "__main__":
    FIXTURES.mkdir(parents=True, exist_ok=True)
    FILE.write_text("".join(f"{line}\n" for line in lines()))
    print(f"golden-trainer: wrote {len(OPTIONS)} cases to {FILE.relative_to(FIXTURES.parents[1])}")
