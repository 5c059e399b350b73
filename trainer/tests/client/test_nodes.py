# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Choosing a node."""

from __future__ import annotations

import random

import pytest

from assay_rl.client._nodes import Nodes
from assay_rl.client._options import node_urls


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def nodes(*names: str) -> tuple[Nodes, Clock]:
    clock = Clock()
    urls = [f"http://{name}:1" for name in names]
    return Nodes(urls, clock=clock, random_source=random.Random(0)), clock


def test_the_less_busy_of_two_is_taken() -> None:
    pool, _ = nodes("a", "b")
    busy = pool.take(100)
    assert all(pool.take(1).url != busy.url for _ in range(50))


def test_load_spreads_evenly() -> None:
    pool, _ = nodes("a", "b", "c", "d")
    for _ in range(400):
        pool.take(1)
    counts = [in_flight for _, in_flight in pool.snapshot()]
    assert sum(counts) == 400
    assert max(counts) - min(counts) <= 10


def test_a_failed_node_rests_twice_as_long_each_time_and_comes_back() -> None:
    pool, clock = nodes("a", "b")
    first = pool.take(1)
    pool.give_back(first, 1, failed=True)
    assert all(pool.take(0).url != first.url for _ in range(20))
    clock.now = 0.5
    assert any(pool.take(0).url == first.url for _ in range(20))
    pool.give_back(first, 0, failed=True)
    clock.now = 1.4
    assert all(pool.take(0).url != first.url for _ in range(20))


def test_where_all_rest_the_one_that_rested_longest_is_asked() -> None:
    pool, clock = nodes("a", "b")
    first = pool.take(0)
    pool.give_back(first, 0, failed=True)
    clock.now = 0.1
    second = pool.take(0)
    pool.give_back(second, 0, failed=True)
    assert pool.take(0) is first
    assert not pool.has_awake_other_than(first)


def test_the_node_that_just_failed_is_avoided() -> None:
    pool, _ = nodes("a", "b", "c")
    node = pool.take(0)
    assert all(pool.take(0, avoid=node) is not node for _ in range(50))


def test_addresses_may_stand_in_one_string() -> None:
    assert node_urls("http://a:1, http://b:2,") == ["http://a:1", "http://b:2"]


@pytest.mark.parametrize("urls", [[], ["localhost:8080"]])
def test_what_is_no_address_is_refused(urls: list[str]) -> None:
    with pytest.raises(ValueError, match="node"):
        Nodes(urls)
