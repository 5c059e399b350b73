# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The package as a whole."""

import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import assay_rl
from assay_rl import grpo

MODULES = [module.name for module in pkgutil.walk_packages(assay_rl.__path__, prefix="assay_rl.")]


@pytest.mark.parametrize("name", ["assay_rl", "assay_rl.collation"])
def test_what_the_base_offers_needs_no_torch(name: str) -> None:
    program = f"import sys, {name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_every_exported_name_exists_once_and_is_documented() -> None:
    assert sorted(set(grpo.__all__)) == sorted(grpo.__all__)
    for name in grpo.__all__:
        member = getattr(grpo, name)
        if inspect.isclass(member) or inspect.isfunction(member):
            assert member.__doc__, name


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_print_what_they_say(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
