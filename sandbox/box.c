// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// box_enter(): the one way by which untrusted code starts, be it a compiler or a solution.
//
// clone3 makes init in new pid and mount namespaces; the network, ipc, uts, cgroup and (without
// root) user namespaces are the keeper's (the filter knows no call that would leave something in
// an ipc namespace, and making one costs a mount). init makes itself unreadable, mounts /proc and a fresh
// scratch, forks the candidate and waits. The candidate takes its streams, leaves every privilege,
// then lowers limits, and locks itself in: rlimits, NO_NEW_PRIVS, Landlock, filter, exec. The order
// matters: Landlock forbids mounts, the filter forbids almost all of the steps before it.
// Between clone and exec only async-signal-safe calls are made and nothing is allocated.
//
// init keeps the keeper's user id, of its capabilities only those to kill and to read, and takes a
// filter of a dozen calls. It never reads what the candidate wrote, save the artifact, which it opens
// without following links after every other process of the box is dead.

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define BOX_STRINGS 256  // arguments or environment strings of a program

static _Noreturn void fail(int status, enum box_stage stage) {
    struct box_report report = {.stage = stage, .error = errno};
    // A lost report is seen by the worker as a box that vanished.
    ssize_t ignored = write(status, &report, sizeof report);
    (void)ignored;
    _exit(127);
}

// ---- Candidate

static int set_limit(int resource, uint64_t value) {
    struct rlimit limit = {.rlim_cur = value, .rlim_max = value};
    return setrlimit((__rlimit_resource_t)resource, &limit);
}

/// Hard equals soft everywhere. The control group is the judge of memory; these are backstops.
static int set_limits(const struct sbx_run *run, const struct box_identity *identity) {
    uint64_t cpu_seconds = run->cpu_ns / 1000000000u + 2;
    // Where memory is only sampled, address space bounds the overshoot; each of 32 threads may
    // reserve a whole stack.
    uint64_t address_space =
        identity->sampled_memory ? 40 * run->memory_bytes + (1ull << 30) : RLIM_INFINITY;
    if (set_limit(RLIMIT_STACK, run->memory_bytes) < 0 || set_limit(RLIMIT_CORE, 0) < 0 ||
        set_limit(RLIMIT_CPU, cpu_seconds) < 0 || set_limit(RLIMIT_FSIZE, run->scratch_bytes) < 0 ||
        set_limit(RLIMIT_NOFILE, run->open_files) < 0 || set_limit(RLIMIT_MEMLOCK, 65536) < 0 ||
        set_limit(RLIMIT_MSGQUEUE, 0) < 0 || set_limit(RLIMIT_SIGPENDING, 1024) < 0 ||
        set_limit(RLIMIT_AS, address_space) < 0)
        return -1;
    // Counts keeper and init too where they share the user.
    return set_limit(RLIMIT_NPROC, run->processes + identity->helpers);
}

static int take_streams(const struct sbx_run *run, const struct box_files *files) {
    int input = files->input;
    if (run->flags & SBX_INPUT_FILES) input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (dup2(input, 0) < 0 || dup2(files->output, 1) < 0 || dup2(files->error, 2) < 0)
        return -1;
    return (int)syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
}

/// Keeps only the capabilities of `mask`, and forbids to gain any by exec.
static int keep_capabilities(uint32_t mask) {
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
    return keep_capabilities(0);
}

/// Handlers are those of the keeper, which has none, or of the zygote's interpreter.
static void unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/// Points into the request's strings.
static void split(const struct sbx_run *run, char **arguments, char **environment) {
    const char *next = run->strings;
    for (uint32_t i = 0; i < run->argument_count + run->environment_count; i++) {
        char **list = i < run->argument_count ? arguments : environment;
        list[i < run->argument_count ? i : i - run->argument_count] = (char *)next;
        next += strlen(next) + 1;
    }
    arguments[run->argument_count] = NULL;
    environment[run->environment_count] = NULL;
}

