// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The keeper of a slot: takes its namespaces once, then makes boxes on request.
//
// It reads nothing but requests from its worker. As root it switches candidates to a user id that
// only this slot uses. Otherwise it takes a user namespace first, in which it may make the others;
// candidates then run as the one user mapped there, without capabilities. Where no box can be made,
// it takes no namespace and runs candidates as processes of its own (solo.c).

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define INNER_USER 1000            // of candidates in a user namespace
#define USER_BASE 0x60000000u      // of candidates otherwise; far above any account
#define LAST_CAPABILITY 63

struct keeper {
    const struct sandbox_config *config;
    int socket;
    int status;
    struct box_identity identity;
    struct keeper_ready ready;
};

static int give_up(struct keeper *keeper, const char *step) {
    keeper->ready.error = errno ? errno : EINVAL;
    snprintf(keeper->ready.text, sizeof keeper->ready.text, "%s: %s", step,
             strerror(keeper->ready.error));
    return -1;
}

/// Maps the one user that we are; a process may do that for itself.
static int map_user(uid_t user, gid_t group) {
    char line[64];
    if (io_write_at(AT_FDCWD, "/proc/self/setgroups", "deny") < 0 && errno != ENOENT) return -1;
    snprintf(line, sizeof line, "%u %u 1", INNER_USER, user);
    if (io_write_at(AT_FDCWD, "/proc/self/uid_map", line) < 0) return -1;
    snprintf(line, sizeof line, "%u %u 1", INNER_USER, group);
    return io_write_at(AT_FDCWD, "/proc/self/gid_map", line);
}

