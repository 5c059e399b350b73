# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A page with the course of a run, from its ``metrics.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from assay_rl.report._svg import Line, chart

# Title of each chart, and the metrics in it.
_CHARTS: Sequence[tuple[str, Mapping[str, str]]] = (
    ("Reward", {"reward": "reward"}),
    ("Correct", {"correct": "correct"}),
    (
        "Components",
        {
            "component/format": "format",
            "component/language": "language",
            "component/length": "length",
        },
    ),
    ("Completion length, tokens", {"tokens": "tokens"}),
    ("Entropy when sampled, nats", {"sampling_entropy": "entropy"}),
    ("Share of rollouts without a reward", {"masked_share": "masked"}),
    ("Groups that teach something", {"groups_kept": "kept"}),
    (
        "Seconds a step",
        {"sampling_s": "sampling", "grading_s": "grading", "learning_s": "learning"},
    ),
)


def write_report(
    path: Path, title: str, metrics: Sequence[Mapping[str, float]], summary: Mapping[str, str]
) -> None:
    """Writes an HTML page that needs no other file.

    Args:
        path: the page.
        title: its heading.
        metrics: one mapping per step, with ``step``.
        summary: a table above the charts.
    """
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
        for name, value in summary.items()
    )
    charts = "".join(chart(name, _lines(metrics, names)) for name, names in _CHARTS)
    path.write_text(
        '<!doctype html><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        "<style>body{font-family:sans-serif;max-width:900px;margin:2em auto}"
        "td{padding:2px 12px 2px 0}</style>"
        f"<h1>{escape(title)}</h1><table>{rows}</table>{charts}\n",
        encoding="utf-8",
    )


def _lines(metrics: Sequence[Mapping[str, float]], names: Mapping[str, str]) -> list[Line]:
    steps = [step["step"] for step in metrics]
    return [
        Line(label, steps, [step.get(name, float("nan")) for step in metrics])
        for name, label in names.items()
    ]
