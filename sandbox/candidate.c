// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The candidate: a fresh fork, or vfork, that locks itself in and becomes the program. It takes its
// streams, leaves every privilege, then lowers limits, and locks itself in: rlimits, NO_NEW_PRIVS,
// Landlock, filter, exec. The order matters: Landlock forbids mounts, the filter forbids almost all
// of the steps before it. Only async-signal-safe calls are made and nothing is allocated.
//
// In a box /box, /tmp and /cache are mounts. A one-process run has none, so the same names in its
// command and environment are replaced by the folders that they stand for.

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#define CANDIDATE_STRINGS 256  // arguments or environment strings of a program
#define CANDIDATE_ROOM (4 * SBX_STRINGS_MAX)

_Noreturn void candidate_fail(int status, enum box_stage stage) {
    struct box_report report = {.stage = stage, .error = errno};
    // A lost report is seen by the worker as a box that vanished.
    ssize_t ignored = write(status, &report, sizeof report);
    (void)ignored;
    _exit(127);
}

static int set_limit(int resource, uint64_t value) {
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((__rlimit_resource_t)resource, &limit);
}

/// At 0 the kernel writes no core, but starts the host's handler of cores all the same; 1 is its word
/// for neither. Where we were given 0 we cannot raise it.
static int forbid_cores(void) {
    struct rlimit given;
    if (getrlimit(RLIMIT_CORE, &given) < 0) return -1;
    return set_limit(RLIMIT_CORE, given.rlim_max > 0 ? 1 : 0);
}

/// Hard equals soft everywhere. The control group is the judge of memory; these are backstops.
static int set_limits(const struct sbx_run *run, const struct box_identity *identity) {
    uint64_t cpu_seconds = run->cpu_ns / 1000000000u + 2;
    // Where memory is only sampled, address space bounds the overshoot; each thread may reserve a
    // whole stack.
    uint64_t address_space = RLIM_INFINITY;
    if (identity->sampled_memory)
        address_space = (run->processes + 1) * run->memory_bytes + (1ull << 30);
    if (set_limit(RLIMIT_STACK, run->memory_bytes) < 0 || forbid_cores() < 0 ||
        set_limit(RLIMIT_CPU, cpu_seconds) < 0 || set_limit(RLIMIT_FSIZE, run->scratch_bytes) < 0 ||
        set_limit(RLIMIT_NOFILE, run->open_files) < 0 || set_limit(RLIMIT_MEMLOCK, 65536) < 0 ||
        set_limit(RLIMIT_MSGQUEUE, 0) < 0 || set_limit(RLIMIT_SIGPENDING, 1024) < 0 ||
        set_limit(RLIMIT_AS, address_space) < 0)
        return -1;
    // Without a user namespace the limit counts whatever else runs as our user, be it in another
    // container. So the worker counts threads, the filter knows no fork, and this is a backstop.
    const struct sandbox_config *config = identity->config;
    if (identity->one_process && !config->own_user) return 0;
    if (identity->one_process)
        return set_limit(RLIMIT_NPROC, (uint64_t)config->workers * (run->processes + 8) + 32);
    // Counts keeper and init too where they share the user.
    return set_limit(RLIMIT_NPROC, run->processes + identity->helpers);
}

static int take_streams(const struct box_files *files) {
    if (dup2(files->input, 0) < 0 || dup2(files->output, 1) < 0 || dup2(files->error, 2) < 0)
        return -1;
    return (int)syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
}

int candidate_keep_capabilities(uint32_t mask) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct kept[2] = {{.effective = mask, .permitted = mask}, {0, 0, 0}};
    if (syscall(SYS_capset, &header, kept) < 0) return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int leave_privileges(const struct box_identity *identity) {
    if (identity->switch_user) {
        if (syscall(SYS_setgroups, 0, NULL) < 0) return -1;
        if (syscall(SYS_setresgid, identity->user, identity->user, identity->user) < 0) return -1;
        if (syscall(SYS_setresuid, identity->user, identity->user, identity->user) < 0) return -1;
    }
    return candidate_keep_capabilities(0);
}

/// Handlers are those of the keeper, which has none, or of the zygote's interpreter.
static void unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// ---- Strings

