# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The package as a whole."""

import subprocess
import sys


def test_importing_the_package_needs_no_torch() -> None:
    program = "import sys, assay_rl; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
