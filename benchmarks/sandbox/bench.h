// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Contestants of the sandbox benchmark. Each is a process that reads how many runs to make, one
// number a line, makes them on W processors, and answers with the nanoseconds that they took, so
// that a driver (run.py) can let them take turns.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Layers of the bare loop, each a bit, in the order in which run.py adds them.
enum bare_layer {
    BARE_PIDNS = 1,      // init and candidate in a new pid namespace
    BARE_MOUNTNS = 2,    // a new mount namespace over a prepared root
    BARE_PROC = 4,
    BARE_SCRATCH = 8,    // a fresh tmpfs
    BARE_IDENTITY = 16,  // user id, no capabilities, no new privileges
    BARE_LIMITS = 32,
    BARE_LANDLOCK = 64,
    BARE_FILTER = 128,
    BARE_CGROUP = 256,   // limits written and use read for each run
    BARE_NETNS = 512,    // a network namespace for each slot
    BARE_ALL = 1023,
};

/// Ends the benchmark with a sentence.
_Noreturn void bench_fail(const char *what);
uint64_t bench_now_ns(void);
/// Copies a file into a sealed memfd that can be executed.
int bench_seal_file(const char *path);

/// Reads counts from standard input and calls `make` for each, until the input ends.
void bench_serve(void (*make)(unsigned long count, void *context), void *context);

/// Starts the program in `arguments` by posix_spawn and waits for it, `count` times in all.
int spawn_main(int workers, char **arguments);
/// The same with the sandbox's layers, driven by a plain loop.
int bare_main(int workers, unsigned layers, const char *program);
/// Runs through assay-sandbox by its own protocol.
int helper_main(int workers, int count, char **arguments);
