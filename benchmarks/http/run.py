# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Measures `assay serve` against a FastAPI service that does the same work.

Run by scripts/bench-http. Both servers run at once on this machine; only one is loaded at a time,
in alternating order, because other work on the machine moves wall times by half. The figure that
stands is CPU time (utime + stime of every process of a server) for each request; requests a second
are shown beside it. First the answers of both are compared.
"""

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")
CONNECTIONS = 64
SIZES = {"1 KiB": 1 << 10, "16 KiB": 16 << 10}
RSS_GROWTH_MAX = 1.05
RATIO_MIN = {"1 KiB": 7.0, "16 KiB": 6.0}
ENGLISH = (
    "so let us check that the sum of all terms is even and then the product gives three which "
    "means that n divides 12k because every factor of it appears in both sides hence we find "
    "$\\frac{a}{b}=3$ $x^2\\le4$ wait, maybe there is another way to see it: take n=7.").split()
FRENCH = "donc la réponse est sept car chaque côté est pair et l'équation a une seule solution".split()
CHINESE = "因此 我们 得到 答案 是 七 所以 两边 都 是 偶数 $n=7$".split()


class Server:
    """A server process with its children."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self.port = 0
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=os.environ | environment)

    def wait_for_port(self) -> None:
        """Reads the log until it names the port and, for FastAPI, until both workers are up."""
        started, wanted = 0, 2 if self.name != "assay" else 0
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
            started += "startup complete" in line
            if self.port and started == wanted:
                return
        sys.exit(f"{self.name} did not start")

    def _pids(self) -> list[int]:
        pids, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            pids.append(pid)
            for task in Path(f"/proc/{pid}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
        return pids

    def cpu_seconds(self) -> float:
        """utime + stime of all processes so far (proc(5), fields 14 and 15)."""
        total = 0
        for pid in self._pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def rss_bytes(self) -> int:
        return sum(
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._pids()
        ) * os.sysconf("SC_PAGE_SIZE")

    def ask(self, body: bytes) -> dict:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/reward", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def load(self, bodies: Path, seconds: float, count: int = 0) -> dict:
        """Loads the server with wrk; the result has `cpu_us`, CPU-µs for each request."""
        before = self.cpu_seconds()
        output = subprocess.run(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s",
             str(HERE / "load.lua"), f"http://127.0.0.1:{self.port}", "--", str(bodies), str(count)],
            check=True, capture_output=True, text=True).stdout
        result = json.loads(output.splitlines()[-1])
        result["cpu_us"] = (self.cpu_seconds() - before) * 1e6 / max(result["requests"], 1)
        result["per_second"] = result["requests"] / result["seconds"]
        return result

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def completion(random_source: random.Random, size: int) -> str:
    """Text of about `size` bytes in JSON: English with LaTeX, one in ten French, one Chinese.

    A line has 16 words. Nine in ten completions have their think tags right.
    """
    vocabulary = random_source.choices([ENGLISH, FRENCH, CHINESE], [8, 1, 1])[0]
    words: list[str] = []
    left = size - 60
    while left > 0:
        words.append(random_source.choice(vocabulary))
        if len(words) % 16 == 0:
            words[-1] += ".\n"
        left -= len(json.dumps(words[-1])) - 1
    cut = len(words) * 4 // 5
    thoughts, answer = " ".join(words[:cut]), " ".join(words[cut:])
    form = random_source.random()
    if form < 0.9:
        return f"<think>{thoughts}</think>{answer} $\\boxed{{{random_source.randint(0, 999)}}}$"
    return random_source.choice([
        f"<think>{thoughts} {answer}", f"{thoughts}</think>{answer}",
        f"\n<think>{thoughts}</think>{answer}",
        f"<think>{thoughts}</think><think>{answer}</think>"])


def bodies(size: int) -> list[bytes]:
    """256 distinct requests; the completion makes up nearly all of a body."""
    random_source = random.Random(size)
    return [
        json.dumps({
            "id": f"p{index}", "group": f"g{index // 16}", "problem": "What is 6 times 7?",
            "completion": completion(random_source, size - 240),
            "completion_tokens": random_source.randint(30_000, 38_000),
            "recipe": {"base": "magistral", "language": {"reward": 0}}, "task": {"type": "none"},
        }).encode()
        for index in range(256)]


def compare(ours: Server, peer: Server, requests: list[bytes]) -> None:
    """Stops unless both give the same answer, elapsed time apart, to every request."""
    for body in requests:
        answers = [server.ask(body) for server in (ours, peer)]
        for answer in answers:
            assert answer.pop("elapsed_s") >= 0
        if answers[0] != answers[1]:
            sys.exit(f"answers differ:\n{answers[0]}\n{answers[1]}\nto {body[:300]!r}")


