// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The sandbox's layers driven by a plain loop: no supervisor, no messages, no streams, no clocks,
// no verdict. It shares the data of the layers (the filter, the rule set, the root, the control
// groups) with assay-sandbox and none of the code that drives them; layers can be left out, so that
// the cost of each can be told. Without BARE_PIDNS there is no init: the candidate is the child.

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "sandbox.h"

#define BARE_USER 0x50000000u
#define BARE_MEMORY (300ull << 20)

struct bare {
    unsigned layers;
    int slot;
    int program;
    int null;
    struct filter_set filters;
    struct cgroup_set groups;
    struct cgroup_slot group;
};

static void check(long result, const char *what) {
    if (result < 0) bench_fail(what);
}

static void limit(int resource, uint64_t value) {
    struct rlimit pair = {.rlim_cur = value, .rlim_max = value};
    check(setrlimit((__rlimit_resource_t)resource, &pair), "setrlimit");
}

static void set_limits(void) {
    limit(RLIMIT_STACK, BARE_MEMORY);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, 6);
    limit(RLIMIT_FSIZE, 64 << 20);
    limit(RLIMIT_NOFILE, 256);
    limit(RLIMIT_MEMLOCK, 65536);
    limit(RLIMIT_MSGQUEUE, 0);
    limit(RLIMIT_SIGPENDING, 1024);
    limit(RLIMIT_NPROC, 66);
}

static void keep_capabilities(uint32_t mask) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct kept[2] = {{.effective = mask, .permitted = mask}, {0, 0, 0}};
    check(syscall(SYS_capset, &header, kept), "capset");
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static void leave_privileges(const struct bare *bare) {
    uid_t user = BARE_USER + (uid_t)bare->slot;
    check(syscall(SYS_setgroups, 0, NULL), "setgroups");
    check(syscall(SYS_setresgid, user, user, user), "setresgid");
    check(syscall(SYS_setresuid, user, user, user), "setresuid");
    keep_capabilities(0);
}

static _Noreturn void candidate(const struct bare *bare) {
    unsigned layers = bare->layers;
    const struct box_identity identity = {.landlock_version = csbx_landlock_version()};
    int rules = -1;
    if (layers & BARE_LANDLOCK) check(rules = landlock_make(&identity), "landlock");
    if (layers & BARE_SCRATCH) check(chdir("/box"), "chdir");
    check(dup2(bare->null, 0) | dup2(bare->null, 1), "dup2");
    if (layers & BARE_LIMITS) set_limits();
    if (layers & BARE_IDENTITY) leave_privileges(bare);
    if (layers & (BARE_LANDLOCK | BARE_FILTER))
        check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    if (rules >= 0) check(landlock_install(rules), "landlock");
    if (layers & BARE_FILTER) check(filter_install(&bare->filters.last), "seccomp");
    char *arguments[] = {"program", NULL}, *environment[] = {NULL};
    syscall(SYS_execveat, bare->program, "", arguments, environment, AT_EMPTY_PATH);
    bench_fail("execveat");
}

static _Noreturn void init(const struct bare *bare) {
    int status;
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (bare->layers & BARE_PROC)
        check(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                    "hidepid=2,subset=pid"), "mount /proc");
    if (bare->layers & BARE_SCRATCH)
        check(mount("box", "/box", "tmpfs", MS_NOSUID | MS_NODEV,
                    "size=64m,nr_inodes=4096,mode=777"), "mount /box");
    pid_t child = vfork();
    check(child, "vfork");
    if (child == 0) candidate(bare);
    // What is left to init is a layer too.
    if (bare->layers & BARE_IDENTITY) keep_capabilities((1u << CAP_KILL) | (1u << CAP_DAC_READ_SEARCH));
    if (bare->layers & BARE_FILTER) check(filter_install(&bare->filters.init), "seccomp");
    while (waitpid(child, &status, 0) != child) continue;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static int begin(void *given) {
    const struct bare *bare = given;
    if (bare->layers & BARE_PIDNS) init(bare);
    candidate(bare);
}

