# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What the commands do, once their arguments are read."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from assay_rl.client import Client
from assay_rl.demo import DemoOptions, run_demo, summary_of
from assay_rl.evaluation import EvaluationProblem, evaluate, read_problems
from assay_rl.policy import (
    CausalModel,
    ChatTokenizer,
    Decoder,
    ModelSampler,
    SamplingOptions,
    Tokenizer,
)
from assay_rl.prompts import chat_prompt
from assay_rl.report import Progress
from assay_rl.training import (
    SFTOptions,
    draw_chats,
    fine_tune,
    load_policy,
    read_chats,
    read_lines,
    regrade,
    rewarded_chats,
    save_checkpoint,
)


def demo(options: argparse.Namespace, client: Client) -> int:
    """Runs the demo once and says what came of it."""
    began = time.monotonic()
    outcome = run_demo(
        DemoOptions(
            out=options.out,
            seed=options.seed,
            method=options.method,
            warm_up_steps=options.warm_up_steps,
            steps=options.steps,
            held_out=options.held_out,
            warmed_up=options.warmed_up,
            shuffle_rewards=options.shuffle_rewards,
        ),
        client,
        resume=options.resume,
    )
    say(f"{options.held_out} problems that no training saw, before → after:")
    for name, value in summary_of(outcome).items():
        say(f"  {name:<32} {value}")
    say(f"{time.monotonic() - began:.0f} s; charts in {options.out / 'report.html'}")
    return 0


def sft_data(options: argparse.Namespace) -> int:
    """Writes the fully rewarded rollouts of a log as chats."""
    count = 0
    with options.out.open("w", encoding="utf-8") as file:
        for chat in rewarded_chats(options.log):
            file.write(json.dumps(chat, ensure_ascii=False) + "\n")
            count += 1
    say(f"{count} chats in {options.out}")
    return 0 if count else 1


def sft(options: argparse.Namespace) -> int:
    """Fine-tunes a model on chats."""
    rewarded = read_chats(options.data)
    general = read_chats(options.general) if options.general else []
    model, tokenizer = load_model(options.model)
    settings = SFTOptions(
        steps=options.steps,
        batch_chats=options.batch_chats,
        learning_rate=options.learning_rate,
        general_share=options.general_share,
        seed=options.seed,
    )
    progress = Progress("fine-tuning", options.steps)
    fine_tune(
        model,
        tokenizer,
        lambda step: draw_chats(rewarded, general, settings, step),
        settings,
        lambda step, loss: progress.show(step + 1, f"loss {loss:.3f}"),
    )
    if isinstance(model, Decoder) and isinstance(tokenizer, Tokenizer):
        save_checkpoint(options.out, model, tokenizer)
    else:
        from assay_rl.policy.huggingface import save_folder

        save_folder(options.out, model, tokenizer)
    say(f"wrote {options.out}")
    return 0


def evaluate_file(options: argparse.Namespace, client: Client) -> int:
    """Scores completions of a benchmark file's problems."""
    problems = read_problems(options.problems, options.shape)
    if options.completions:
        completions = [list(line["completions"]) for line in read_lines(options.completions)]
    else:
        completions = _complete(problems, options)
    scores, _ = evaluate(problems, completions, client)
    majority = "–" if scores.maj_at_k is None else f"{scores.maj_at_k:.3f}"
    say(f"problems {scores.problems}, runs {scores.runs}, ungraded {scores.ungraded}")
    say(
        f"pass@1 {scores.pass_at_1:.3f}  maj@{scores.runs} {majority}  "
        f"well formed {scores.well_formed:.3f}"
    )
    return 0


def regrade_log(options: argparse.Namespace, client: Client) -> int:
    """Grades a log again; 1 if anything differs, or if there was nothing to compare."""
    found = regrade(options.log, client)
    for difference in found.differences[:10]:
        say(f"{difference.id}: {dict(difference.logged)} became {dict(difference.regraded)}")
    say(
        f"{found.compared} rollouts compared, {len(found.differences)} differ"
        + (f", {found.skipped} without a reward skipped" if found.skipped else "")
    )
    return 0 if found.compared and not found.differences else 1


def load_model(path: Path) -> tuple[CausalModel, ChatTokenizer]:
    """Loads a checkpoint of this package, or the folder of a Hugging Face model."""
    if path.is_dir():
        from assay_rl.policy.huggingface import load_folder

        return load_folder(path)
    model, tokenizer = load_policy(path)
    return model, tokenizer


def say(text: str) -> None:
    """Writes a line for the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complete(
    problems: Sequence[EvaluationProblem], options: argparse.Namespace
) -> list[list[str]]:
    model, tokenizer = load_model(options.model)
    sampler = ModelSampler(model, tokenizer.end_id, tokenizer.pad_id)
    settings = SamplingOptions(max_tokens=options.max_tokens, temperature=options.temperature)
    progress = Progress("completing", len(problems))
    completions = []
    for place, problem in enumerate(problems):
        messages = chat_prompt(problem.problem, problem.task)
        if options.no_system_prompt:
            messages = [{"role": "user", "content": problem.problem}]
        prompts = [tokenizer.encode_prompt(messages)] * options.runs
        samples = sampler(prompts, settings, options.seed + place)
        completions.append([tokenizer.decode(sample.tokens) for sample in samples])
        progress.show(place + 1)
    return completions
