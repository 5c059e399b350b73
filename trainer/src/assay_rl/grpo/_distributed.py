# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""One minibatch over several processes.

Every process holds the same model and the same plan, takes its share of the microbatches, and adds
up their gradients without any communication; then `sum_gradients` adds them up over the processes,
once a step. The weights of the plan already divide by the whole minibatch: a mean over processes,
as DistributedDataParallel takes, would divide once more.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
import torch.distributed
from torch import Tensor

Item = TypeVar("Item")


def share_of_rank(items: Sequence[Item], rank: int, world_size: int) -> list[Item]:
    """Deals items to processes in turn; collation's order, longest first, balances them.

    Raises:
        ValueError: a rank outside 0 ..< `world_size`.

    Example:
        >>> share_of_rank(["a", "b", "c"], rank=0, world_size=2)
        ['a', 'c']
    """
    if not 0 <= rank < world_size:
        raise ValueError(f"rank is {rank}; accepted: 0 to {world_size - 1}")
    return list(items[rank::world_size])


def sum_gradients(parameters: Iterable[Tensor]) -> None:
    """Adds up gradients over all processes of the default process group, in place.

    A process whose share was empty counts as zeros. Does nothing where no group was set up.

    Args:
        parameters: the model's, in the same order on every process.
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return
    by_kind: dict[tuple[torch.dtype, torch.device], list[Tensor]] = {}
    for parameter in parameters:
        if not parameter.requires_grad:
            continue
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        by_kind.setdefault((parameter.dtype, parameter.device), []).append(parameter.grad)
    for gradients in by_kind.values():
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        torch.distributed.all_reduce(flat)
        sizes = [gradient.numel() for gradient in gradients]
        for gradient, part in zip(gradients, torch.split(flat, sizes), strict=True):
            gradient.copy_(part.view_as(gradient))
