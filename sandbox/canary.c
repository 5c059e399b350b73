// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// What the engine runs inside a box, at its start, to prove each layer. A canary is a candidate in
// every respect but that it calls this instead of exec, so that it needs no library inside the box.
// It tries what a layer must stop: `probe` prints one line for each thing it tried; the others are
// to be stopped from outside.

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

static void say(const char *name, bool active, const char *detail) {
    printf("%s %s %s\n", name, active ? "active" : "unavailable", detail);
}

static void say_errno(const char *name, bool active) { say(name, active, strerror(errno)); }

/// The namespaces we are in, for the engine to compare with its own.
static void say_namespaces(void) {
    static const char *const names[] = {"pid", "mnt", "net", "ipc", "user", "uts", "cgroup"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64], target[128];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0) continue;
        target[length] = 0;
        printf("namespace %s %s\n", names[i], target);
    }
}

static void probe_files(const char *host_file) {
    static const char *const hidden[] = {"/etc/passwd", "/etc/shadow", "/root", "/home", "/var",
                                         "/sys",        "/run",        "/proc/1/environ",
                                         "/proc/meminfo"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (access(hidden[i], F_OK) == 0 && open(hidden[i], O_RDONLY | O_CLOEXEC) >= 0)
            return say("file_isolation", false, hidden[i]);
    if (open(host_file, O_RDONLY | O_CLOEXEC) >= 0)
        return say("file_isolation", false, host_file);
    static const char *const fixed[] = {"/usr/canary", "/canary", "/dev/canary", "/usr/lib/canary"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (open(fixed[i], O_CREAT | O_WRONLY | O_CLOEXEC, 0600) >= 0)
            return say("file_isolation", false, fixed[i]);
    // Where it starts, which is the box's own folder.
    if (open("canary", O_CREAT | O_WRONLY | O_CLOEXEC, 0600) < 0)
        return say_errno("file_isolation", false);
    say("file_isolation", true, "no host file can be read, only its own folder be written");
}

/// Whether every way to a second process is shut, and a thread is not: then to kill this one is to
/// kill all.
static void probe_processes(void) {
    errno = 0;
    long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    bool refused = child < 0 && errno == EAGAIN;
    if (refused && (child = fork()) == 0) _exit(0);
    refused = refused && child < 0 && errno == EAGAIN;
    if (refused && (child = vfork()) == 0) _exit(0);
    refused = refused && child < 0 && errno == EAGAIN;
    refused = refused && syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS;
    if (!refused) return say("one_process", false, "it can fork");
    bool bound = prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0;
    bool harmless = kill(getppid(), 0) < 0 && errno == EPERM && kill(-1, 0) < 0;
    say("one_process", bound && harmless, "fork is refused, and to signal others");
}

static void probe_self(void) {
    char text[4096];
    bool filtered = io_read_at(AT_FDCWD, "/proc/self/status", text, sizeof text) > 0 &&
                    strstr(text, "\nSeccomp:\t2") && strstr(text, "\nNoNewPrivs:\t1");
    // A bounding set that we may not empty gives nothing where no exec can gain privileges.
    bool bare = filtered && strstr(text, "\nCapEff:\t0000000000000000") &&
                strstr(text, "\nCapPrm:\t0000000000000000") &&
                strstr(text, "\nCapInh:\t0000000000000000") &&
                strstr(text, "\nCapAmb:\t0000000000000000");
    errno = 0;
    bool refused = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) < 0 && errno == EAFNOSUPPORT;
    bool unknown = syscall(SYS_quotactl + 100000) < 0 && errno == ENOSYS;
    say("filter", filtered && refused && unknown, "mode 2, no_new_privs, socket refused");
    say("capabilities", bare, strstr(text, "\nCapBnd:\t0000000000000000")
                                  ? "none effective, permitted or bounding"
                                  : "none effective or permitted, and none to be gained");
    say("no_socket", refused, "socket() is refused");
    // The mode bits of this file allow it: only Landlock says no.
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    say_errno("landlock", fd < 0 && errno == EACCES);
    say("candidate_not_init", getpid() != 1 && getppid() == 1, "init is another process");
    probe_processes();
    printf("user %u\n", getuid());
    struct rlimit core, stack;
    bool limited = getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max <= 1 &&
                   getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur == stack.rlim_max &&
                   stack.rlim_max != RLIM_INFINITY;
    struct rlimit wider = {RLIM_INFINITY, RLIM_INFINITY};
    limited = limited && setrlimit(RLIMIT_STACK, &wider) < 0;
    say("rlimits", limited, "hard equals soft and cannot be raised");
}

static int probe(const char *host_file) {
    say_namespaces();
    probe_self();
    probe_files(host_file);
    fflush(stdout);
    return 0;
}

/// Touches 256 MiB; a cap stops it.
static int take_memory(void) {
    size_t size = 256u << 20;
    char *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return 1;
    for (size_t i = 0; i < size; i += 4096) block[i] = 1;
    pause();  // where memory is sampled, give it something to see
    return 0;
}

/// Forks 64 children that stay; exits 0 if one was refused.
static int take_processes(void) {
    for (int i = 0; i < 64; i++) {
        pid_t child = fork();
        if (child < 0) return errno == EAGAIN ? 0 : 2;
        if (child == 0) {
            pause();
            _exit(0);
        }
    }
    return 1;
}

static int spin(void) {
    for (volatile unsigned long count = 0;; count++) continue;
}

/// Leaves a process in a session of its own that holds our output open.
static int leave_orphan(void) {
    if (fork() != 0) return 0;
    setsid();
    if (fork() != 0) _exit(0);
    signal(SIGTERM, SIG_IGN);
    for (;;) pause();
}

int canary_main(int argument_count, char **arguments) {
    const char *name = argument_count > 0 ? arguments[0] : "";
    // As exec would: else root owns our files in /proc, and Landlock would get their credit.
    if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 && errno != ENOSYS) return 5;
    if (strcmp(name, "nothing") == 0) return 0;
    if (strcmp(name, "probe") == 0 && argument_count > 1) return probe(arguments[1]);
    if (strcmp(name, "trace") == 0) return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? 3 : 4;
    if (strcmp(name, "memory") == 0) return take_memory();
    if (strcmp(name, "processes") == 0) return take_processes();
    if (strcmp(name, "spin") == 0) return spin();
    if (strcmp(name, "orphan") == 0) return leave_orphan();
    return 2;
}