const char *candidate_rename(const struct box_identity *identity, const char *text, char **next,
                             size_t *room) {
    const struct {
        const char *from, *kept, *to;
        bool begins;  // else the whole string is meant
    } names[] = {
        {"/box/", "", identity->folder, true},
        {"HOME=/box", "HOME=", identity->folder, false},
        {"TMPDIR=/tmp", "TMPDIR=", identity->folder, false},
        {"-I/cache/", "-I", identity->config->cache, true},
    };
    for (size_t i = 0; identity->one_process && i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i].from);
        bool found = names[i].begins ? strncmp(text, names[i].from, length) == 0
                                     : strcmp(text, names[i].from) == 0;
        if (!found || !names[i].to) continue;
        const char *const parts[] = {names[i].kept, names[i].to,
                                     text + length - (names[i].begins ? 1 : 0)};
        char *result = *next;
        for (int part = 0; part < 3; part++) {
            size_t size = strlen(parts[part]);
            if (size + 1 > *room) return NULL;
            memcpy(*next, parts[part], size);
            *next += size;
            *room -= size;
        }
        *(*next)++ = 0;
        --*room;
        return result;
    }
    return text;
}

/// Points into the request's strings; of several commands to the one numbered `step`.
static int split(const struct sbx_run *run, const struct box_identity *identity, int step,
                 char **arguments, char **environment) {
    static char renamed[CANDIDATE_ROOM];
    char *next = renamed;
    size_t room = sizeof renamed;
    const char *text = run->strings;
    uint32_t total = run->argument_count + run->environment_count;
    for (uint32_t i = 0; i < total; i++, text += strlen(text) + 1) {
        bool argument = i < run->argument_count;
        if (argument && run->flags & SBX_STEPS) {
            if (!*text) step--;
            if (step != 0 || !*text) continue;
        }
        char *taken = (char *)candidate_rename(identity, text, &next, &room);
        if (!taken) return errno = E2BIG, -1;
        *(argument ? arguments++ : environment++) = taken;
    }
    *arguments = *environment = NULL;
    return 0;
}

// ---- The way in

/// Dies with the process that made it, which may be dead already.
static int bind_life(pid_t maker) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -1;
    return getppid() == maker ? 0 : (errno = ESRCH, -1);
}

_Noreturn void candidate_start(const struct sbx_run *run, const struct box_identity *identity,
                               const struct box_files *files, int step) {
    static char *arguments[CANDIDATE_STRINGS + 1], *environment[CANDIDATE_STRINGS + 1];
    bool alone = identity->one_process;
    pid_t maker = alone ? getppid() : 0;
    if (split(run, identity, step, arguments, environment) < 0)
        candidate_fail(files->status, BOX_EXEC);
    setsid();
    unblock_signals();
    // Without capabilities our own files in /proc are closed to us else.
    if (alone && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
        candidate_fail(files->status, BOX_IDENTITY);
    // The out-of-memory killer is to take the candidate, not init or the keeper.
    io_write_at(AT_FDCWD, "/proc/self/oom_score_adj", "1000");
    int rules = -1;
    if (identity->landlock_version > 0 && (rules = landlock_make(identity)) < 0)
        candidate_fail(files->status, BOX_LANDLOCK);
    if (chdir(identity->folder) < 0 || take_streams(files) < 0)
        candidate_fail(files->status, BOX_STREAMS);
    umask(022);
    if (set_limits(run, identity) < 0) candidate_fail(files->status, BOX_LIMITS);
    if (leave_privileges(identity) < 0) candidate_fail(files->status, BOX_IDENTITY);
    if (alone && bind_life(maker) < 0) candidate_fail(files->status, BOX_IDENTITY);
    // As exec would: else the candidate's files in /proc are root's.
    if (identity->is_zygote && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
        candidate_fail(files->status, BOX_IDENTITY);
    if (rules >= 0 && landlock_install(rules) < 0) candidate_fail(files->status, BOX_LANDLOCK);
    if (filter_install(&identity->filters->last) < 0) candidate_fail(files->status, BOX_FILTER);
    if (run->flags & SBX_CANARY)
        _exit(canary_main((int)run->argument_count, arguments));
    if (identity->is_zygote) python_run(run, arguments);
    if (run->flags & SBX_EXEC_PROGRAM)
        syscall(SYS_execveat, files->program, "", arguments, environment, AT_EMPTY_PATH);
    else
        execve(arguments[0], arguments, environment);
    candidate_fail(files->status, BOX_EXEC);
}
