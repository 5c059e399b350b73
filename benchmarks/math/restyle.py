"""Writes an expression another way without changing its meaning."""

import re

UNICODE = {
    "\\pi": "π", "\\cdot": "·", "\\times": "×", "\\leq": "≤", "\\le": "≤", "\\geq": "≥",
    "\\ge": "≥", "\\neq": "≠", "\\infty": "∞", "\\cup": "∪", "\\cap": "∩", "\\pm": "±",
    "\\in": "∈", "\\theta": "θ", "\\alpha": "α", "\\beta": "β", "\\lambda": "λ",
}
TEXT = re.compile(r"\\(text|mathrm|mbox|textbf|operatorname|begin|end)\s*\{[^{}]*\}")


def outside_text(expression: str, change) -> str:
    """Applies `change` to everything that is no text group."""
    result, last = [], 0
    for match in TEXT.finditer(expression):
        result += [change(expression[last:match.start()]), match.group()]
        last = match.end()
    return "".join(result + [change(expression[last:])])


def fractions(expression: str) -> str:
    return re.sub(r"\\frac(?![a-zA-Z])", r"\\dfrac", expression)


def spacing(expression: str) -> str:
    def change(part: str) -> str:
        part = re.sub(r"(?<=[\w})\]])(?<!\de)\s*([+=])\s*(?=[\w\\({])", r"  \1 ", part)
        return re.sub(r"(?<=[\w})])(?<!\de)\s*-\s*(?=[\w\\({])", r" - ", part)
    return outside_text(expression, change)


def brackets(expression: str) -> str:
    """\\left and \\right before round brackets that match within the same group."""
    if "\\left" in expression or "big" in expression.lower() or "\\begin" in expression:
        return expression
    if expression.count("(") != expression.count(")") or "[" in expression or "]" in expression:
        return expression
    return outside_text(expression, lambda part: part.replace("(", "\\left(").replace(
        ")", "\\right)")) if not TEXT.search(expression) else expression


def symbols(expression: str) -> str:
    def change(part: str) -> str:
        for command, sign in UNICODE.items():
            part = re.sub(re.escape(command) + r"(?![a-zA-Z])", sign, part)
        return re.sub(r"(?<![\w])-(?=\d)", "−", part)
    return outside_text(expression, change)


def reordered(expression: str) -> str:
    """The terms of a plain sum in reverse."""
    if re.search(r"[=<>,;:&~]|\\(pm|mp|le|ge|ne|in|cup|cap|text|begin|to|approx|equiv|mod|bmod|pmod"
                 r"|ldots|cdots|dots|sum|prod|int|lim|mathrm|circ|left|right|mbox|%)", expression):
        return expression
    terms, level, start = [], 0, 0
    text = expression.strip().strip("$").rstrip(".")
    words = re.search(r"(?<!\\)\b[a-zA-Z]{3,}", text)
    if any(mark in text for mark in "|±−[]$") or words or not text:
        return expression
    for index, mark in enumerate(text):
        level += (mark in "({") - (mark in ")}")
        if mark in "+-" and level == 0 and index > 0 and text[:index].strip()[-1:] not in "^_*/({e":
            terms.append(text[start:index].strip())
            start = index
    terms.append(text[start:].strip())
    if len(terms) < 2 or not all(re.search(r"[\w}]", term) for term in terms):
        return expression
    signed = [term if term[0] in "+-" else "+" + term for term in reversed(terms)]
    return " ".join(signed).removeprefix("+").strip()


def restyle(expression: str) -> str:
    for change in (reordered, fractions, brackets, spacing, symbols):
        expression = change(expression)
    return "  " + expression + " "
