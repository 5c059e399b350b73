# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Trouble on the way to Assay never becomes a number, and lost think tags are noticed."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import pytest

from assay_rl.adapters import (
    Grader,
    ThinkTokensLostWarning,
    UnswallowedRewardError,
    nemo,
    openrlhf,
    trl,
    verifiers,
)
from assay_rl.adapters._thoughts import ThoughtsWatch
from assay_rl.client import AssayError, ClientOptions, Result, RetryPolicy
from scripted_server import Reply, scripted

HASTY = ClientOptions(retry=RetryPolicy(attempts=2, deadline_s=5))
TEXT = "<think>a</think> \\boxed{1}"


def busy(_: dict[str, Any]) -> Reply:
    return Reply(503, headers={"retry-after": "0"})


def graded(body: dict[str, Any]) -> Reply:
    lines = [
        json.dumps({"index": n, "status": "graded", "reward": 1.0, "correct": True})
        for n in range(len(body["items"]))
    ]
    return Reply(lines=lines)


def test_a_busy_node_is_asked_again() -> None:
    with scripted(busy, graded) as server:
        reward = trl.AssayReward(server.url, options=HASTY)
        assert reward(prompts=["?"], completions=[TEXT], answer=["1"]) == [1.0]
        reward.grader.close()
    assert len(server.bodies) == 2


def test_a_node_that_stays_away_is_an_error_and_no_number() -> None:
    with scripted(busy) as server:
        reward = trl.AssayReward(server.url, options=HASTY)
        with pytest.raises(AssayError):
            reward(prompts=["?"], completions=[TEXT], answer=["1"])
        openrlhf_reward = openrlhf.RewardFunction(Grader(server.url, options=HASTY))
        with pytest.raises(UnswallowedRewardError):
            openrlhf_reward(["?" + TEXT], ["?"], ["1"])
        reward.grader.close()
        openrlhf_reward.grader.close()

        async def ask_the_others() -> None:
            rubric = verifiers.RubricReward(Grader(server.url, options=HASTY))
            with pytest.raises(UnswallowedRewardError):
                await rubric("?", TEXT, "1")
            await rubric.grader.close_async()
            gym = nemo.GymVerifier(Grader(server.url, options=HASTY), can_mask=True)
            body = {
                "responses_create_params": {"input": "?"},
                "response": {"output": [{"role": "assistant", "content": TEXT}]},
                "answer": "1",
            }
            with pytest.raises(AssayError):
                await gym.verify(body)
            await gym.grader.close_async()

        asyncio.run(ask_the_others())


def unthoughtful() -> Result:
    details = {"format": {"verdict": "missing_think"}}
    return Result(index=0, status="graded", reward=0.0, details=details)


@pytest.mark.parametrize(
    ("text", "advice"), [("a \\boxed{1}", "special tokens"), ("a</think> b", "think_prefilled")]
)
def test_think_tags_that_never_arrive_are_explained_once(text: str, advice: str) -> None:
    watch = ThoughtsWatch()
    for _ in range(15):
        watch.see(text, unthoughtful())
    with pytest.warns(ThinkTokensLostWarning, match=advice):
        watch.see(text, unthoughtful())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(40):
            watch.see(text, unthoughtful())


def test_a_policy_that_sometimes_thinks_is_not_suspected() -> None:
    watch = ThoughtsWatch()
    for place in range(60):
        watch.see("<think>a" if place % 10 == 9 else "a", unthoughtful())
