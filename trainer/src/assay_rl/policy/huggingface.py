# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Models and tokenizers of Hugging Face transformers, as the sampler and the trainer want them.

Needs ``transformers``; written against 5.x, and kept to calls that 4.40 has too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


class HuggingFaceCache:
    """Keys and values of a transformers model, with what its attention mask needs.

    Attributes:
        past: the model's own cache.
        mask: int64 (batch, tokens read), 0 in padding.
    """

    def __init__(self, past: Any, mask: Tensor) -> None:
        self.past = past
        self.mask = mask


class HuggingFaceModel:
    """A causal language model of transformers; see ``CausalModel``.

    Args:
        model: such as ``AutoModelForCausalLM.from_pretrained(...)``; put it into the mode and onto
            the device that is wanted. Dropout must be off wherever log-probabilities are compared.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Yields what is trained."""
        yield from self.model.parameters()

    def prefill(
        self,
        tokens: Tensor,
        padding: Tensor,
        capacity: int,  # noqa: ARG002, its cache grows
    ) -> tuple[Tensor, HuggingFaceCache]:
        """Reads prompts; see ``CausalModel.prefill``."""
        columns = torch.arange(tokens.shape[1], device=tokens.device)
        mask = (columns >= padding[:, None]).long()
        cache = HuggingFaceCache(None, mask)
        return self._read(tokens, (mask.cumsum(-1) - 1).clamp_min(0), cache), cache

    def extend(self, tokens: Tensor, cache: HuggingFaceCache) -> Tensor:
        """Appends one token to each row; see ``CausalModel.extend``."""
        positions = cache.mask.sum(-1, keepdim=True)
        cache.mask = torch.cat([cache.mask, torch.ones_like(cache.mask[:, :1])], -1)
        return self._read(tokens[:, None], positions, cache)

    def select(self, cache: HuggingFaceCache, rows: Tensor) -> HuggingFaceCache:
        """Keeps some rows of a cache; the cache given is used up."""
        cache.past.batch_select_indices(rows)
        return HuggingFaceCache(cache.past, cache.mask[rows])

    def logits(self, tokens: Tensor) -> Tensor:
        """Returns float (batch, width, vocabulary) for texts padded on the right."""
        logits: Tensor = self.model(input_ids=tokens, use_cache=False).logits
        return logits

    def _read(self, tokens: Tensor, positions: Tensor, cache: HuggingFaceCache) -> Tensor:
        output = self.model(
            input_ids=tokens,
            attention_mask=cache.mask,
            position_ids=positions,
            past_key_values=cache.past,
            use_cache=True,
        )
        cache.past = output.past_key_values
        last: Tensor = output.logits[:, -1]
        return last


class HuggingFaceTokenizer:
    """A tokenizer with a chat template; see ``ChatTokenizer``.

    Args:
        tokenizer: such as ``AutoTokenizer.from_pretrained(...)``.

    Raises:
        ValueError: it has no end token, or no chat template.
    """

    def __init__(self, tokenizer: Any) -> None:
        if tokenizer.eos_token_id is None:
            raise ValueError("the tokenizer names no end token")
        if not tokenizer.chat_template:
            raise ValueError("the tokenizer has no chat template; set tokenizer.chat_template")
        self.tokenizer = tokenizer

    @property
    def end_id(self) -> int:
        """Token that ends a completion."""
        return int(self.tokenizer.eos_token_id)

    @property
    def pad_id(self) -> int:
        """Token that fills rows up; the end token where there is none of its own."""
        pad = self.tokenizer.pad_token_id
        return self.end_id if pad is None else int(pad)

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text, special tokens included but end and padding.

        ``<think>`` is a special token in some vocabularies: to skip all special tokens, as
        trainers commonly do, would take it away, and every completion would fail the format.
        """
        ends = {self.end_id, self.pad_id}
        kept = [token for token in ids if token not in ends]
        return str(self.tokenizer.decode(kept, skip_special_tokens=False))

    def encode_prompt(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Returns a chat up to the point where the assistant begins to write."""
        return self._render(messages, add_generation_prompt=True)

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> tuple[list[int], list[bool]]:
        """Returns a whole chat, and which tokens the assistant wrote (its end included).

        Raises:
            ValueError: the template changes what it has written before when a message is added.
        """
        ids: list[int] = []
        written: list[bool] = []
        for place, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            prompt = self._render(messages[:place], add_generation_prompt=True)
            whole = self._render(messages[: place + 1], add_generation_prompt=False)
            if prompt[: len(ids)] != ids or whole[: len(prompt)] != prompt:
                raise ValueError("this chat template rewrites earlier messages; train on one turn")
            written += [False] * (len(prompt) - len(ids)) + [True] * (len(whole) - len(prompt))
            ids = whole
        return ids, written

    def _render(
        self, messages: Sequence[Mapping[str, str]], *, add_generation_prompt: bool
    ) -> list[int]:
        text = self.tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=add_generation_prompt
        )
        return [int(i) for i in self.tokenizer(text, add_special_tokens=False)["input_ids"]]


def load_folder(folder: Path | str) -> tuple[HuggingFaceModel, HuggingFaceTokenizer]:
    """Loads a model and its tokenizer from a folder; runs none of the folder's code."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(str(folder), trust_remote_code=False)
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)
    model.eval()  # dropout would make the trained policy another than the sampled one
    return HuggingFaceModel(model), HuggingFaceTokenizer(tokenizer)


def save_folder(folder: Path, model: object, tokenizer: object) -> None:
    """Saves what ``load_folder`` returned.

    Raises:
        TypeError: model or tokenizer are not of this module.
    """
    if not isinstance(model, HuggingFaceModel) or not isinstance(tokenizer, HuggingFaceTokenizer):
        raise TypeError("only a Hugging Face model with its tokenizer is saved as a folder")
    model.model.save_pretrained(str(folder))
    tokenizer.tokenizer.save_pretrained(str(folder))
