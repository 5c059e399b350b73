#!/usr/bin/env python3
"""Random pairs of expressions: what the engine calls equal, SymPy must confirm.

usage: check_sympy.py TOOL [COUNT [SEED]]

TOOL is the built `math-bench`. A pair is an expression and a copy rewritten by rules that keep its
value, by rules that change it, or another expression of the same kind. Expressions are drawn as trees
and written as LaTeX or plain text for the engine; SymPy gets the trees, so that no parser is shared.
Equal is confirmed by values to 30 digits at up to four points where both are defined and real; what is
not is printed, and the exit status is 1. So is what SymPy does not settle within SECONDS_A_PAIR, apart:
its CPU time is bounded, since some of its evaluations never end. Kept copies that are not called
equal are counted by outcome.
"""

import json
import random
import signal
import subprocess
import sys

import sympy

NAMES = ("x", "y")
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in NAMES}
POINTS = ({"x": sympy.Rational(37, 23), "y": sympy.Rational(19, 29)},
          {"x": sympy.Rational(3, 7), "y": sympy.Rational(53, 17)},
          {"x": sympy.Rational(-11, 9), "y": sympy.Rational(41, 31)},
          {"x": sympy.Rational(-5, 13), "y": sympy.Rational(-7, 19)})
SECONDS_A_PAIR = 5.0
# Pairs that the engine gets at once: a round trip for each would cost more than its work.
BLOCK = 64
FUNCTIONS = ("sin", "cos", "tan", "exp", "ln", "sqrt", "abs", "arctan")
Tree = tuple


def draw(r: random.Random, depth: int, names: tuple[str, ...]) -> Tree:
    """A random tree: ("number", p, q), ("name", n), ("pi",), (operator, child, …)."""
    if depth == 0 or r.random() < 0.15:
        choice = r.random()
        if names and choice < 0.5:
            return ("name", r.choice(names))
        if choice < 0.6:
            return ("pi",)
        return ("number", r.randint(1, 9), 1 if r.random() < 0.7 else r.randint(2, 5))
    kind = r.random()
    if kind < 0.3:
        return ("add", draw(r, depth - 1, names), draw(r, depth - 1, names))
    if kind < 0.42:
        return ("subtract", draw(r, depth - 1, names), draw(r, depth - 1, names))
    if kind < 0.66:
        return ("multiply", draw(r, depth - 1, names), draw(r, depth - 1, names))
    if kind < 0.76:
        return ("divide", draw(r, depth - 1, names), draw(r, depth - 1, names))
    if kind < 0.86:
        return ("power", draw(r, depth - 1, names), ("number", r.randint(2, 3), 1))
    return (r.choice(FUNCTIONS), draw(r, depth - 1, names))


def keep(r: random.Random, t: Tree) -> Tree:
    """The same value, written otherwise."""
    if len(t) > 1 and isinstance(t[1], tuple) and r.random() < 0.75:
        index = r.randrange(1, len(t))
        if isinstance(t[index], tuple) and not (t[0] == "power" and index == 2):
            return t[:index] + (keep(r, t[index]),) + t[index + 1:]
    k = ("number", r.randint(2, 6), 1)
    rules = [("divide", ("multiply", t, k), k), ("subtract", ("add", t, k), k),
             ("multiply", ("divide", t, k), k), ("subtract", k, ("subtract", k, t)),
             ("multiply", t, ("add", ("power", ("sin", k), ("number", 2, 1)),
                              ("power", ("cos", k), ("number", 2, 1))))]
    if t[0] in ("add", "multiply"):
        rules += [(t[0], t[2], t[1])] * 4
    if t[0] == "power" and t[2][1] == 2:
        rules += [("multiply", t[1], t[1])] * 3
        if t[1][0] == "add":
            a, b = t[1][1:]
            two = ("multiply", ("number", 2, 1), ("multiply", a, b))
            rules += [("add", ("add", t[2:] and ("power", a, t[2]), two), ("power", b, t[2]))] * 4
    if t[0] == "multiply" and t[2][0] in ("add", "subtract"):
        rules += [(t[2][0], ("multiply", t[1], t[2][1]), ("multiply", t[1], t[2][2]))] * 4
    if t[0] == "tan":
        rules += [("divide", ("sin", t[1]), ("cos", t[1]))] * 4
    if t[0] == "sin":
        half = ("divide", t[1], ("number", 2, 1))
        rules += [("multiply", ("number", 2, 1), ("multiply", ("sin", half), ("cos", half)))] * 3
    if t[0] == "exp":
        rules += [("divide", ("number", 1, 1), ("exp", ("subtract", ("number", 0, 1), t[1])))] * 3
    if t[0] == "abs":
        rules += [("sqrt", ("power", t[1], ("number", 2, 1)))] * 3
    return r.choice(rules)


