# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""What trainers call label, answer or ground truth, as a task of Assay."""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_TYPES = frozenset({"math", "choice", "code", "none"})
# Members that hold the label of a row, the surest first.
LABEL_NAMES = (
    "task",
    "reference",
    "ground_truth",
    "expected_answer",
    "answer",
    "label",
    "input_output",
    "verifier_metadata",
    "solution",
)
_INNER_NAMES = ("ground_truth", "reference", "expected_answer", "unit_tests", "input_output")
_PACKED_MIN_CHARACTERS = 24


def task_from_label(label: object, *, language: str = "python") -> dict[str, Any]:
    r"""Turns a label into a task.

    A string or number is the reference of a math task, a list of them is references of which any
    one suffices. An object with ``tests``, or with ``inputs`` and ``outputs``, is a code task,
    also as JSON text. An object with a ``type`` is a task already.

    Args:
        label: what the dataset has; NumPy scalars and arrays are read as what they hold.
        language: of a code task that does not name one.

    Raises:
        ValueError: it is none of these. Bytes and pickled tests are refused: reading a pickle can
            run any code.

    >>> task_from_label("1/2")
    {'type': 'math', 'reference': '1/2'}
    >>> task_from_label('{"inputs": ["1\\n"], "outputs": ["2\\n"]}')["tests"]
    [{'stdin': '1\n', 'stdout': '2\n'}]
    """
    label = plain(label)
    if isinstance(label, str):
        return _from_text(label, language)
    if isinstance(label, Mapping):
        return _from_object(label, language)
    if isinstance(label, list):
        if label and any(isinstance(item, Mapping) for item in label):
            return _code(label, language)
        if label and all(_is_scalar(item) for item in label):
            return {"type": "math", "reference": label}
    if _is_scalar(label):
        return {"type": "math", "reference": label}
    raise ValueError(f"a label is text, a number, a list of them or an object, not {label!r:.80}")


def label_of_row(row: Mapping[str, Any], names: Sequence[str] = LABEL_NAMES) -> object:
    """Returns the first member of a dataset's row that is a label.

    Raises:
        ValueError: there is none.
    """
    for name in names:
        value = row.get(name)
        # A column `task` is often a plain category; it is a label only as a whole task.
        if value is not None and (name != "task" or _is_task(value)):
            return value
    raise ValueError(f"no label among {', '.join(row)}; expected one of {', '.join(names)}")


def plain(value: object) -> Any:
    """Returns a value as JSON has it: without NumPy's types, and without members that are null.

    Members that are null come from tables, where each row has the members of all rows.
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    to_list = getattr(value, "tolist", None)
    return plain(to_list()) if callable(to_list) else value


def _is_scalar(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return math.isfinite(value)
    return isinstance(value, str)


def _is_task(value: object) -> bool:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _json_or_none(value)
    return isinstance(value, Mapping) and value.get("type") in _TYPES


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _from_text(text: str, language: str) -> dict[str, Any]:
    _refuse_packed(text)
    if text.lstrip()[:1] in ("{", "["):
        value = _json_or_none(text)
        # A list of numbers stays text: "[1, 2]" is an interval, or one answer of two numbers.
        is_tests = isinstance(value, list) and any(isinstance(v, Mapping) for v in value)
        if isinstance(value, Mapping) or is_tests:
            return task_from_label(value, language=language)
    return {"type": "math", "reference": text}


def _from_object(label: Mapping[str, Any], language: str) -> dict[str, Any]:
    if label.get("type") in _TYPES:
        return dict(label)
    language = str(label.get("language", language))
    if "tests" in label:
        more = {k: label[k] for k in ("sample", "compare", "checker", "limits") if k in label}
        return {**_code(label["tests"], language), **more}
    if "inputs" in label and "outputs" in label:
        return _code(_paired(label), language)
    for name in _INNER_NAMES:
        if name in label:
            return task_from_label(label[name], language=language)
    raise ValueError(f"an object with neither tests nor inputs and outputs: {sorted(label)}")


def _code(tests: object, language: str) -> dict[str, Any]:
    if isinstance(tests, str):
        _refuse_packed(tests)
        tests = _json_or_none(tests)
    if not isinstance(tests, list) or not tests:
        raise ValueError("tests are a list with at least one")
    return {"type": "code", "language": language, "tests": [_test(test) for test in tests]}


def _test(test: object) -> dict[str, Any]:
    if isinstance(test, str):
        return {"assert": test}
    if not isinstance(test, Mapping):
        raise ValueError(f"a test is an object or an assertion, not {test!r:.80}")
    if "input" in test and "output" in test:
        function = test.get("fn_name") or test.get("func_name")
        return _function_or_program(function, test["input"], test["output"])
    return dict(test)


def _paired(label: Mapping[str, Any]) -> list[dict[str, Any]]:
    inputs, outputs = label["inputs"], label["outputs"]
    if not isinstance(inputs, list) or not isinstance(outputs, list):
        raise ValueError("inputs and outputs are lists")
    if len(inputs) != len(outputs):
        raise ValueError(f"{len(inputs)} inputs and {len(outputs)} outputs")
    pairs = zip(inputs, outputs, strict=True)
    return [{"input": i, "output": o, "fn_name": label.get("fn_name")} for i, o in pairs]


def _function_or_program(function: object, given: object, wanted: object) -> dict[str, Any]:
    if not function:
        return {"stdin": _lines(given), "stdout": _lines(wanted)}
    if isinstance(given, str):  # one JSON value a line, an argument each
        given = [json.loads(line) for line in given.split("\n") if line.strip()]
    if isinstance(wanted, str):
        value = _json_or_none(wanted)
        wanted = wanted if value is None and wanted.strip() != "null" else value
    if not isinstance(given, list):
        raise ValueError("arguments of a function are a list, or JSON with one in each line")
    return {"function": str(function), "arguments": given, "expected": wanted}


def _lines(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(str(line) for line in value)
    return str(value)


def _refuse_packed(text: str) -> None:
    text = text.strip()
    if len(text) < _PACKED_MIN_CHARACTERS:
        return
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return
    is_pickle = raw[:1] == b"\x80" and raw[1:2] <= b"\x05" and raw[-1:] == b"."
    if is_pickle or _is_compressed(raw):
        raise ValueError(
            "the label is packed (LiveCodeBench packs tests with pickle, which can run any code "
            "when it is read); store the tests as JSON"
        )


def _is_compressed(raw: bytes) -> bool:
    try:
        return bool(zlib.decompressobj().decompress(raw, 16))
    except zlib.error:
        return False