static bool can_switch_to(uid_t user) {
    pid_t child = fork();
    if (child == 0) {
        bool switched = syscall(SYS_setresgid, user, user, user) == 0 &&
                        syscall(SYS_setresuid, user, user, user) == 0;
        _exit(switched ? 0 : 1);
    }
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/// Whether we are in the machine's own user namespace (then nothing hides parts of /proc).
static bool in_first_user_namespace(void) {
    char text[128];
    unsigned long long inner, outer, count;
    return io_read_at(AT_FDCWD, "/proc/self/uid_map", text, sizeof text) > 0 &&
           sscanf(text, "%llu %llu %llu", &inner, &outer, &count) == 3 && count == 4294967295ull;
}

static void take_optional(struct keeper *keeper, int flag, uint32_t feature) {
    if (unshare(flag) == 0) keeper->ready.features |= feature;
}

static int take_namespaces(struct keeper *keeper, int slot) {
    uid_t user = geteuid();
    gid_t group = getegid();
    struct box_identity *identity = &keeper->identity;
    if (user == 0 && unshare(CLONE_NEWNS) == 0) {
        identity->user = USER_BASE + ((uid_t)keeper->config->monitor & 0xfffff) * SBX_MAX_WORKERS +
                         (uid_t)slot;
        identity->switch_user = can_switch_to(identity->user);
        identity->keep_host_proc = !in_first_user_namespace();
        if (identity->switch_user) keeper->ready.features |= SBX_UID_SWITCH;
        else identity->user = 0;
        keeper->ready.user = identity->user;
    } else {
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // else the kernel owns /proc/self/uid_map
        if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
            return give_up(keeper, "unshare(CLONE_NEWUSER|CLONE_NEWNS)");
        if (map_user(user, group) < 0) return give_up(keeper, "map the user namespace");
        identity->user = INNER_USER;
        identity->keep_host_proc = true;
        keeper->ready.features |= SBX_USERNS;
        keeper->ready.user = user;
    }
    take_optional(keeper, CLONE_NEWNET, SBX_NETNS);
    if (unshare(CLONE_NEWIPC) < 0) return give_up(keeper, "unshare(CLONE_NEWIPC)");
    take_optional(keeper, CLONE_NEWCGROUP, SBX_CGROUPNS);
    if (unshare(CLONE_NEWUTS) == 0 && sethostname("box", 3) < 0) return give_up(keeper, "hostname");
    return 0;
}

/// Candidates are our own children, as our own user.
static int set_up_alone(struct keeper *keeper) {
    keeper->ready.features |= SBX_ONE_PROCESS;
    keeper->ready.user = geteuid();
    if (keeper->identity.landlock_version > 0) keeper->ready.features |= SBX_LANDLOCK;
    if (scratch_empty(keeper->identity.folder) < 0) return give_up(keeper, "make the scratch");
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return give_up(keeper, "PDEATHSIG");
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return 0;
}

static int set_up(struct keeper *keeper, int slot) {
    const char *step = "";
    if (keeper->identity.one_process) return set_up_alone(keeper);
    if (take_namespaces(keeper, slot) < 0) return -1;
    if (root_build(keeper->config, keeper->identity.keep_host_proc, &step) < 0)
        return give_up(keeper, step);
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // EINVAL above the last one
    if (keeper->identity.landlock_version > 0) keeper->ready.features |= SBX_LANDLOCK;
    // After the identity changes, which clear it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return give_up(keeper, "PDEATHSIG");
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return 0;
}

/// Takes the part of the candidates' filter that they inherit from us.
static int lock_in(struct keeper *keeper) {
    if (filter_install(&keeper->identity.filters->base) == 0) return 0;
    return give_up(keeper, "seccomp");
}

/// What the zygote says once it stands, or does not.
struct zygote_ready {
    int32_t failed;
    char text[sizeof((struct keeper_ready *)0)->python];
};

/// Starts the zygote inside our namespaces; the worker's end of its socket, or −1. In the zygote it
/// returns as well, with `keeper->socket` changed to its own.
static int start_zygote(struct keeper *keeper) {
    struct keeper_ready *said = &keeper->ready;
    struct zygote_ready ready = {.failed = 1};
    int pair[2], fds[SBX_MAX_FDS], fd_count;
    if (!keeper->config->python || csbx_socket_pair(pair) < 0) return -1;
    pid_t self = getpid(), child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() != self) _exit(0);
        prctl(PR_SET_NAME, "box-zygote", 0, 0, 0);
        close(pair[0]);
        close(keeper->socket);
        keeper->socket = pair[1];
        ready.failed = python_start(&keeper->identity, ready.text, sizeof ready.text);
        if (csbx_send(keeper->socket, &ready, sizeof ready, NULL, 0) < 0 || ready.failed) _exit(1);
        keeper->identity.is_zygote = true;
        return -1;
    }
    close(pair[1]);
    ssize_t got = child < 0 ? -1 : csbx_receive(pair[0], &ready, sizeof ready, fds, &fd_count);
    if (got == sizeof ready) memcpy(said->python, ready.text, sizeof said->python);
    else snprintf(said->python, sizeof said->python, "the zygote died when it started");
    if (got == sizeof ready && !ready.failed) {
        said->features |= SBX_PYTHON_ZYGOTE;
        return pair[0];
    }
    close(pair[0]);
    if (child > 0) waitpid(child, NULL, 0);
    return -1;
}

/// Makes one box and waits for its end. The worker is not woken for the start: most runs have ended
/// before it would look.
static void run_box(const struct keeper *keeper, const struct sbx_run *run,
                    const struct box_files *files, struct keeper_ended *ended) {
    pid_t child = box_enter(run, &keeper->identity, files);
    struct box_report report = {.stage = BOX_STARTED, .started = child, .maker = getpid()};
    if (child < 0) report = (struct box_report){.stage = BOX_CLONE, .error = errno};
    if (write(keeper->status, &report, sizeof report) != sizeof report) _exit(1);
    if (child < 0) return;
    struct rusage used;
    while (wait4(child, &ended->wait_status, 0, &used) < 0)
        if (errno != EINTR) _exit(1);
    ended->unclean = keeper->identity.is_zygote && box_left_memory(ended->wait_status);
    ended->cpu_ns =
        ((uint64_t)used.ru_utime.tv_sec + (uint64_t)used.ru_stime.tv_sec) * 1000000000u +
        ((uint64_t)used.ru_utime.tv_usec + (uint64_t)used.ru_stime.tv_usec) * 1000u;
}

