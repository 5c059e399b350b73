# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Models of transformers with random weights; skipped where transformers is not installed."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from assay_rl.grpo import token_logprobs
from assay_rl.policy import ModelSampler, SamplingOptions
from assay_rl.policy.huggingface import (
    HuggingFaceModel,
    HuggingFaceTokenizer,
    load_folder,
    save_folder,
)
from assay_rl.training import SFTOptions, fine_tune, sft_loss

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own imports warn
    transformers: Any = pytest.importorskip("transformers", reason="pip install transformers")

TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tokenizer() -> HuggingFaceTokenizer:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    inner = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    inner.pre_tokenizer = byte_level
    inner.decoder = decoders.ByteLevel()
    specials = ["</s>", "<|user|>", "<|assistant|>", "<think>", "</think>"]
    inner.add_special_tokens([AddedToken(name, special=True) for name in specials])
    wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="</s>")
    wrapped.chat_template = TEMPLATE
    return HuggingFaceTokenizer(wrapped)


def model() -> HuggingFaceModel:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=261,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
    )
    inner = transformers.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for parameter in inner.parameters():
            parameter.mul_(3.0)
    return HuggingFaceModel(inner)


def test_recorded_logprobs_are_those_of_teacher_forcing() -> None:
    policy = model()
    asked = [[3 + i] * (1 + i % 5) for i in range(12)]
    samples = ModelSampler(policy, 256, 256)(asked, SamplingOptions(max_tokens=10), seed=1)
    for prompt, sample in zip(asked, samples, strict=True):
        tokens = torch.tensor([[*prompt, *sample.tokens]])
        with torch.no_grad():
            logits = policy.logits(tokens)[:, len(prompt) - 1 : -1]
        forced = token_logprobs(logits, tokens[:, len(prompt) :])
        assert forced[0].tolist() == pytest.approx(sample.logprobs, abs=1e-5)


def test_rows_that_end_leave_the_batch() -> None:
    policy = model()
    asked = [[3 + i] * (1 + i % 5) for i in range(40)]
    options = SamplingOptions(max_tokens=12, temperature=0.0)
    first = ModelSampler(policy, -1, 256)(asked, options, seed=0)  # nothing ends it
    end = first[0].tokens[3]  # a token that some rows write early
    samples = ModelSampler(policy, end, 256)(asked, options, seed=0)
    assert any(sample.is_ended for sample in samples)
    for plain, sample in zip(first, samples, strict=True):
        assert sample.tokens == plain.tokens[: len(sample.tokens)]
        assert sample.logprobs == pytest.approx(plain.logprobs[: len(sample.logprobs)], abs=1e-5)


def test_think_tags_survive_though_they_are_special() -> None:
    adapter = tokenizer()
    text = "<think>é</think> 7"
    ids, written = adapter.encode_chat(
        [{"role": "user", "content": "hm"}, {"role": "assistant", "content": text}]
    )
    assert adapter.decode([i for i, mine in zip(ids, written, strict=True) if mine]) == text
    assert ids[-1] == adapter.end_id
    assert written[-1]
    assert ids[: written.index(True)] == adapter.encode_prompt([{"role": "user", "content": "hm"}])


def test_fine_tuning_saving_and_loading(tmp_path: Path) -> None:
    policy, adapter = model(), tokenizer()
    chats = [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "bcd"}]]
    before = sft_loss(policy, adapter, chats).item()
    fine_tune(policy, adapter, lambda _: chats, SFTOptions(steps=5, learning_rate=1e-2))
    after = sft_loss(policy, adapter, chats).item()
    assert after < before
    save_folder(tmp_path, policy, adapter)
    loaded, again = load_folder(tmp_path)
    assert sft_loss(loaded, again, chats).item() == pytest.approx(after, abs=1e-6)
