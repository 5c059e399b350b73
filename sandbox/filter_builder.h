// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the system call filter share: decisions about calls (filter_calls.c) are laid out
// as a program (filter_program.c), of which each candidate takes the last part (filter.c).

#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox.h"

#define LENGTH(names) (sizeof names / sizeof *names)

#define CALLS_MAX 1024   // numbers from here on get the default
#define PROGRAM_MAX 252  // so that every conditional jump reaches the returns at the end

/// What a call leads to: a return, or a look at its arguments first.
enum filter_decision {
    UNKNOWN,  // ENOSYS
    ALLOW,
    KILL,
    REFUSE,     // EPERM
    NO_FAMILY,  // EAFNOSUPPORT
    EXHAUSTED,  // EAGAIN, as if there were too many processes
    PRETEND,    // says that it was done
    LOOK_CLONE,
    LOOK_DUMPABLE,
    LOOK_FCNTL,
    LOOK_IOCTL,
    LOOK_MMAP,
    LOOK_OPEN,
    LOOK_OPENAT,
    LOOK_PRCTL,
    LOOK_PRLIMIT,
    LOOK_SELF,
    LOOK_SOCKETPAIR,
    DECISIONS,
};

/// A number from which on calls lead to `decision`, up to the next range.
struct filter_range {
    uint32_t first;
    enum filter_decision decision;
};

struct filter_builder {
    uint8_t decisions[CALLS_MAX];
    struct filter_range ranges[CALLS_MAX + 1];
    struct sock_filter program[PROGRAM_MAX + 1];
    // Jumps to a decision, by the index of the instruction: its place is known at the end.
    uint8_t jumps_true[PROGRAM_MAX + 1], jumps_false[PROGRAM_MAX + 1];
    unsigned count;
    unsigned own_process;  // the instruction whose operand is the candidate's pid
    struct filter_place place;
    bool setting_up;  // the base: candidates are set up under it
    bool overflow;
};

/// Decides about every call as the whole filter of candidates does.
void filter_decide(struct filter_builder *builder);

/// Lays out what was decided. Without `native` foreign calls are left to a filter before this one.
int filter_lay_out(struct filter *filter, struct filter_builder *builder, bool native);
/// Lays out a filter that allows the calls of a list and kills for all others.
int filter_lay_out_list(struct filter *filter, struct filter_builder *builder,
                        const uint32_t *numbers, size_t count);
