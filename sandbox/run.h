// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// A run as its worker sees it: what run.c drives, clocks.c measures and verdict.c judges.

#pragma once

#include "sandbox.h"

struct run_live {
    struct worker *worker;
    const struct sbx_run *run;
    int maker;  // socket of who makes the box: the keeper or the zygote
    struct stream output;
    struct stream error;
    int pidfd;
    pid_t init, init_maker;
    int artifact;
    bool started, ended, reported, killed, cancelled, ran_out, failed, forked, unclean;
    enum sbx_cause late;  // which clock ran out
    struct box_report report;
    struct box_report failure;
    uint64_t begin_ns, tick_ns, tick_mean_ns, tick_length_ns, random;
    uint64_t cpu_ns, idle_ns, wait_ns, counted_wait_ns, peak_bytes;
    uint64_t earlier_ns, earlier_wait_ns;  // of the commands before, in a one-process run
};

/// Kills init, now or as soon as there is one.
void run_kill(struct run_live *live);

/// Starts the clocks; chooses the distance to the next tick.
void clocks_start(struct run_live *live);
/// Looks at clocks and memory, and kills what is above its limits.
void clocks_tick(struct run_live *live);

/// Judges the run and fills the result; `out` receives the descriptors to send back.
void verdict_fill(struct run_live *live, struct sbx_result *result, int *out, int *out_count);
