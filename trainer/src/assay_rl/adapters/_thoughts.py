# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Notices when the think tags were lost on the way from the tokens to the reward."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from typing import Any

from assay_rl.client import Result

_IN_A_ROW = 16  # a policy that sometimes writes a tag is only untrained
_LOST = (
    "%d completions in a row have neither <think> nor </think>, so that each fails the format "
    "gate. Where the tokenizer holds these tags as special tokens, the trainer has removed them by "
    "decoding with skip_special_tokens=True. Give the adapter the tokenizer if it takes one (TRL, "
    "AReaL), or make the tags ordinary tokens: "
    "tokenizer.add_tokens([AddedToken('<think>', special=False), AddedToken('</think>', "
    "special=False)]). If the policy really writes none, say so in the prompt or fine-tune first."
)
_PREFILLED = (
    "%d completions in a row have </think> and no <think>, so that each fails the format gate. The "
    "chat template has written <think> itself: give the adapter think_prefilled=True."
)


class ThinkTokensLostWarning(UserWarning):
    """The think tags do not reach Assay; says what to change."""


class ThoughtsWatch:
    """Counts completions without think tags and warns once in the life of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._has_warned = False
        self._lost = 0
        self._prefilled = 0

    def see(self, text: str, result: Result) -> None:
        """Looks at one completion and its result."""
        verdict = (result.details.get("format") or {}).get("verdict")
        if verdict is None:
            return
        with self._lock:
            is_missing = verdict == "missing_think" and "<think>" not in text
            closes = "</think>" in text
            self._lost = self._lost + 1 if is_missing and not closes else 0
            self._prefilled = self._prefilled + 1 if is_missing and closes else 0
            seen = max(self._lost, self._prefilled)
            if self._has_warned or seen < _IN_A_ROW:
                return
            self._has_warned = True
            message = (_LOST if self._lost else _PREFILLED) % seen
        warnings.warn(message, ThinkTokensLostWarning, stacklevel=2)


WATCH = ThoughtsWatch()


def text_with_thoughts(tokenizer: Any, ids: Sequence[int]) -> str:
    """Decodes a completion with its special tokens, but for those at its end."""
    think = {tokenizer.convert_tokens_to_ids(tag) for tag in ("<think>", "</think>")}
    special = set(tokenizer.all_special_ids) - think
    end = len(ids)
    while end and ids[end - 1] in special:
        end -= 1
    return str(tokenizer.decode(ids[:end], skip_special_tokens=False))
