# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A tokenizer of few hundred tokens: known words, single digits, and bytes for all else.

Every text can be encoded, and ``decode(encode(text)) == text``. A digit is always a token of its
own, so that a small model sees places. Special tokens cannot be written by a user: their names are
encoded as the bytes they consist of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

SPECIALS = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
PAD_ID, END_ID = 0, 1
_ROLES = {"system": 2, "user": 3, "assistant": 4}
_BYTE_BASE = len(SPECIALS)
_WORD_BASE = _BYTE_BASE + 256

# What completions are made of besides words; the tags and the box are one token each.
_MARKS = ("<think>", "</think>", "$\\boxed{", "}$", "\\boxed{", "}", " $\\boxed{", "```", "\n")
_WORD = re.compile(r" ?[^\W\d_]+|[0-9]|[^\w\s]| ", re.UNICODE)


class Tokenizer:
    """Turns text into tokens and back.

    Args:
        words: the vocabulary's texts, each one token; digits are added if missing.
    """

    pad_id = PAD_ID
    end_id = END_ID

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(dict.fromkeys([*words, *"0123456789"]))
        if any(not word for word in self.words):
            raise ValueError("an empty text cannot be a token")
        if any(len(word) > 1 and any(c in "0123456789" for c in word) for word in self.words):
            raise ValueError("a digit must be a token of its own")
        self._ids = {word: _WORD_BASE + i for i, word in enumerate(self.words)}
        longest_first = sorted(self.words, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) + "|.", re.DOTALL)

    @classmethod
    def from_texts(cls, texts: Iterable[str], words_max: int = 1024) -> Tokenizer:
        """Makes a vocabulary of the words in ``texts``, the most frequent ones first."""
        counts = Counter(word for text in texts for word in _WORD.findall(text))
        common = sorted(counts, key=lambda word: (-counts[word], word))
        return cls([*_MARKS, *common[:words_max]])

    @property
    def size(self) -> int:
        """Number of tokens."""
        return _WORD_BASE + len(self.words)

    def encode(self, text: str) -> list[int]:
        """Returns the tokens of ``text``, without special ones; a lone surrogate becomes ``?``."""
        ids: list[int] = []
        for piece in self._pattern.findall(text):
            known = self._ids.get(piece)
            if known is not None:
                ids.append(known)
            else:
                ids.extend(_BYTE_BASE + byte for byte in piece.encode("utf-8", "replace"))
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text; special tokens are left out, broken UTF-8 becomes U+FFFD."""
        parts = bytearray()
        for token in ids:
            if token >= _WORD_BASE:
                parts += self.words[token - _WORD_BASE].encode()
            elif token >= _BYTE_BASE:
                parts.append(token - _BYTE_BASE)
        return parts.decode("utf-8", "replace")

    def encode_prompt(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Returns a chat up to the point where the assistant begins to write."""
        ids: list[int] = []
        for message in messages:
            ids += [_ROLES[message["role"]], *self.encode(message["content"]), END_ID]
        return [*ids, _ROLES["assistant"]]

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> tuple[list[int], list[bool]]:
        """Returns a whole chat, and which tokens the assistant wrote (its end included)."""
        ids: list[int] = []
        written: list[bool] = []
        for message in messages:
            content = [*self.encode(message["content"]), END_ID]
            ids += [_ROLES[message["role"]], *content]
            written += [False, *[message["role"] == "assistant"] * len(content)]
        return ids, written
