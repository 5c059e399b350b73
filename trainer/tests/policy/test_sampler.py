# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Sampling with a cache, against reading the whole text at once."""

from __future__ import annotations

import random

import pytest
import torch

from assay_rl.grpo import token_entropies, token_logprobs
from assay_rl.policy import Decoder, DecoderConfig, ModelSampler, SamplingOptions

END, PAD = 1, 0


def model(layers: int = 2, seed: int = 0) -> Decoder:
    torch.manual_seed(seed)
    decoder = Decoder(DecoderConfig(vocabulary=23, width=32, layers=layers, heads=4))
    with torch.no_grad():  # sharper than at the start, so that mistakes show
        for parameter in decoder.parameters():
            parameter.mul_(4.0)
    return decoder


def prompts(count: int = 24) -> list[list[int]]:
    source = random.Random(1)
    return [[source.randrange(2, 23) for _ in range(1 + i % 11)] for i in range(count)]


@pytest.mark.parametrize("temperature", [1.0, 0.7, 1.3])
def test_recorded_logprobs_are_those_of_teacher_forcing(temperature: float) -> None:
    decoder = model()
    asked = prompts()
    options = SamplingOptions(max_tokens=20, temperature=temperature)
    samples = ModelSampler(decoder, END, PAD)(asked, options, seed=5)
    assert {sample.is_ended for sample in samples} == {True, False}
    worst = 0.0
    for prompt, sample in zip(asked, samples, strict=True):
        tokens = torch.tensor([[*prompt, *sample.tokens]])
        with torch.no_grad():
            logits = decoder.logits(tokens)[:, len(prompt) - 1 : -1]
        forced = token_logprobs(logits, tokens[:, len(prompt) :], temperature=temperature)
        spread = token_entropies(logits, temperature=temperature)
        worst = max(worst, float((forced[0] - torch.tensor(sample.logprobs)).abs().max()))
        worst = max(worst, float((spread[0] - torch.tensor(sample.entropies)).abs().max()))
    assert worst <= 1e-5


def test_neighbours_in_the_batch_change_nothing() -> None:
    sampler = ModelSampler(model(), END, PAD)
    options = SamplingOptions(max_tokens=12, temperature=0.0)
    together = sampler(prompts(), options, seed=0)
    for prompt, sample in zip(prompts(), together, strict=True):
        alone = sampler([prompt], options, seed=0)[0]
        assert alone.tokens == sample.tokens
        assert alone.logprobs == pytest.approx(sample.logprobs, abs=1e-5)


def test_a_completion_ends_with_its_end_token_or_at_the_limit() -> None:
    samples = ModelSampler(model(), END, PAD)(prompts(64), SamplingOptions(max_tokens=9), seed=2)
    for sample in samples:
        assert len(sample.tokens) == len(sample.logprobs) == len(sample.entropies) <= 9
        assert END not in sample.tokens[:-1]
        assert sample.is_ended == (sample.tokens[-1] == END)
        assert sample.is_ended or len(sample.tokens) == 9


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    sampler = ModelSampler(model(), END, PAD)
    options = SamplingOptions(max_tokens=9)
    first, again, other = (sampler(prompts(), options, seed=s) for s in (7, 7, 8))
    assert first == again
    assert first != other


def test_draws_follow_the_distribution() -> None:
    decoder = model(layers=1)
    count = 4000
    samples = ModelSampler(decoder, END, PAD)([[5, 9]] * count, SamplingOptions(max_tokens=1), 3)
    with torch.no_grad():
        expected = decoder.logits(torch.tensor([[5, 9]]))[0, -1].softmax(-1)
    drawn = torch.bincount(torch.tensor([s.tokens[0] for s in samples]), minlength=23) / count
    # Five standard deviations of a share among 4000 draws.
    assert float((drawn - expected).abs().max()) < 5 * (0.25 / count) ** 0.5


def test_padding_on_the_right_does_not_reach_a_text() -> None:
    decoder = model()
    text = torch.tensor([[4, 8, 2, 9]])
    padded = torch.tensor([[4, 8, 2, 9, PAD, PAD], [7, 7, 7, 7, 7, 7]])
    with torch.no_grad():
        difference = decoder.logits(padded)[0, :4] - decoder.logits(text)[0]
    assert float(difference.abs().max()) <= 1e-5


def test_no_prompts_and_no_tokens() -> None:
    sampler = ModelSampler(model(), END, PAD)
    assert sampler([], SamplingOptions(max_tokens=3), 0) == []
    with pytest.raises(ValueError, match="prompt"):
        sampler([[]], SamplingOptions(max_tokens=3), 0)
    with pytest.raises(ValueError, match="max_tokens"):
        SamplingOptions(max_tokens=0)
    with pytest.raises(ValueError, match="heads"):
        Decoder(DecoderConfig(vocabulary=5, width=30, heads=4))
