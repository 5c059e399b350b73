# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What can go wrong between a trainer and its Assay nodes.

::

    AssayError
    ├── RequestRejectedError   the request is at fault (4xx); repeating it changes nothing
    ├── NodesUnavailableError  retryable, and still failing after the last attempt
    ├── DeadlineExceededError  the time given to a call is over
    └── ProtocolError          an answer that Assay does not give; another service, or a proxy

A rollout without a reward is none of these: it is a ``Result`` whose ``reward`` is ``None``.
"""

from __future__ import annotations


class AssayError(Exception):
    """Base of everything that this package's client raises."""


class RequestRejectedError(AssayError):
    """A node refused the request, and would refuse it again.

    Attributes:
        status: HTTP status, 400 to 499.
        code: the problem document's word for it, such as ``unknown_field``.
        pointer: JSON Pointer (RFC 6901) to the part at fault, where there is one.
    """

    def __init__(self, status: int, code: str, detail: str, pointer: str | None = None) -> None:
        where = f" at {pointer}" if pointer else ""
        super().__init__(f"{status} {code}{where}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer


class NodesUnavailableError(AssayError):
    """No node answered, or all were too busy, up to the last attempt."""


class DeadlineExceededError(AssayError):
    """The call's deadline is over and something is still unanswered."""


class ProtocolError(AssayError):
    """A node answered something that is not Assay's contract."""
