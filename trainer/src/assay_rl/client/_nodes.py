# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Which node gets the next request.

Of two nodes taken at random the less busy one is asked ("power of two choices", Mitzenmacher
2001): close to asking the least busy of all, without every client rushing to the same one.
A node that failed rests, longer each time, and is asked before its rest is over only if no other
is left.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_REST_FIRST_S = 0.5
_REST_LONGEST_S = 30.0


@dataclass(slots=True)
class Node:
    """One Assay server.

    Attributes:
        url: address without a trailing slash.
        in_flight: rollouts that it has not answered yet.
        failures: failures in a row.
        rests_until: clock time before which it is asked only for want of another.
    """

    url: str
    in_flight: int = 0
    failures: int = 0
    rests_until: float = 0.0


class Nodes:
    """The nodes of a client, and how busy each one is. Safe to use from any thread."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        clock: Callable[[], float] = time.monotonic,
        random_source: random.Random | None = None,
    ) -> None:
        if not urls:
            raise ValueError("at least one node is needed, such as http://127.0.0.1:8080")
        for url in urls:
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"{url!r} is no address of a node; write http://{url}")
        self._nodes = [Node(url.rstrip("/")) for url in dict.fromkeys(urls)]
        self._clock = clock
        self._random = random_source or random.Random()
        self._lock = threading.Lock()

    def take(self, rollouts: int, *, avoid: Node | None = None) -> Node:
        """Picks a node and counts ``rollouts`` as in flight there; give it back afterwards."""
        with self._lock:
            now = self._clock()
            awake = [n for n in self._nodes if n.rests_until <= now]
            others = [n for n in awake if n is not avoid]
            candidates = others or awake
            if candidates:
                pair = self._random.sample(candidates, min(2, len(candidates)))
                node = min(pair, key=lambda n: n.in_flight)
            else:
                node = min(self._nodes, key=lambda n: n.rests_until)
            node.in_flight += rollouts
            return node

    def give_back(self, node: Node, rollouts: int, *, failed: bool) -> None:
        """Ends what ``take`` began."""
        with self._lock:
            node.in_flight -= rollouts
            if failed:
                rest = min(_REST_LONGEST_S, _REST_FIRST_S * 2.0**node.failures)
                node.failures += 1
                node.rests_until = self._clock() + rest
            else:
                node.failures = 0
                node.rests_until = 0.0

    def has_awake_other_than(self, node: Node) -> bool:
        """Whether a request that ``node`` failed can go elsewhere at once."""
        with self._lock:
            now = self._clock()
            return any(n is not node and n.rests_until <= now for n in self._nodes)

    def snapshot(self) -> list[tuple[str, int]]:
        """Returns each node's address and rollouts in flight."""
        with self._lock:
            return [(n.url, n.in_flight) for n in self._nodes]
