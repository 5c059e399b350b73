# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""One step of reinforcement: sample groups, have them graded, follow the gradient.

A step takes one gradient step on one minibatch, which is the whole batch (§6.3 finds more
minibatches a batch worse). Everything random in it is drawn from the seed and the step's number.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Protocol

import torch

from assay_rl.client import Group, Result, Rollout
from assay_rl.collation import collate_greedily
from assay_rl.grpo import (
    GradedRollout,
    GRPOOptions,
    LossTerms,
    Microbatch,
    Plan,
    SampledSequence,
    grpo_loss,
    pad,
    plan_minibatch,
    token_entropies,
    token_logprobs,
)
from assay_rl.policy import CausalModel, ChatTokenizer, Sample, Sampler, SamplingOptions
from assay_rl.training._journal import Journal


class Rewarder(Protocol):
    """What grades groups: ``Client``, or a test's stand-in."""

    def group_rewards(
        self,
        groups: Sequence[Group],
        *,
        recipe: str | Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> list[list[Result]]:
        """Returns results as ``[group][member]``."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A problem that a group of completions answers.

    Attributes:
        name: names the problem in logs.
        messages: what the policy reads.
        problem: the user's own words.
        task: how completions are verified.
    """

    name: str
    messages: Sequence[Mapping[str, str]]
    problem: str
    task: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOptions:
    """How a policy is reinforced.

    Attributes:
        prompts: prompts of a step.
        group_size: completions of a prompt.
        sampling: length and temperature; the paper samples at 1.0.
        learning_rate: constant.
        microbatch_tokens: most tokens, padding aside, that are computed at a time.
        gradient_norm_max: longer gradients are scaled down to this norm.
        seed: with the step's number, draws everything that is random.
        recipe: name of a recipe, or changes to one.
        objective: the loss; the defaults are the paper's.
        shuffle_rewards: deal the step's rewards out to rollouts at random: a control, under which
            nothing can be learned.
    """

    prompts: int = 32
    group_size: int = 8
    sampling: SamplingOptions
    learning_rate: float = 1e-3
    microbatch_tokens: int = 8192
    gradient_norm_max: float = 1.0
    seed: int = 0
    recipe: str | Mapping[str, Any] = "magistral"
    objective: GRPOOptions = field(default_factory=GRPOOptions)
    shuffle_rewards: bool = False


class ReinforcementLoop:
    """Reinforces a policy on rewards.

    Args:
        model: what is trained, in place.
        tokenizer: the model's.
        sampler: writes the completions; must sample from ``model``.
        rewarder: grades them.
        draw: returns the prompts of a step.
        options: see ``LoopOptions``.
        journal: where metrics and rollouts go.
        device: where the model is.
    """

    def __init__(
        self,
        model: CausalModel,
        tokenizer: ChatTokenizer,
        sampler: Sampler,
        rewarder: Rewarder,
        draw: Callable[[int], Sequence[Prompt]],
        options: LoopOptions,
        journal: Journal | None = None,
        device: str = "cpu",
    ) -> None:
        if options.objective.kl_coefficient > 0:
            raise ValueError("a KL term needs a reference policy, which this loop does not keep")
        self.options = options
        self._model = model
        self._tokenizer = tokenizer
        self._sampler = sampler
        self._rewarder = rewarder
        self._draw = draw
        self._journal = journal
        self._device = device
        self.optimizer = torch.optim.Adam(
            list(model.parameters()), lr=options.learning_rate, betas=(0.9, 0.99)
        )

    def step(self, number: int) -> dict[str, float]:
        """Does step ``number`` and returns its metrics.

        Raises:
            AssayError: the rollouts could not be graded.
        """
        began = time.perf_counter()
        prompts = self._draw(number)
        sequences, samples = self._sample(prompts, number)
        sampled = time.perf_counter()
        rollouts, results = self._grade(prompts, samples, number)
        graded = time.perf_counter()
        if self._journal is not None:
            self._journal.rollouts(number, rollouts, results, self.options.recipe)
        plan = self._plan(rollouts, results, sequences, number)
        learned = self._learn(sequences, plan)
        metrics = {
            **_reward_metrics(results),
            **plan.metrics(),
            **learned,
            "tokens": fmean(len(sample.tokens) for sample in samples),
            "truncated_share": fmean(not sample.is_ended for sample in samples),
            "sampling_entropy": _mean([e for sample in samples for e in sample.entropies]),
            "sampling_s": sampled - began,
            "grading_s": graded - sampled,
            "learning_s": time.perf_counter() - graded,
        }
        if self._journal is not None:
            self._journal.metrics(number, metrics)
        return metrics

    def _sample(
        self, prompts: Sequence[Prompt], number: int
    ) -> tuple[list[SampledSequence], list[Sample]]:
        encoded = [
            ids
            for prompt in prompts
            for ids in [self._tokenizer.encode_prompt(prompt.messages)] * self.options.group_size
        ]
        samples = self._sampler(encoded, self.options.sampling, _seed(self.options.seed, number))
        sequences = [
            SampledSequence(ids, sample.tokens, sample.logprobs)
            for ids, sample in zip(encoded, samples, strict=True)
        ]
        return sequences, samples

    def _grade(
        self, prompts: Sequence[Prompt], samples: Sequence[Sample], number: int
    ) -> tuple[list[Rollout], list[Result]]:
        size = self.options.group_size
        rollouts = [
            Rollout(
                id=f"{number}/{index // size}/{index % size}",
                group=prompts[index // size].name,
                problem=prompts[index // size].problem,
                task=prompts[index // size].task,
                completion=self._tokenizer.decode(sample.tokens),
                completion_tokens=len(sample.tokens),
                truncated=not sample.is_ended,
                seed=number,
            )
            for index, sample in enumerate(samples)
        ]
        groups = [
            Group(
                group=prompt.name,
                problem=prompt.problem,
                task=prompt.task,
                completions=[_member(r) for r in rollouts[place * size : (place + 1) * size]],
            )
            for place, prompt in enumerate(prompts)
        ]
        results = self._rewarder.group_rewards(groups, recipe=self.options.recipe, seed=number)
        return rollouts, [result for members in results for result in members]

    def _plan(
        self,
        rollouts: Sequence[Rollout],
        results: Sequence[Result],
        sequences: Sequence[SampledSequence],
        number: int,
    ) -> Plan:
        paid = [(result.reward, result.components.get("correctness")) for result in results]
        if self.options.shuffle_rewards:
            graded = [index for index, (reward, _) in enumerate(paid) if reward is not None]
            dealt = [paid[index] for index in graded]
            random.Random(f"shuffle {self.options.seed} {number}").shuffle(dealt)
            for index, pair in zip(graded, dealt, strict=True):
                paid[index] = pair
        graded_rollouts = [
            GradedRollout(index // self.options.group_size, reward, s.loss_tokens, correctness)
            for index, ((reward, correctness), s) in enumerate(zip(paid, sequences, strict=True))
        ]
        assert len(graded_rollouts) == len(rollouts)
        return plan_minibatch(graded_rollouts, self.options.objective)

    def _learn(self, sequences: Sequence[SampledSequence], plan: Plan) -> dict[str, float]:
        self.optimizer.zero_grad(set_to_none=True)
        sums: dict[str, float] = {}
        lengths = [sequences[index].tokens for index in plan.kept]
        for members in collate_greedily(lengths, self.options.microbatch_tokens):
            piece = pad(sequences, plan, [plan.kept[member] for member in members])
            terms = self._backward(piece.to(self._device))
            for name, value in terms.metrics().items():
                sums[name] = sums.get(name, 0.0) + value
        if not plan.kept:  # no group teaches anything: the policy stays as it is
            return {"gradient_norm": 0.0}
        parameters = list(self._model.parameters())
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.options.gradient_norm_max)
        self.optimizer.step()
        return {f"loss/{name}": value for name, value in sums.items()} | {
            "gradient_norm": float(norm)
        }

    def _backward(self, piece: Microbatch) -> LossTerms:
        temperature = self.options.sampling.temperature
        logits = self._model.logits(piece.tokens)
        entropies = token_entropies(logits, temperature=temperature)
        if self.options.objective.entropy_coefficient == 0:
            entropies = entropies.detach()
        terms = grpo_loss(
            token_logprobs(logits, piece.targets, temperature=temperature),
            piece.sampling_logprobs,
            piece.advantages,
            piece.token_weights,
            piece.mask,
            self.options.objective,
            entropies=entropies,
        )
        terms.total.backward()  # type: ignore[no-untyped-call]
        return terms


def run_steps(
    loop: ReinforcementLoop,
    steps: range,
    *,
    checkpoint: Callable[[int], None] | None = None,
    checkpoint_every: int = 50,
    on_step: Callable[[int, Mapping[str, float]], None] | None = None,
) -> None:
    """Does ``steps``, saving after every ``checkpoint_every`` of them and after the last."""
    for number in steps:
        metrics = loop.step(number)
        if on_step is not None:
            on_step(number, metrics)
        is_due = (number + 1) % checkpoint_every == 0 or number + 1 == steps.stop
        if checkpoint is not None and is_due:
            checkpoint(number + 1)


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else 0.0


def _seed(seed: int, step: int) -> int:
    return random.Random(f"sample {seed} {step}").getrandbits(48)


def _member(rollout: Rollout) -> dict[str, Any]:
    names = ("id", "completion", "completion_tokens", "truncated")
    return {name: getattr(rollout, name) for name in names}


def _reward_metrics(results: Sequence[Result]) -> dict[str, float]:
    graded = [result for result in results if result.reward is not None]
    if not graded:
        return {}
    metrics = {"reward": fmean(result.reward or 0.0 for result in graded)}
    metrics["correct"] = fmean(result.correct is True for result in graded)
    for name in graded[0].components:
        metrics[f"component/{name}"] = fmean(r.components.get(name) or 0.0 for r in graded)
    return metrics
