# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Both clients against servers that fail; nothing is lost, doubled, or turned into a 0."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from assay_rl.client import (
    AsyncClient,
    Client,
    ClientOptions,
    DeadlineExceededError,
    NodesUnavailableError,
    ProtocolError,
    RequestRejectedError,
    Result,
    RetryPolicy,
    Rollout,
    WhenUnreachable,
)
from scripted_server import Reply, all_graded, graded, members, problem, scripted, ungraded

Ask = Callable[..., list[Result]]


def rollouts(count: int) -> list[Rollout]:
    return [Rollout(completion=str(i), task={"type": "none"}) for i in range(count)]


def options(
    attempts: int = 4, *, batch: int = 256, when: WhenUnreachable = "raise", deadline_s: float = 60
) -> ClientOptions:
    return ClientOptions(
        retry=RetryPolicy(attempts=attempts, deadline_s=deadline_s),
        batch_rollouts_max=batch,
        when_unreachable=when,
    )


def ask_sync(urls: str | Sequence[str], count: int, settings: ClientOptions) -> list[Result]:
    with Client(urls, settings) as client:
        return client.rewards(rollouts(count))


def ask_async(urls: str | Sequence[str], count: int, settings: ClientOptions) -> list[Result]:
    async def ask() -> list[Result]:
        async with AsyncClient(urls, settings) as client:
            return await client.rewards(rollouts(count))

    return asyncio.run(ask())


@pytest.fixture(params=[ask_sync, ask_async], ids=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    chosen: Ask = request.param
    return chosen


def rewards(results: Sequence[Result]) -> list[float | None]:
    return [result.reward for result in results]


def test_results_come_in_the_order_asked_over_several_requests(ask: Ask) -> None:
    with scripted(all_graded) as server:
        results = ask(server.url, 25, options(batch=4))
        assert rewards(results) == [float(i) for i in range(25)]
        assert [result.index for result in results] == list(range(25))
        assert sorted(len(members(body)) for body in server.bodies) == [1, 4, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_busy_nodes_are_asked_again(ask: Ask, status: int) -> None:
    with scripted(problem(status, "overloaded"), all_graded) as server:
        assert rewards(ask(server.url, 3, options())) == [0.0, 1.0, 2.0]
        assert len(server.bodies) == 2


def test_retry_after_is_waited_for(ask: Ask) -> None:
    busy = problem(429, "overloaded", **{"retry-after": "30"})
    with scripted(busy, all_graded) as server, pytest.raises(DeadlineExceededError, match="429"):
        ask(server.url, 1, options(deadline_s=5))  # 30 s would pass the deadline, so it ends now
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [400, 404, 413, 415, 422])
def test_a_refused_request_is_not_repeated(ask: Ask, status: int) -> None:
    with (
        scripted(problem(status, "unknown_field"), all_graded) as server,
        pytest.raises(RequestRejectedError, match="unknown_field at /items/0: said so") as caught,
    ):
        ask(server.url, 1, options())
    assert (caught.value.status, caught.value.pointer) == (status, "/items/0")
    assert len(server.bodies) == 1


def test_a_refusal_is_raised_even_where_failures_are_masked(ask: Ask) -> None:
    with scripted(problem(422, "unknown_field")) as server, pytest.raises(RequestRejectedError):
        ask(server.url, 1, options(when="mask"))


def test_only_what_a_broken_connection_lost_is_asked_again(ask: Ask) -> None:
    def half(body: dict[str, Any]) -> Reply:
        lines = [graded(i, float(r["completion"])) for i, r in enumerate(members(body))]
        return Reply(lines=lines[:3], breaks_off=True)

    with scripted(half, all_graded) as server:
        assert rewards(ask(server.url, 5, options())) == [0.0, 1.0, 2.0, 3.0, 4.0]
        asked = [[r["completion"] for r in members(body)] for body in server.bodies]
    assert asked == [["0", "1", "2", "3", "4"], ["3", "4"]]


def test_a_retryable_result_is_asked_again_and_others_are_not(ask: Ask) -> None:
    def first(_: dict[str, Any]) -> Reply:
        lines = [graded(0), ungraded(1, retryable=True), ungraded(2, retryable=False)]
        return Reply(lines=lines)

    with scripted(first, all_graded) as server:
        results = ask(server.url, 3, options())
        assert [len(members(body)) for body in server.bodies] == [3, 1]
    assert rewards(results) == [1.0, 1.0, None]
    assert results[2].status == "verifier_error"


def test_a_result_that_never_improves_is_returned_as_it_is(ask: Ask) -> None:
    with scripted(lambda _: Reply(lines=[ungraded(0, retryable=True)])) as server:
        results = ask(server.url, 1, options(attempts=3))
        assert len(server.bodies) == 3
    assert (results[0].reward, results[0].status) == (None, "verifier_error")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("not JSON", "<html>502</html>"),
        ("no result", "[]"),
        ("reward without the status", '{"index": 0, "status": "graded", "reward": null}'),
        ("status without the reward", '{"index": 0, "status": "cancelled", "reward": 0.0}'),
        ("a word for a number", '{"index": 0, "status": "graded", "reward": "1"}'),
        ("a truth for a number", '{"index": 0, "status": "graded", "reward": true}'),
        ("no number", '{"index": 0, "status": "graded", "reward": NaN}'),
        ("not asked for", '{"index": 7, "status": "graded", "reward": 1.0}'),
        ("negative", '{"index": -1, "status": "graded", "reward": 1.0}'),
    ],
)
def test_garbage_is_tried_again_and_never_becomes_a_reward(ask: Ask, name: str, line: str) -> None:
    with scripted(lambda _: Reply(lines=[line]), all_graded) as server:
        assert rewards(ask(server.url, 1, options())) == [0.0], name
        assert len(server.bodies) == 2


