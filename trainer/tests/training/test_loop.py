# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The step of reinforcement: it learns, repeats, resumes, and masks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from assay_rl.client import Group, Result
from assay_rl.grpo import GRPOOptions
from assay_rl.policy import Decoder, DecoderConfig, ModelSampler, SamplingOptions, Tokenizer
from assay_rl.training import (
    Journal,
    LoopOptions,
    Prompt,
    ReinforcementLoop,
    load_checkpoint,
    load_policy,
    read_lines,
    run_steps,
    save_checkpoint,
)
from training.fake_rewards import AsciiRewards

TOKENIZER = Tokenizer(["a", "b", "c", "d"])


def draw(step: int) -> list[Prompt]:
    return [
        Prompt(
            name=f"{step}/{i}",
            messages=[{"role": "user", "content": "abcd"[i]}],
            problem="abcd"[i],
            task={"type": "none"},
        )
        for i in range(4)
    ]


def options(*, shuffle: bool = False) -> LoopOptions:
    return LoopOptions(
        prompts=4,
        group_size=8,
        sampling=SamplingOptions(max_tokens=6),
        learning_rate=3e-3,
        microbatch_tokens=64,
        seed=3,
        shuffle_rewards=shuffle,
    )


def fresh() -> Decoder:
    torch.manual_seed(1)
    return Decoder(DecoderConfig(TOKENIZER.size, width=16, layers=1, heads=2))


def loop(
    model: Decoder,
    journal: Journal | None = None,
    rewards: AsciiRewards | None = None,
    *,
    shuffle: bool = False,
) -> ReinforcementLoop:
    sampler = ModelSampler(model, TOKENIZER.end_id, TOKENIZER.pad_id)
    paid = rewards or AsciiRewards()
    settings = options(shuffle=shuffle)
    return ReinforcementLoop(model, TOKENIZER, sampler, paid, draw, settings, journal)


def weights(model: Decoder) -> list[bytes]:
    return [bytes(p.detach().numpy().tobytes()) for p in model.parameters()]


def rise(*, shuffle: bool) -> float:
    steps = 60
    learner = loop(fresh(), shuffle=shuffle)
    rewards = [learner.step(number)["reward"] for number in range(steps)]
    return sum(rewards[-10:]) / 10 - sum(rewards[:10]) / 10


def test_what_is_paid_is_learned_and_shuffled_pay_teaches_nothing() -> None:
    learned, control = rise(shuffle=False), rise(shuffle=True)
    assert learned > 0.1
    assert control < learned / 4


def test_a_run_repeats_bit_for_bit() -> None:
    models = [fresh(), fresh()]
    for model in models:
        run_steps(loop(model), range(4))
    assert weights(models[0]) == weights(models[1])


def saver(path: Path, model: Decoder, learner: ReinforcementLoop) -> Callable[[int], None]:
    def save(step: int) -> None:
        save_checkpoint(path, model, TOKENIZER, step=step, optimizer=learner.optimizer)

    return save


def test_an_interrupted_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole, path = fresh(), tmp_path / "checkpoint.pt"
    with Journal(tmp_path / "whole", tensorboard=False) as journal:
        run_steps(loop(whole, journal), range(7))

    first = fresh()
    with Journal(tmp_path / "parts", tensorboard=False) as journal:
        learner = loop(first, journal)
        run_steps(learner, range(4), checkpoint=saver(path, first, learner), checkpoint_every=3)
        learner.step(4)  # done, but not saved: an interruption loses it
    with (tmp_path / "parts" / "rollouts.jsonl").open("a") as log:
        log.write('{"step": 5, "rollo')  # half a line

    second, tokenizer = load_policy(path)
    state = load_checkpoint(path)
    assert tokenizer.words == TOKENIZER.words
    with Journal(tmp_path / "parts", resume_step=state["step"], tensorboard=False) as journal:
        learner = loop(second, journal)
        learner.optimizer.load_state_dict(state["optimizer"])
        run_steps(learner, range(state["step"], 7))

    assert weights(second) == weights(whole)
    logs = [(tmp_path / name / "rollouts.jsonl").read_text() for name in ("whole", "parts")]
    assert logs[0] == logs[1]
    steps = [line["step"] for line in read_lines(tmp_path / "parts" / "metrics.jsonl")]
    assert steps == list(range(7))


def test_missing_rewards_are_masked_and_counted(tmp_path: Path) -> None:
    rewards = AsciiRewards(frozenset({2, 5}))
    with Journal(tmp_path, tensorboard=False) as journal:
        metrics = loop(fresh(), journal, rewards).step(5)
    lines = list(read_lines(tmp_path / "rollouts.jsonl"))
    masked = [line["rollout"]["id"] for line in lines if line["result"]["reward"] is None]
    assert masked == [f"5/{group}/{member}" for group in range(4) for member in (2, 5)]
    assert metrics["masked_share"] == 8 / 32
    assert metrics["rollouts_kept"] <= 24
    assert rewards.seeds == [5]


class FlatRewards(AsciiRewards):
    """Pays every rollout the same."""

    def group_rewards(
        self,
        groups: Sequence[Group],
        *,
        recipe: str | Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> list[list[Result]]:
        results = super().group_rewards(groups, recipe=recipe, seed=seed)
        return [[replace(result, reward=0.1) for result in row] for row in results]


def test_without_any_difference_the_policy_stays() -> None:
    model = fresh()
    before = weights(model)
    metrics = loop(model, rewards=FlatRewards()).step(0)
    assert metrics["groups_kept"] == 0
    assert weights(model) == before


def test_a_kl_term_is_refused_without_a_reference() -> None:
    settings = replace(options(), objective=GRPOOptions(kl_coefficient=0.1))
    sampler = ModelSampler(fresh(), TOKENIZER.end_id, TOKENIZER.pad_id)
    with pytest.raises(ValueError, match="reference"):
        ReinforcementLoop(fresh(), TOKENIZER, sampler, AsciiRewards(), draw, settings)


def test_checkpoints_are_replaced_whole_and_run_no_code(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, fresh(), TOKENIZER, step=1)
    save_checkpoint(path, fresh(), TOKENIZER, step=2)
    assert load_checkpoint(path)["step"] == 2
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]
    torch.save({"format": 99}, path)
    with pytest.raises(ValueError, match="format"):
        load_checkpoint(path)


def test_tensorboard_events_are_written_where_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="pip install tensorboard")
    with Journal(tmp_path) as journal:
        journal.metrics(0, {"reward": 0.5})
    assert any((tmp_path / "tensorboard").iterdir())
    assert json.loads((tmp_path / "metrics.jsonl").read_text()) == {"step": 0, "reward": 0.5}
