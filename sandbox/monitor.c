// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The monitor: as little as can restart a supervisor. It reads no message. It is the subreaper, so
// that whatever a dead supervisor leaves is its child, dies by PR_SET_PDEATHSIG and is waited for
// before control groups are removed and the next supervisor starts. It ends when the server's end
// of the socket is closed, which the kernel does when the server dies.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define MONITOR_QUICK_NS 1000000000u  // a supervisor that lived shorter counts as stillborn
#define MONITOR_QUICK_MAX 5

static pid_t start_supervisor(const struct sandbox_config *config, const struct cgroup_set *groups,
                              int *alive) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        supervisor_main(config, groups, ends[0]);
    }
    close(ends[0]);
    *alive = ends[1];
    return child;
}

/// Waits until the supervisor ends (true) or the server is gone (false).
static bool wait_for_end(pid_t supervisor) {
    int pidfd = (int)syscall(SYS_pidfd_open, supervisor, 0);
    struct pollfd events[] = {{.fd = pidfd, .events = POLLIN}, {.fd = SBX_SOCKET_FD, .events = 0}};
    while (poll(events, 2, pidfd < 0 ? 100 : -1) <= 0) {
        // Without a pidfd: look ten times a second.
        if (pidfd < 0 && kill(supervisor, 0) < 0) break;
    }
    io_close(&pidfd);
    return !(events[1].revents & (POLLHUP | POLLERR));
}

static void reap_all(pid_t supervisor) {
    kill(supervisor, SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
}

static int become(uid_t user) {
    if (user == (uid_t)-1) return 0;
    if (syscall(SYS_setgroups, 0, NULL) < 0 || setresgid(user, user, user) < 0 ||
        setresuid(user, user, user) < 0)
        return -1;
    return 0;
}

int monitor_main(struct sandbox_config *config) {
    int quick = 0;
    prctl(PR_SET_NAME, "box-monitor", 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    if (become(config->run_as) < 0) {
        io_log("cannot become user %u: %m", config->run_as);
        return 1;
    }
    config->monitor = getpid();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) return 1;
    for (config->generation = 1; quick < MONITOR_QUICK_MAX; config->generation++) {
        struct cgroup_set groups = {.reason = "control groups are switched off"};
        if (config->use_cgroups) cgroup_set_open(&groups, config->monitor);
        uint64_t begin = io_now_ns();
        int alive = -1;
        pid_t supervisor = start_supervisor(config, &groups, &alive);
        bool again = supervisor > 0 && wait_for_end(supervisor);
        if (supervisor > 0) reap_all(supervisor);
        io_close(&alive);
        cgroup_set_remove(&groups);
        if (!again) return supervisor > 0 ? 0 : 1;
        io_log("the supervisor ended; starting another");
        quick = io_now_ns() - begin < MONITOR_QUICK_NS ? quick + 1 : 0;
    }
    io_log("supervisors end at once; giving up");
    return 1;
}
