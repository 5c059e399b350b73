# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Calls each adapter through its trainer's released code; run by scripts/compare-adapters.

Packages whose ``__init__`` imports engines for GPUs are entered below it: the module of the reward
path is executed from its file, unmodified, with an empty package around it.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import logging
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from assay_rl._server import serving
from assay_rl.adapters import UnswallowedRewardError, areal, openrlhf, trl, verifiers
from assay_rl.client import ClientOptions, RetryPolicy

PROBLEM = "What is half of one half? Explain how you have found it, and state it in a box."
THOUGHTS = "Taking half of a half means dividing one by two, and then once more by two."
RIGHT, WRONG = (f"<think>{THOUGHTS}</think> So it is $\\boxed{{{x}}}$." for x in ("0.25", "0.5"))
FULL, WRONG_REWARD = 0.1 + 0.9 + 0.0 + 0.1, 0.1 + 0.0 + 0.0 + 0.1
BROKEN = "\\frac{"
NOWHERE = "http://127.0.0.1:9"
HASTY = ClientOptions(retry=RetryPolicy(attempts=1, deadline_s=5))


@pytest.fixture(scope="module", autouse=True)
def _assay() -> Iterator[None]:
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_URL", server.url)
        yield


def module_alone(name: str) -> ModuleType:
    """Executes one module of an installed package without the package's own ``__init__``."""
    distribution = name.partition(".")[0].replace("_", "-")
    path = Path(str(importlib.metadata.distribution(distribution).locate_file("")))
    parts = name.split(".")
    for depth in range(1, len(parts)):
        parent = ModuleType(".".join(parts[:depth]))
        parent.__path__ = [str(path.joinpath(*parts[:depth]))]
        sys.modules.setdefault(parent.__name__, parent)
    return importlib.import_module(name)


@pytest.mark.parametrize("kind", [trl.AssayReward, trl.AsyncAssayReward])
def test_trl(kind: type[trl.AssayReward]) -> None:
    import torch
    from accelerate import PartialState
    from trl.trainer.grpo_trainer import GRPOTrainer
    from trl.trainer.utils import start_event_loop_in_daemon

    PartialState(cpu=True)  # its log needs one
    reward = pickle.loads(pickle.dumps(kind()))
    _, loop, ready = start_event_loop_in_daemon(name="loop")
    ready.wait()
    logged: dict[str, Any] = {}
    trainer = SimpleNamespace(
        accelerator=SimpleNamespace(
            device=torch.device("cpu"), is_main_process=False, num_processes=1
        ),
        reward_funcs=[reward],
        reward_func_names=[reward.__name__],
        reward_processing_classes=[None],
        state=SimpleNamespace(global_step=3),
        environments=None,
        async_loop=loop,
        args=SimpleNamespace(report_to=[]),
        _log_completion_extra=logged.__setitem__,
        _log_metric=logged.__setitem__,
    )
    prompts = [[{"role": "user", "content": PROBLEM}]] * 3
    completions = [[{"role": "assistant", "content": text}] for text in (RIGHT, WRONG, RIGHT)]
    inputs = [{"prompt": prompts[0], "answer": a} for a in ("1/4", "1/4", BROKEN)]
    rewards = GRPOTrainer._calculate_rewards(trainer, inputs, prompts, completions, [[1]] * 3)
    assert rewards[:2, 0].tolist() == pytest.approx([FULL, WRONG_REWARD])
    assert torch.isnan(rewards[2, 0])
    assert logged["assay_status"] == ["graded", "graded", "invalid_task"]


def verl_data(texts: list[str], labels: list[str]) -> tuple[Any, Any]:
    """Returns a batch as verl has it, and a tokenizer that knows its texts."""
    import numpy as np
    import torch
    from verl import DataProto

    rows = len(texts)
    data = DataProto.from_dict(
        tensors={
            "prompts": torch.zeros(rows, 2, dtype=torch.long),
            "responses": torch.arange(rows).reshape(rows, 1).repeat(1, 3),
            "attention_mask": torch.ones(rows, 5, dtype=torch.long),
        },
        non_tensors={
            "data_source": np.array(["math"] * rows, dtype=object),
            "reward_model": np.array([{"ground_truth": a} for a in labels], dtype=object),
            "extra_info": np.array([{"question": PROBLEM} for _ in texts], dtype=object),
        },
    )
    tokenizer = SimpleNamespace(decode=lambda ids, **_: texts[int(ids[0])])
    return data, tokenizer


