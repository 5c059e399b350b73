# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Progress while a run goes on, and a page of charts after it."""

from assay_rl.report._page import write_report
from assay_rl.report._progress import Progress
from assay_rl.report._svg import Line, chart

__all__ = ["Line", "Progress", "chart", "write_report"]
