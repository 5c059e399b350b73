#!/usr/bin/env python3
# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""Makes many runs and compares what the sandbox holds before and after them.

Some of the runs end well; others die of every limit and leave processes, threads, files, pipes and
shared memory behind. A tenth is made in the user namespace of a plain user where we are root, and a
tenth as one process where a tool is given that emulates a container.

Counted are the helper's processes (and how many of them were replaced), their open files and memory,
its control groups, the mounts of the host and of each process of the helper, processes and files anywhere
on the host that a program has left, and the kernel's own count of memory control groups. When a
helper has ended, nothing of it may be there at all. The exit code is 1 when anything but memory has
grown, or memory by more than a tenth and 1 MiB.
"""

import argparse
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from run import SUM_PY, Contestant, build

MARK = f"left-{os.getpid()}"  # the name of every process and file of a rough program of ours

# Each run behaves in one of these ways, by the clock.
ROUGH_C = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char block[1 << 16];
static void *wait_long(void *unused) { pause(); return unused; }

static void litter(void) {
    static const char *const places[] = {".", "/tmp", "/dev/shm", "/var/tmp", "/run"};
    for (int i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s/assay-left-file", places[i]);
        int file = open(name, O_CREAT | O_RDWR, 0);
        if (file >= 0) (void)!write(file, block, sizeof block);
        snprintf(name, sizeof name, "%s/assay-left-folder", places[i]);
        if (mkdir(name, 0700) == 0) (void)!symlink("/", strcat(name, "/link"));
    }
    for (int depth = 0; depth < 12; depth++)
        if (mkdir("assay-left-deep", 0700) < 0 || chdir("assay-left-deep") < 0) break;
    chmod(".", 0);
}

static void hold(void) {
    int pair[2];
    for (int i = 0; i < 60; i++) {
        if (pipe(pair) == 0 && fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0)
            while (write(pair[1], block, sizeof block) > 0) continue;
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0)
            while (write(pair[1], block, 4096) > 0) continue;
        int file = memfd_create("assay-left", 0);
        if (file >= 0 && ftruncate(file, 1 << 16) == 0)
            mmap(NULL, 1 << 16, PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    }
}

int main(void) {
    struct timespec now;
    pthread_t thread;
    prctl(PR_SET_NAME, "assay-left");
    clock_gettime(CLOCK_MONOTONIC, &now);
    switch (now.tv_nsec / 16 % 10) {
    case 0: if (fork() == 0) { setsid(); for (;;) pause(); } return 0;
    case 1: for (int i = 0; i < 40; i++) if (fork() == 0) for (;;) pause(); return 0;
    case 2: abort();
    case 3: for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    case 4: litter(); return 0;
    case 5: for (;;) (void)!write(1, block, sizeof block);
    case 6: ptrace(PTRACE_TRACEME); return 0;
    case 7: for (int i = 0; i < 20; i++) pthread_create(&thread, NULL, wait_long, NULL); return 0;
    case 8: hold(); return 3;
    default: if (now.tv_nsec / 1024 % 4) for (;;) continue; else for (;;) pause();
    }
}
"""


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


def marked_processes() -> int:
    count = 0
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                count += (entry / "comm").read_text().startswith(MARK)
            except OSError:
                continue
    return count


def marked_files() -> int:
    places = [pathlib.Path(name) for name in ("/tmp", "/dev/shm", "/var/tmp", "/run", "/")]
    return sum(entry.name.startswith(MARK) for place in places for entry in place.iterdir())


def groups_of(processes: list[int]) -> int:
    ours = tuple(f"assay-sandbox-{process}" for process in processes)
    return sum(1 for folder, _, _ in os.walk("/sys/fs/cgroup")
               if any(part in ours for part in folder.split("/")))


def folders_of(processes: list[int]) -> list[pathlib.Path]:
    """The folders of one-process runs."""
    paths = [pathlib.Path(place) / f"assay-sandbox-{process}"
             for place in ("/tmp", "/var/tmp", "/dev/shm", "/run") for process in processes]
    return [path for path in paths if path.exists()]


def mounts_of(process: int) -> int:
    """All mounts of a namespace of ours; of the host's, where others mount too, only ours."""
    folder = pathlib.Path("/proc") / str(process)
    lines = (folder / "mountinfo").read_text().splitlines()
    if (folder / "ns" / "mnt").readlink() != pathlib.Path("/proc/self/ns/mnt").readlink():
        return len(lines)
    return sum(" - tmpfs box" in line or " - proc proc" in line and "hidepid" in line
               for line in lines)


