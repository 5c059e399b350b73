"""Writes whole completions: thoughts of a given size, a few last words, one boxed answer."""

import random

THOUGHTS = [
    "Let me set $x = {a}$ and see what the condition gives.",
    "Expanding the square, we have $(x + {a})^2 = x^2 + {b}x + {c}$, so the middle term is ${b}x$.",
    "Wait, that cannot be right, because ${a} < {b}$ and the sum has to stay below {c}.",
    "If we divide both sides by {a}, the equation becomes \\[ y = \\frac{{{b}}}{{{a}}} x + {c}. \\]",
    "So the number of ways is $\\binom{{{b}}}{{2}} = {c}$, unless the order counts.",
    "Hmm, let me check the small cases first: for n = {a} there are {b} of them, for n = {c} none.",
    "By symmetry the triangle with sides {a}, {b} and {c} has the same area.",
    "The remainder of {c} by {a} is what matters here, the quotient does not.",
    "Therefore $\\sqrt{{{a}}} + \\sqrt{{{b}}}$ is irrational, but its square may still be simple.",
    "Alternatively, one could count the pairs $(i, j)$ with $1 \\le i < j \\le {a}$ directly.",
    "I should double-check the case where the discriminant ${b}^2 - 4 \\cdot {a} \\cdot {c}$ is negative.",
    "- first, all cards with a number under {a};\n- second, the other {b} cards.",
]
CLOSING = [
    "Putting everything together, the two conditions leave exactly one possibility.",
    "We substitute back and simplify, which gives the value that was asked for.",
    "Both cases lead to the same result, so nothing else has to be checked.",
]


def completion(answer: str, kilobytes: int, seed: int) -> str:
    """A completion of about `kilobytes` KiB whose last words box `answer`."""
    source = random.Random(f"{seed} {kilobytes}")
    parts: list[str] = []
    size = 0
    while size < kilobytes << 10:
        sentence = source.choice(THOUGHTS).format(
            a=source.randint(2, 99), b=source.randint(2, 99), c=source.randint(100, 9999))
        parts.append(sentence + ("\n\n" if source.random() < 0.2 else " "))
        size += len(parts[-1])
    closing = " ".join(source.sample(CLOSING, 2))
    return f"<think>{''.join(parts)}</think>\n{closing}\n\nThe answer is $\\boxed{{{answer}}}$."
