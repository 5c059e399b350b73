# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What all tests share: the same random cases in every run, on one thread."""

import hypothesis
import torch

# Tests of tiny tensors are fastest on one thread, and its sums have one order.
torch.set_num_threads(1)

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")
