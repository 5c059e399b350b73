// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The system call filter: an allow-list, compiled once by libseccomp and installed in each
// candidate as plain BPF (building it in the child would cost 0.4 ms a run).
//
// Not allowed is inotify: /usr is the host's, and a watch on it names every program that anybody
// starts. Three answers besides yes: what only an attack would try kills the process (the verdict
// `forbidden_syscall`); what libraries probe gets the errno that makes them fall back; everything
// else gets ENOSYS. Foreign architectures (int 0x80, x32) are killed by ACT_BADARCH.

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

_Static_assert(sizeof(struct filter_instruction) == sizeof(struct sock_filter), "BPF layout");

static const char *const allowed[] = {
    // memory
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync", "mlock",
    "mlock2", "munlock", "mlockall", "munlockall", "membarrier", "mseal", "pkey_alloc",
    "pkey_free", "pkey_mprotect", "get_mempolicy", "map_shadow_stack",
    // files
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "open", "openat", "openat2", "creat", "close", "close_range", "lseek", "dup",
    "dup2", "dup3", "fcntl", "flock", "fsync", "fdatasync", "sync_file_range", "ftruncate",
    "truncate", "fallocate", "fadvise64", "readahead", "stat", "lstat", "fstat", "newfstatat",
    "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
    "getdents", "getdents64", "getcwd", "chdir", "fchdir", "mkdir", "mkdirat", "rmdir", "unlink",
    "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "umask",
    "utime", "utimes", "utimensat", "futimesat", "sendfile", "copy_file_range", "splice", "tee",
    "vmsplice", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr",
    "cachestat",
    // pipes and waiting
    "pipe", "pipe2", "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd",
    "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    // what a socket pair needs
    "sendto", "recvfrom", "recvmsg", "shutdown", "getsockopt", "setsockopt", "getsockname",
    "getpeername",
    // processes and threads
    "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "getpid",
    "getppid", "gettid", "getpgid", "getpgrp", "getsid", "setpgid", "setsid", "set_tid_address",
    "set_robust_list", "get_robust_list", "futex", "futex_waitv", "futex_wake", "futex_wait",
    "futex_requeue", "rseq", "arch_prctl", "kill", "tkill", "tgkill", "pidfd_open",
    "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sched_yield",
    "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler",
    "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "sched_getattr",
    "getpriority", "ioprio_get", "getcpu",
    // signals
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend",
    "rt_sigtimedwait", "sigaltstack", "pause", "restart_syscall", "alarm", "getitimer",
    "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun",
    "timer_delete",
    // clocks and facts
    "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time",
    "times", "getrusage", "getrlimit", "setrlimit", "sysinfo", "uname", "getuid", "geteuid",
    "getgid", "getegid", "getgroups", "getresuid", "getresgid", "capget", "getrandom",
};

// Nothing that a solution needs: an attempt is a verdict.
static const char *const killed[] = {
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
    "kcmp", "pidfd_getfd", "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen",
    "fsconfig", "fsmount", "fspick", "open_tree", "move_mount", "mount_setattr", "unshare",
    "setns", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "create_module", "reboot", "swapon",
    "swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime",
    "clock_adjtime", "adjtimex", "stime", "iopl", "ioperm", "modify_ldt", "syslog", "vhangup",
    "open_by_handle_at", "name_to_handle_at", "fanotify_init", "fanotify_mark", "mknod",
    "mknodat", "sethostname", "setdomainname", "lookup_dcookie", "nfsservctl", "uselib",
    "sysfs", "ustat", "migrate_pages", "move_pages", "mbind", "set_mempolicy",
};

// Probed by libraries that have a way round; EPERM is the answer they know. Priorities are here
// because a program that makes itself nice could claim to have been starved by us.
static const char *const refused[] = {
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
    "setfsuid", "setfsgid", "capset", "seccomp", "personality", "sched_setscheduler",
    "sched_setparam", "sched_setattr", "setpriority", "ioprio_set", "sendmsg", "sendmmsg", "recvmmsg",
    "setxattr", "lsetxattr", "fsetxattr",
};

// All that init does once its candidate runs: wait, kill, copy the artifact, report.
static const char *const init_allowed[] = {
    "wait4",   "waitid", "kill",  "openat",    "openat2",      "close",           "fstat", "newfstatat",
    "pread64", "write",  "lseek", "getrusage", "rt_sigreturn", "restart_syscall", "exit",  "exit_group",
};

static const unsigned long ioctls[] = {TCGETS, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TIOCGWINSZ};

