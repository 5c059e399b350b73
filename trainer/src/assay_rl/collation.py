# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Greedy collation: sequences of very different lengths into microbatches of a fixed token budget.

The order of the paper (arXiv 2506.10910 §3): longest first, each into a microbatch with room, a new
one where none has it. Among those with room we take the fullest. At most one microbatch then stays
half empty. Needs no torch.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence


def collate_greedily(lengths: Sequence[int], budget_tokens: int) -> list[list[int]]:
    """Puts every sequence into one microbatch and no microbatch over its budget.

    Args:
        lengths: tokens of each sequence, prompt included [sequence], 1 to `budget_tokens`.
        budget_tokens: the most tokens a microbatch holds, >= 1.

    Returns:
        Indices of sequences, [microbatch][member], the longest member first; every index once.
        The same lengths give the same microbatches; of equal ones the lower index goes first.

    Raises:
        ValueError: a length outside 1 ... `budget_tokens`. A sequence is never cut.

    Complexity:
        O(n log n) comparisons, and moves of memory for each new microbatch.

    Example:
        >>> collate_greedily([3, 8, 2, 5], budget_tokens=10)
        [[1, 2], [3, 0]]
    """
    if budget_tokens < 1:
        raise ValueError(f"budget_tokens is {budget_tokens}; accepted: 1 or more")
    for index, length in enumerate(lengths):
        if not 1 <= length <= budget_tokens:
            raise ValueError(
                f"sequence {index} has {length} tokens; accepted: 1 to the budget, {budget_tokens}"
            )
    microbatches: list[list[int]] = []
    rooms: list[tuple[int, int]] = []  # (free tokens, microbatch), ascending
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[index]
        position = bisect_left(rooms, (length, 0))
        if position < len(rooms):
            room, microbatch = rooms.pop(position)
            microbatches[microbatch].append(index)
        else:
            room, microbatch = budget_tokens, len(microbatches)
            microbatches.append([index])
        if room > length:
            insort(rooms, (room - length, microbatch))
    return microbatches


def collate_in_order(lengths: Sequence[int], budget_tokens: int) -> list[list[int]]:
    """Fills microbatches in the order of arrival, closing one as soon as the next does not fit.

    What greedy collation is compared with; takes and gives the same as `collate_greedily`.

    Raises:
        ValueError: a length outside 1 ... `budget_tokens`.

    Example:
        >>> collate_in_order([3, 8, 2, 5], budget_tokens=10)
        [[0], [1, 2], [3]]
    """
    microbatches: list[list[int]] = []
    room = 0
    for index, length in enumerate(lengths):
        if not 1 <= length <= budget_tokens:
            raise ValueError(
                f"sequence {index} has {length} tokens; accepted: 1 to the budget, {budget_tokens}"
            )
        if length > room:
            microbatches.append([])
            room = budget_tokens
        microbatches[-1].append(index)
        room -= length
    return microbatches


def unfilled_tokens(
    lengths: Sequence[int], microbatches: Sequence[Sequence[int]], budget_tokens: int
) -> int:
    """Tokens that microbatches leave empty: what is padded where each has the budget's size.

    Example:
        >>> unfilled_tokens([3, 8, 2, 5], [[1, 2], [3, 0]], budget_tokens=10)
        2
    """
    used = sum(lengths[index] for microbatch in microbatches for index in microbatch)
    return len(microbatches) * budget_tokens - used
