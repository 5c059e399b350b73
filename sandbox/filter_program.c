// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The system call filter as a program of plain BPF: a binary search over ranges of numbers, so that
// a call costs few steps and the kernel little work to load it; behind it the looks at arguments,
// then the returns.

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "filter_builder.h"

_Static_assert(sizeof(struct filter_instruction) == sizeof(struct sock_filter), "BPF layout");

static const uint32_t ioctls[] = {TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ};

static const uint32_t prctls[] = {PR_SET_PDEATHSIG,  // the first: not where one process is all
                             PR_SET_NAME,         PR_GET_NAME,         PR_GET_DUMPABLE,
                             PR_GET_PDEATHSIG,    PR_CAPBSET_READ,
                             PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_TIMERSLACK,
                             PR_GET_TIMERSLACK,   PR_SET_THP_DISABLE,  PR_GET_SECCOMP,
                             0x53564d41 /* PR_SET_VMA: glibc names its arenas */};

// Orders that watch the host's files or hold up those who open them; then, that hide memory in pipes;
// then, that send signals to others.
static const uint32_t fcntls[] = {F_NOTIFY, F_SETLEASE, F_SETPIPE_SZ, F_SETOWN, F_SETOWN_EX, F_SETSIG};

static const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
                                   CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PTRACE;

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN_BIT 0x40000000u  // of the numbers of x32
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN_BIT 0x80000000u
#else
#error "the system call filter does not know this architecture"
#endif

static const uint32_t returns[] = {
    [UNKNOWN] = SECCOMP_RET_ERRNO | ENOSYS,
    [ALLOW] = SECCOMP_RET_ALLOW,
    [KILL] = SECCOMP_RET_KILL_PROCESS,
    [REFUSE] = SECCOMP_RET_ERRNO | EPERM,
    [NO_FAMILY] = SECCOMP_RET_ERRNO | EAFNOSUPPORT,
    [EXHAUSTED] = SECCOMP_RET_ERRNO | EAGAIN,
    [PRETEND] = SECCOMP_RET_ERRNO | 0,
};

#define NOT_A_DECISION DECISIONS

/// Adds an instruction whose jumps lead to decisions, or by a distance where they do not.
static unsigned emit(struct filter_builder *builder, uint16_t code, uint32_t operand, unsigned if_true,
                     unsigned if_false) {
    unsigned index = builder->count;
    if (index == PROGRAM_MAX) {
        builder->overflow = true;
        return index;
    }
    builder->program[index] = (struct sock_filter){.code = code, .k = operand};
    builder->jumps_true[index] = (uint8_t)if_true;
    builder->jumps_false[index] = (uint8_t)if_false;
    builder->count++;
    return index;
}

static void load_word(struct filter_builder *builder, size_t offset) {
    emit(builder, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, NOT_A_DECISION, NOT_A_DECISION);
}

/// The kernel ignores the upper half of an int argument, so we do.
static void load_argument(struct filter_builder *builder, unsigned index) {
    load_word(builder, offsetof(struct seccomp_data, args) + 8 * index);
}

static void search(struct filter_builder *builder, unsigned low, unsigned high) {
    unsigned middle = (low + high + 1) / 2;
    const struct filter_range *ranges = builder->ranges;
    unsigned left = middle - 1 == low ? ranges[low].decision : NOT_A_DECISION;
    unsigned right = middle == high ? ranges[high].decision : NOT_A_DECISION;
    unsigned node =
        emit(builder, BPF_JMP | BPF_JGE | BPF_K, ranges[middle].first, right, left);
    if (left == NOT_A_DECISION) search(builder, low, middle - 1);
    if (right != NOT_A_DECISION) return;
    builder->program[node].jt = (uint8_t)(builder->count - node - 1);
    search(builder, middle, high);
}

/// Leads to `found` when the loaded word is one of `values`, else to `otherwise`.
static void match(struct filter_builder *builder, const uint32_t *values, size_t count,
                  enum filter_decision found, enum filter_decision otherwise) {
    for (size_t i = 0; i < count; i++)
        emit(builder, BPF_JMP | BPF_JEQ | BPF_K, values[i], found,
             i + 1 == count ? otherwise : NOT_A_DECISION);
}