static void run(struct bare *bare) {
    bool counted = bare->layers & BARE_CGROUP;
    if (counted) check(cgroup_slot_begin(&bare->group, BARE_MEMORY, 64), "control group");
    static char stack[65536] __attribute__((aligned(16)));
    int flags = CLONE_VM | SIGCHLD, status;
    if (bare->layers & BARE_PIDNS) flags |= CLONE_NEWPID;
    if (bare->layers & BARE_MOUNTNS) flags |= CLONE_NEWNS;
    pid_t child = clone(begin, stack + sizeof stack, flags, bare);
    check(child, "clone");
    while (waitpid(child, &status, 0) != child) continue;
    if (status != 0) bench_fail("the program failed");
    if (!counted) return;
    if (cgroup_slot_ran_out(&bare->group) || cgroup_slot_cpu_ns(&bare->group) == 0 ||
        cgroup_slot_peak(&bare->group) > BARE_MEMORY)
        bench_fail("the control group says no");
    cgroup_slot_end(&bare->group);
}

/// One slot: sets up what all its runs share, then makes `count` of them for each byte it reads.
static _Noreturn void slot(struct bare *bare, int control, int done) {
    unsigned long count;
    const char *stage = "";
    if (bare->layers & BARE_NETNS) check(unshare(CLONE_NEWNET), "unshare the network");
    if (bare->layers & BARE_MOUNTNS) {
        check(unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP), "unshare");
        struct sandbox_config config = {.workers = 1};
        if (root_build(&config, false, &stage) < 0) bench_fail(stage);
    }
    if (bare->layers & BARE_FILTER) check(filter_install(&bare->filters.base), "seccomp");
    if (bare->layers & BARE_CGROUP) cgroup_slot_settle(&bare->group);
    check(write(done, "", 1), "pipe");
    while (read(control, &count, sizeof count) == sizeof count) {
        for (unsigned long i = 0; i < count; i++) run(bare);
        check(write(done, "", 1), "pipe");
    }
    _exit(0);
}

struct pool {
    int workers;
    int control, done;
};

static void make(unsigned long count, void *context) {
    const struct pool *pool = context;
    unsigned long share = count / (unsigned long)pool->workers;
    char byte;
    for (int i = 0; i < pool->workers; i++)
        check(write(pool->control, &share, sizeof share), "pipe");
    for (int i = 0; i < pool->workers; i++)
        if (read(pool->done, &byte, 1) != 1) bench_fail("a slot died");
}

int bare_main(int workers, unsigned layers, const char *program) {
    static struct bare bare;
    bare.layers = layers;
    bare.program = bench_seal_file(program);
    bare.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const struct filter_place place = {.sampled_memory = false};
    check(filter_build(&bare.filters, &place), "build the filter");
    if (layers & BARE_CGROUP) cgroup_set_open(&bare.groups, getpid());
    if (layers & BARE_CGROUP && bare.groups.version == 0) bench_fail(bare.groups.reason);
    int control[2], done[2];
    check(pipe2(control, O_CLOEXEC) | pipe2(done, O_CLOEXEC), "pipe");
    for (bare.slot = 0; bare.slot < workers; bare.slot++) {
        check(cgroup_slot_open(&bare.groups, bare.slot, &bare.group), "control group");
        pid_t child = fork();
        check(child, "fork");
        if (child == 0) {
            close(control[1]);
            check(cgroup_slot_add(&bare.group, getpid()), "control group");
            slot(&bare, control[0], done[1]);
        }
        cgroup_slot_close(&bare.group);
    }
    close(done[1]);
    struct pool pool = {.workers = workers, .control = control[1], .done = done[0]};
    char byte;
    for (int i = 0; i < workers; i++)
        if (read(done[0], &byte, 1) != 1) bench_fail("a slot died");
    bench_serve(make, &pool);
    close(control[1]);
    while (wait(NULL) > 0) continue;
    cgroup_set_remove(&bare.groups);
    return 0;
}
