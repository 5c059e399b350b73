# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The demo and the commands around it, shortened to seconds; what it claims is measured elsewhere.

See `make bench-train-demo` for the claims.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from assay_rl.cli import main


def demo(url: str, out: Path, *more: str) -> int:
    arguments = ["demo", "--url", url, "--out", str(out), "--warm-up-steps", "3", "--held-out", "3"]
    return main([*arguments, *more])


def test_the_demo_writes_all_it_promises(
    assay_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert demo(assay_url, out, "--steps", "2") == 0
    written = {path.name for path in out.iterdir()}
    assert {"warmed-up.pt", "checkpoint.pt", "metrics.jsonl", "rollouts.jsonl"} <= written
    page = (out / "report.html").read_text()
    for title in ("Reward", "Correct", "Completion length", "Entropy", "without a reward"):
        assert title in page
    outcome = json.loads((out / "outcome.json").read_text())
    assert outcome["before"]["answer_correct"] >= 0
    assert len((out / "rollouts.jsonl").read_text().splitlines()) == 2 * 32 * 8
    assert "rise of answer correct" in capsys.readouterr().out

    assert main(["regrade", str(out / "rollouts.jsonl"), "--url", assay_url]) == 0
    assert "512 rollouts compared, 0 differ" in capsys.readouterr().out


def test_an_interrupted_demo_goes_on_bit_for_bit(assay_url: str, tmp_path: Path) -> None:
    assert demo(assay_url, tmp_path / "whole", "--steps", "3") == 0
    assert demo(assay_url, tmp_path / "parts", "--steps", "1") == 0
    assert demo(assay_url, tmp_path / "parts", "--steps", "3", "--resume") == 0
    whole, parts = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["model"]
        for name in ("whole", "parts")
    )
    assert all(torch.equal(whole[name], parts[name]) for name in whole)
    logs = [(tmp_path / name / "rollouts.jsonl").read_bytes() for name in ("whole", "parts")]
    assert logs[0] == logs[1]


def test_a_run_with_other_settings_is_not_continued(
    assay_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(assay_url, tmp_path, "--steps", "1") == 0
    assert demo(assay_url, tmp_path, "--steps", "2", "--resume", "--shuffle-rewards") == 2
    assert "other settings" in capsys.readouterr().err


def test_a_model_is_tuned_on_rewarded_rollouts_and_evaluated(
    assay_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(assay_url, tmp_path / "run", "--steps", "1") == 0
    data = tmp_path / "chats.jsonl"
    data.write_text(
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": "What is 6 times 7?"},
                    {"role": "assistant", "content": "<think>42</think> $\\boxed{42}$"},
                ]
            }
        )
    )
    model, tuned = tmp_path / "run" / "warmed-up.pt", tmp_path / "tuned.pt"
    arguments = ["sft", str(data), "--model", str(model), "--out", str(tuned), "--steps", "60"]
    assert main([*arguments, "--batch-chats", "4", "--learning-rate", "5e-3"]) == 0

    problems = tmp_path / "aime.jsonl"
    problems.write_text(json.dumps({"problem": "What is 6 times 7?", "answer": 42}))
    arguments = ["eval", str(problems), "--model", str(tuned), "--url", assay_url]
    assert main([*arguments, "--runs", "3", "--temperature", "0", "--no-system-prompt"]) == 0
    assert "pass@1 1.000  maj@3 1.000  well formed 1.000" in capsys.readouterr().out


def test_the_measurement_fails_where_nothing_was_learned(
    assay_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["bench-demo", "--url", assay_url, "--out", str(tmp_path), "--seeds", "4"]
    assert main([*arguments, "--steps", "1", "--warm-up-steps", "1", "--held-out", "2"]) == 1
    said = capsys.readouterr().out
    assert "FAILED: seed 4 rose by 0.000" in said
    for method in ("fine-tuned, reinforced", "shuffled", "for longer", "reinforced only"):
        assert method in said


def test_misuse_is_answered_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sft-data", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main(["regrade", "x", "--assay", str(tmp_path / "none")]) == 2
    assert "build it with" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "bench-demo", "sft-data", "sft", "eval", "regrade"])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    assert "usage: trainer" in capsys.readouterr().out
