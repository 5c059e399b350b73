# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""An ``assay serve`` of our own, on a free loopback port, for demos and tests."""

from __future__ import annotations

import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_REPOSITORY = Path(__file__).resolve().parents[3]
_START_TIMEOUT_S = 60.0
_STOP_TIMEOUT_S = 20.0
_ADDRESS = re.compile(r"http://\S+:\d+")


def find_assay(program: Path | None = None) -> Path:
    """Returns the program: the one given, ``$ASSAY``, this repository's build, or the PATH's.

    Raises:
        FileNotFoundError: there is none; says how to build it.
    """
    if program is None and os.environ.get("ASSAY"):
        program = Path(os.environ["ASSAY"])
    builds = [_REPOSITORY / ".build" / kind / "assay" for kind in ("release", "debug")]
    for candidate in [program] if program else builds:
        if os.access(candidate, os.X_OK):
            return candidate
    on_path = shutil.which("assay")
    if program is None and on_path:
        return Path(on_path)
    raise FileNotFoundError(
        f"no assay at {program or ' or '.join(map(str, builds))}; "
        "build it with `scripts/build release`, or say where it is: ASSAY=/path/to/assay"
    )


class AssayServer:
    """An ``assay serve`` that was started here.

    Attributes:
        url: its address.
    """

    def __init__(self, program: Path | None = None) -> None:
        """Starts the server.

        Raises:
            FileNotFoundError: see ``find_assay``.
            RuntimeError: it did not come up; holds what it said.
        """
        command = [str(find_assay(program)), "serve", "--host", "127.0.0.1", "--port", "0"]
        command += ["--drain-s", "5"]
        model = _REPOSITORY / ".models" / "lid.176.ftz"
        if model.exists():
            command += ["--language-model", str(model)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )
        assert self._process.stdout is not None
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        # Reads on until the end, so that the server never waits for a full pipe.
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,))
        self._reader.start()
        try:
            self.url = self._wait_for_address()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends this process and no other, gently first."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        self._process.kill()

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._lines.put(line)
        self._lines.put("")

    def _wait_for_address(self) -> str:
        said: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=_START_TIMEOUT_S)
            except queue.Empty:
                raise RuntimeError(f"assay was silent for {_START_TIMEOUT_S:g} s: {said}") from None
            if line == "":
                raise RuntimeError(f"assay ended with {self._process.wait()}: {''.join(said)}")
            said.append(line)
            if found := _ADDRESS.search(line):
                return found.group()


@contextmanager
def serving(program: Path | None = None) -> Iterator[AssayServer]:
    """Starts a server for the time of a ``with`` block; raises as ``AssayServer``."""
    server = AssayServer(program)
    try:
        yield server
    finally:
        server.stop()
