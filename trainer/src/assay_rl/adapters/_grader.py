# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What all adapters share: a picklable connection to Assay, and what a missing reward becomes.

Theory of operation: a ``Grader`` holds settings alone until it is asked. Its clients are made in
the process, and for asyncio on the loop, that first asks: trainers pickle reward functions, fork
after making them, and call them from loops of their own. Infrastructure trouble is held and retried
by the client; what still has no reward is masked where a trainer can mask, and raised elsewhere.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from assay_rl.adapters._labels import task_from_label
from assay_rl.adapters._thoughts import WATCH
from assay_rl.client import AsyncClient, Client, ClientOptions, Result, ResultError, Rollout

DEFAULT_URL = "http://127.0.0.1:8080"
COMPONENTS = ("format", "correctness", "length", "language")


class MissingRewardError(Exception):
    """A rollout has no reward, and the trainer cannot leave it out.

    Attributes:
        result: status and error of the rollout.
    """

    def __init__(self, result: Result) -> None:
        error = result.error or ResultError("unknown", "no reason given")
        what = (
            "Repair the task or take it out of the dataset"
            if result.status == "invalid_task"
            else "Nothing was scored"
        )
        super().__init__(f"no reward: {result.status}, {error.code}: {error.message}. {what}.")
        self.result = result

    def __reduce__(self) -> tuple[type[MissingRewardError], tuple[Result]]:
        return type(self), (self.result,)


class UnswallowedRewardError(BaseException):
    """Stands for a missing reward where a trainer makes 0 of every ``Exception``."""


