# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The peer of the HTTP benchmark: FastAPI doing the same work as `POST /v1/reward`.

Same fields in, same refusal of unknown ones, same think-tag checks, length penalty, composition,
and the same fields out. Recipes are resolved and hashed once for each distinct text, as ours are.
ASSAY_PEER=tuned reads the body with pydantic's own JSON parser instead of FastAPI's way.
"""

import hashlib
import os
import time
from functools import lru_cache
from typing import Annotated, Literal

import orjson
from fastapi import FastAPI, Request, Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue

Weight = Annotated[float, Field(ge=-100, le=100)]
Tokens = Annotated[int, Field(ge=0, le=1_000_000_000)]


class Strict(BaseModel):
    """An object without unknown fields; frozen, so that recipes can be cache keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Format(Strict):
    reward: Weight = 0.1
    think_open: str = "<think>"
    think_close: str = "</think>"
    allow_leading_whitespace: bool = False
    strip_suffixes: tuple[str, ...] = ()
    think_prefilled: bool = False


class Correctness(Strict):
    reward: Weight = 0.9
    partial: bool = False
    undecided: Literal["mask", "wrong"] = "mask"
    code_block: Literal["first", "last"] = "first"


class Length(Strict):
    penalty: Annotated[float, Field(ge=0, le=100)] = 0.1
    max_tokens: Tokens = 36864
    cache_tokens: Tokens = 4096


class Language(Strict):
    reward: Weight = 0.1
    mode: Literal["whole"] = "whole"


class Recipe(Strict):
    base: Literal["magistral"] = "magistral"
    name: str = "magistral"
    format: Format = Format()
    correctness: Correctness = Correctness()
    length: Length = Length()
    language: Language = Language()
    truncated: Literal["grade", "zero", "mask"] = "grade"


class Task(Strict):
    type: Literal["none"]


class Rollout(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str | int | None = None
    group: str | int | None = Field(None, validation_alias=AliasChoices("group", "group_id"))
    problem: str | None = Field(None, validation_alias=AliasChoices("problem", "question"))
    prompt: str | list[dict[str, JsonValue]] | None = None
    completion: str = Field(validation_alias=AliasChoices("completion", "response", "solution_str"))
    completion_tokens: Tokens | None = None
    max_tokens: Tokens | None = None
    cache_tokens: Tokens | None = None
    truncated: bool = False
    seed: int = 0
    think_prefilled: bool | None = None
    tags: dict[str, str | int | float | bool | None] | None = None
    task: Task | None = None
    recipe: Recipe | Literal["magistral"] = "magistral"
    deadline_s: Annotated[float, Field(ge=0, le=86400)] | None = None


@lru_cache(maxsize=64)
def recipe_hash(recipe: Recipe) -> str:
    """SHA-256 of all parameters in their fixed order."""
    return hashlib.sha256(orjson.dumps(recipe.model_dump(exclude={"base"}))).hexdigest()


def format_verdict(text: str, rules: Format, is_prefilled: bool) -> str:
    """Whether there is one think pair, first and in order."""
    shorter = True
    while shorter:
        shorter = False
        for suffix in rules.strip_suffixes:
            if suffix and text.rstrip().endswith(suffix):
                text = text.rstrip()[: -len(suffix)]
                shorter = True
    opens, closes = text.count(rules.think_open), text.count(rules.think_close)
    if closes == 0 or (opens == 0 and not is_prefilled):
        return "missing_think"
    if closes > 1 or opens > (0 if is_prefilled else 1):
        return "repeated_think"
    start = text.lstrip() if rules.allow_leading_whitespace else text
    if not is_prefilled and not start.startswith(rules.think_open):
        return "think_not_first"
    return "well_formed"


def length_verdict(rollout: Rollout, rules: Length) -> tuple[float, dict[str, JsonValue]]:
    """The soft penalty of Magistral, eq. 1, and its details."""
    tokens = rollout.completion_tokens
    if tokens is None:
        return 0.0, {"verdict": "unmeasured"}
    most = rules.max_tokens if rollout.max_tokens is None else rollout.max_tokens
    cache = rules.cache_tokens if rollout.cache_tokens is None else rollout.cache_tokens
    verdict, value = "within_budget", 0.0
    if tokens > most:
        verdict, value = "over_budget", -rules.penalty
    elif tokens > most - cache:
        verdict, value = "in_cache_zone", -(rules.penalty * (tokens - most + cache)) / cache
    return value, {
        "verdict": verdict, "completion_tokens": tokens, "max_tokens": most, "cache_tokens": cache}


def grade(rollout: Rollout) -> Response:
    """Format, length and composition of a rollout whose task is `none`."""
    start = time.perf_counter()
    recipe = Recipe() if isinstance(rollout.recipe, str) else rollout.recipe
    rules = recipe.format
    prefilled = rules.think_prefilled if rollout.think_prefilled is None else rollout.think_prefilled
    verdict = format_verdict(rollout.completion, rules, prefilled)
    details: dict[str, JsonValue] = {"format": {"verdict": verdict}}
    components = {"format": 0.0, "correctness": 0.0, "length": 0.0, "language": 0.0}
    if verdict == "well_formed":
        components["format"] = rules.reward
        components["length"], details["length"] = length_verdict(rollout, recipe.length)
    reward = (components["format"] + components["correctness"] + components["length"]
              + components["language"])
    result: dict[str, JsonValue] = {} if rollout.id is None else {"id": rollout.id}
    result |= {
        "index": 0, "status": "graded", "reward": reward, "correct": None,
        "components": components, "details": details, "recipe": recipe.name,
        "recipe_hash": recipe_hash(recipe)}
    if rollout.tags is not None:
        result["tags"] = rollout.tags
    result["elapsed_s"] = time.perf_counter() - start
    return Response(orjson.dumps(result), media_type="application/json")


app = FastAPI(openapi_url=None)

if os.environ.get("ASSAY_PEER") == "tuned":

    @app.post("/v1/reward")
    async def reward_tuned(request: Request) -> Response:
        return grade(Rollout.model_validate_json(await request.body()))

else:

    @app.post("/v1/reward")
    async def reward(rollout: Rollout) -> Response:
        return grade(rollout)
