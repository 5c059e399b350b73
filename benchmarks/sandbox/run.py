#!/usr/bin/env python3
# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Compares the sandbox with what else could run the same programs.

The contestants take turns, round by round, so that whatever else the machine does hits all of them;
medians over the rounds are reported. CPU time is counted by a control group around each contestant
where one can be made (it then counts every process below it), and left out elsewhere.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator

MODULES = (
    "sys os io re math cmath time random bisect heapq itertools functools operator collections "
    "string copy decimal fractions datetime typing json statistics array struct dataclasses enum "
    "threading queue contextlib"
)

SUM_PY = "print(sum(map(int, input().split())))\n"

# A plain zygote: imports, then for each run fork, read the source, run it, flush, leave.
BARE_ZYGOTE = f"""
import {", ".join(MODULES.split())}
import gc
gc.collect()
gc.freeze()
def loop(path, count):
    for _ in range(count):
        child = os.fork()
        if child == 0:
            null = os.memfd_create("input")
            os.write(null, b"1 2\\n")
            os.lseek(null, 0, 0)
            os.dup2(null, 0)
            with open(path) as source:
                exec(compile(source.read(), path, "exec"), {{"__name__": "__main__"}})
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            sys.exit("a run failed")
workers, path = int(sys.argv[1]), sys.argv[2]
answers = os.fdopen(os.dup(1), "w")
null = os.open("/dev/null", os.O_RDWR)
os.dup2(null, 1)
print("ready", file=answers, flush=True)
while line := sys.stdin.readline():
    begin = time.monotonic_ns()
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            loop(path, int(line) // workers)
            os._exit(0)
        children.append(child)
    for child in children:
        if os.waitpid(child, 0)[1] != 0:
            sys.exit("a worker failed")
    print(time.monotonic_ns() - begin, file=answers, flush=True)
"""

SAMPLE_CPP = """
#include <bits/stdc++.h>
using namespace std;
struct Fenwick {
    vector<long long> tree;
    explicit Fenwick(int n) : tree(n + 1) {}
    void add(int i, long long v) { for (i++; i < (int)tree.size(); i += i & -i) tree[i] += v; }
    long long sum(int i) { long long s = 0; for (; i > 0; i -= i & -i) s += tree[i]; return s; }
};
int main() {
    ios::sync_with_stdio(false);
    long long a, b;
    cin >> a >> b;
    map<int, set<int>> groups;
    unordered_map<string, int> counts;
    priority_queue<pair<int, int>, vector<pair<int, int>>, greater<>> heap;
    Fenwick fenwick(1000);
    for (int i = 0; i < 1000; i++) {
        groups[i % 7].insert(i);
        counts[to_string(i % 11)]++;
        heap.emplace(i * 37 % 101, i);
        fenwick.add(i, i);
    }
    vector<int> order;
    while (!heap.empty()) { order.push_back(heap.top().second); heap.pop(); }
    sort(order.begin(), order.end(), [](int x, int y) { return x % 13 < y % 13; });
    cout << a + b + fenwick.sum(1000) + (int)groups.size() + counts["3"] + order[0] << endl;
}
"""

LAYERS = [
    ("fork and exec alone", 0),
    ("pid namespace with an init", 1),
    ("mount namespace", 2),
    ("fresh /proc", 4),
    ("fresh scratch", 8),
    ("user id, no capabilities", 16),
    ("rlimits", 32),
    ("Landlock", 64),
    ("system call filter", 128),
    ("control groups", 256),
    ("network namespace of the slot", 512),
]
ALL_LAYERS = 1023


class Group:
    """A control group that counts the CPU time of a contestant, or nothing."""

    def __init__(self, name: str) -> None:
        self.path: pathlib.Path | None = None
        base = pathlib.Path("/sys/fs/cgroup/cpuacct")
        if not base.is_dir():
            base = pathlib.Path("/sys/fs/cgroup")
        own = next(
            (
                line.split(":", 2)[2].strip().lstrip("/")
                for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines()
                if "cpuacct" in line.split(":")[1] or line.startswith("0::")
            ),
            "",
        )
        with contextlib.suppress(OSError):
            path = base / own / f"assay-bench-{os.getpid()}-{name}"
            path.mkdir()
            self.path = path

    def join(self) -> None:
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self) -> float | None:
        if not self.path:
            return None
        usage = self.path / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        fields = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) / 1e6

    def remove(self) -> None:
        if self.path:
            with contextlib.suppress(OSError):
                self.path.rmdir()