static _Noreturn void candidate(const struct sbx_run *run, const struct box_identity *identity,
                                const struct box_files *files) {
    static char *arguments[BOX_STRINGS + 1], *environment[BOX_STRINGS + 1];
    split(run, arguments, environment);
    setsid();
    unblock_signals();
    // The out-of-memory killer is to take the candidate, not init or the keeper.
    io_write_at(AT_FDCWD, "/proc/self/oom_score_adj", "1000");
    int rules = -1;
    if (identity->landlock_version > 0 &&
        (rules = landlock_make(identity->landlock_version)) < 0)
        fail(files->status, BOX_LANDLOCK);
    if (chdir("/box") < 0 || take_streams(run, files) < 0) fail(files->status, BOX_STREAMS);
    umask(022);
    if (set_limits(run, identity) < 0) fail(files->status, BOX_LIMITS);
    if (leave_privileges(identity) < 0) fail(files->status, BOX_IDENTITY);
    // As exec would: else the candidate's files in /proc are root's.
    if (identity->is_zygote && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
        fail(files->status, BOX_IDENTITY);
    if (rules >= 0 && landlock_install(rules) < 0) fail(files->status, BOX_LANDLOCK);
    if (filter_install(identity->filter) < 0) fail(files->status, BOX_FILTER);
    if (run->flags & SBX_CANARY) _exit(canary_main((int)run->argument_count, arguments));
    if (identity->is_zygote) python_run(run, arguments);
    if (run->flags & SBX_EXEC_PROGRAM)
        syscall(SYS_execveat, files->program, "", arguments, environment, AT_EMPTY_PATH);
    else
        execve(arguments[0], arguments, environment);
    fail(files->status, BOX_EXEC);
}

// ---- init

static int mount_scratch(const struct sbx_run *run, const struct box_identity *identity) {
    char options[160];
    snprintf(options, sizeof options, "size=%llu,nr_inodes=%u,mode=755,uid=%u,gid=%u",
             (unsigned long long)run->scratch_bytes, run->scratch_files, identity->user,
             identity->user);
    if (mount("box", "/box", "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) return -1;
    umask(0);
    return mkdir("/box/.tmp", 01777) < 0 || mkdir("/box/.shm", 01777) < 0 ? -1 : 0;
}

static int copy_bytes(int from, int to, uint64_t limit, uint64_t *copied) {
    static char buffer[65536];
    *copied = 0;
    for (;;) {
        ssize_t got = pread(from, buffer, sizeof buffer, (off_t)*copied);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return (int)got;
        if (*copied + (uint64_t)got > limit) return errno = EFBIG, -1;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return -1;
            done += put;
        }
        *copied += (uint64_t)got;
    }
}

/// Makes a file in the box's folder that the candidate can read.
static int make_file(const char *name) {
    int folder = open("/box", O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    int file = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
    close(folder);
    return file;
}

/// The program as a file of the box, for an interpreter or a compiler.
static int place_program(const struct sbx_run *run, int program) {
    if (!run->file_name[0]) return 0;
    int file = make_file(run->file_name);
    if (file < 0) return -1;
    uint64_t copied;
    int failed = copy_bytes(program, file, run->scratch_bytes, &copied);
    close(file);
    return failed;
}

static int copy_part(int from, off_t *offset, uint64_t size, int to) {
    while (size > 0) {
        ssize_t sent = sendfile(to, from, offset, size);
        if (sent < 0 && errno == EINTR) continue;
        if (sent == 0) errno = ENODATA;
        if (sent <= 0) return -1;
        size -= (uint64_t)sent;
    }
    return 0;
}

/// The files that the input holds, beside the program.
static int place_files(const struct sbx_run *run, int input) {
    off_t offset = 0;
    if (!(run->flags & SBX_INPUT_FILES)) return 0;
    for (;;) {
        struct sbx_file entry;
        ssize_t got = pread(input, &entry, sizeof entry, offset);
        if (got <= 0) return (int)got;
        offset += got;
        bool named = got == sizeof entry && memchr(entry.name, 0, sizeof entry.name) &&
                     !strchr(entry.name, '/');
        if (!named) return errno = EINVAL, -1;
        int file = make_file(entry.name);
        if (file < 0) return -1;
        int failed = copy_part(input, &offset, entry.size, file);
        close(file);
        if (failed) return -1;
    }
}

/// Copies a regular file that the candidate left; nobody can swap it any more.
static bool take_artifact(const struct sbx_run *run, int target, uint64_t *size) {
    while (kill(-1, SIGKILL) == 0 || errno == EPERM)
        if (waitpid(-1, NULL, 0) < 0) break;
    while (waitpid(-1, NULL, 0) > 0) continue;
    int folder = open("/box", O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
                                      RESOLVE_NO_MAGICLINKS};
    int file = (int)syscall(SYS_openat2, folder, run->artifact_name, &how, sizeof how);
    close(folder);
    if (file < 0) return false;
    struct stat facts;
    bool taken = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
                 copy_bytes(file, target, run->artifact_bytes, size) == 0;
    close(file);
    return taken;
}

static uint64_t waited_cpu_ns(void) {
    struct rusage used;
    if (getrusage(RUSAGE_CHILDREN, &used) < 0) return 0;
    return ((uint64_t)used.ru_utime.tv_sec + (uint64_t)used.ru_stime.tv_sec) * 1000000000u +
           ((uint64_t)used.ru_utime.tv_usec + (uint64_t)used.ru_stime.tv_usec) * 1000u;
}

/// Waits for the candidate, reaping orphans on the way. Its end ends the box.
static _Noreturn void watch(const struct sbx_run *run, const struct box_files *files,
                            pid_t program) {
    struct box_report report = {.stage = BOX_OK};
    for (;;) {
        pid_t ended = waitpid(-1, &report.wait_status, 0);
        if (ended == program) break;
        if (ended < 0 && errno != EINTR) fail(files->status, BOX_FORK);
    }
    bool succeeded = WIFEXITED(report.wait_status) && WEXITSTATUS(report.wait_status) == 0;
    if (succeeded && files->artifact >= 0)
        report.has_artifact = take_artifact(run, files->artifact, &report.artifact_size);
    report.cpu_ns = waited_cpu_ns();
    if (write(files->status, &report, sizeof report) != sizeof report) _exit(1);
    _exit(0);
}

static _Noreturn void init(const struct sbx_run *run, const struct box_identity *identity,
                           const struct box_files *files) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_NAME, "box-init", 0, 0, 0);
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) fail(files->status, BOX_IDENTITY);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
              "hidepid=2,subset=pid") < 0)
        fail(files->status, BOX_PROC);
    if (identity->keep_host_proc && umount2("/host-proc", MNT_DETACH) < 0)
        fail(files->status, BOX_PROC);
    if (mount_scratch(run, identity) < 0) fail(files->status, BOX_SCRATCH);
    if (place_program(run, files->program) < 0 || place_files(run, files->input) < 0)
        fail(files->status, BOX_PROGRAM);
    // On the way to exec the candidate borrows our memory, which saves copying it. It keeps its own
    // where it never comes to exec: it would be ours that it uses up.
    bool executes = !identity->is_zygote && !(run->flags & SBX_CANARY);
    pid_t program = executes ? vfork() : fork();
    if (program < 0) fail(files->status, BOX_FORK);
    if (program == 0) candidate(run, identity, files);
    // The candidate's streams must end with the candidate's processes, not with init.
    close(files->input);
    close(files->output);
    close(files->error);
    // Enough to end the box and to read what it leaves.
    if (keep_capabilities((1u << CAP_KILL) | (1u << CAP_DAC_READ_SEARCH)) < 0)
        fail(files->status, BOX_IDENTITY);
    if (filter_install(identity->init_filter) < 0) fail(files->status, BOX_FILTER);
    watch(run, files, program);
}

pid_t box_enter(const struct sbx_run *run, const struct box_identity *identity,
                const struct box_files *files, int *pidfd) {
    struct clone_args arguments = {.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_PIDFD,
                                   .pidfd = (uint64_t)(uintptr_t)pidfd,
                                   .exit_signal = SIGCHLD};
    *pidfd = -1;
    pid_t child = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child == 0) init(run, identity, files);
    return child;
}
