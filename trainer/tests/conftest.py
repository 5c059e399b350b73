# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What all tests share: the same random cases in every run, on one thread."""

from collections.abc import Iterator

import hypothesis
import pytest
import torch

from assay_rl._server import find_assay, serving

# Tests of tiny tensors are fastest on one thread, and its sums have one order.
torch.set_num_threads(1)

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def assay_url() -> Iterator[str]:
    """Address of a real `assay serve` that runs as long as the tests."""
    try:
        find_assay()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    with serving() as server:
        yield server.url