def test_a_doubled_result_is_refused(ask: Ask) -> None:
    doubled = Reply(lines=[graded(0, 5.0), graded(0, 6.0)])
    with scripted(lambda _: doubled, all_graded) as server:
        assert rewards(ask(server.url, 2, options())) == [5.0, 1.0]


def test_an_answer_that_leaves_rollouts_out_is_completed(ask: Ask) -> None:
    with scripted(lambda _: Reply(lines=[graded(0, 9.0)]), all_graded) as server:
        assert rewards(ask(server.url, 2, options())) == [9.0, 1.0]


def test_other_services_are_told_from_assay(ask: Ask) -> None:
    with scripted(problem(500, "bug")) as server, pytest.raises(ProtocolError, match="500 bug"):
        ask(server.url, 1, options())


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_the_other_node_takes_over_at_once(ask: Ask) -> None:
    with scripted(all_graded) as server:
        assert rewards(ask([closed_port(), server.url], 20, options(batch=2))) == [
            float(i) for i in range(20)
        ]


def test_the_last_attempt_is_raised(ask: Ask) -> None:
    with pytest.raises(NodesUnavailableError, match="gave up after 2 attempts"):
        ask(closed_port(), 1, options(attempts=2))


def test_unreachable_rollouts_are_masked_where_wanted(ask: Ask) -> None:
    def half(_: dict[str, Any]) -> Reply:
        return Reply(lines=[graded(1, 4.0)], breaks_off=True)

    with scripted(half, problem(503, "draining")) as server:
        results = ask(server.url, 3, options(attempts=2, when="mask"))
    assert rewards(results) == [None, 4.0, None]
    assert {results[0].status, results[2].status} == {"unreachable"}
    assert results[0].error is not None
    assert results[0].error.retryable


def test_the_deadline_travels_with_the_request(ask: Ask) -> None:
    with scripted(all_graded) as server:
        ask(server.url, 1, options(deadline_s=7))
        assert 0 < server.bodies[0]["deadline_s"] <= 7


def test_an_empty_call_asks_nobody(ask: Ask) -> None:
    assert ask(closed_port(), 0, options()) == []


def test_text_that_is_no_unicode_is_sent_as_what_it_is_not() -> None:
    def echo(body: dict[str, Any]) -> Reply:
        assert body["items"][0]["completion"] == "a?b"
        return Reply(lines=[graded(0)])

    with scripted(echo) as server, Client(server.url) as client:
        rollout = Rollout(completion="a\ud800b", task={"type": "none"})
        assert client.reward(rollout).reward == 1.0


def test_leaving_the_stream_early_leaves_nothing_behind() -> None:
    with scripted(all_graded) as server, Client(server.url, options(batch=1)) as client:
        stream = client.stream(rollouts(50))
        assert next(stream).reward is not None
        stream.close()  # type: ignore[attr-defined]
        assert len(client.rewards(rollouts(3))) == 3
        client.close()  # waits for the threads
        assert all(in_flight == 0 for _, in_flight in client._nodes.snapshot())


def test_a_grader_alone_is_tried_again_too() -> None:
    answer = json.dumps({"verdict": "equivalent"})
    replies = (problem(503, "draining"), lambda _: Reply(lines=[answer]))
    with scripted(*replies) as server, Client(server.url) as client:
        assert client.grade("math", {"answer": "1"}) == {"verdict": "equivalent"}
