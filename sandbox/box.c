// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// box_enter(): the one way by which untrusted code starts, be it a compiler or a solution.
//
// clone makes init in new pid and mount namespaces; the network, ipc, uts, cgroup and (without
// root) user namespaces are the keeper's (the filter knows no call that would leave something in
// an ipc namespace, and making one costs a mount). init makes itself unreadable, mounts /proc and a fresh
// scratch, forks the candidate (candidate.c) and waits. Between clone and exec only
// async-signal-safe calls are made and nothing is allocated.
//
// init borrows the memory of its maker, keeper or zygote, on a stack of its own: to copy the tables of
// their pages, and then each page that one of them writes to, is what a fork costs. The maker does
// nothing meanwhile but wait for init's end. What init read of one run must not be found by the next
// candidate that is forked from the zygote, so it wipes what it copies through (files.c) and its stack;
// and a zygote whose init was killed halfway makes no further box. Nor does init take a signal from its
// candidate, which without root is of its user: the handlers are the interpreter's, and would run here.
//
// init keeps the keeper's user id, of its capabilities only those to kill and to read, and takes a
// filter of a dozen calls. It never reads what the candidate wrote, save the artifact or the files to
// be fetched, which it opens without following links after every other process of the box is dead.

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define INIT_STACK (64 * 1024)
#define INIT_STACK_USED 2048  // by what runs before the candidate is forked

static int mount_scratch(const struct sbx_run *run, const struct box_identity *identity) {
    char options[160];
    snprintf(options, sizeof options, "size=%llu,nr_inodes=%u,mode=755,uid=%u,gid=%u",
             (unsigned long long)run->scratch_bytes, run->scratch_files, identity->user,
             identity->user);
    if (mount("box", "/box", "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) return -1;
    umask(0);
    return mkdir("/box/.tmp", 01777) < 0 || mkdir("/box/.shm", 01777) < 0 ? -1 : 0;
}

static uint64_t waited_cpu_ns(void) {
    struct rusage used;
    if (getrusage(RUSAGE_CHILDREN, &used) < 0) return 0;
    return ((uint64_t)used.ru_utime.tv_sec + (uint64_t)used.ru_stime.tv_sec) * 1000000000u +
           ((uint64_t)used.ru_utime.tv_usec + (uint64_t)used.ru_stime.tv_usec) * 1000u;
}

/// Whether init may have left something of its run, or half a change, in its maker's memory.
static _Atomic bool is_unsettled;

bool box_left_memory(int wait_status) { return WIFSIGNALED(wait_status) && is_unsettled; }

/// Ends what the candidate left running, so that nobody can swap the artifact any more.
static void kill_others(void) {
    while (kill(-1, SIGKILL) == 0 || errno == EPERM)
        if (waitpid(-1, NULL, 0) < 0) break;
    while (waitpid(-1, NULL, 0) > 0) continue;
}

/// Waits for the candidate, reaping orphans on the way. Its end ends the box.
static _Noreturn void watch(const struct sbx_run *run, const struct box_files *files,
                            pid_t program) {
    struct box_report report = {.stage = BOX_OK};
    for (;;) {
        pid_t ended = waitpid(-1, &report.wait_status, 0);
        if (ended == program) break;
        if (ended < 0 && errno != EINTR) candidate_fail(files->status, BOX_FORK);
    }
    bool succeeded = WIFEXITED(report.wait_status) && WEXITSTATUS(report.wait_status) == 0;
    if (files_are_wanted(run, files, succeeded)) {
        kill_others();
        is_unsettled = true;
        report.has_artifact = files_take(run, "/box", files->artifact, &report.artifact_size);
        is_unsettled = false;
    }
    report.cpu_ns = waited_cpu_ns();
    if (write(files->status, &report, sizeof report) != sizeof report) _exit(1);
    _exit(0);
}

/// Forgets what functions that have returned left on the stack.
static __attribute__((noinline)) void wipe_stack(void) {
    char left[INIT_STACK_USED];
    explicit_bzero(left, sizeof left);
}

static _Noreturn void init(const struct sbx_run *run, const struct box_identity *identity,
                           const struct box_files *files) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);  // the candidate unblocks them for itself
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NAME, "box-init", 0, 0, 0);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) candidate_fail(files->status, BOX_IDENTITY);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "hidepid=2,subset=pid") < 0)
        candidate_fail(files->status, BOX_PROC);
    if (identity->keep_host_proc && umount2("/host-proc", MNT_DETACH) < 0)
        candidate_fail(files->status, BOX_PROC);
    if (mount_scratch(run, identity) < 0) candidate_fail(files->status, BOX_SCRATCH);
    struct box_files placed = *files;
    if (files_place_program(run, identity->folder, files->program) < 0 ||
        files_place_input(run, identity->folder, files->input, &placed.input) < 0)
        candidate_fail(files->status, BOX_PROGRAM);
    // On the way to exec the candidate borrows our memory, which saves copying it. It keeps its own
    // where it never comes to exec: it would be ours that it uses up.
    bool executes = !identity->is_zygote && !(run->flags & SBX_CANARY);
    if (!executes) wipe_stack();
    pid_t program = executes ? vfork() : fork();
    if (program < 0) candidate_fail(files->status, BOX_FORK);
    if (program == 0) candidate_start(run, identity, &placed, 0);
    is_unsettled = false;
    // The candidate's streams must end with the candidate's processes, not with init.
    if (placed.input != files->input) close(placed.input);
    close(files->input);
    close(files->output);
    close(files->error);
    // Enough to end the box and to read what it leaves.
    if (candidate_keep_capabilities((1u << CAP_KILL) | (1u << CAP_DAC_READ_SEARCH)) < 0)
        candidate_fail(files->status, BOX_IDENTITY);
    if (filter_install(&identity->filters->init) < 0) candidate_fail(files->status, BOX_FILTER);
    watch(run, files, program);
}

