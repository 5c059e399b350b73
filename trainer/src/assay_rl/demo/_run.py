# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The demo: warm a small decoder up on faulty texts, then reinforce it on Assay's rewards."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from assay_rl.client import Client
from assay_rl.demo._arithmetic import (
    Faults,
    draw_distinct,
    draw_problem,
    vocabulary_texts,
    work_out,
)
from assay_rl.demo._held_out import HeldOutScores, bootstrap_interval, score_held_out
from assay_rl.policy import Decoder, DecoderConfig, ModelSampler, SamplingOptions, Tokenizer
from assay_rl.report import Progress, write_report
from assay_rl.training import (
    Chat,
    Journal,
    LoopOptions,
    Prompt,
    ReinforcementLoop,
    SFTOptions,
    fine_tune,
    load_checkpoint,
    load_policy,
    read_lines,
    run_steps,
    save_checkpoint,
)

Method = Literal["sft+rl", "sft", "rl"]
_WIDTH, _LAYERS, _HEADS = 64, 2, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What a run of the demo does.

    Attributes:
        out: folder for everything that the run writes.
        seed: draws weights, texts, problems and samples.
        method: both phases, or one alone. Fine-tuning alone goes on for as many steps as
            reinforcement would have had; reinforcement alone starts from random weights.
        warm_up_steps: steps of fine-tuning.
        steps: steps of reinforcement.
        prompts, group_size: rollouts of a step.
        max_tokens: most tokens of a completion; the length penalty begins 16 before.
        shuffle_rewards: the control.
        warmed_up: a checkpoint to start reinforcement from, instead of warming up.
        held_out: problems that scores are taken on.
        checkpoint_every: steps between checkpoints.
    """

    out: Path
    seed: int = 1
    method: Method = "sft+rl"
    warm_up_steps: int = 600
    steps: int = 150
    prompts: int = 32
    group_size: int = 8
    max_tokens: int = 64
    learning_rate: float = 3e-4
    shuffle_rewards: bool = False
    warmed_up: Path | None = None
    held_out: int = 200
    checkpoint_every: int = 25

    def settings(self) -> dict[str, Any]:
        """Returns what must not change when a run goes on."""
        names = (
            "seed",
            "method",
            "warm_up_steps",
            "prompts",
            "group_size",
            "max_tokens",
            "learning_rate",
            "shuffle_rewards",
        )
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOutcome:
    """What came of a run: scores before and after, and the rise of ``answer_correct``."""

    before: HeldOutScores
    after: HeldOutScores
    rise: float
    interval_low: float
    interval_high: float


def run_demo(options: DemoOptions, client: Client, *, resume: bool = False) -> DemoOutcome:
    """Runs the demo.

    Args:
        options: what to do.
        client: an Assay to be graded by.
        resume: go on from the last checkpoint in ``out``, if there is one.

    Raises:
        ValueError: the checkpoint belongs to a run with other settings.
        AssayError: the grading failed.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    warm_path = options.out / "warmed-up.pt"
    if not (resume and warm_path.exists()):
        _warm_up(options, warm_path)
    model, tokenizer = load_policy(warm_path)
    before = score_held_out(
        model, tokenizer, client, problems=options.held_out, max_tokens=options.max_tokens
    )
    if options.method == "sft":
        model = _more_fine_tuning(options, tokenizer)
    else:
        _reinforce(options, model, tokenizer, client, resume=resume)
    after = score_held_out(
        model, tokenizer, client, problems=options.held_out, max_tokens=options.max_tokens
    )
    low, high = bootstrap_interval(before.by_problem, after.by_problem)
    outcome = DemoOutcome(
        before=before,
        after=after,
        rise=after.answer_correct - before.answer_correct,
        interval_low=low,
        interval_high=high,
    )
    _write(options, outcome)
    return outcome


def rl_prompts(options: DemoOptions, step: int) -> list[Prompt]:
    """Returns the problems of a step of reinforcement; none of them is held out."""
    source = random.Random(f"problems {options.seed} {step}")
    return [
        Prompt(
            name=problem.name,
            messages=[{"role": "user", "content": problem.text}],
            problem=problem.text,
            task={"type": "math", "reference": problem.answer},
        )
        for problem in draw_distinct(source, options.prompts, held_out=False)
    ]


def warm_up_chats(seed: int, batch: int, step: int) -> list[Chat]:
    """Returns the faulty texts of a step of fine-tuning; no problem in them is held out."""
    source = random.Random(f"warm-up {seed} {step}")
    chats: list[Chat] = []
    for _ in range(batch):
        problem = draw_problem(source, held_out=False)
        chats.append(
            [
                {"role": "user", "content": problem.text},
                {"role": "assistant", "content": work_out(problem, source, Faults())},
            ]
        )
    return chats


