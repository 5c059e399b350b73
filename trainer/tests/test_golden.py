# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The committed minibatches: the reference's, and what TRL made of others."""

import json
from typing import Any

import pytest

import golden_loss
from assay_rl.grpo import GRPOOptions
from cases import run_torch


def load(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (golden_loss.FIXTURES / name).read_text().splitlines()]


def name_of(case: dict[str, Any]) -> str:
    return str(case["name"])


def test_the_committed_minibatches_are_what_the_reference_computes() -> None:
    regenerated = "".join(f"{line}\n" for line in golden_loss.lines())
    assert golden_loss.FILE.read_text() == regenerated, "run `make golden-trainer`"


@pytest.mark.parametrize("case", load("loss.jsonl"), ids=name_of)
def test_the_loss_is_the_committed_one(case: dict[str, Any]) -> None:
    expected = case["expected"]
    cases = [golden_loss.from_json(fields) for fields in case["rollouts"]]

    terms, gradients, plan = run_torch(cases, GRPOOptions(**case["options"]))

    assert list(plan.kept) == expected["kept"]
    assert plan.advantages == pytest.approx(expected["advantages"], abs=1e-12)
    assert plan.token_weights == pytest.approx(expected["token_weights"], abs=1e-12)
    assert float(terms.total.detach()) == pytest.approx(expected["loss"], abs=1e-12)
    for got, wanted in zip(gradients, expected["gradients"], strict=True):
        assert got == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("case", load("trl.jsonl"), ids=name_of)
def test_the_loss_is_what_trl_computed(case: dict[str, Any]) -> None:
    expected = case["expected"]
    cases = [golden_loss.from_json(fields) for fields in case["rollouts"]]

    terms, gradients, _ = run_torch(cases, GRPOOptions(**case["options"]))

    assert case["versions"]["trl"]
    assert float(terms.total.detach()) == pytest.approx(expected["loss"], abs=1e-6)
    for got, wanted in zip(gradients, expected["gradients"], strict=True):
        assert got == pytest.approx(wanted, abs=1e-6)
    assert any(abs(value) > 1e-3 for row in gradients for value in row)
