# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What a log of graded rollouts is good for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay_rl.client import Client, Rollout
from assay_rl.training import Journal, read_lines, regrade, rewarded_chats

THOUGHTS = "Taking half of a half means dividing one by two, and then once more by two."
RECIPE = {"base": "magistral", "length": {"max_tokens": 64, "cache_tokens": 16}}


def rollouts() -> list[Rollout]:
    texts = [
        f"<think>{THOUGHTS}</think> So it is $\\boxed{{0.25}}$.",
        f"<think>{THOUGHTS}</think> So it is $\\boxed{{0.5}}$.",
        f"<think>{THOUGHTS}</think> So it is 0.25.",
        "<think>4</think> $\\boxed{0.25}$",
        f"<think>{THOUGHTS}</think> So it is $\\boxed{{0.25}}$.",
    ]
    tasks = {"type": "math", "reference": "\\frac{1}{4}"}
    return [
        Rollout(
            id=f"0/{i}",
            problem="What is half of one half?",
            completion=text,
            completion_tokens=45 + i,
            task=tasks,
        )
        for i, text in enumerate(texts)
    ]


@pytest.fixture
def log(tmp_path: Path, assay_url: str) -> Path:
    with Client(assay_url) as client, Journal(tmp_path, tensorboard=False) as journal:
        for step in range(2):
            results = client.rewards(rollouts(), recipe=RECIPE)
            journal.rollouts(step, rollouts(), results, RECIPE)
    return tmp_path / "rollouts.jsonl"


def test_grading_a_log_again_gives_the_same_bits(log: Path, assay_url: str) -> None:
    with Client(assay_url) as client:
        found = regrade(log, client)
    assert (found.compared, found.differences, found.skipped) == (10, [], 0)


def edited(log: Path, place: int, **result: Any) -> None:
    lines = list(read_lines(log))
    lines[place]["result"].update(result)
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_reward_off_by_its_last_bit_is_found(log: Path, assay_url: str) -> None:
    reward = next(iter(read_lines(log)))["result"]["reward"]
    edited(log, 0, reward=reward + 2**-52)
    edited(log, 3, status="overloaded", reward=None)
    with Client(assay_url) as client:
        found = regrade(log, client)
    assert (found.compared, found.skipped) == (9, 1)
    assert [d.id for d in found.differences] == ["0/0"]
    assert found.differences[0].regraded["reward"] == reward


def test_chats_are_made_of_fully_rewarded_rollouts_alone(log: Path) -> None:
    # 0.5 is wrong, one has no box, the thought "4" is in no language, the last is a repetition.
    chats = list(rewarded_chats(log))
    assert [chat["messages"] for chat in chats] == [
        [
            {"role": "user", "content": "What is half of one half?"},
            {"role": "assistant", "content": rollouts()[0].completion},
        ]
    ]


def test_a_length_penalty_is_not_full_reward(log: Path) -> None:
    components = {"format": 0.1, "correctness": 0.9, "length": -0.05, "language": 0.1}
    for place in range(10):
        edited(log, place, components=components)
    assert list(rewarded_chats(log)) == []


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"messages": []}\n')
    with pytest.raises(ValueError, match="no log of rollouts"):
        list(rewarded_chats(path))
    path.write_text("[1]\n")
    with pytest.raises(ValueError, match=r"other\.jsonl:1"):
        list(rewarded_chats(path))
