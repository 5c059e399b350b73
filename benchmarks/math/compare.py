#!/usr/bin/env python3
"""The math engine and Math-Verify side by side, one pair after the other in one run.

usage: compare.py TOOL REASONS CASES.jsonl [GOLDS.jsonl]

TOOL is the built `math-bench`. A case is {"id", "gold", "answer", "expect", "contestable"}; a gold is
{"id", "gold", "source"}. Math-Verify gets bare expressions between $ marks, which helps it, and its
default limit of 5 s for parsing and for comparing. Both sides get the same strings, in blocks of 256
pairs by turns, so that both work with warm caches as in a service under load. Times are CPU times of all
processes that do the work, so that a busy machine changes little; they cover finding, reading and
comparing, and neither JSON nor pipes. References are also compared with a restyled copy. REASONS:
"id<TAB>why we differ".
"""

import json
import logging
import subprocess
import sys
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

from completions import completion  # noqa: E402
from restyle import restyle  # noqa: E402

from math_verify import parse, verify  # noqa: E402
from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig  # noqa: E402

CONFIG = [LatexExtractionConfig(boxed_match_priority=0), ExprExtractionConfig()]
LIMIT_S = 5
HOSTILE = "fixtures/math/dos.jsonl"
BLOCK = 256
SIZES_KIB = (4, 16, 64)
COMPLETIONS = 256  # of each size
LONG = 200  # longer answers without marks are prose, which Math-Verify searches as it stands


class Engine:
    def __init__(self, tool: str):
        self.process = subprocess.Popen([tool, "serve"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, pairs: list[tuple[str, str]]) -> list[dict]:
        question = [{"gold": gold, "answer": answer} for gold, answer in pairs]
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def wrapped(text: str, limit: int) -> str:
    is_marked = any(mark in text for mark in ("$", "\\boxed", "\\(", "\\["))
    return text if is_marked or len(text) > limit else f"${text}$"


def ask_math_verify(gold: str, answer: str, case: dict) -> tuple[bool, float]:
    start = time.process_time()
    try:
        verdict = verify(
            parse(wrapped(gold, 10**9), CONFIG, parsing_timeout=LIMIT_S),
            parse(wrapped(answer, LONG), CONFIG, parsing_timeout=LIMIT_S),
            float_rounding=case.get("float_rounding", 6), strict=case.get("strict", True),
            allow_set_relation_comp=case.get("allow_set_relation_comp", False),
            timeout_seconds=LIMIT_S)
    except Exception:  # its own failures count as "not equal", as its callers count them
        verdict = False
    return bool(verdict), (time.process_time() - start) * 1e6


def read(path: str) -> list[dict]:
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))]
    return {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": ordered[-1],
            "pairs/s": len(ordered) / sum(ordered) * 1e6}


def print_speed(title: str, ours: list[float], theirs: list[float]) -> None:
    if not ours:
        return
    x, y = spread(ours), spread(theirs)
    print(f"\n{title}, {len(ours)} pairs, CPU microseconds")
    for key in x:
        ratio = x[key] / y[key] if key == "pairs/s" else y[key] / x[key]
        print(f"  {key:8} ours {x[key]:12.1f}   Math-Verify {y[key]:12.1f}   ratio {ratio:8.0f}")


def print_accuracy(title: str, rows: list[tuple[dict, bool, bool]]) -> None:
    print(f"\n{title}, {len(rows)} cases")
    for name, index in (("ours", 1), ("Math-Verify", 2)):
        wrong = [row for row in rows if row[index] != row[0]["expect"]]
        positives = sum(row[index] for row in wrong)
        print(f"  {name:12} right {len(rows) - len(wrong)} = {1 - len(wrong) / len(rows):.2%}, "
              f"false positives {positives}, false negatives {len(wrong) - positives}")


def ask_both(engine: Engine, cases: list[dict]) -> list[tuple[dict, bool, float]]:
    """Our reply, Math-Verify's verdict and its microseconds for each case, block by block."""
    rows = []
    for start in range(0, len(cases), BLOCK):
        block = cases[start:start + BLOCK]
        pairs = [(case["gold"], case["answer"]) for case in block]
        is_first = start // BLOCK % 2 == 0
        replies = engine.ask(pairs) if is_first else []
        verdicts = [ask_math_verify(case["gold"], case["answer"], case) for case in block]
        replies = replies or engine.ask(pairs)
        rows += [(reply, *verdict) for reply, verdict in zip(replies, verdicts)]
    return rows


def run_cases(engine: Engine, path: str, reasons: dict[str, str]) -> None:
    cases = read(path)
    ask_both(engine, cases[:2 * BLOCK])  # warms both
    rows, ours, theirs, kinds = [], [], [], []
    for case, (reply, verdict, microseconds) in zip(cases, ask_both(engine, cases)):
        gold, answer = case["gold"], case["answer"]
        rows.append((case, reply["outcome"] == "equivalent", verdict, reply))
        ours.append(reply["microseconds"])
        theirs.append(microseconds)
        kinds.append("whole" if len(answer) > LONG else "bare" if gold != answer else "same")
    settled = [row[:3] for row in rows if not row[0].get("contestable")]
    print_accuracy("Uncontested cases", settled)
    print_accuracy("All cases", [row[:3] for row in rows])
    print_speed("All cases", ours, theirs)
    for kind, title in (("bare", "Answers that differ in their text"),
                        ("whole", f"Answers over {LONG} bytes")):
        chosen = [i for i, k in enumerate(kinds) if k == kind]
        print_speed(title, [ours[i] for i in chosen], [theirs[i] for i in chosen])
    print("\nWhere we differ from the label of an uncontested case")
    for case, mine, _, reply in rows:
        if mine != case["expect"] and not case.get("contestable"):
            reason = reasons.get(case["id"], "NO REASON GIVEN")
            print(f"  {case['id']} {reply['outcome']}: {reply['explanation']}\n    {reason}")
    print("\nWhere we differ from the label of a contested case, by what is contested")
    contested: dict[str, list[str]] = {}
    for case, mine, _, _ in rows:
        if mine != case["expect"] and case.get("contestable"):
            contested.setdefault(str(case["contestable"]), []).append(case["id"])
    for reason, ids in sorted(contested.items()):
        print(f"  {reason}: {' '.join(ids)}")


