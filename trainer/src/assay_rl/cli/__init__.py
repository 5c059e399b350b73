# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The command ``trainer``."""

from assay_rl.cli._main import main

__all__ = ["main"]