static const int prctls[] = {PR_SET_NAME,         PR_GET_NAME,         PR_GET_DUMPABLE,
                             PR_SET_PDEATHSIG,    PR_GET_PDEATHSIG,    PR_CAPBSET_READ,
                             PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_TIMERSLACK,
                             PR_GET_TIMERSLACK,   PR_SET_THP_DISABLE,  PR_GET_SECCOMP,
                             0x53564d41 /* PR_SET_VMA: glibc names its arenas */};

static const unsigned namespaces[] = {CLONE_NEWNS,   CLONE_NEWPID, CLONE_NEWNET,    CLONE_NEWIPC,
                                      CLONE_NEWUSER, CLONE_NEWUTS, CLONE_NEWCGROUP, CLONE_PTRACE};

/// Adds one action for each name that this architecture has.
static int add_names(scmp_filter_ctx context, uint32_t action, const char *const *names,
                     size_t count) {
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        if (number < 0) continue;  // unknown to this libseccomp or this architecture: ENOSYS
        int failed = seccomp_rule_add(context, action, number, 0);
        if (failed && failed != -EDOM) return failed;
    }
    return 0;
}

/// Argument `index`, masked, equals `value`.
static struct scmp_arg_cmp when(unsigned index, uint64_t mask, uint64_t value) {
    return (struct scmp_arg_cmp){
        .arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

#define INT_MASK 0xffffffffu  // the kernel ignores the upper half of an int argument

static int add_clone(scmp_filter_ctx context) {
    unsigned mask = 0;
    int failed = 0;
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces && !failed; i++) {
        mask |= namespaces[i];
        failed = seccomp_rule_add(context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                  when(0, namespaces[i], namespaces[i]));
    }
    if (failed) return failed;
    return seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                            when(0, mask, 0));
}

static int add_conditional(scmp_filter_ctx context) {
    int failed = add_clone(context);
    for (size_t i = 0; i < sizeof ioctls / sizeof *ioctls && !failed; i++)
        failed = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
                                  when(1, INT_MASK, ioctls[i]));
    for (size_t i = 0; i < sizeof prctls / sizeof *prctls && !failed; i++)
        failed = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                                  when(0, INT_MASK, (unsigned)prctls[i]));
    // Limits of oneself only.
    if (!failed)
        failed = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                                  when(0, INT_MASK, 0));
    // asyncio wakes itself through a pair; no other socket exists.
    if (!failed)
        failed = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
                                  when(0, INT_MASK, AF_UNIX));
    if (!failed)
        failed =
            seccomp_rule_add(context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 0);
    return failed;
}

static int add_rules(scmp_filter_ctx context, bool with_memfd) {
    int failed = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!failed) failed = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (!failed)
        failed = add_names(context, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);
    if (!failed)
        failed = add_names(context, SCMP_ACT_KILL_PROCESS, killed,
                           sizeof killed / sizeof *killed);
    if (!failed)
        failed = add_names(context, SCMP_ACT_ERRNO(EPERM), refused,
                           sizeof refused / sizeof *refused);
    if (!failed) failed = add_conditional(context);
    // Memory held in a memfd shows in no process's size: only a control group counts it.
    const char *const memfd[] = {"memfd_create"};
    if (!failed && with_memfd) failed = add_names(context, SCMP_ACT_ALLOW, memfd, 1);
    return failed;
}

/// Reads the exported program back from `fd`.
static int load(struct filter *filter, int fd) {
    off_t size = lseek(fd, 0, SEEK_END);
    if (size <= 0 || size / (off_t)sizeof(struct filter_instruction) > BPF_MAXINSNS) return -1;
    filter->instructions = malloc((size_t)size);
    if (!filter->instructions) return -1;
    if (pread(fd, filter->instructions, (size_t)size, 0) != size) return -1;
    filter->count = (unsigned short)((size_t)size / sizeof(struct filter_instruction));
    return 0;
}

/// Exports what `context` holds.
static int export(struct filter *filter, scmp_filter_ctx context, int failed) {
    int fd = -1;
    if (!failed) {
        fd = memfd_create("filter", MFD_CLOEXEC);
        failed = fd < 0 ? -errno : seccomp_export_bpf(context, fd);
    }
    if (!failed && load(filter, fd) < 0) failed = -errno;
    io_close(&fd);
    seccomp_release(context);
    if (failed) errno = -failed;
    return failed ? -1 : 0;
}

int filter_build(struct filter *filter, bool with_memfd) {
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!context) return -1;
    return export(filter, context, add_rules(context, with_memfd));
}

int filter_build_init(struct filter *filter) {
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!context) return -1;
    size_t count = sizeof init_allowed / sizeof *init_allowed;
    return export(filter, context, add_names(context, SCMP_ACT_ALLOW, init_allowed, count));
}

int filter_install(const struct filter *filter) {
    struct sock_fprog program = {.len = filter->count,
                                 .filter = (struct sock_filter *)filter->instructions};
    return (int)syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, &program);
}
