# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Reads benchmark files in the shapes they are published in.

| shape | members |
|---|---|
| aime | ``problem``, ``answer``: an integer from 0 to 999 |
| math | ``problem``, ``answer``, or ``solution`` whose last box is the answer |
| gpqa | ``Question``, ``Correct Answer``, ``Incorrect Answer 1``… ``3`` |
| livecodebench | ``question_content``, ``starter_code``, ``public_test_cases``… |

Nothing is unpickled: private tests of LiveCodeBench that are packed with pickle are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay_rl.training import read_lines

Json = Mapping[str, Any]
_LETTERS = "ABCD"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationProblem:
    """One problem of a benchmark.

    Attributes:
        name: the file's own name for it, else its place.
        problem: what is asked, without the form of the answer.
        task: how Assay verifies it.
    """

    name: str
    problem: str
    task: Json


def read_problems(path: Path, shape: str = "auto") -> list[EvaluationProblem]:
    """Reads a JSON Lines file.

    Args:
        path: the file.
        shape: one of ``SHAPES``, or ``auto``, which goes by the first line's members.

    Raises:
        ValueError: the shape is unknown, or a line does not have it; names the line.
    """
    lines = list(read_lines(path))
    if not lines:
        raise ValueError(f"{path}: no problems")
    shape = _guess(lines[0]) if shape == "auto" else shape
    if shape not in SHAPES:
        raise ValueError(f"shape {shape!r} is none of {', '.join(SHAPES)}")
    problems = []
    for number, line in enumerate(lines, 1):
        try:
            problem, task = SHAPES[shape](line)
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{path}:{number}: not {shape}: {error!r}") from error
        name = next((str(line[key]) for key in _NAMES if key in line), str(number))
        problems.append(EvaluationProblem(name=name, problem=problem, task=task))
    return problems


def last_box(text: str) -> str:
    r"""Returns what stands in the last ``\boxed{…}``.

    Raises:
        ValueError: there is none, or its braces do not match.
    """
    start = text.rfind("\\boxed{")
    depth = 0
    for place in range(start + len("\\boxed"), len(text) if start >= 0 else 0):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start + len("\\boxed{") : place]
    raise ValueError("no closed \\boxed{}")


def _aime(line: Json) -> tuple[str, Json]:
    answer = int(line["answer"])
    if not 0 <= answer <= 999:
        raise ValueError(f"answer {answer} is not within 0 to 999")
    return str(line["problem"]), {"type": "math", "reference": answer}


def _math(line: Json) -> tuple[str, Json]:
    answer = line["answer"] if "answer" in line else last_box(line["solution"])
    return str(line["problem"]), {"type": "math", "reference": str(answer)}


def _gpqa(line: Json) -> tuple[str, Json]:
    right = str(line["Correct Answer"]).strip()
    wrong = [str(line[f"Incorrect Answer {i}"]).strip() for i in (1, 2, 3)]
    question = str(line["Question"]).strip()
    # By hash, so that the right one stands anywhere, and at the same place each time.
    options = sorted(
        [right, *wrong], key=lambda o: hashlib.sha256(f"{question}\0{o}".encode()).digest()
    )
    if len(set(options)) != len(options):
        raise ValueError("two options are the same")
    listed = "\n".join(f"{label}) {o}" for label, o in zip(_LETTERS, options, strict=True))
    task = {
        "type": "choice",
        "reference": _LETTERS[options.index(right)],
        "options": dict(zip(_LETTERS, options, strict=True)),
    }
    return f"{question}\n\n{listed}", task


def _livecodebench(line: Json) -> tuple[str, Json]:
    metadata = _decoded(line.get("metadata") or "{}")
    tests = [
        _test(case, metadata.get("func_name"))
        for key in ("public_test_cases", "private_test_cases")
        for case in _decoded(line.get(key) or "[]")
    ]
    if not tests:
        raise ValueError("no tests")
    problem = str(line["question_content"])
    if line.get("starter_code"):
        problem += f"\n\nBegin with:\n\n```python\n{line['starter_code']}\n```"
    task = {"type": "code", "language": "python", "tests": tests, "sample": len(tests)}
    return problem, task


def _test(case: Json, function: str | None) -> Json:
    if case.get("testtype", "stdin") == "stdin":
        return {"stdin": case["input"], "stdout": case["output"]}
    if not function:
        raise ValueError("a functional test without metadata.func_name")
    # One JSON value a line, an argument each.
    arguments = [json.loads(part) for part in case["input"].split("\n") if part.strip()]
    return {"function": function, "arguments": arguments, "expected": json.loads(case["output"])}


def _decoded(value: object) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(
            "tests are packed (LiveCodeBench packs private ones with pickle, which can run any "
            "code when it is read); store them as JSON"
        ) from None


def _guess(line: Json) -> str:
    if "question_content" in line:
        return "livecodebench"
    if "Correct Answer" in line:
        return "gpqa"
    return "math"


SHAPES: Mapping[str, Callable[[Json], tuple[str, Json]]] = {
    "aime": _aime,
    "math": _math,
    "gpqa": _gpqa,
    "livecodebench": _livecodebench,
}
_NAMES: Sequence[str] = ("id", "unique_id", "question_id", "Record ID", "name")