def measure(ours: Server, peer: Server, bodies: Path, pairs: int, seconds: float) -> dict:
    """Interleaved runs; medians of each server, and the median of the pairs' ratios."""
    for server in (ours, peer):
        server.load(bodies, 1)
    runs: dict[str, list[dict]] = {ours.name: [], peer.name: []}
    for index in range(pairs):
        for server in (ours, peer) if index % 2 == 0 else (peer, ours):
            run = server.load(bodies, seconds)
            if run["failures"]:
                sys.exit(f"{server.name}: {run['failures']} requests failed")
            runs[server.name].append(run)
    report: dict = {
        name: {
            key: statistics.median(run[key] for run in all_runs)
            for key in ("cpu_us", "per_second", "p50_ms", "p99_ms")
        } | {"cpu_us_range": [min(r["cpu_us"] for r in all_runs), max(r["cpu_us"] for r in all_runs)]}
        for name, all_runs in runs.items()}
    ratios = [p["cpu_us"] / o["cpu_us"] for o, p in zip(runs[ours.name], runs[peer.name])]
    report["ratio"] = statistics.median(ratios)
    report["ratio_range"] = [min(ratios), max(ratios)]
    return report


def show(report: dict) -> None:
    print("| body | server | CPU µs/request [range] | requests/s | p50 ms | p99 ms |")
    print("|---|---|---|---|---|---|")
    for size, result in report["sizes"].items():
        for name, row in result.items():
            if isinstance(row, dict):
                low, high = row["cpu_us_range"]
                print(f"| {size} | {name} | {row['cpu_us']:.1f} [{low:.1f}–{high:.1f}] | "
                      f"{row['per_second']:.0f} | {row['p50_ms']:.1f} | {row['p99_ms']:.1f} |")
        low, high = result["ratio_range"]
        print(f"| {size} | **ratio** | **{result['ratio']:.1f}** [{low:.1f}–{high:.1f}] | | | |")
    rss = report["rss_bytes"]
    print(f"\nRSS of assay: {rss['after_10000'] / 2**20:.1f} MiB after 10,000 requests, "
          f"{rss['after_100000'] / 2**20:.1f} MiB after 100,000")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assay", help="the assay executable, built for release")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2, help="length of one run")
    parser.add_argument("--peer", choices=["usual", "tuned"], default="usual")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    options = parser.parse_args()
    work = HERE.parent / "out"
    work.mkdir(exist_ok=True)
    servers = [
        Server("assay", [options.assay, "serve", "--port", "0"], {}),
        Server("fastapi", [
            sys.executable, "-m", "uvicorn", "peer:app", "--app-dir", str(HERE), "--port", "0",
            "--workers", "2", "--loop", "uvloop", "--http", "httptools", "--no-access-log"],
            {"ASSAY_PEER": options.peer})]
    try:
        run(servers[0], servers[1], work, options)
    finally:
        for server in servers:
            server.stop()


def run(ours: Server, peer: Server, work: Path, options: argparse.Namespace) -> None:
    for server in (ours, peer):
        server.wait_for_port()
    files = {}
    for name, size in SIZES.items():
        requests = bodies(size)
        compare(ours, peer, requests)
        files[name] = work / f"bodies-{size}.jsonl"
        files[name].write_bytes(b"\n".join(requests) + b"\n")
    print(f"answers to {256 * len(SIZES)} requests are the same", file=sys.stderr)
    rss = {}
    for count, more in ((10_000, 10_000), (100_000, 90_000)):
        # wrk idles to the end of its time; a machine of half the speed still gets there.
        ours.load(files["1 KiB"], max(3, more / 5000), count=more)
        rss[f"after_{count}"] = ours.rss_bytes()
    report = {
        "date": time.strftime("%Y-%m-%d"), "cores": os.cpu_count(), "peer": options.peer,
        "load_average": os.getloadavg(), "rss_bytes": rss,
        "sizes": {
            name: measure(ours, peer, path, options.pairs, options.seconds)
            for name, path in files.items()}}
    show(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    missed = [name for name, least in RATIO_MIN.items() if report["sizes"][name]["ratio"] < least]
    if missed or rss["after_100000"] > rss["after_10000"] * RSS_GROWTH_MAX:
        sys.exit(f"missed: {', '.join(missed) or 'memory grows'}")


if __name__ == "__main__":
    main()
