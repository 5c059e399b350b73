// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The system call filter: an allow-list, laid out by us as plain BPF, a search over ranges of numbers
// (libseccomp's program for the same rules is four times as long).
//
// Whenever a filter is taken, the kernel checks it, translates it, and tries it with every call there
// is, to know which are always allowed. So the candidates' filter comes in two parts. The base is
// taken once, by keeper and zygote, and inherited: it is all of the filter, except that it lets
// through the few calls that set a candidate up. The last part, which each candidate takes, decides
// about those few only. Of two filters the stricter answer holds, so that both are the whole.
//
// The rules stand in filter_calls.c, the program is laid out in filter_program.c.

#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter_builder.h"

// What keeper, init and a candidate that is not yet locked in need beyond the candidates' own calls.
static const int set_up_calls[] = {
    SYS_mount,     SYS_umount2, SYS_clone,     SYS_clone3,    SYS_sendmsg, SYS_prctl,
    SYS_capset,    SYS_seccomp, SYS_setgroups, SYS_setresgid, SYS_setresuid,
    SYS_landlock_create_ruleset, SYS_landlock_add_rule,       SYS_landlock_restrict_self,
};

// All that init does once its candidate runs: wait, kill, copy the artifact, report.
static const char *const init_allowed[] = {
    "wait4",   "waitid", "kill",  "openat",    "openat2",      "close",           "fstat", "newfstatat",
    "pread64", "write",  "lseek", "getrusage", "rt_sigreturn", "restart_syscall", "exit",  "exit_group",
};

/// The part of the filter that is taken once; afterwards only what it left open is still to decide.
static int build_base(struct filter *base, struct filter_builder *builder) {
    uint8_t open[LENGTH(set_up_calls)];
    for (size_t i = 0; i < LENGTH(set_up_calls); i++) {
        open[i] = builder->decisions[set_up_calls[i]];
        builder->decisions[set_up_calls[i]] = ALLOW;
    }
    builder->decisions[SYS_prctl] = LOOK_PRCTL;
    builder->setting_up = true;
    if (filter_lay_out(base, builder, true) < 0) return -1;
    builder->setting_up = false;
    memset(builder->decisions, ALLOW, sizeof builder->decisions);
    for (size_t i = 0; i < LENGTH(set_up_calls); i++)
        builder->decisions[set_up_calls[i]] = open[i];
    builder->decisions[SYS_prctl] = LOOK_DUMPABLE;
    return 0;
}

static int build_init(struct filter *filter, struct filter_builder *builder) {
    uint32_t numbers[LENGTH(init_allowed)];
    size_t count = 0;
    for (size_t i = 0; i < LENGTH(init_allowed); i++) {
        int number = seccomp_syscall_resolve_name(init_allowed[i]);
        if (number >= 0) numbers[count++] = (uint32_t)number;
    }
    return filter_lay_out_list(filter, builder, numbers, count);
}

int filter_build(struct filter_set *set, const struct filter_place *place) {
    static struct filter_builder builder;
    memset(set, 0, sizeof *set);
    builder.place = *place;
    filter_decide(&builder);
    // A lone process has nothing to inherit a base from: its keeper is not locked in.
    if (!place->one_process && build_base(&set->base, &builder) < 0) return -1;
    if (filter_lay_out(&set->last, &builder, place->one_process) < 0) return -1;
    return build_init(&set->init, &builder);
}

void filter_free(struct filter_set *set) {
    free(set->base.instructions);
    free(set->last.instructions);
    free(set->init.instructions);
    memset(set, 0, sizeof *set);
}

int filter_install(const struct filter *filter) {
    struct sock_fprog program = {.len = filter->count,
                                 .filter = (struct sock_filter *)filter->instructions};
    if (filter->count == 0) return 0;
    if (filter->own_process)
        filter->instructions[filter->own_process].operand = (uint32_t)getpid();
    return (int)syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, &program);
}
