# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A progress bar on a terminal; now and then a line where there is none."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_WIDTH = 24
_LINES = 10  # without a terminal


class Progress:
    """Shows how far a phase has come.

    Args:
        label: name of the phase.
        total: steps of it, ≥ 1.
        stream: where it is shown.
    """

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self._label = label
        self._total = max(1, total)
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._began = time.monotonic()

    def show(self, done: int, note: str = "") -> None:
        """Shows ``done`` of ``total`` steps, with a note behind."""
        elapsed = time.monotonic() - self._began
        is_last = done >= self._total
        if self._is_terminal:
            filled = _WIDTH * min(done, self._total) // self._total
            bar = "█" * filled + "·" * (_WIDTH - filled)
            left = elapsed / done * (self._total - done) if done else 0.0
            text = f"\r{self._label:<12} {bar} {done}/{self._total}  {left:4.0f} s left  {note}"
            self._stream.write(f"{text}\x1b[K" + ("\n" if is_last else ""))
        elif is_last or done % max(1, self._total // _LINES) == 0:
            self._stream.write(f"{self._label} {done}/{self._total} {elapsed:.0f} s {note}\n")
        self._stream.flush()