class Grader:
    """Asks Assay in the name of a trainer. Picklable; safe to fork; for threads and asyncio.

    Args:
        nodes: addresses of Assay; default ``$ASSAY_URL``, else ``http://127.0.0.1:8080``.
        recipe: name of a recipe, or changes to one; default the server's.
        language: of code tasks whose label names none.
        think_prefilled: whether the chat template writes ``<think>`` itself.
        options: attempts, deadlines and sizes of the client.
    """

    _blocking: Client | None
    _by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncClient]

    def __init__(
        self,
        nodes: str | Sequence[str] | None = None,
        *,
        recipe: str | Mapping[str, Any] | None = None,
        language: str = "python",
        think_prefilled: bool = False,
        options: ClientOptions | None = None,
    ) -> None:
        self.nodes = nodes or os.environ.get("ASSAY_URL") or DEFAULT_URL
        self.recipe = recipe
        self.language = language
        self.think_prefilled = think_prefilled
        self.options = options or ClientOptions(connections=64)
        self._forget_clients()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in _PROCESS_STATE}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_clients()

    def rollout(self, completion: str | Mapping[str, Any], label: object, **more: Any) -> Rollout:
        """Builds a rollout; ``more`` are other members of ``Rollout``.

        Raises:
            ValueError: the label is none; see ``task_from_label``.
        """
        if self.think_prefilled:
            more.setdefault("think_prefilled", True)
        return Rollout(
            completion=completion, task=task_from_label(label, language=self.language), **more
        )

    def rewards(
        self, rollouts: Sequence[Rollout | ValueError], *, seed: int | None = None
    ) -> list[Result]:
        """Grades rollouts in order; an error in the place of one has no reward.

        Raises:
            ValueError: none of them is a rollout.
            AssayError: as ``Client.rewards``.
        """
        good = _usable(rollouts)
        results = self._client().rewards(good, recipe=self.recipe, seed=seed) if good else []
        return _in_place(rollouts, results)

    async def rewards_async(
        self, rollouts: Sequence[Rollout | ValueError], *, seed: int | None = None
    ) -> list[Result]:
        """Grades as ``rewards`` does."""
        good = _usable(rollouts)
        client = self._async_client()
        results = await client.rewards(good, recipe=self.recipe, seed=seed) if good else []
        return _in_place(rollouts, results)

    def close(self) -> None:
        """Closes the connections of ordinary code; the next call opens new ones."""
        with self._lock:
            client = self._blocking
            self._blocking = None
        if client is not None:
            client.close()

    async def close_async(self) -> None:
        """Closes the connections of the running loop."""
        client = self._by_loop.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.close()

    # Internals.

    def _forget_clients(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._blocking = None
        self._by_loop = weakref.WeakKeyDictionary()

    def _client(self) -> Client:
        if self._pid != os.getpid():  # a fork shares sockets and has none of the threads
            self._forget_clients()
        with self._lock:
            if self._blocking is None:
                self._blocking = Client(self.nodes, self.options)
            return self._blocking

    def _async_client(self) -> AsyncClient:
        if self._pid != os.getpid():
            self._forget_clients()
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._by_loop:
                self._by_loop[loop] = AsyncClient(self.nodes, self.options)
            return self._by_loop[loop]


_PROCESS_STATE = frozenset({"_pid", "_lock", "_blocking", "_by_loop"})


def attempt(
    grader: Grader, completion: str | Mapping[str, Any], label: object, **more: Any
) -> Rollout | ValueError:
    """Builds a rollout, or returns why it cannot be."""
    try:
        return grader.rollout(completion, label, **more)
    except ValueError as error:
        return error


def required(result: Result) -> float:
    """Returns the reward for a trainer that cannot do without.

    Raises:
        MissingRewardError: there is none.
    """
    if result.reward is None:
        raise MissingRewardError(result)
    return result.reward


def numbers(result: Result) -> dict[str, float]:
    """Returns the reward's breakdown as numbers alone, the same names for every graded result."""
    parts = {name: float(result.components.get(name) or 0.0) for name in COMPONENTS}
    return {"correct": float(result.correct is True), **parts}


def completion_of(value: object) -> str | dict[str, Any]:
    """Returns what the policy wrote: a text, or the last assistant message of a conversation.

    Raises:
        ValueError: it holds none.
    """
    if isinstance(value, str):
        return value
    messages = [value] if isinstance(value, Mapping) else value
    if isinstance(messages, Sequence):
        for message in reversed(messages):
            if _member(message, "role") in ("assistant", None):
                content = _text(_member(message, "content"))
                reasoning = _member(message, "reasoning_content")
                if isinstance(reasoning, str) and reasoning:
                    return {"content": content, "reasoning_content": reasoning}
                return content
    raise ValueError(f"no assistant message in {value!r:.80}")


def prompt_of(value: object) -> str | list[dict[str, Any]] | None:
    """Returns a prompt as Assay takes it: a text, or messages with role and content."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, Sequence):
        raise ValueError(f"a prompt is text or messages, not {value!r:.80}")
    return [
        {"role": str(_member(m, "role")), "content": _text(_member(m, "content"))} for m in value
    ]


def _member(message: object, name: str) -> Any:
    if isinstance(message, Mapping):
        return message.get(name)
    return getattr(message, name, None)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, Sequence):
        return "".join(_text(_member(block, "text")) for block in content)
    raise ValueError(f"content is text or blocks of text, not {content!r:.80}")


def _usable(rollouts: Sequence[Rollout | ValueError]) -> list[Rollout]:
    good = [rollout for rollout in rollouts if isinstance(rollout, Rollout)]
    bad = [rollout for rollout in rollouts if not isinstance(rollout, Rollout)]
    if bad and not good:
        raise bad[0]
    return good


def _in_place(rollouts: Sequence[Rollout | ValueError], results: Sequence[Result]) -> list[Result]:
    remaining = iter(results)
    placed = []
    for index, rollout in enumerate(rollouts):
        if isinstance(rollout, Rollout):
            result = next(remaining)
            if isinstance(rollout.completion, str):
                WATCH.see(rollout.completion, result)
            placed.append(result)
        else:
            error = ResultError("unusable_label", str(rollout), cause="reference")
            placed.append(Result(index=index, status="invalid_task", reward=None, error=error))
    return placed
