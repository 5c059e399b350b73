# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Rewards over HTTP, without torch."""

from assay_rl.client._async import AsyncClient
from assay_rl.client._errors import (
    AssayError,
    DeadlineExceededError,
    NodesUnavailableError,
    ProtocolError,
    RequestRejectedError,
)
from assay_rl.client._options import ClientOptions, WhenUnreachable
from assay_rl.client._retry import RetryPolicy
from assay_rl.client._sync import Client
from assay_rl.client._types import Group, Result, ResultError, Rollout

__all__ = [
    "AssayError",
    "AsyncClient",
    "Client",
    "ClientOptions",
    "DeadlineExceededError",
    "Group",
    "NodesUnavailableError",
    "ProtocolError",
    "RequestRejectedError",
    "Result",
    "ResultError",
    "RetryPolicy",
    "Rollout",
    "WhenUnreachable",
]
