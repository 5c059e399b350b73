# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Settings that ``Client`` and ``AsyncClient`` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import httpx

from assay_rl.client._retry import RetryPolicy

WhenUnreachable = Literal["raise", "mask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How a client behaves.

    Attributes:
        retry: attempts and deadline of a call.
        batch_rollouts_max: most rollouts in one request; a longer call becomes several.
        connections: most requests at a time, over all nodes.
        connect_timeout_s: seconds to wait for a connection.
        silence_timeout_s: seconds that a node may send nothing. Above the longest time that one
            rollout takes (for code: compile limit and 20 tests), or slow ones are given up.
        when_unreachable: what a call does with rollouts that no node answered: ``raise``, or
            ``mask`` them as results with status ``unreachable`` and no reward.
    """

    retry: RetryPolicy = field(default_factory=RetryPolicy)
    batch_rollouts_max: int = 256
    connections: int = 16
    connect_timeout_s: float = 5.0
    silence_timeout_s: float = 180.0
    when_unreachable: WhenUnreachable = "raise"

    def __post_init__(self) -> None:
        if self.retry.attempts < 1 or self.retry.deadline_s <= 0:
            raise ValueError("a call needs at least one attempt and a deadline above 0 s")
        if self.batch_rollouts_max < 1 or self.connections < 1:
            raise ValueError("batch_rollouts_max and connections are at least 1")

    def limits(self) -> httpx.Limits:
        """Returns the size of the connection pool."""
        return httpx.Limits(
            max_connections=self.connections, max_keepalive_connections=self.connections
        )

    def timeout(self, remaining_s: float) -> httpx.Timeout:
        """Returns the timeouts of an attempt with ``remaining_s`` seconds left.

        A node answers ``deadline_exceeded`` by itself; the second more lets that answer arrive.
        """
        silence = min(self.silence_timeout_s, max(0.0, remaining_s) + 1.0)
        connect = min(self.connect_timeout_s, silence)
        return httpx.Timeout(silence, connect=connect)


def node_urls(nodes: str | Sequence[str]) -> list[str]:
    """Returns addresses from one address, several, or several with commas between them."""
    if isinstance(nodes, str):
        return [url.strip() for url in nodes.split(",") if url.strip()]
    return list(nodes)
