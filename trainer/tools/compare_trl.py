# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Compares the loss with TRL's own `GRPOTrainer._compute_loss`, called unmodified.

Run by `make compare-trl`, which has TRL in an environment of its own. Prints the largest
differences and writes `fixtures/trainer/trl.jsonl`, which the tests replay without TRL.

TRL's method wants a trainer; a plain object with the attributes that it reads stands in for one,
and gives it the log-probabilities that a model would.
"""

import json
import platform
import sys
from collections import defaultdict
from collections.abc import Sequence
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

import reference
from assay_rl.grpo import GRPOOptions
from cases import rollouts, run_torch
from golden_loss import FIXTURES, as_json, rounded

FILE = FIXTURES / "trl.jsonl"
TOLERANCE = 1e-6

# TRL's setting, ours, and whether TRL is called once a group and the results averaged.
SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("dapo = per batch", {"loss_type": "dapo"}, {"loss_mean": "batch"}, False),
    ("bnpo = per batch", {"loss_type": "bnpo"}, {"loss_mean": "batch"}, False),
    ("dapo once a group, averaged = per group", {"loss_type": "dapo"}, {}, True),
    ("bnpo once a group, averaged = per group", {"loss_type": "bnpo"}, {}, True),
    (
        "beta, entropy_coef = KL, entropy bonus",
        {"loss_type": "dapo", "beta": 0.04, "entropy_coef": 0.001},
        {"loss_mean": "batch", "kl_coefficient": 0.04, "entropy_coefficient": 0.001},
        False,
    ),
    (
        "epsilon, epsilon_high = clip_low, clip_high",
        {"loss_type": "dapo", "epsilon": 0.1, "epsilon_high": 0.4},
        {"loss_mean": "batch", "clip_low": 0.1, "clip_high": 0.4},
        False,
    ),
]


def trl_loss(
    cases: Sequence[reference.Rollout],
    advantages: Sequence[float],
    settings: dict[str, Any],
    dtype: torch.dtype,
) -> tuple[float, list[list[float]]]:
    """TRL's loss of some rollouts and its gradient in their log-probabilities [rollout][token]."""
    from trl.trainer.grpo_trainer import GRPOTrainer

    width = max(len(case.logprobs) for case in cases)

    def rectangle(name: str) -> Tensor:
        rows = [[float(value) for value in getattr(case, name)] for case in cases]
        return torch.tensor([row + [0.0] * (width - len(row)) for row in rows], dtype=dtype)

    logprobs = rectangle("logprobs").requires_grad_()
    mask = torch.tensor([[t < len(case.logprobs) for t in range(width)] for case in cases]).long()
    ids = torch.zeros(len(cases), width, dtype=torch.long)
    inputs = {
        "prompt_ids": ids[:, :1],
        "prompt_mask": ids[:, :1] + 1,
        "completion_ids": ids,
        "completion_mask": mask,
        "advantages": torch.tensor(list(advantages), dtype=dtype),
        "old_per_token_logps": rectangle("sampling_logprobs"),
        "ref_per_token_logps": rectangle("reference_logprobs"),
        "num_items_in_batch": mask.sum(),
    }
    model = SimpleNamespace(training=True)
    trainer = stand_in(model, logprobs, rectangle("entropies"), settings)
    loss = GRPOTrainer._compute_loss(trainer, model, inputs)
    loss.backward()
    assert logprobs.grad is not None
    rows = logprobs.grad.tolist()
    return float(loss.detach()), [
        row[: len(c.logprobs)] for row, c in zip(rows, cases, strict=True)
    ]


def stand_in(
    model: SimpleNamespace, logprobs: Tensor, entropies: Tensor, settings: dict[str, Any]
) -> SimpleNamespace:
    """What `_compute_loss` reads of a trainer, at TRL's defaults but for the settings."""
    return SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *_, **__: (logprobs, entropies, None),
        model=model,
        loss_type=settings["loss_type"],
        epsilon_low=settings.get("epsilon", 0.2),
        epsilon_high=settings.get("epsilon_high", 0.28),
        beta=settings.get("beta", 0.0),
        entropy_coef=settings.get("entropy_coef", 0.0),
        _entropy_bonus_enabled=settings.get("entropy_coef", 0.0) != 0,
        use_adaptive_entropy=False,
        aux_loss_enabled=False,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level="token",
        use_vllm=False,
        current_gradient_accumulation_steps=1,
        args=SimpleNamespace(delta=None, use_bias_correction_kl=False, steps_per_generation=1),
        accelerator=SimpleNamespace(
            num_processes=1,
            sync_gradients=True,
            gather=lambda values: values,
            reduce=lambda values, reduction: values,  # noqa: ARG005 - TRL names it
        ),
        _metrics=defaultdict(lambda: defaultdict(list)),
    )


