# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The example of docs/trainer.md runs and prints what its comment says."""

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "trainer.md"


def test_the_example_of_the_objective_prints_what_it_says() -> None:
    found = re.search(
        r"```python\n(import torch\nfrom assay_rl\.grpo.*?)```", PAGE.read_text(), re.DOTALL
    )
    assert found
    example = found.group(1)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, str(PAGE), "exec"), {})
    assert printed.getvalue().strip() == example.strip().rsplit("# ", 1)[-1]
