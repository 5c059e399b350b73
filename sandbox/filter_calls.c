// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The rules of the system call filter: what each call leads to.
//
// Not allowed are inotify and its like: /usr is the host's, and a watch on it names every program that
// anybody starts. Three answers besides yes: what only an attack would try kills the process (the verdict
// `forbidden_syscall`); what libraries probe gets the errno that makes them fall back; everything
// else gets ENOSYS. Foreign architectures (int 0x80, x32) are killed.

#include <seccomp.h>
#include <string.h>

#include "filter_builder.h"

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
    "sysfs", "ustat", "migrate_pages", "move_pages",
};

// Probed by libraries that have a way round; EPERM is the answer they know. Priorities are here
// because a program that makes itself nice could claim to have been starved by us. OpenBLAS, and so
// numpy, calls mbind for each of its buffers.
static const char *const refused[] = {
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
    "setfsuid", "setfsgid", "capset", "seccomp", "personality", "sched_setscheduler",
    "sched_setparam", "sched_setattr", "setpriority", "ioprio_set", "sendmsg", "sendmmsg", "recvmmsg",
    "setxattr", "lsetxattr", "fsetxattr", "mbind", "set_mempolicy",
};

// One process: calls that name a process, of which there is only oneself.
static const char *const self_only[] = {
    "kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "setpgid", "sched_setaffinity",
    "prlimit64",
};

// One process: what Landlock does not watch, on files that may be the host's; other processes; and a
// file that is opened, then overwritten by another's name, so that nobody sees its size.
static const char *const refused_alone[] = {
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime",
    "utimes", "utimensat", "futimesat", "tkill", "pidfd_open", "pidfd_send_signal", "rename",
    "renameat", "renameat2", "get_robust_list", "setsid",
};

// One process: files stay until the end of the run, so that their sizes can be added up.
static const char *const pretended_alone[] = {"unlink", "unlinkat", "rmdir"};

static const char *const exhausted_alone[] = {"fork", "vfork"};

// Memory is only sampled: pages that are held by a pipe, not by a process.
static const char *const refused_sampled[] = {"vmsplice", "splice", "tee"};

static void decide(struct filter_builder *builder, enum filter_decision decision, const char *const *names,
                   size_t count) {
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        // Negative: unknown to this libseccomp or to this architecture.
        if (number >= 0 && number < CALLS_MAX) builder->decisions[number] = (uint8_t)decision;
    }
}

static void decide_one(struct filter_builder *builder, enum filter_decision decision, const char *name) {
    decide(builder, decision, &name, 1);
}

/// What changes where a run is one process of the host.
static void decide_alone(struct filter_builder *builder) {
    decide_one(builder, LOOK_OPEN, "open");
    decide_one(builder, LOOK_OPENAT, "openat");
    decide_one(builder, UNKNOWN, "openat2");  // hides its flags from us
    decide(builder, LOOK_SELF, self_only, LENGTH(self_only));
    decide(builder, REFUSE, refused_alone, LENGTH(refused_alone));
    decide(builder, PRETEND, pretended_alone, LENGTH(pretended_alone));
    decide(builder, EXHAUSTED, exhausted_alone, LENGTH(exhausted_alone));
    if (!builder->place.may_truncate) decide_one(builder, REFUSE, "truncate");
}

void filter_decide(struct filter_builder *builder) {
    const struct filter_place *place = &builder->place;
    memset(builder->decisions, UNKNOWN, sizeof builder->decisions);
    decide(builder, ALLOW, allowed, LENGTH(allowed));
    decide(builder, KILL, killed, LENGTH(killed));
    decide(builder, REFUSE, refused, LENGTH(refused));
    decide_one(builder, NO_FAMILY, "socket");
    decide_one(builder, LOOK_CLONE, "clone");
    decide_one(builder, LOOK_FCNTL, "fcntl");
    decide_one(builder, LOOK_IOCTL, "ioctl");
    decide_one(builder, LOOK_PRCTL, "prctl");
    decide_one(builder, LOOK_PRLIMIT, "prlimit64");
    decide_one(builder, LOOK_SOCKETPAIR, "socketpair");
    if (place->sampled_memory) {
        decide_one(builder, LOOK_MMAP, "mmap");
        decide(builder, REFUSE, refused_sampled, LENGTH(refused_sampled));
    } else {
        // Memory held in a memfd shows in no process's size: only a control group counts it.
        decide_one(builder, ALLOW, "memfd_create");
    }
    if (place->one_process) decide_alone(builder);
}
