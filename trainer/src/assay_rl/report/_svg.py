# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Line charts as SVG, without a plotting library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 30, 34
_COLOURS = ("#0b6e99", "#c2410c", "#3f7d20", "#7e3f98", "#8a6d00")
_SMOOTH = 0.9


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart; points whose ``y`` is not finite are left out."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def chart(title: str, lines: Sequence[Line], x_label: str = "step") -> str:
    """Returns an ``<svg>``: each line pale as measured, and strong as its moving average."""
    points = [
        [(x, y) for x, y in zip(line.x, line.y, strict=True) if math.isfinite(y)] for line in lines
    ]
    everything = [point for line in points for point in line]
    if not everything:
        everything = [(0.0, 0.0)]
    x_low, x_high = _range([x for x, _ in everything])
    y_low, y_high = _range([y for _, y in everything])

    def place(x: float, y: float) -> str:
        across = _LEFT + (x - x_low) / (x_high - x_low) * (_WIDTH - _LEFT - _RIGHT)
        down = _TOP + (y_high - y) / (y_high - y_low) * (_HEIGHT - _TOP - _BOTTOM)
        return f"{across:.1f},{down:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<text x="{_LEFT}" y="16" font-size="13" font-weight="bold">{escape(title)}</text>',
    ]
    for value in _ticks(y_low, y_high):
        start, end = place(x_low, value), place(x_high, value)
        parts.append(f'<polyline points="{start} {end}" stroke="#ddd" fill="none"/>')
        down = start.split(",")[1]
        parts.append(f'<text x="{_LEFT - 5}" y="{down}" dy="4" text-anchor="end">{value:g}</text>')
    for value in _ticks(x_low, x_high):
        across = place(value, y_low).split(",")[0]
        parts.append(f'<text x="{across}" y="{_HEIGHT - 18}" text-anchor="middle">{value:g}</text>')
    parts.append(
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 4}" text-anchor="end">{x_label}</text>'
    )
    for index, (line, measured) in enumerate(zip(lines, points, strict=True)):
        colour = _COLOURS[index % len(_COLOURS)]
        raw = " ".join(place(x, y) for x, y in measured)
        smooth = " ".join(place(x, y) for x, y in _smoothed(measured))
        parts.append(f'<polyline points="{raw}" stroke="{colour}" opacity=".25" fill="none"/>')
        parts.append(
            f'<polyline points="{smooth}" stroke="{colour}" stroke-width="1.6" fill="none"/>'
        )
        if len(lines) > 1:
            parts.append(
                f'<text x="{_LEFT + 80 * index}" y="{_HEIGHT - 4}" fill="{colour}">'
                f"{escape(line.name)}</text>"
            )
    return "".join([*parts, "</svg>"])


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high > low:
        return low, high
    return (0.0, 1.0) if low == 0.0 else (low - 0.5, low + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    step = 10.0 ** math.floor(math.log10(high - low))
    while (high - low) / step < 3:
        step /= 2
    first = math.ceil(low / step)
    return [round(k * step, 10) for k in range(first, math.floor(high / step) + 1)]


def _smoothed(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    smooth: list[tuple[float, float]] = []
    total = weight = 0.0
    for x, y in points:
        total = _SMOOTH * total + y
        weight = _SMOOTH * weight + 1.0
        smooth.append((x, total / weight))
    return smooth