static void look_at_clone(struct filter_builder *builder) {
    const uint16_t any = BPF_JMP | BPF_JSET | BPF_K;
    load_argument(builder, 0);
    if (!builder->place.one_process) {
        emit(builder, any, namespaces, REFUSE, ALLOW);
        return;
    }
    emit(builder, any, namespaces, REFUSE, NOT_A_DECISION);
    emit(builder, any, CLONE_THREAD, ALLOW, EXHAUSTED);
}

static void look_at_fcntl(struct filter_builder *builder) {
    const size_t watching = 2, hiding = 3, signalling = 6;
    const struct filter_place *place = &builder->place;
    load_argument(builder, 1);
    match(builder, fcntls,
          place->one_process ? signalling : place->sampled_memory ? hiding : watching, REFUSE,
          ALLOW);
}

/// Shared memory without a file: pages stay when no process maps them as present.
static void look_at_mmap(struct filter_builder *builder) {
    const uint16_t any = BPF_JMP | BPF_JSET | BPF_K;
    load_argument(builder, 3);
    emit(builder, any, MAP_ANONYMOUS, NOT_A_DECISION, ALLOW);
    emit(builder, any, MAP_SHARED, REFUSE, ALLOW);
}

/// A file without a name is seen in no folder. A file that is cut but not opened for writing is one
/// that Landlock knew nothing of before version 3.
static void look_at_open(struct filter_builder *builder, unsigned flags) {
    const uint16_t any = BPF_JMP | BPF_JSET | BPF_K, equal = BPF_JMP | BPF_JEQ | BPF_K;
    load_argument(builder, flags);
    emit(builder, any, O_TMPFILE & ~O_DIRECTORY, REFUSE, NOT_A_DECISION);
    emit(builder, any, O_TRUNC, NOT_A_DECISION, ALLOW);
    emit(builder, BPF_ALU | BPF_AND | BPF_K, O_ACCMODE, NOT_A_DECISION, NOT_A_DECISION);
    emit(builder, equal, O_WRONLY, ALLOW, NOT_A_DECISION);
    emit(builder, equal, O_RDWR, ALLOW, REFUSE);
}

static void look_at_self(struct filter_builder *builder) {
    load_argument(builder, 0);
    builder->own_process = builder->count;
    emit(builder, BPF_JMP | BPF_JEQ | BPF_K, 0, ALLOW, NOT_A_DECISION);
    emit(builder, BPF_JMP | BPF_JEQ | BPF_K, 0, ALLOW, REFUSE);
}

/// The body of a decision that looks at arguments; false if it is a mere return.
static bool emit_look(struct filter_builder *builder, enum filter_decision decision) {
    static const uint32_t self[] = {0}, local[] = {AF_UNIX}, dumpable[] = {PR_SET_DUMPABLE};
    size_t skipped;
    switch (decision) {
    case LOOK_CLONE: look_at_clone(builder); return true;
    case LOOK_FCNTL: look_at_fcntl(builder); return true;
    case LOOK_MMAP: look_at_mmap(builder); return true;
    case LOOK_OPEN: look_at_open(builder, 1); return true;
    case LOOK_OPENAT: look_at_open(builder, 2); return true;
    case LOOK_SELF: look_at_self(builder); return true;
    case LOOK_IOCTL:
        load_argument(builder, 1);
        match(builder, ioctls, sizeof ioctls / sizeof *ioctls, ALLOW, UNKNOWN);
        return true;
    case LOOK_DUMPABLE:  // of prctl, what the base lets through in vain
        load_argument(builder, 0);
        match(builder, dumpable, 1, UNKNOWN, ALLOW);
        return true;
    case LOOK_PRCTL:
        skipped = builder->place.one_process ? 1 : 0;
        load_argument(builder, 0);
        if (builder->setting_up) match(builder, dumpable, 1, ALLOW, NOT_A_DECISION);
        match(builder, prctls + skipped, sizeof prctls / sizeof *prctls - skipped, ALLOW, UNKNOWN);
        return true;
    case LOOK_PRLIMIT:  // of oneself only
        load_argument(builder, 0);
        match(builder, self, 1, ALLOW, UNKNOWN);
        return true;
    case LOOK_SOCKETPAIR:  // asyncio wakes itself through a pair; no other socket exists
        load_argument(builder, 0);
        match(builder, local, 1, ALLOW, UNKNOWN);
        return true;
    default: return false;
    }
}

