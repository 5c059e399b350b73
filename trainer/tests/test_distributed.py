# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""One and two processes give the same gradient."""

import multiprocessing
import os
from pathlib import Path

import pytest
import torch
import torch.distributed

from assay_rl.grpo import GRPOOptions, microbatches, share_of_rank
from minibatch_gradient import accumulate, minibatch, one_by_one, plan_of

OPTIONS = [GRPOOptions(), GRPOOptions(loss_mean="batch")]


def work(rank: int, world_size: int, folder: str) -> None:
    """One process: its share of the microbatches, then the sum over all."""
    os.environ["GLOO_SOCKET_IFNAME"] = "lo"
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=world_size
    )
    items, cases = minibatch()
    results = []
    for options in OPTIONS:
        pieces = list(microbatches(items, plan_of(cases, options), 40, dtype=torch.float64))
        results.append(accumulate(share_of_rank(pieces, rank, world_size))[0])
    # More processes than microbatches: the last has nothing and must still take part.
    one = list(microbatches(items, plan_of(cases), 1000, dtype=torch.float64))
    results.append(accumulate(share_of_rank(one, rank, world_size))[0])
    torch.save(results, Path(folder) / f"gradients-{rank}")
    torch.distributed.destroy_process_group()


@pytest.mark.skipif(
    not torch.distributed.is_available(), reason="this PyTorch has no torch.distributed"
)
def test_two_processes_give_the_gradient_of_one(tmp_path: Path) -> None:
    items, cases = minibatch()
    expected = [accumulate(one_by_one(items, plan_of(cases, options)))[0] for options in OPTIONS]
    expected.append(expected[0])

    # Fresh interpreters: a fork would inherit the threads of this one's libraries.
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=work, args=(rank, 2, str(tmp_path))) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0, 0]

    first, second = (torch.load(tmp_path / f"gradients-{rank}") for rank in range(2))
    for wanted, at_first, at_second in zip(expected, first, second, strict=True):
        assert torch.equal(at_first, at_second)
        torch.testing.assert_close(at_first, wanted, rtol=0, atol=1e-12)


def test_shares_hold_every_item_once() -> None:
    shares = [share_of_rank(range(10), rank, 3) for rank in range(3)]
    assert sorted(item for share in shares for item in share) == list(range(10))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_rank_outside_the_world_is_refused() -> None:
    with pytest.raises(ValueError, match="rank is 2; accepted: 0 to 1"):
        share_of_rank([1], rank=2, world_size=2)