def run_completions(
    engine: Engine, title: str, chosen: list[dict], times: tuple[list[float], list[float]]
) -> None:
    """Adds the times of both sides to `times`."""
    for size in SIZES_KIB:
        cases = [{**case, "answer": completion(case["answer"], size, index)}
                 for index, case in enumerate(chosen)]
        rows = ask_both(engine, cases)
        full = f"Whole completions of {size} KiB around {title}"
        print_accuracy(full, [(case, reply["outcome"] == "equivalent", verdict)
                              for case, (reply, verdict, _) in zip(cases, rows)])
        ours, theirs = [row[0]["microseconds"] for row in rows], [row[2] for row in rows]
        print_speed(full, ours, theirs)
        times[0].extend(ours)
        times[1].extend(theirs)


def spread_out(items: list[dict]) -> list[dict]:
    return items[::max(1, len(items) // COMPLETIONS)][:COMPLETIONS]


def case_answers(path: str) -> list[dict]:
    """Uncontested cases whose answer is bare."""
    return spread_out([
        case for case in read(path) if not case.get("contestable") and len(case["answer"]) <= LONG
        and not any(mark in case["answer"] for mark in ("$", "boxed", "\n", "\\(", "\\["))])


def reference_answers(path: str) -> list[dict]:
    """References answered by a restyled copy, and every second time by another reference."""
    lines = spread_out([line for line in read(path) if "$" not in line["gold"]])
    return [{"gold": line["gold"], "expect": index % 2 == 0,
             "answer": restyle(line["gold"]).strip() if index % 2 == 0 else lines[index - 1]["gold"]}
            for index, line in enumerate(lines)]


def run_golds(engine: Engine, path: str) -> None:
    counts: dict[str, list[int]] = {}
    failed, steps = [], {}
    lines = read(path)
    copies = [restyle(line["gold"]) for line in lines]
    replies = engine.ask([(line["gold"], copy) for line, copy in zip(lines, copies)])
    for line, copy, reply in zip(lines, copies, replies):
        count = counts.setdefault(line.get("source", "").split(" ")[0], [0, 0, 0, 0])
        count[0] += 1
        count[1] += reply["type"] not in ("", "text")
        count[2] += reply["type"] == "text"
        count[3] += reply["outcome"] == "equivalent"
        steps[reply["step"]] = steps.get(reply["step"], 0) + 1
        if reply["outcome"] != "equivalent" and reply["type"]:
            failed.append(f"  {line['gold'][:70]!r} and {copy[:70]!r}: {reply['explanation'][:80]}")
    print(f"\n{'References by source':40} {'all':>6} {'read':>6} {'text':>6} {'of the rest':>12}"
          f" {'equal to a restyled copy':>25}")
    for source, (total, count, text, equal) in sorted(counts.items()):
        share = count / max(total - text, 1)
        print(f"  {source[:38]:38} {total:6} {count:6} {text:6} {share:12.2%} {equal:12} "
              f"= {equal / max(count + text, 1):.2%}")
    print("  restyled copies, decided by:", dict(sorted(steps.items())))
    print("  unequal to their restyled copy:", *failed or ["none"], sep="\n")


def run_hostile(engine: Engine) -> None:
    ours, theirs, slow = [], [], []
    for case in read(HOSTILE):
        gold, answer = case.get("reference", "1"), case["answer"]
        ours.append(engine.ask([(gold, answer)])[0]["microseconds"])
        theirs.append(ask_math_verify(gold, answer, {})[1])
        slow.append((ours[-1], case["name"]))
    print_speed(f"Hostile answers ({HOSTILE})", ours, theirs)
    print("  our slowest:", ", ".join(f"{name} {us / 1e3:.1f} ms" for us, name in sorted(slow)[-3:]))
    print("  Math-Verify over 1 s:", sum(us > 1e6 for us in theirs))


def main() -> int:
    if len(sys.argv) < 4:
        print(__doc__)
        return 2
    tool, reasons_path, cases, *golds = sys.argv[1:]
    with open(reasons_path, encoding="utf-8") as lines:
        reasons = dict(line.rstrip("\n").split("\t", 1) for line in lines if "\t" in line)
    engine = Engine(tool)
    run_cases(engine, cases, reasons)
    times: tuple[list[float], list[float]] = ([], [])
    run_completions(engine, "the answers of cases", case_answers(cases), times)
    for path in golds:
        run_completions(engine, "references", reference_answers(path), times)
        run_golds(engine, path)
    print_speed("Whole completions of all kinds", *times)
    run_hostile(engine)
    engine.close()
    print("\nSecond core (math-bench cores)", flush=True)
    subprocess.run([tool, "cores", cases, "7"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