def compare(
    cases: list[reference.Rollout],
    theirs: dict[str, Any],
    ours: dict[str, Any],
    once_a_group: bool,
    dtype: torch.dtype,
) -> dict[str, Any]:
    """Both losses and gradients of one minibatch, all of it kept."""
    terms, gradients, plan = run_torch(cases, GRPOOptions(group_filter="none", **ours), dtype)
    names = list(dict.fromkeys(case.group for case in cases)) if once_a_group else [None]
    loss, rows = 0.0, [[0.0] * len(case.logprobs) for case in cases]
    for name in names:
        members = [i for i, case in enumerate(cases) if name in (None, case.group)]
        part, part_rows = trl_loss(
            [cases[i] for i in members], [plan.advantages[i] for i in members], theirs, dtype
        )
        loss += part / len(names)
        for index, row in zip(members, part_rows, strict=True):
            rows[index] = [value / len(names) for value in row]
    return {
        "loss": loss,
        "gradients": rows,
        "loss_difference": abs(loss - float(terms.total.detach())),
        "gradient_difference": max_difference(rows, gradients),
        "gradient_largest": max_difference(rows, [[0.0] * len(row) for row in rows]),
    }


def max_difference(first: list[list[float]], second: list[list[float]]) -> float:
    """The largest difference of two [rollout][token]."""
    return max(
        abs(x - y)
        for left, right in zip(first, second, strict=True)
        for x, y in zip(left, right, strict=True)
    )


def minibatch(seed: int, groups: int) -> list[reference.Rollout]:
    """Rollouts that TRL can take: all graded, none empty."""
    drawn = rollouts(seed, groups=groups, size=6, tokens_max=8, masked_share=0)
    return [rounded(case) for case in drawn if case.logprobs]


def main() -> None:
    """Prints a table and writes the golden file; fails above the tolerance."""
    versions = {name: version(name) for name in ("trl", "torch", "transformers")}
    versions["python"] = platform.python_version()
    print(", ".join(f"{name} {number}" for name, number in versions.items()))
    print("| TRL = ours | groups | dtype | loss differs by | gradient differs by |")
    print("|---|---|---|---|---|")
    written, worst = [], 0.0
    for name, theirs, ours, once_a_group in SETTINGS:
        for groups in (1, 4, 16):
            for dtype in (torch.float64, torch.float32):
                found = [
                    compare(minibatch(seed, groups), theirs, ours, once_a_group, dtype)
                    for seed in range(5)
                ]
                loss = max(one["loss_difference"] for one in found)
                gradient = max(one["gradient_difference"] for one in found)
                worst = max(worst, loss, gradient)
                kind = str(dtype).removeprefix("torch.")
                print(f"| {name} | {groups} | {kind} | {loss:.1e} | {gradient:.1e} |")
            if groups <= 4:
                written.append(golden(name, theirs, ours, once_a_group, groups, versions))
    print_gap()
    FILE.write_text("".join(f"{line}\n" for line in written))
    print(f"compare-trl: largest difference {worst:.1e}; wrote {len(written)} cases to {FILE.name}")
    if worst > TOLERANCE:
        sys.exit(f"compare-trl: {worst:.1e} is above {TOLERANCE:.0e}")


def golden(
    name: str,
    theirs: dict[str, Any],
    ours: dict[str, Any],
    once_a_group: bool,
    groups: int,
    versions: dict[str, str],
) -> str:
    """One line of the golden file."""
    cases = minibatch(0, groups)
    found = compare(cases, theirs, ours, once_a_group, torch.float64)
    return json.dumps(
        {
            "name": f"{name}, {groups} groups",
            "why": f"TRL {theirs}" + (", mean over groups" if once_a_group else ""),
            "versions": versions,
            "options": {"group_filter": "none", **ours},
            "rollouts": [as_json(case) for case in cases],
            "expected": {name: found[name] for name in ("loss", "gradients")},
        }
    )


def print_gap() -> None:
    """How far TRL's own mean is from the paper's where there are several groups."""
    for groups in (1, 4, 16):
        gaps = []
        for seed in range(5):
            cases = minibatch(seed, groups)
            found = compare(cases, {"loss_type": "dapo"}, {}, False, torch.float64)
            gaps.append(found["gradient_difference"] / found["gradient_largest"])
        print(f"TRL dapo, {groups} groups: gradient up to {max(gaps):.0%} from the paper's mean")


if __name__ == "__main__":
    main()