struct birth {
    const struct sbx_run *run;
    const struct box_identity *identity;
    const struct box_files *files;
};

static int begin_init(void *given) {
    const struct birth *birth = given;
    init(birth->run, birth->identity, birth->files);
}

pid_t box_enter(const struct sbx_run *run, const struct box_identity *identity,
                const struct box_files *files) {
    // Read by init when this function may have returned.
    static struct birth birth;
    // Below the part of our stack that we use ourselves until init has ended. It must be part of the
    // main stack: a candidate that is forked from init stays on it, and may need all of it.
    char stacks[2 * INIT_STACK] __attribute__((aligned(16)));
    birth = (struct birth){run, identity, files};
    is_unsettled = true;
    return clone(begin_init, stacks + INIT_STACK, CLONE_VM | CLONE_NEWPID | CLONE_NEWNS | SIGCHLD,
                 &birth);
}

bool box_try(const struct box_identity *identity, char *why, size_t capacity) {
    static const char *const stages[] = {"clone",   "mount /proc", "mount the scratch", "program",
                                         "fork",    "streams",     "identity",          "rlimits",
                                         "Landlock", "seccomp",    "exec",              "artifact"};
    static struct sbx_run run = {.flags = SBX_CANARY, .argument_count = 1, .cpu_ns = 1000000000u,
                                 .memory_bytes = 64u << 20, .scratch_bytes = 1u << 20,
                                 .scratch_files = 64, .processes = 8, .open_files = 64,
                                 .strings_size = 8, .strings = "nothing"};
    struct box_report report = {.stage = BOX_CLONE};
    int status[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), ended = 0;
    if (null < 0 || pipe2(status, O_CLOEXEC) < 0) return false;
    struct box_files files = {.program = null, .input = null, .output = null, .error = null,
                              .status = status[1], .artifact = -1};
    pid_t child = box_enter(&run, identity, &files);
    report.error = errno;
    close(status[1]);
    if (child > 0) {
        report.error = ECHILD;
        if (read(status[0], &report, sizeof report) < 0) report.error = errno;
        waitpid(child, &ended, 0);
    }
    close(status[0]);
    close(null);
    if (child > 0 && report.stage == BOX_OK && report.wait_status == 0) return true;
    const char *stage = report.stage == BOX_OK ? "a program in a box" : stages[report.stage - 1];
    snprintf(why, capacity, "%s: %s", stage, strerror(report.error));
    return false;
}
