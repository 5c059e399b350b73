# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""The demo's problems: sums and differences of two-digit numbers, asked in seven languages.

A warm-up text works digit by digit, as on paper, and is wrong on purpose now and then: a digit is
miscalculated, the thoughts are in another language, the box is missing. A model that imitates
such texts well is still wrong often, which is the room that reinforcement has.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Phrases:
    """One language's sentences; ``{a}``, ``{b}`` and so on are numbers or sums."""

    plus: str
    minus: str
    thoughts: str
    answer: str


# Every sentence has the 20 letters that Assay wants as evidence of a language (docs/language.md).
_PHRASES = {
    "en": _Phrases(
        "What is the result of {a} plus {b}?",
        "What is the result of {a} minus {b}?",
        "The units give {units}, and the tens give {tens}.",
        "So the result is",
    ),
    "fr": _Phrases(
        "Quel est le résultat de {a} plus {b} ?",
        "Quel est le résultat de {a} moins {b} ?",
        "Les unités donnent {units}, puis les dizaines donnent {tens}.",
        "Le résultat est donc",
    ),
    "de": _Phrases(
        "Was ist das Ergebnis von {a} plus {b}?",
        "Was ist das Ergebnis von {a} minus {b}?",
        "Die Einer ergeben {units}, und die Zehner ergeben {tens}.",
        "Das Ergebnis ist also",
    ),
    "es": _Phrases(
        "¿Cuál es el resultado de {a} más {b}?",
        "¿Cuál es el resultado de {a} menos {b}?",
        "Las unidades dan {units}, y luego las decenas dan {tens}.",
        "El resultado es entonces",
    ),
    "it": _Phrases(
        "Qual è il risultato di {a} più {b}?",
        "Qual è il risultato di {a} meno {b}?",
        "Le unità danno {units}, e poi le decine danno {tens}.",
        "Il risultato è quindi",
    ),
    "ru": _Phrases(
        "Сколько будет, если сложить {a} и {b}?",
        "Сколько будет, если вычесть из {a} число {b}?",
        "Единицы дают {units}, а десятки дают {tens}.",
        "Значит, ответ равен",
    ),
    "zh": _Phrases(
        "请问 {a} 加 {b} 等于多少？",
        "请问 {a} 减 {b} 等于多少？",
        "先算个位得到 {units}，再算十位得到 {tens}。",
        "所以答案是",
    ),
}
LANGUAGES = tuple(_PHRASES)
_HELD_OUT_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """One question and its answer.

    Attributes:
        a, b: numbers of 10 to 99; ``b <= a`` for a difference.
        sign: 1 for a sum, -1 for a difference.
        language: one of ``LANGUAGES``.
    """

    a: int
    b: int
    sign: int
    language: str

    @property
    def text(self) -> str:
        """The question."""
        phrases = _PHRASES[self.language]
        question = phrases.plus if self.sign > 0 else phrases.minus
        return question.format(a=self.a, b=self.b)

    @property
    def answer(self) -> int:
        """The number asked for."""
        return self.a + self.sign * self.b

    @property
    def name(self) -> str:
        """A name that no other problem has."""
        return f"{self.language}:{self.a}{'+' if self.sign > 0 else '-'}{self.b}"

    @property
    def is_held_out(self) -> bool:
        """Whether no training sees these numbers, in whatever language."""
        # A hash, so that the split depends on nothing else: neither seed nor order.
        digest = hashlib.sha256(f"{self.a}{self.sign:+d}{self.b}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % 100 < _HELD_OUT_PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often a warm-up text is wrong, as probabilities.

    Attributes:
        digit: that a step of the calculation is off.
        language: that the thoughts are in another language than the problem.
        box: that the answer has no box.
    """

    digit: float = 0.2
    language: float = 0.2
    box: float = 0.1


def draw_problem(source: random.Random, *, held_out: bool) -> Problem:
    """Returns a random problem from one side of the split."""
    while True:
        sign = source.choice((1, -1))
        a, b = source.randint(10, 99), source.randint(10, 99)
        if sign < 0 and b > a:
            a, b = b, a
        problem = Problem(a, b, sign, source.choice(LANGUAGES))
        if problem.is_held_out == held_out:
            return problem


def draw_distinct(source: random.Random, count: int, *, held_out: bool) -> list[Problem]:
    """Returns ``count`` different problems from one side of the split."""
    found: dict[str, Problem] = {}
    while len(found) < count:
        problem = draw_problem(source, held_out=held_out)
        found[problem.name] = problem
    return list(found.values())


def work_out(problem: Problem, source: random.Random, faults: Faults) -> str:
    """Returns a completion for ``problem``: thoughts, then an answer in a box."""
    language = problem.language
    if source.random() < faults.language:
        language = source.choice([other for other in LANGUAGES if other != language])
    units, tens, result = _calculate(problem, source, faults.digit)
    thoughts = _PHRASES[language].thoughts.format(units=units, tens=tens)
    shown = str(result) if source.random() < faults.box else f"$\\boxed{{{result}}}$"
    return f"<think>{thoughts}</think> {_PHRASES[problem.language].answer} {shown}."


def vocabulary_texts() -> Iterator[str]:
    """Yields texts that together hold every word of problems and completions."""
    source = random.Random(0)
    for language in LANGUAGES:
        for sign in (1, -1):
            problem = Problem(98, 76, sign, language)
            yield problem.text
            yield work_out(problem, source, Faults(digit=0.0, language=0.0, box=0.0))


def _calculate(problem: Problem, source: random.Random, fault: float) -> tuple[str, str, int]:
    """Returns the steps for units and tens, and what follows from them."""
    (ten_a, one_a), (ten_b, one_b) = divmod(problem.a, 10), divmod(problem.b, 10)
    if problem.sign > 0:
        ones = _maybe_off(one_a + one_b, source, fault)
        carry = ones // 10
        units = f"{one_a}+{one_b}={ones}"
        tens_sum = _maybe_off(ten_a + ten_b + carry, source, fault)
        tens = f"{ten_a}+{ten_b}+{carry}={tens_sum}"
    else:
        borrow = int(one_a < one_b)
        ones = _maybe_off(one_a + 10 * borrow - one_b, source, fault)
        units = f"{10 * borrow + one_a}-{one_b}={ones}"
        tens_sum = _maybe_off(ten_a - ten_b - borrow, source, fault)
        tens = f"{ten_a}-{ten_b}-{borrow}={tens_sum}"
    return units, tens, 10 * tens_sum + ones % 10


def _maybe_off(number: int, source: random.Random, fault: float) -> int:
    if source.random() >= fault:
        return number
    return max(0, number + source.choice((-2, -1, 1, 2)))