class Contestant:
    """A process that makes runs on request."""

    def __init__(self, name: str, command: list[str], unit: int = 1) -> None:
        self.name = name
        self.unit = unit
        self.walls: list[float] = []
        self.costs: list[float] = []
        self.group = Group("".join(c if c.isalnum() else "-" for c in name))
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=self.group.join,
        )
        self.read()

    def read(self) -> str:
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            raise SystemExit(f"{self.name}: ended, status {self.process.wait()}")
        return line

    def make(self, count: int, keep: bool = True) -> None:
        before = self.group.seconds()
        assert self.process.stdin
        print(count, file=self.process.stdin, flush=True)
        seconds = int(self.read()) / 1e9
        after = self.group.seconds()
        if not keep:
            return
        self.walls.append(seconds / count)
        if before is not None and after is not None:
            self.costs.append((after - before) / count)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        self.group.remove()

    @property
    def wall(self) -> float:
        return statistics.median(self.walls)

    @property
    def cost(self) -> float | None:
        return statistics.median(self.costs) if self.costs else None


@contextlib.contextmanager
def competition(contestants: list[Contestant]) -> Iterator[None]:
    try:
        yield
    finally:
        for contestant in contestants:
            contestant.close()


def compete(title: str, contestants: list[Contestant], rounds: int, count: int, base: int) -> None:
    """Prints the medians, and how many times the cost of `base` each has, round by round."""
    with competition(contestants):
        for contestant in contestants:
            contestant.make(max(count // 10, 2) if count > 10 else 1, keep=False)
        for round_number in range(rounds):
            # Whoever is first in a round is not always the same one.
            shift = round_number % len(contestants)
            for contestant in contestants[shift:] + contestants[:shift]:
                contestant.make(count)
        print(f"\n{title}: {rounds} rounds of {count}")
        print(f"  {'':34} {'runs/s':>8} {'CPU ms':>8}   {'throughput':>10} {'CPU':>6}  (of the first)")
        first = contestants[base]
        for contestant in contestants:
            pace = statistics.median(
                [a / b for a, b in zip(first.walls, contestant.walls, strict=True)])
            cost = ratio = "-"
            if contestant.cost is not None:
                cost = f"{contestant.cost * 1e3:8.3f}"
                share = statistics.median(
                    [b / a for a, b in zip(first.costs, contestant.costs, strict=True)])
                ratio = f"{share:6.2f}"
            print(f"  {contestant.name:34} {1 / contestant.wall:8.0f} {cost:>8}   {pace:9.2f}x "
                  f"{ratio:>6}")


def layer_table(tool: str, program: str, workers: int, rounds: int, count: int) -> None:
    """What each layer adds to a run, in CPU time (or wall time where that is not counted)."""
    contestants, mask = [], 0
    for name, bit in LAYERS:
        mask |= bit
        contestants.append(Contestant(name, [tool, "bare", str(workers), str(mask), program]))
    with competition(contestants):
        for _ in range(rounds):
            for contestant in contestants:
                contestant.make(count)
        print(f"\nWhat each layer adds to the bare loop, {rounds} rounds of {count}")
        before: Contestant | None = None
        for contestant in contestants:
            samples = contestant.costs or contestant.walls
            added = statistics.median(samples)
            if before is not None:
                previous = before.costs or before.walls
                added = statistics.median([b - a for a, b in zip(previous, samples, strict=True)])
            total = statistics.median(samples)
            print(f"  {contestant.name:34} {added * 1e3:+7.3f} ms   {total * 1e3:7.3f} ms so far")
            before = contestant


def build(folder: pathlib.Path, compiler: str | None) -> tuple[str, str]:
    """Makes the C program and, given a compiler, the precompiled header; their paths."""
    source = folder / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    program = folder / "empty"
    subprocess.run(["gcc", "-O2", "-static", str(source), "-o", str(program)], check=True)
    header = folder / "cache" / "bench" / "bits" / "stdc++.h"
    header.parent.mkdir(parents=True)
    header.write_text("#pragma GCC system_header\n#include_next <bits/stdc++.h>\n")
    if compiler is None:
        return str(program), ""
    subprocess.run(
        [compiler, "-std=gnu++20", "-O2", "-w", "-fdiagnostics-color=never", "-x", "c++-header",
         str(header), "-o", f"{header}.gch"], check=True)
    return str(program), str(header.parent.parent)


def sample_outside(folder: pathlib.Path, include: str, compiler: str, tests: int) -> list[str]:
    """A shell command that compiles the sample and runs its tests, for `spawn`."""
    source = folder / "sample.cpp"
    source.write_text(SAMPLE_CPP)
    script = folder / "sample.sh"
    script.write_text(
        f"{compiler} -std=gnu++20 -O2 -w -fdiagnostics-color=never -fmax-errors=20 -I{include} "
        f"-x c++ {source} -o {folder}/outside-$$ || exit 1\n"
        f"i=0; while [ $i -lt {tests} ]; do echo 1 2 | {folder}/outside-$$ > /dev/null; "
        f"i=$((i + 1)); done\nrm {folder}/outside-$$\n")
    return ["/bin/sh", str(script)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", help="sandbox-bench")
    parser.add_argument("helper", help="assay-sandbox")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--count", type=int, default=200, help="runs in a round")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--python", default="/usr/bin/python3")
    parser.add_argument("--compiler", default="/usr/bin/g++")
    parser.add_argument("--only", default="static,python,cpp,layers")
    options = parser.parse_args()
    only = options.only.split(",")
    workers = str(options.workers)
    print(f"{workers} slots, {os.uname().release}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        program, include = build(folder, options.compiler)
        source = folder / "sum.py"
        source.write_text(SUM_PY)
        cache = str(folder / "cache")

        def ours(title: str, kind: str, file: str, *rest: str) -> Contestant:
            return Contestant(
                title, [options.tool, "helper", workers, options.helper, cache, options.python,
                        kind, file, *rest])

        if "static" in only:
            contestants = [
                ours("assay-sandbox, all layers", "binary", program),
                Contestant("the same layers, bare loop",
                           [options.tool, "bare", workers, str(ALL_LAYERS), program]),
                Contestant("posix_spawn, no isolation", [options.tool, "spawn", workers, program]),
            ]
            if bubblewrap := shutil.which("bwrap"):
                contestants.append(Contestant(
                    "bubblewrap, namespaces only",
                    [options.tool, "spawn", workers, bubblewrap, "--unshare-all", "--ro-bind",
                     "/usr", "/usr", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64",
                     "/lib64", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
                     "--ro-bind", program, "/program", "/program"]))
            compete("A static C program that does nothing", contestants, options.rounds,
                    options.count, 0)
        if "python" in only:
            compete("A Python program: sum of two numbers", [
                ours("assay-sandbox, all layers", "python", str(source)),
                Contestant("bare zygote, no isolation",
                           [options.python, "-c", BARE_ZYGOTE, workers, str(source)]),
                Contestant("python3 -I -S, no isolation",
                           [options.tool, "spawn", workers, options.python, "-I", "-S", "-c",
                            "print(sum(map(int, '1 2'.split())))"]),
            ], options.rounds, options.count, 0)
        if "cpp" in only:
            outside = sample_outside(folder, include, options.compiler, 20)
            command = [options.compiler, "-std=gnu++20", "-O2", "-w", "-fdiagnostics-color=never",
                       "-fmax-errors=20", "-I/cache/bench", "-x", "c++", "main.cpp", "-o",
                       "program"]
            compete("A C++ sample: one compilation and 20 tests", [
                ours("assay-sandbox, all layers", "compile", str(folder / "sample.cpp"), "20",
                     *command),
                Contestant("the same outside of any box", [options.tool, "spawn", "1", *outside]),
            ], max(options.rounds // 2, 3), 1, 0)
        if "layers" in only:
            layer_table(options.tool, program, options.workers, options.rounds, options.count)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
