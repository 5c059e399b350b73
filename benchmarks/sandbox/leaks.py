#!/usr/bin/env python3
# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Makes many runs and compares what the sandbox holds before and after them.

Counted are the helper's processes, their open files and memory, its control groups, the mounts of
the host and of each process of the helper, and the kernel's own count of memory control groups. The
exit code is 1 when anything but memory has grown, or memory by more than a tenth and 1 MiB.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

from run import SUM_PY, Contestant, build


def family(root: int) -> list[int]:
    """The helper's processes below the benchmark's, by parents."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found, todo = [], [root]
    while todo:
        parent = todo.pop()
        children = [child for child, its in parents.items() if its == parent]
        found += children
        todo += children
    return sorted(found)


def held(root: int) -> dict[str, int]:
    facts = {"processes": 0, "open files": 0, "mounts": 0, "memory, KiB": 0}
    for process in [root, *family(root)]:
        folder = pathlib.Path("/proc") / str(process)
        facts["processes"] += 1
        facts["open files"] += len(list((folder / "fd").iterdir()))
        facts["mounts"] += len((folder / "mountinfo").read_text().splitlines())
        for line in (folder / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                facts["memory, KiB"] += int(line.split()[1])
    ours = tuple(f"assay-sandbox-{process}" for process in family(root))
    facts["control groups"] = sum(
        1 for folder, _, _ in os.walk("/sys/fs/cgroup")
        if any(part in ours for part in folder.split("/")))
    for line in pathlib.Path("/proc/cgroups").read_text().splitlines():
        if line.startswith("memory"):
            facts["memory groups of the kernel"] = int(line.split()[2])
    return facts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", help="sandbox-bench")
    parser.add_argument("helper", help="assay-sandbox")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    grown = False
    with tempfile.TemporaryDirectory(prefix="assay-leaks-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        program = build(folder, None)[0]
        source = folder / "sum.py"
        source.write_text(SUM_PY)
        for kind, file, share in (("binary", program, 0.8), ("python", str(source), 0.2)):
            count = int(options.runs * share)
            contestant = Contestant(kind, [
                options.tool, "helper", str(options.workers), options.helper,
                str(folder / "cache"), options.python, kind, file])
            contestant.make(max(count // 50, 20), keep=False)
            time.sleep(1)
            before = held(contestant.process.pid)
            begin = time.monotonic()
            contestant.make(count)
            seconds = time.monotonic() - begin
            time.sleep(1)
            after = held(contestant.process.pid)
            print(f"{kind}: {count} runs in {seconds:.0f} s")
            for key, value in before.items():
                print(f"  {key:28} {value:>8} -> {after[key]:>8}")
                slack = value // 10 + 1024 if "KiB" in key else 0
                # The kernel's count is everybody's on this machine.
                grown |= after[key] > value + slack and "kernel" not in key
            contestant.close()
    print("something has grown" if grown else "nothing has grown")
    return grown


if __name__ == "__main__":
    sys.exit(main())