def recipe_of(options: DemoOptions) -> dict[str, Any]:
    """Returns the recipe ``magistral`` with the demo's length budget."""
    length = {"max_tokens": options.max_tokens, "cache_tokens": 16}
    return {"base": "magistral", "length": length}


# Phases.


def _warm_up(options: DemoOptions, path: Path) -> None:
    if options.warmed_up is not None:
        path.write_bytes(options.warmed_up.read_bytes())
        return
    steps = 0 if options.method == "rl" else options.warm_up_steps
    tokenizer = Tokenizer.from_texts(vocabulary_texts())
    save_checkpoint(path, _fine_tuned(options, tokenizer, steps), tokenizer)


def _more_fine_tuning(options: DemoOptions, tokenizer: Tokenizer) -> Decoder:
    model = _fine_tuned(options, tokenizer, options.warm_up_steps + options.steps)
    save_checkpoint(options.out / "checkpoint.pt", model, tokenizer)
    return model


def _fine_tuned(options: DemoOptions, tokenizer: Tokenizer, steps: int) -> Decoder:
    torch.manual_seed(options.seed)
    model = Decoder(DecoderConfig(tokenizer.size, _WIDTH, _LAYERS, _HEADS))
    if steps == 0:
        return model
    sft = SFTOptions(steps=steps, seed=options.seed)
    progress = Progress("fine-tuning", steps)
    fine_tune(
        model,
        tokenizer,
        lambda step: warm_up_chats(options.seed, sft.batch_chats, step),
        sft,
        lambda step, loss: progress.show(step + 1, f"loss {loss:.3f}"),
    )
    return model


def _reinforce(
    options: DemoOptions, model: Decoder, tokenizer: Tokenizer, client: Client, *, resume: bool
) -> None:
    path = options.out / "checkpoint.pt"
    state = load_checkpoint(path) if resume and path.exists() else None
    first = 0
    if state is not None:
        if state["settings"] != options.settings():
            raise ValueError(f"{path} belongs to a run with other settings: {state['settings']}")
        model.load_state_dict(state["model"])
        first = int(state["step"])
    loop_options = LoopOptions(
        prompts=options.prompts,
        group_size=options.group_size,
        sampling=SamplingOptions(max_tokens=options.max_tokens),
        learning_rate=options.learning_rate,
        seed=options.seed,
        recipe=recipe_of(options),
        shuffle_rewards=options.shuffle_rewards,
    )
    sampler = ModelSampler(model, tokenizer.end_id, tokenizer.pad_id)
    progress = Progress("reinforcing", options.steps)
    with Journal(options.out, resume_step=first) as journal:
        loop = ReinforcementLoop(
            model,
            tokenizer,
            sampler,
            client,
            lambda step: rl_prompts(options, step),
            loop_options,
            journal,
        )
        if state is not None:
            loop.optimizer.load_state_dict(state["optimizer"])

        def checkpoint(steps_done: int) -> None:
            journal.flush()
            save_checkpoint(
                path,
                model,
                tokenizer,
                step=steps_done,
                optimizer=loop.optimizer,
                settings=options.settings(),
            )

        run_steps(
            loop,
            range(first, options.steps),
            checkpoint=checkpoint,
            checkpoint_every=options.checkpoint_every,
            on_step=lambda step, metrics: progress.show(step + 1, _note(metrics)),
        )


# What is written.


def _note(metrics: Mapping[str, float]) -> str:
    return (
        f"reward {metrics.get('reward', 0.0):.2f}  correct {metrics.get('correct', 0.0):.2f}  "
        f"tokens {metrics['tokens']:.0f}"
    )


def summary_of(outcome: DemoOutcome) -> dict[str, str]:
    """Returns the outcome as texts, for a terminal and the report."""
    before, after = outcome.before, outcome.after
    pairs: Sequence[tuple[str, float, float]] = (
        ("answer correct, any form", before.answer_correct, after.answer_correct),
        (
            "the same, likeliest completion",
            before.greedy_answer_correct,
            after.greedy_answer_correct,
        ),
        ("correct and well formed", before.correct, after.correct),
        ("well formed", before.well_formed, after.well_formed),
        ("language paid", before.language, after.language),
        ("tokens", before.tokens, after.tokens),
    )
    rows = {name: f"{b:.3g} → {a:.3g}" for name, b, a in pairs}
    interval = f"{outcome.interval_low:+.3f} … {outcome.interval_high:+.3f}"
    return {**rows, "rise of answer correct": f"{outcome.rise:+.3f} (95 %: {interval})"}


def _write(options: DemoOptions, outcome: DemoOutcome) -> None:
    record = {"settings": options.settings(), "steps": options.steps, **asdict(outcome)}
    (options.out / "outcome.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    path = options.out / "metrics.jsonl"
    metrics = list(read_lines(path)) if path.exists() else []
    summary = {"held-out problems": str(options.held_out), **summary_of(outcome)}
    write_report(
        options.out / "report.html", "Demo: arithmetic in seven languages", metrics, summary
    )