@pytest.mark.parametrize("name", ["compute_score", "compute_score_async"])
def test_verl_reward_loop(name: str) -> None:
    from omegaconf import OmegaConf
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager
    from verl.trainer.ppo.reward import get_custom_reward_fn

    function = {"path": "pkg://assay_rl.adapters.verl", "name": name, "reward_kwargs": {}}
    config = OmegaConf.create({"reward": {"custom_reward_function": function}})
    compute_score = get_custom_reward_fn(config)
    data, tokenizer = verl_data([RIGHT, WRONG, RIGHT], ["1/4", "1/4", BROKEN])

    async def ask() -> None:
        manager = NaiveRewardManager(config, tokenizer, compute_score)
        manager.loop = asyncio.get_running_loop()
        answers = [await manager.run_single(data[n : n + 1]) for n in range(2)]
        assert [answer["reward_score"] for answer in answers] == [FULL, WRONG_REWARD]
        assert answers[0]["reward_extra_info"]["acc"] == 1.0
        with pytest.raises(Exception, match="invalid_task"):
            await manager.run_single(data[2:3])

    asyncio.run(ask())


def test_verl_batch() -> None:
    from verl.workers.reward_manager.batch import BatchRewardManager

    from assay_rl.adapters.verl import compute_scores

    data, tokenizer = verl_data([RIGHT, WRONG], ["1/4", "1/4"])
    answer = BatchRewardManager(tokenizer, 0, compute_scores)(data, return_dict=True)
    assert answer["reward_tensor"][:, -1].tolist() == pytest.approx([FULL, WRONG_REWARD])
    assert answer["reward_extra_info"]["acc"] == [1.0, 0.0]


def openrlhf_executor(tmp_path: Path) -> Any:
    agent = module_alone("openrlhf.utils.agent")
    file = tmp_path / "reward.py"
    file.write_text("from assay_rl.adapters.openrlhf import reward_func\n")
    return agent.SingleTurnAgentExecutor(str(file))


def openrlhf_execute(executor: Any, label: str) -> Any:
    """Lets OpenRLHF generate and grade with a model that knows one completion."""
    texts = {1: PROBLEM, 2: RIGHT}

    class Tokenizer:
        def __call__(self, **_: Any) -> Any:
            import torch

            return {"input_ids": torch.tensor([[1]])}

        def decode(self, ids: list[int], **_: Any) -> str:
            return "".join(texts[i] for i in ids) + "<|im_end|>"

    async def generate(*_: Any, **__: Any) -> Any:
        output = SimpleNamespace(token_ids=[2], finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[output])

    parameters = SimpleNamespace(max_tokens=8, logprobs=None)
    engine = SimpleNamespace(generate=generate)
    call = executor.execute(PROBLEM, label, parameters, 64, Tokenizer(), engine)
    return asyncio.run(call)


def test_openrlhf(tmp_path: Path) -> None:
    executor = openrlhf_executor(tmp_path)
    output = openrlhf_execute(executor, "1/4")
    assert (output["reward"], output["scores"]) == (FULL, 1.0)
    assert output["extra_logs"]["format"] == 0.1
    with pytest.raises(UnswallowedRewardError, match="invalid_task"):
        openrlhf_execute(executor, BROKEN)
    openrlhf._default.cache_clear()


def test_areal() -> None:
    wrapper = module_alone("areal.api.reward_api").AsyncRewardWrapper

    async def ask() -> None:
        asked = (PROBLEM, RIGHT, [1], [2, 3])
        assert await wrapper(areal.AssayReward(), max_workers=1)(*asked, answer="1/4") == FULL
        away = wrapper(areal.AssayReward(NOWHERE, options=HASTY), max_workers=1, max_retries=0)
        with pytest.raises(Exception, match="Connect"):
            await away(*asked, answer="1/4")

    asyncio.run(ask())
    wrapper._atexit_shutdown_all()


def test_verifiers() -> None:
    import verifiers as vf

    rubric = vf.Rubric(funcs=[verifiers.RubricReward()])
    logging.getLogger("verifiers").setLevel(logging.CRITICAL)

    def state(answer: str) -> Any:
        return vf.State(
            prompt=[{"role": "user", "content": PROBLEM}],
            completion=[{"role": "assistant", "content": RIGHT}],
            answer=answer,
            info={},
            task="default",
            trajectory=[],
            timing={"scoring_ms": 0.0, "total_ms": 0.0},
        )

    function = rubric._get_reward_funcs()[0]
    assert not rubric._is_group_func(function)
    call = rubric._call_individual_reward_func
    assert asyncio.run(call(function, state("1/4"))) == FULL
    with pytest.raises(UnswallowedRewardError, match="invalid_task"):
        asyncio.run(call(function, state(BROKEN)))


def test_skyrl() -> None:
    import skyrl_gym

    skyrl_gym.register(id="assay", entry_point="assay_rl.adapters.skyrl:make_env")
    env = skyrl_gym.make(
        "assay", env_config={}, extras={"reward_spec": {"ground_truth": "1/4"}, "max_turns": 1}
    )
    env.init([{"role": "user", "content": PROBLEM}])
    step = env.step(RIGHT)
    assert (step["reward"], step["done"]) == (FULL, True)
