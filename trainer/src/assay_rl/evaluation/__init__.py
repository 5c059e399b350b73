# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Benchmarks in their published shapes, scored by Assay."""

from assay_rl.evaluation._problems import SHAPES, EvaluationProblem, last_box, read_problems
from assay_rl.evaluation._scores import EvaluationScores, evaluate, majority_is_correct

__all__ = [
    "SHAPES",
    "EvaluationProblem",
    "EvaluationScores",
    "evaluate",
    "last_box",
    "majority_is_correct",
    "read_problems",
]