def shift(r: random.Random, t: Tree) -> Tree:
    """Another value, nearly the same text."""
    if len(t) > 1 and isinstance(t[1], tuple) and r.random() < 0.8:
        index = r.randrange(1, len(t))
        if isinstance(t[index], tuple):
            return t[:index] + (shift(r, t[index]),) + t[index + 1:]
    swaps = {"add": "subtract", "subtract": "add", "sin": "cos", "cos": "sin", "sqrt": "abs",
             "abs": "sqrt", "multiply": "divide", "divide": "multiply", "tan": "sin", "ln": "exp"}
    if t[0] == "number":
        return ("number", t[1] + r.choice((-1, 1)), t[2])
    if t[0] == "name":
        return r.choice((("name", "y" if t[1] == "x" else "x"), ("sqrt", ("power", t, ("number", 2, 1)))))
    return (swaps[t[0]],) + t[1:] if t[0] in swaps else ("add", t, ("number", 1, 7))


def latex(t: Tree) -> str:
    if t[0] == "number":
        return str(t[1]) if t[2] == 1 else f"\\frac{{{t[1]}}}{{{t[2]}}}"
    if t[0] == "name":
        return t[1]
    if t[0] == "pi":
        return "\\pi"
    parts = [latex(part) for part in t[1:]]
    if t[0] in ("add", "subtract"):
        return f"{parts[0]} {'+' if t[0] == 'add' else '-'} \\left({parts[1]}\\right)"
    if t[0] == "multiply":
        return f"\\left({parts[0]}\\right)\\left({parts[1]}\\right)"
    if t[0] == "divide":
        return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"
    if t[0] == "power":
        return f"\\left({parts[0]}\\right)^{{{parts[1]}}}"
    if t[0] in ("sqrt", "exp", "abs"):
        return {"sqrt": "\\sqrt{%s}", "exp": "e^{%s}", "abs": "\\left|%s\\right|"}[t[0]] % parts[0]
    return f"\\{t[0]}\\left({parts[0]}\\right)"


def plain(t: Tree) -> str:
    if t[0] == "number":
        return str(t[1]) if t[2] == 1 else f"({t[1]}/{t[2]})"
    if t[0] in ("name", "pi"):
        return t[-1]
    parts = [plain(part) for part in t[1:]]
    marks = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "^"}
    if t[0] in marks:
        return f"({parts[0]}){marks[t[0]]}({parts[1]})"
    return f"{t[0]}({parts[0]})"


def build(t: Tree) -> sympy.Expr:
    if t[0] == "number":
        return sympy.Rational(t[1], t[2])
    if t[0] == "name":
        return SYMBOLS[t[1]]
    if t[0] == "pi":
        return sympy.pi
    parts = [build(part) for part in t[1:]]
    if t[0] == "subtract":
        return parts[0] - parts[1]
    if t[0] == "divide":
        return parts[0] / parts[1]
    functions = {"add": sympy.Add, "multiply": sympy.Mul, "power": sympy.Pow, "sin": sympy.sin,
                 "cos": sympy.cos, "tan": sympy.tan, "exp": sympy.exp, "ln": sympy.log,
                 "sqrt": sympy.sqrt, "abs": sympy.Abs, "arctan": sympy.atan}
    return functions[t[0]](*parts)


def value(expression: sympy.Expr, point: dict[str, sympy.Rational]) -> sympy.Expr | None:
    number = expression.subs({SYMBOLS[name]: point[name] for name in NAMES}).evalf(40)
    is_number = number.is_number and number.is_finite is not False and not number.has(sympy.nan, sympy.zoo)
    return number if is_number else None


