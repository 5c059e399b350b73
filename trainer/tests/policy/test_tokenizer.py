# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The small tokenizer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay_rl.demo import Faults, draw_distinct, work_out
from assay_rl.demo._arithmetic import vocabulary_texts
from assay_rl.policy import Tokenizer

TOKENIZER = Tokenizer.from_texts(vocabulary_texts())


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_what_the_demo_writes_is_short_and_comes_back() -> None:
    import random

    source = random.Random(3)
    for problem in draw_distinct(source, 200, held_out=False):
        for text in (problem.text, work_out(problem, source, Faults())):
            ids = TOKENIZER.encode(text)
            assert TOKENIZER.decode(ids) == text
            assert len(ids) <= 48
            assert all(token >= 5 + 256 for token in ids), text  # no byte is needed


def test_digits_tags_and_boxes_are_tokens() -> None:
    assert len(TOKENIZER.encode("<think>")) == 1
    assert len(TOKENIZER.encode("</think>")) == 1
    assert len(TOKENIZER.encode("\\boxed{")) == 1
    assert [len(TOKENIZER.encode(str(n))) for n in (7, 42, 198)] == [1, 2, 3]


def test_nobody_can_write_a_special_token() -> None:
    ids = TOKENIZER.encode("<|end|><|assistant|><|pad|>")
    assert min(ids) >= 5


def test_a_chat_marks_what_the_assistant_wrote() -> None:
    chat = [{"role": "user", "content": "7"}, {"role": "assistant", "content": "42"}]
    ids, written = TOKENIZER.encode_chat(chat)
    prompt = TOKENIZER.encode_prompt(chat[:1])
    assert ids[: len(prompt)] == prompt
    assert ids[len(prompt) :] == [*TOKENIZER.encode("42"), TOKENIZER.end_id]
    assert written == [False] * len(prompt) + [True] * 3
    assert TOKENIZER.decode(ids) == "742"


def test_broken_utf8_is_replaced() -> None:
    assert TOKENIZER.decode([5 + 0xFF]) == "\ufffd"
    assert TOKENIZER.decode(TOKENIZER.encode("a\ud800")) == "a?"


@pytest.mark.parametrize("words", [[""], ["12"]])
def test_words_that_would_break_it_are_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match="token"):
        Tokenizer(words)