def held(root: int, first: list[int]) -> dict[str, int]:
    """What there is now; `first` are the helper's processes as they were at the beginning."""
    facts = {"processes": 0, "open files": 0, "mounts": 0, "memory, KiB": 0}
    now = family(root)
    for process in [root, *now]:
        folder = pathlib.Path("/proc") / str(process)
        facts["processes"] += 1
        facts["open files"] += len(list((folder / "fd").iterdir()))
        facts["mounts"] += mounts_of(process)
        for line in (folder / "smaps_rollup").read_text().splitlines():
            # Not of files: libraries are shared with whatever else runs on this machine.
            if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                facts["memory, KiB"] += int(line.split()[1])
    facts["processes replaced"] = len(set(first) - set(now))
    facts["control groups"] = groups_of(now)
    facts["files of runs"] = sum(
        len(files) + len(folders) for path in folders_of(now)
        for _, folders, files in os.walk(path)) - sum(
        len(list(path.iterdir())) for path in folders_of(now))
    facts["processes left"] = marked_processes()
    facts["files left"] = marked_files()
    for line in pathlib.Path("/proc/cgroups").read_text().splitlines():
        if line.startswith("memory"):
            facts["memory groups of the kernel"] = int(line.split()[2])
    return facts


def compare(before: dict[str, int], after: dict[str, int]) -> bool:
    """Prints both; whether anything has grown."""
    grown = False
    for key, value in before.items():
        slack = value // 10 + 1024 if "KiB" in key else 0
        # The kernel's count is everybody's on this machine.
        more = after[key] > value + slack and "kernel" not in key
        print(f"  {key:28} {value:>8} -> {after[key]:>8}{'   <- grown' if more else ''}")
        grown |= more
    return grown


def is_gone(processes: list[int]) -> bool:
    """Whether a helper that was told to end has left nothing."""
    alive = [process for process in processes if pathlib.Path(f"/proc/{process}").exists()]
    rest = {"processes": len(alive), "control groups": groups_of(processes),
            "folders": len(folders_of(processes)), "processes left": marked_processes(),
            "files left": marked_files()}
    found = {key: value for key, value in rest.items() if value}
    print(f"  after its end: {found or 'nothing'}")
    return not found


class Kind(NamedTuple):
    title: str
    kind: str
    file: str
    share: float
    helper: str


def wrapper(folder: pathlib.Path, name: str, command: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexec {command} \"$@\"\n")
    path.chmod(0o755)
    return str(path)


def kinds(folder: pathlib.Path, helper: str, container: str | None) -> list[Kind]:
    program = build(folder, None)[0]
    python = folder / "sum.py"
    python.write_text(SUM_PY)
    source, rough = folder / "rough.c", folder / "rough"
    source.write_text(ROUGH_C.replace("assay-left", MARK))
    subprocess.run(["gcc", "-O2", "-w", "-static", "-pthread", str(source), "-o", str(rough)],
                   check=True)
    found = [Kind("static program", "binary", program, 0.5, helper),
             Kind("Python program", "python", str(python), 0.2, helper),
             Kind("rough programs", "rough", str(rough), 0.1, helper)]
    quoted, others = shlex.quote(helper), []
    if os.geteuid() == 0:
        others += [("user namespace", wrapper(
            folder, "plain", f"{quoted} --run-as 65534 --no-cgroups"))]
    if container:
        others += [("one process", wrapper(folder, "contained", f"{container} {quoted}"))]
    for title, other in others:
        found += [Kind(f"Python program, {title}", "python", str(python), 0.05, other),
                  Kind(f"rough programs, {title}", "rough", str(rough), 0.05, other)]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", help="sandbox-bench")
    parser.add_argument("helper", help="assay-sandbox")
    parser.add_argument("--container", help="a command that starts another without namespaces")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    grown = False
    with tempfile.TemporaryDirectory(prefix="assay-leaks-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for kind in kinds(folder, options.helper, options.container):
            count = int(options.runs * kind.share)
            contestant = Contestant(kind.title, [
                options.tool, "helper", str(options.workers),
                kind.helper, str(folder / "cache"), options.python, kind.kind, kind.file])
            contestant.make(max(count // 50, 20), keep=False)
            time.sleep(1)
            first = family(contestant.process.pid)
            before = held(contestant.process.pid, first)
            begin = time.monotonic()
            contestant.make(count)
            seconds = time.monotonic() - begin
            time.sleep(1)
            after = held(contestant.process.pid, first)
            print(f"{kind.title}: {count} runs in {seconds:.0f} s")
            grown |= compare(before, after)
            contestant.close()
            grown |= not is_gone(first)
            sys.stdout.flush()
    print("something has grown" if grown else "nothing has grown")
    return grown


if __name__ == "__main__":
    sys.exit(main())