static unsigned find_ranges(struct filter_builder *builder) {
    unsigned count = 0;
    for (unsigned number = 0; number < CALLS_MAX; number++) {
        enum filter_decision decision = (enum filter_decision)builder->decisions[number];
        if (count > 0 && builder->ranges[count - 1].decision == decision) continue;
        builder->ranges[count++] = (struct filter_range){.first = number, .decision = decision};
    }
    return count;
}

/// Lays the decisions out behind the search and aims the jumps at them.
static void finish(struct filter_builder *builder) {
    unsigned places[DECISIONS] = {0};
    bool used[DECISIONS + 1] = {[UNKNOWN] = true, [ALLOW] = true, [KILL] = true, [REFUSE] = true};
    used[EXHAUSTED] = builder->place.one_process;
    for (unsigned i = 0; i < builder->count; i++)
        used[builder->jumps_true[i]] = used[builder->jumps_false[i]] = true;
    for (unsigned decision = DECISIONS; decision-- > 0;) {
        if (!used[decision]) continue;
        places[decision] = builder->count;
        if (!emit_look(builder, (enum filter_decision)decision))
            emit(builder, BPF_RET | BPF_K, returns[decision], NOT_A_DECISION, NOT_A_DECISION);
    }
    for (unsigned i = 0; i < builder->count; i++) {
        struct sock_filter *instruction = &builder->program[i];
        if (BPF_CLASS(instruction->code) != BPF_JMP) continue;
        if (builder->jumps_true[i] < DECISIONS)
            instruction->jt = (uint8_t)(places[builder->jumps_true[i]] - i - 1);
        if (builder->jumps_false[i] < DECISIONS)
            instruction->jf = (uint8_t)(places[builder->jumps_false[i]] - i - 1);
    }
}

static void begin(struct filter_builder *builder) {
    builder->count = builder->own_process = 0;
    builder->overflow = false;
}

/// Turns foreign calls away and loads the number of the others; −1 is nobody's and gets ENOSYS.
static void load_native_call(struct filter_builder *builder) {
    const uint16_t equal = BPF_JMP | BPF_JEQ | BPF_K, at_least = BPF_JMP | BPF_JGE | BPF_K;
    load_word(builder, offsetof(struct seccomp_data, arch));
    emit(builder, equal, NATIVE, NOT_A_DECISION, KILL);
    load_word(builder, offsetof(struct seccomp_data, nr));
    emit(builder, equal, ~0u, UNKNOWN, NOT_A_DECISION);
    emit(builder, at_least, FOREIGN_BIT, KILL, NOT_A_DECISION);
}

/// Takes the program out of the builder.
static int end(struct filter *filter, struct filter_builder *builder) {
    finish(builder);
    if (builder->overflow) return errno = E2BIG, -1;
    size_t size = builder->count * sizeof *builder->program;
    filter->instructions = malloc(size);
    if (!filter->instructions) return -1;
    memcpy(filter->instructions, builder->program, size);
    filter->count = (unsigned short)builder->count;
    filter->own_process = (unsigned short)builder->own_process;
    return 0;
}

int filter_lay_out(struct filter *filter, struct filter_builder *builder, bool native) {
    unsigned ranges = find_ranges(builder);
    if (ranges < 2) return errno = EINVAL, -1;
    begin(builder);
    if (native) load_native_call(builder);
    else load_word(builder, offsetof(struct seccomp_data, nr));
    search(builder, 0, ranges - 1);
    return end(filter, builder);
}

/// Its first instruction looks at an argument, at which the kernel gives up to look for calls that are
/// always allowed: for the handful of calls that init makes that costs more than it saves.
int filter_lay_out_list(struct filter *filter, struct filter_builder *builder,
                        const uint32_t *numbers, size_t count) {
    begin(builder);
    load_argument(builder, 0);
    load_native_call(builder);
    match(builder, numbers, count, ALLOW, KILL);
    return end(filter, builder);
}
