# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""How the command line ends."""

from __future__ import annotations

import subprocess
import sys

_ENDED_FROM_OUTSIDE = """
import os, signal, sys
from assay_rl.cli import _main

def command(options):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    finally:
        print("its server is stopped")

parser = _main.argparse.ArgumentParser()
parser.set_defaults(command=command)
_main._parser = lambda: parser
sys.exit(_main.main([]))
"""


def test_sigterm_unwinds_so_that_a_server_of_our_own_ends_too() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _ENDED_FROM_OUTSIDE], capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.returncode) == ("its server is stopped\n", 143), ended.stderr
