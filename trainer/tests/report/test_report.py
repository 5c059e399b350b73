# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Charts and progress."""

from __future__ import annotations

import io
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assay_rl.report import Line, Progress, chart, write_report


def polylines(svg: str) -> list[str]:
    return [e.get("points", "") for e in ElementTree.fromstring(svg) if e.tag.endswith("polyline")]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("rising", [0.1, 0.2, 0.9]),
        ("constant", [3.0, 3.0]),
        ("zero", [0.0, 0.0]),
        ("one", [5.0]),
        ("none", []),
        ("tiny", [1e-9, 2e-9]),
        ("huge and negative", [-1e12, 1e12]),
        ("with gaps", [1.0, math.nan, 2.0]),
    ],
)
def test_any_series_becomes_well_formed_svg_within_its_frame(
    name: str, values: list[float]
) -> None:
    svg = chart(f"<{name}>", [Line("a & b", [float(i) for i in range(len(values))], values)])
    for points in polylines(svg):
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 420
            assert 0 <= y <= 240


def test_points_that_are_no_numbers_are_left_out() -> None:
    svg = chart("t", [Line("a", [0.0, 1.0, 2.0], [1.0, math.nan, 2.0])])
    assert len(polylines(svg)[-1].split()) == 2


def test_a_page_stands_alone(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(path, "A <run>", [{"step": 0.0, "reward": 0.5}], {"rise": "+0.4 & more"})
    page = path.read_text(encoding="utf-8")
    assert "A &lt;run&gt;" in page
    assert "+0.4 &amp; more" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_in_one_line() -> None:
    stream = Terminal()
    progress = Progress("learning", 4, stream)
    for done in range(1, 5):
        progress.show(done, "reward 0.50")
    shown = stream.getvalue()
    assert shown.count("\n") == 1
    assert shown.count("\r") == 4
    assert "4/4" in shown
    assert "█" * 24 in shown


def test_a_file_gets_a_few_lines() -> None:
    stream = io.StringIO()
    progress = Progress("learning", 100, stream)
    for done in range(1, 101):
        progress.show(done)
    assert stream.getvalue().count("\n") == 10
    assert "\r" not in stream.getvalue()
