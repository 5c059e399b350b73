# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""``python -m assay_rl`` is the command ``trainer``."""

import sys

from assay_rl.cli import main

if __name__ == "__main__":
    sys.exit(main())
