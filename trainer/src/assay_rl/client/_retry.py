# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""One call's attempts: where, after which wait, and when to give up. Does no input or output."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assay_rl.client._errors import (
    AssayError,
    DeadlineExceededError,
    NodesUnavailableError,
    ProtocolError,
    RequestRejectedError,
)
from assay_rl.client._nodes import Node, Nodes

_WAIT_FIRST_S = 0.1
_WAIT_LONGEST_S = 10.0
_RETRYABLE_STATUSES = frozenset({429, 502, 503, 504})  # 502, 504: what proxies say for a lost node


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long a call goes on.

    Attributes:
        attempts: most times that a request is sent, ≥ 1.
        deadline_s: most seconds that a call may take, waits included; > 0.
    """

    attempts: int = 6
    deadline_s: float = 600.0


class Attempts:
    """The attempts of one call.

    A driver takes ``begin()``'s node after ``wait_s`` seconds, sends, and reports back with
    exactly one of ``succeeded``, ``refused`` or ``broke``.
    """

    def __init__(
        self, nodes: Nodes, policy: RetryPolicy, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._nodes = nodes
        self._policy = policy
        self._clock = clock
        self._ends_at = clock() + policy.deadline_s
        self._made = 0
        self._weight = 0
        self._node: Node | None = None
        self._last_failure: AssayError | None = None
        self.wait_s = 0.0

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline; negative when it is over."""
        return self._ends_at - self._clock()

    @property
    def node_url(self) -> str:
        """Address of the node that was asked last; empty before the first attempt."""
        return self._node.url if self._node else ""

    @property
    def are_left(self) -> bool:
        """Whether another attempt may be made."""
        return self._made < self._policy.attempts and self.remaining_s > self.wait_s

    def begin(self, weight: int) -> Node:
        """Picks the node of the next attempt, which carries ``weight`` rollouts.

        Raises:
            NodesUnavailableError: the last attempt has failed.
            DeadlineExceededError: no time is left for another.
        """
        if not self.are_left:
            raise self.verdict()
        self._made += 1
        self._weight = weight
        self._node = self._nodes.take(weight, avoid=self._node)
        return self._node

    def verdict(self) -> AssayError:
        """Returns why no further attempt is made."""
        said = f": {self._last_failure}" if self._last_failure else ""
        if self._made < self._policy.attempts:
            return DeadlineExceededError(f"not answered within {self._policy.deadline_s:g} s{said}")
        return NodesUnavailableError(f"gave up after {self._made} attempts{said}")

    def succeeded(self) -> None:
        """The node answered, and its answer was read to its end."""
        self._end(failed=False)
        self._wait_before_next(None)

    def abandoned(self) -> None:
        """The caller lost interest; says nothing about the node."""
        self._end(failed=False)

    def broke(self, reason: str) -> None:
        """The connection failed, before or within the answer."""
        node = self._end(failed=True)
        self._last_failure = NodesUnavailableError(f"{node.url}: {reason}")
        self._wait_before_next(node)

    def misunderstood(self, error: ProtocolError) -> None:
        """The answer is not Assay's: perhaps half a proxy's page, so another try is due."""
        node = self._end(failed=True)
        self._last_failure = error
        self._wait_before_next(node)

    def refused(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """The node answered another status than 200.

        Raises:
            RequestRejectedError: the request is at fault.
            ProtocolError: a status that Assay does not use.
        """
        is_retryable = status in _RETRYABLE_STATUSES
        node = self._end(failed=is_retryable)
        problem = _problem(body)
        code = str(problem.get("code") or problem.get("title") or "no_problem_document")
        detail = str(problem.get("detail") or body[:200].decode("utf-8", "replace"))
        if not is_retryable:
            if 400 <= status < 500:
                pointer = problem.get("pointer")
                raise RequestRejectedError(status, code, detail, str(pointer) if pointer else None)
            raise ProtocolError(f"{node.url} answered {status} {code}: {detail}")
        self._last_failure = NodesUnavailableError(f"{node.url} answered {status} {code}: {detail}")
        self._wait_before_next(node)
        retry_after = headers.get("retry-after", "")
        if self.wait_s > 0 and retry_after.isdigit():
            self.wait_s = max(self.wait_s, float(retry_after))

    def _end(self, *, failed: bool) -> Node:
        node = self._node
        assert node is not None, "an attempt must begin before it ends"
        self._nodes.give_back(node, self._weight, failed=failed)
        return node

    def _wait_before_next(self, failed: Node | None) -> None:
        if failed is not None and self._nodes.has_awake_other_than(failed):
            self.wait_s = 0.0
            return
        longest = min(_WAIT_LONGEST_S, _WAIT_FIRST_S * 2.0 ** (self._made - 1))
        self.wait_s = longest * random.uniform(0.5, 1.0)  # so that clients do not come back as one


def _problem(body: bytes) -> dict[str, object]:
    try:
        problem = json.loads(body)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