static void serve(struct keeper *keeper, const struct sbx_run *run, const int *fds, int fd_count) {
    struct box_files files = {.program = fds[0], .input = fds[1], .output = fds[2],
                              .error = fds[3], .status = keeper->status,
                              .artifact = fd_count > 4 ? fds[4] : -1};
    struct keeper_ended ended = {0};
    bool alone = keeper->identity.one_process;
    if (alone) solo_serve(keeper->socket, run, &keeper->identity, &files);
    else run_box(keeper, run, &files, &ended);
    for (int i = 0; i < fd_count; i++) close(fds[i]);
    if (!alone && csbx_send(keeper->socket, &ended, sizeof ended, NULL, 0) < 0) _exit(1);
}

static struct box_identity make_identity(const struct sandbox_config *config,
                                         const struct filter_set *filters, const char *folder) {
    return (struct box_identity){.config = config,
                                 .folder = config->one_process ? folder : "/box",
                                 .one_process = config->one_process,
                                 .filters = filters,
                                 .helpers = config->python ? 3 : 2,
                                 .landlock_version = csbx_landlock_version()};
}

bool keeper_can_make_boxes(const struct sandbox_config *config, char *why, size_t capacity) {
    struct {
        bool can;
        char text[200];
    } answer = {.text = "the attempt died"};
    struct filter_set filters;
    struct filter_place place = {.sampled_memory = false};
    int pair[2];
    if (filter_build(&filters, &place) < 0 || pipe2(pair, O_CLOEXEC) < 0)
        return true;  // the keepers will say what is wrong
    pid_t child = fork();
    if (child == 0) {
        struct keeper keeper = {.config = config, .socket = -1};
        keeper.identity = make_identity(config, &filters, NULL);
        answer.can = set_up(&keeper, 0) == 0 && lock_in(&keeper) == 0;
        if (answer.can) answer.can = box_try(&keeper.identity, answer.text, sizeof answer.text);
        else snprintf(answer.text, sizeof answer.text, "%.199s", keeper.ready.text);
        _exit(write(pair[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
    }
    close(pair[1]);
    if (child > 0 && read(pair[0], &answer, sizeof answer) < 0) answer.can = false;
    if (child > 0) waitpid(child, NULL, 0);
    close(pair[0]);
    filter_free(&filters);
    snprintf(why, capacity, "%s", answer.text);
    return answer.can;
}

_Noreturn void keeper_main(const struct sandbox_config *config, const struct filter_set *filters,
                           int slot, const char *folder, int socket, int status) {
    static struct sbx_run run;
    struct keeper keeper = {.config = config, .socket = socket, .status = status};
    bool sampled_memory = false;
    int fds[SBX_MAX_FDS], fd_count;
    prctl(PR_SET_NAME, "box-keeper", 0, 0, 0);
    // Once for all candidates.
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    // The worker speaks once it has put us into the control groups.
    if (csbx_receive(socket, &sampled_memory, sizeof sampled_memory, fds, &fd_count) <= 0) _exit(1);
    keeper.identity = make_identity(config, filters, folder);
    keeper.identity.sampled_memory = sampled_memory;
    int zygote = set_up(&keeper, slot) < 0 ? -1 : start_zygote(&keeper);
    if (keeper.identity.is_zygote) {
        if (lock_in(&keeper) < 0) _exit(1);
    } else {
        if (!keeper.ready.error) lock_in(&keeper);
        int failed = csbx_send(socket, &keeper.ready, sizeof keeper.ready, &zygote, zygote >= 0);
        if (failed < 0 || keeper.ready.error) _exit(1);
        io_close(&zygote);
    }
    for (;;) {
        ssize_t got = csbx_receive(keeper.socket, &run, sizeof run, fds, &fd_count);
        if (got != sizeof run || fd_count < 4) _exit(got == 0 ? 0 : 1);
        serve(&keeper, &run, fds, fd_count);
    }
}