def is_confirmed(first: Tree, second: Tree) -> bool:
    """Whether both sides have the same value wherever both are real, at one point or more."""
    left, right = build(first), build(second)
    common = 0
    for point in POINTS:
        x, y = value(left, point), value(right, point)
        if x is None or y is None:
            continue
        has_names = bool(left.free_symbols | right.free_symbols)
        if has_names and (abs(sympy.im(x)) > 1e-25 or abs(sympy.im(y)) > 1e-25):
            continue
        if abs(x - y) > sympy.Float("1e-25", 40) * max(1, abs(x)):
            return False
        common += 1
    return common > 0 or sympy.simplify(left - right) == 0


class Overrun(Exception):
    """SymPy took longer than SECONDS_A_PAIR."""


def overrun(*_: object) -> None:
    raise Overrun


def judge(first: Tree, second: Tree) -> str:
    """"confirmed", "not confirmed", or "out of time"."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS_A_PAIR)
    try:
        return "confirmed" if is_confirmed(first, second) else "not confirmed"
    except Overrun:
        return "out of time"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def drawn(r: random.Random, index: int) -> tuple[str, Tree, Tree, tuple[str, str]]:
    """How a pair was made, both trees and both texts."""
    names = NAMES[:r.randint(0, 2)]
    first = draw(r, r.randint(1, 4), names)
    kind = ("kept", "kept", "changed", "other")[index % 4]
    second = (keep(r, first) if kind == "kept" else shift(r, first) if kind == "changed"
              else draw(r, r.randint(1, 2), names))
    return kind, first, second, (latex(first), (latex if r.random() < 0.6 else plain)(second))


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__)
        return 2
    tool = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    r = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    engine = subprocess.Popen([tool, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    signal.signal(signal.SIGPROF, overrun)
    outcomes: dict[str, dict[str, int]] = {}
    doubtful, asymmetric = [], []

    def ask(pairs: list[tuple[str, str]]) -> list[dict]:
        engine.stdin.write(json.dumps([{"gold": x, "answer": y} for x, y in pairs]) + "\n")
        engine.stdin.flush()
        return json.loads(engine.stdout.readline())

    for start in range(0, count, BLOCK):
        if start % (32 * BLOCK) == 0 and start > 0:
            print(f"{start} pairs, {len(doubtful)} doubtful, {len(asymmetric)} not symmetric",
                  file=sys.stderr)
        block = [drawn(r, index) for index in range(start, min(start + BLOCK, count))]
        replies = ask([texts for *_, texts in block])
        backward = ask([(y, x) for *_, (x, y) in block])
        for (kind, first, second, texts), reply, back in zip(block, replies, backward):
            rows = outcomes.setdefault(kind, {})
            rows[reply["outcome"]] = rows.get(reply["outcome"], 0) + 1
            if reply["outcome"] == "equivalent" and (said := judge(first, second)) != "confirmed":
                doubtful.append((texts, reply["step"], reply["policies"], said))
            verdicts = {reply["outcome"], back["outcome"]}
            has_policies = reply["policies"] or back["policies"]
            if not has_policies and verdicts == {"equivalent", "different"}:
                asymmetric.append(texts)
    engine.stdin.close()
    engine.wait()
    for kind, rows in sorted(outcomes.items()):
        print(f"{kind:8}", ", ".join(f"{name} {number}" for name, number in sorted(rows.items())))
    equal = sum(rows.get("equivalent", 0) for rows in outcomes.values())
    print(f"called equal: {equal}, not confirmed by SymPy {sympy.__version__}: {len(doubtful)}, "
          f"not symmetric: {len(asymmetric)}")
    for texts, step, policies, said in doubtful:
        print(f"  {texts[0]}\n  {texts[1]}\n    {said}; by {step} {policies}")
    for texts in asymmetric:
        print("  not symmetric:", *texts, sep="\n    ")
    return 1 if doubtful or asymmetric else 0


if __name__ == "__main__":
    sys.exit(main())
