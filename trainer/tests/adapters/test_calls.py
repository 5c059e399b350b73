# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Each adapter, called as its trainer calls it, member by member, against a real `assay serve`."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assay_rl.adapters import (
    Grader,
    MissingRewardError,
    UnswallowedRewardError,
    areal,
    nemo,
    openrlhf,
    rllm,
    skyrl,
    slime,
    trl,
    verifiers,
    verl,
)

PROBLEM = "What is half of one half?"
THOUGHTS = "Taking half of a half means dividing one by two, and then once more by two."
FULL = 0.1 + 0.9 + 0.0 + 0.1
BROKEN = "\\frac{"  # a reference that cannot be read


def said(answer: str) -> str:
    return f"<think>{THOUGHTS}</think> So it is $\\boxed{{{answer}}}$."


RIGHT, WRONG = said("0.25"), said("0.5")
WRONG_REWARD = 0.1 + 0.0 + 0.0 + 0.1
CODE = "<think>Add one.</think>\n```python\nprint(int(input()) + 1)\n```"
TESTS = '{"inputs": ["1\\n"], "outputs": ["2\\n"]}'


@pytest.fixture(autouse=True)
def _address(assay_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    made: list[Grader] = []
    original = Grader.__init__

    def remember(grader: Grader, *arguments: Any, **settings: Any) -> None:
        original(grader, *arguments, **settings)
        made.append(grader)

    monkeypatch.setenv("ASSAY_URL", assay_url)
    monkeypatch.setattr(Grader, "__init__", remember)
    yield
    for grader in made:
        grader.close()
    for cache in (verl._grader_of, slime._grader_of, skyrl._grader_of, openrlhf._default):
        cache.cache_clear()


async def closing(grader: Grader, call: Any) -> Any:
    """Waits for a call and closes what it opened on this loop."""
    try:
        return await call
    finally:
        await grader.close_async()


# TRL 1.16.0, trl/trainer/grpo_trainer.py, _calculate_rewards.


def trl_columns(logged: dict[str, Any]) -> dict[str, Any]:
    return {
        "completion_ids": [[1, 2, 3]] * 4,
        "answer": ["1/4", "1/4", BROKEN, TESTS],
        "level": [1, 2, 3, 4],
        "trainer_state": SimpleNamespace(global_step=7),
        "log_extra": logged.__setitem__,
        "log_metric": logged.__setitem__,
    }


def test_trl_gets_a_reward_or_none_and_the_parts_in_its_log() -> None:
    logged: dict[str, Any] = {}
    reward = pickle.loads(pickle.dumps(trl.AssayReward()))
    texts = [RIGHT, WRONG, RIGHT, CODE]
    rewards = reward(prompts=[PROBLEM] * 4, completions=texts, **trl_columns(logged))
    reward.grader.close()
    assert rewards[:3] == [FULL, WRONG_REWARD, None]
    assert rewards[3] >= 1.0
    assert logged["assay_status"] == ["graded", "graded", "invalid_task", "graded"]
    assert logged["assay_correct"] == [True, False, None, True]
    assert logged["assay/masked"] == 0.25
    assert logged["assay/correct"] == 2 / 3


def test_trl_conversations_are_paid_as_texts_are() -> None:
    prompts = [[{"role": "system", "content": "Think."}, {"role": "user", "content": PROBLEM}]] * 2
    completions = [[{"role": "assistant", "content": text}] for text in (RIGHT, WRONG)]
    reward = trl.AsyncAssayReward()
    call = reward(prompts=prompts, completions=completions, solution=["1/4", "1/4"])
    assert asyncio.run(closing(reward.grader, call)) == [FULL, WRONG_REWARD]


def test_trl_refuses_a_dataset_without_labels() -> None:
    with pytest.raises(ValueError, match="no label"):
        trl.AssayReward()(prompts=["?"], completions=[RIGHT], level=[1])


class FakeTokenizer:
    """Has think tags as special tokens, as some vocabularies do."""

    words = ("<think>", "</think>", "<end>", f"{THOUGHTS}", " So it is $\\boxed{0.25}$.")
    all_special_ids = (0, 1, 2)

    def convert_tokens_to_ids(self, token: str) -> int:
        return self.words.index(token)

    def decode(self, ids: list[int], *, skip_special_tokens: bool) -> str:
        kept = [i for i in ids if not (skip_special_tokens and i in self.all_special_ids)]
        return "".join(self.words[i] for i in kept)


def test_think_tags_that_decoding_removed_come_back_with_the_tokenizer() -> None:
    ids = [0, 3, 1, 4, 2, 2]
    text = FakeTokenizer().decode(ids, skip_special_tokens=True)
    asked: dict[str, Any] = {"prompts": [PROBLEM], "completions": [text], "answer": ["1/4"]}
    without, having = trl.AssayReward(), trl.AssayReward(tokenizer=FakeTokenizer())
    assert without(completion_ids=[ids], **asked) == [0.0]
    assert having(completion_ids=[ids], **asked) == [FULL]
    without.grader.close()
    having.grader.close()


# verl 0.9.1, experimental/reward_loop/reward_manager/naive.py and workers/reward_manager/batch.py.


def verl_extra() -> dict[str, Any]:
    return {"index": 3, "question": PROBLEM, "num_turns": None, "rollout_reward_scores": {}}


def test_verl_gets_a_score_and_its_parts_as_numbers() -> None:
    asked: dict[str, Any] = {
        "data_source": "openai/gsm8k",
        "ground_truth": "1/4",
        "extra_info": verl_extra(),
    }
    right = verl.compute_score(solution_str=RIGHT, **asked)
    assert right == {
        "score": FULL,
        "acc": 1.0,
        "format": 0.1,
        "correctness": 0.9,
        "length": 0.0,
        "language": 0.1,
    }
    grader = verl._grader({})
    call = verl.compute_score_async(solution_str=WRONG, **asked)
    assert asyncio.run(closing(grader, call)) == {**right, "score": WRONG_REWARD, "acc": 0.0} | {
        "correctness": 0.0
    }
    grader.close()


def test_verl_batches_are_graded_at_once() -> None:
    scores = verl.compute_scores(
        data_sources=np.array(["a", "b"], dtype=object),
        solution_strs=[RIGHT, CODE],
        ground_truths=["1/4", TESTS],
        extra_infos=np.array([verl_extra(), {}], dtype=object),
        recipe={"base": "magistral", "correctness": {"reward": 2.0}},
    )
    assert [score["correctness"] for score in scores] == [2.0, 2.0]
    assert {len(score) for score in scores} == {6}


def test_verl_is_never_given_a_number_for_a_missing_reward() -> None:
    with pytest.raises(MissingRewardError, match="invalid_task") as raised:
        verl.compute_score("a", RIGHT, BROKEN, {})
    again = pickle.loads(pickle.dumps(raised.value))  # as Ray carries it
    assert again.result.status == "invalid_task"


# OpenRLHF 0.11.2, utils/agent.py, _fetch_rewards_via_func: one query at a time.


def test_openrlhf_gets_numbers_and_the_prompt_is_taken_off() -> None:
    problem = f"{PROBLEM} Please explain how you have found the result, and state it in a box."
    prompt = f"<|im_start|>user\n{problem}<|im_end|>\n<|im_start|>assistant\n"
    query = f"<s>{prompt}{RIGHT}<|im_end|>\n<|endoftext|>"
    answer = openrlhf.reward_func([query], [prompt], ["1/4"])
    assert answer["rewards"] == FULL
    assert answer["scores"] == 1.0
    assert answer["extra_logs"] == {
        "correct": 1.0,
        "format": 0.1,
        "correctness": 0.9,
        "length": 0.0,
        "language": 0.1,
    }
    two = openrlhf.reward_func([prompt + RIGHT, prompt + WRONG], [prompt] * 2, ["1/4"] * 2)
    assert two["scores"] == [1.0, 0.0]


@pytest.mark.parametrize(("query", "label"), [("cut", "1/4"), (PROBLEM + RIGHT, BROKEN)])
def test_openrlhf_cannot_swallow_a_missing_reward(query: str, label: str) -> None:
    with pytest.raises(UnswallowedRewardError):
        openrlhf.reward_func([query], [PROBLEM], [label])


# slime, rollout/rm_hub/__init__.py, async_rm and batched_async_rm; utils/types.py, Sample.


class Status(Enum):
    COMPLETED = "completed"
    TRUNCATED = "truncated"


@dataclass
class Sample:
    response: str
    label: Any = "1/4"
    prompt: Any = PROBLEM
    response_length: int = 40
    status: Status = Status.COMPLETED
    metadata: dict[str, Any] = field(default_factory=dict)


def test_slime_gets_a_number_a_list_or_an_object(assay_url: str) -> None:
    args = SimpleNamespace(rm_url=assay_url, reward_key=None)
    keyed = SimpleNamespace(rm_url=assay_url, reward_key="score")
    group = [Sample(WRONG), Sample(CODE, label=None, metadata={"input_output": TESTS})]
    grader = slime._grader(args)

    async def ask() -> None:
        assert await slime.reward(args, Sample(RIGHT)) == FULL
        rewards = await slime.reward(args, group)
        assert isinstance(rewards, list)
        assert rewards[0] == WRONG_REWARD
        parts = await slime.reward(keyed, Sample(RIGHT, status=Status.TRUNCATED))
        assert isinstance(parts, dict)
        assert (parts["score"], parts["correct"]) == (FULL, 1.0)
        with pytest.raises(MissingRewardError):
            await slime.reward(args, Sample(RIGHT, label=BROKEN))

    asyncio.run(closing(grader, ask()))


# AReaL 1.0.4, api/reward_api.py, AsyncRewardWrapper.


def test_areal_gets_a_number_from_another_process() -> None:
    reward = pickle.loads(pickle.dumps(areal.AssayReward()))
    asked = (PROBLEM, RIGHT, [1, 2], [3, 4])
    assert reward(*asked, answer="1/4", query_id="7") == FULL
    assert asyncio.run(closing(reward.grader, reward.call_async(*asked, answer="1/2"))) < FULL
    with pytest.raises(MissingRewardError):
        reward(*asked, answer=BROKEN)
    reward.grader.close()


# verifiers 0.1.14, rubrics/rubric.py, _call_individual_reward_func.


def test_verifiers_gets_a_number_and_cannot_swallow_a_missing_one() -> None:
    reward = verifiers.RubricReward()
    prompt = [{"role": "user", "content": PROBLEM}]
    completion = [{"role": "assistant", "content": RIGHT}]
    state: dict[str, Any] = {}

    async def ask() -> None:
        assert await reward(prompt, completion, "1/4", {}, state) == FULL
        assert await reward(prompt, completion, "", {"ground_truth": "1/4"}) == FULL
        with pytest.raises(UnswallowedRewardError):
            await reward(prompt, completion, BROKEN)
        result = await verifiers.reward_of_trace(reward.grader, PROBLEM, RIGHT, "1/4")
        assert result.reward == FULL

    asyncio.run(closing(reward.grader, ask()))
    assert state["assay"]["correct"] == 1.0


# NeMo-Gym, base_resources_server.py, BaseVerifyRequest; NeMo-RL, environments/interfaces.py.


def gym_body(text: str, answer: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"id": "msg", "role": "assistant", "type": "message", "content": content}
    return {
        "responses_create_params": {"input": [{"role": "user", "content": PROBLEM}]},
        "response": {"id": "resp", "object": "response", "output": [message]},
        "expected_answer": answer,
    }


def test_nemo_gym_gets_its_body_back_with_the_reward_and_its_parts() -> None:
    verifier = nemo.GymVerifier(can_mask=True)

    async def ask() -> tuple[dict[str, Any], dict[str, Any]]:
        right = await verifier.verify(gym_body(RIGHT, "1/4"))
        return right, await verifier.verify(gym_body(RIGHT, BROKEN))

    right, broken = asyncio.run(closing(verifier.grader, ask()))
    assert right["reward"] == sum(right["reward_components"].values()) == FULL
    assert right["response"] == gym_body(RIGHT, "1/4")["response"]
    assert broken["mask_sample"] is True
    assert broken["failure_kind"] == "assay:invalid_task"


def test_nemo_gym_without_masks_is_given_no_number() -> None:
    verifier = nemo.GymVerifier()
    with pytest.raises(MissingRewardError):
        asyncio.run(closing(verifier.grader, verifier.verify(gym_body(RIGHT, BROKEN))))


def test_nemo_rl_gets_a_reward_for_each_log() -> None:
    environment = nemo.AssayEnvironment()
    asked = {"role": "user", "content": PROBLEM}
    logs = [[asked, {"role": "assistant", "content": text}] for text in (RIGHT, WRONG)]
    metadata = [{"ground_truth": "1/4"}] * 2
    assert environment.rewards(logs, metadata) == [FULL, WRONG_REWARD]
    with pytest.raises(MissingRewardError):
        environment.rewards(logs, [{"ground_truth": "1/4"}, {"ground_truth": BROKEN}])
    environment.shutdown()


# rllm, rewards/reward_fn.py, RewardFunction; SkyRL-Gym 0.4.0, envs/base_text_env.py.


@dataclass(kw_only=True)
class RewardOutput:
    reward: float
    metadata: dict[str, Any] = field(default_factory=dict)
    is_correct: bool | None = None


def test_rllm_gets_its_own_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rllm", "rllm.rewards", "rllm.rewards.reward_types"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["rllm.rewards.reward_types"].__dict__["RewardOutput"] = RewardOutput
    reward = rllm.AssayReward()
    task = {"problem": PROBLEM, "data_source": "math", "ground_truth": "1/4"}
    for action in (RIGHT, SimpleNamespace(action=RIGHT)):
        output = reward(task, action)
        assert (output.reward, output.is_correct) == (FULL, True)
        assert output.metadata["format"] == 0.1
    assert reward(task, None).reward == 0.0
    with pytest.raises(MissingRewardError):
        reward({**task, "ground_truth": BROKEN}, RIGHT)
    reward.grader.close()


def test_skyrl_gets_one_graded_step() -> None:
    extras = {"reward_spec": {"method": "rule", "ground_truth": "1/4"}, "max_turns": 1}
    env = skyrl.AssayEnv(env_config={}, extras=extras)
    prompt = [{"role": "user", "content": PROBLEM}]
    assert env.init(prompt) == (prompt, {})
    step = env.step(RIGHT)
    assert (step["reward"], step["done"], step["observations"]) == (FULL, True, [])
    assert skyrl.AssayEnv.aggregate_metrics([env.get_metrics()])["correct"] == 1.0
    with pytest.raises(MissingRewardError):
        skyrl.AssayEnv(extras={"reward_spec": {"ground_truth": BROKEN}}).step(RIGHT)
    env.grader.close()
