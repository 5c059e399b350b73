# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from assay_rl.policy import Decoder, DecoderConfig, Tokenizer
from assay_rl.training import SFTOptions, draw_chats, fine_tune, read_chats, sft_loss

TOKENIZER = Tokenizer(["yes", "no"])


def chat(user: str, assistant: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]


def model() -> Decoder:
    torch.manual_seed(0)
    return Decoder(DecoderConfig(TOKENIZER.size, width=16, layers=1, heads=2))


def test_the_loss_is_the_mean_over_what_assistants_wrote() -> None:
    decoder = model()
    chats = [chat("1", "yes"), chat("123", "no no no")]
    total, count = 0.0, 0
    for one in chats:
        ids, written = TOKENIZER.encode_chat(one)
        logprobs = decoder.logits(torch.tensor([ids]))[0].log_softmax(-1).detach()
        for place in range(1, len(ids)):
            if written[place]:
                total -= float(logprobs[place - 1, ids[place]])
                count += 1
    assert sft_loss(decoder, TOKENIZER, chats).item() == pytest.approx(total / count, abs=1e-6)


def test_the_users_words_enter_the_loss_only_as_context() -> None:
    decoder = model()
    ids, written = TOKENIZER.encode_chat(chat("7", "yes"))
    logits = decoder.logits(torch.tensor([ids])).detach().requires_grad_()
    decoder.logits = lambda _: logits  # type: ignore[method-assign, assignment]
    sft_loss(decoder, TOKENIZER, [chat("7", "yes")]).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    # The logits at a place are about the next token.
    has_gradient = (logits.grad[0].abs().sum(-1) > 0).tolist()
    assert has_gradient == [*written[1:], False]


def test_chats_without_an_assistant_are_refused() -> None:
    with pytest.raises(ValueError, match="written by an assistant"):
        sft_loss(model(), TOKENIZER, [[{"role": "user", "content": "7"}]])


def test_fine_tuning_learns_and_repeats() -> None:
    chats = [chat("1", "yes"), chat("2", "no")]
    losses: list[list[float]] = [[], []]
    for seen in losses:
        options = SFTOptions(steps=40, learning_rate=1e-2, warmup_steps=5)
        fine_tune(model(), TOKENIZER, lambda _: chats, options, lambda _, loss: seen.append(loss))  # noqa: B023, called at once
    assert losses[0] == losses[1]
    assert losses[0][-1] < 1.0 < 5.0 < losses[0][0]


def test_general_data_has_its_share_and_steps_repeat() -> None:
    rewarded, general = [chat("a", "yes")], [chat("b", "no")]
    options = SFTOptions(steps=1, batch_chats=1000, general_share=0.1, seed=4)
    drawn = draw_chats(rewarded, general, options, 3)
    assert drawn == draw_chats(rewarded, general, options, 3)
    assert 60 <= sum(c is general[0] for c in drawn) <= 140
    assert all(c is rewarded[0] for c in draw_chats(rewarded, [], options, 3))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "2: "),
        ('{"messages": 3}', "messages"),
        ('{"messages": [{"role": "robot", "content": "x"}]}', "role"),
        ('{"messages": [{"role": "user", "content": null}]}', "role"),
        ('{"messages": [{"role": "user", "content": "x"}]}', "no message of an assistant"),
        ('{"messages": [{"content": "x"}]}', "role"),
        ('{"messages": ["x"]}', "2: "),
    ],
)
def test_a_line_that_is_no_chat_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "chats.jsonl"
    good = '{"messages": [{"role": "assistant", "content": "x"}]}'
    path.write_text(f"{good}\n{line}\n")
    with pytest.raises(ValueError, match=rf"chats.jsonl:2: .*{said.removeprefix('2: ')}"):
        read_chats(path)


def test_blank_lines_are_skipped_and_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_text('\n{"messages": [{"role": "assistant", "content": "x"}]}\n\n')
    assert len(read_chats(path)) == 1
    path.write_text("\n")
    with pytest.raises(ValueError, match="no chats"):
        read_chats(path)
