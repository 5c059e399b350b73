// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The system call filter: an allow-list, laid out by us as plain BPF, a search over ranges of numbers
// (libseccomp's program for the same rules is four times as long).
//
// Whenever a filter is taken, the kernel checks it, translates it, and tries it with every call there
// is, to know which are always allowed. So the candidates' filter comes in two parts. The base is
// taken once, by keeper and zygote, and inherited: it is all of the filter, except that it lets
// through the few calls that set a candidate up. The last part, which each candidate takes, decides
// about those few only. Of two filters the stricter answer holds, so that both are the whole.
//
// Not allowed are inotify and its like: /usr is the host's, and a watch on it names every program that
// anybody starts. Three answers besides yes: what only an attack would try kills the process (the verdict
// `forbidden_syscall`); what libraries probe gets the errno that makes them fall back; everything
// else gets ENOSYS. Foreign architectures (int 0x80, x32) are killed.

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#define LENGTH(names) (sizeof names / sizeof *names)

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

// ---- The decision for each call

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#define FOREIGN_BIT 0x40000000u  // of the numbers of x32
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#define FOREIGN_BIT 0x80000000u
#else
#error "the system call filter does not know this architecture"
#endif

// What keeper, init and a candidate that is not yet locked in need beyond the candidates' own calls.
static const int set_up_calls[] = {
    SYS_mount,     SYS_umount2, SYS_clone,     SYS_clone3,    SYS_sendmsg, SYS_prctl,
    SYS_capset,    SYS_seccomp, SYS_setgroups, SYS_setresgid, SYS_setresuid,
    SYS_landlock_create_ruleset, SYS_landlock_add_rule,       SYS_landlock_restrict_self,
};

#define CALLS_MAX 1024   // numbers from here on get the default
#define PROGRAM_MAX 252  // so that every conditional jump reaches the returns at the end

/// What a call leads to: a return, or a look at its arguments first.
enum decision {
    UNKNOWN,  // ENOSYS
    ALLOW,
    KILL,
    REFUSE,     // EPERM
    NO_FAMILY,  // EAFNOSUPPORT
    EXHAUSTED,  // EAGAIN, as if there were too many processes
    PRETEND,    // says that it was done
    LOOK_CLONE,
    LOOK_DUMPABLE,
    LOOK_FCNTL,
    LOOK_IOCTL,
    LOOK_MMAP,
    LOOK_OPEN,
    LOOK_OPENAT,
    LOOK_PRCTL,
    LOOK_PRLIMIT,
    LOOK_SELF,
    LOOK_SOCKETPAIR,
    DECISIONS,
};

static const uint32_t returns[] = {
    [UNKNOWN] = SECCOMP_RET_ERRNO | ENOSYS,
    [ALLOW] = SECCOMP_RET_ALLOW,
    [KILL] = SECCOMP_RET_KILL_PROCESS,
    [REFUSE] = SECCOMP_RET_ERRNO | EPERM,
    [NO_FAMILY] = SECCOMP_RET_ERRNO | EAFNOSUPPORT,
    [EXHAUSTED] = SECCOMP_RET_ERRNO | EAGAIN,
    [PRETEND] = SECCOMP_RET_ERRNO | 0,
};

/// A number from which on calls lead to `decision`, up to the next range.
struct range {
    uint32_t first;
    enum decision decision;
};

struct builder {
    uint8_t decisions[CALLS_MAX];
    struct range ranges[CALLS_MAX + 1];
    struct sock_filter program[PROGRAM_MAX + 1];
    // Jumps to a decision, by the index of the instruction: its place is known at the end.
    uint8_t jumps_true[PROGRAM_MAX + 1], jumps_false[PROGRAM_MAX + 1];
    unsigned count;
    unsigned own_process;  // the instruction whose operand is the candidate's pid
    struct filter_place place;
    bool setting_up;  // the base: candidates are set up under it
    bool overflow;
};

static void decide(struct builder *builder, enum decision decision, const char *const *names,
                   size_t count) {
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        // Negative: unknown to this libseccomp or to this architecture.
        if (number >= 0 && number < CALLS_MAX) builder->decisions[number] = (uint8_t)decision;
    }
}

static void decide_one(struct builder *builder, enum decision decision, const char *name) {
    decide(builder, decision, &name, 1);
}

// ---- The program: a binary search over ranges, so that a call costs few steps and the kernel
// ---- little work to load it (each run pays for both)

#define NOT_A_DECISION DECISIONS

/// Adds an instruction whose jumps lead to decisions, or by a distance where they do not.
static unsigned emit(struct builder *builder, uint16_t code, uint32_t operand, unsigned if_true,
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

static void load_word(struct builder *builder, size_t offset) {
    emit(builder, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, NOT_A_DECISION, NOT_A_DECISION);
}

/// The kernel ignores the upper half of an int argument, so we do.
static void load_argument(struct builder *builder, unsigned index) {
    load_word(builder, offsetof(struct seccomp_data, args) + 8 * index);
}

static void search(struct builder *builder, unsigned low, unsigned high) {
    unsigned middle = (low + high + 1) / 2;
    const struct range *ranges = builder->ranges;
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
static void match(struct builder *builder, const uint32_t *values, size_t count,
                  enum decision found, enum decision otherwise) {
    for (size_t i = 0; i < count; i++)
        emit(builder, BPF_JMP | BPF_JEQ | BPF_K, values[i], found,
             i + 1 == count ? otherwise : NOT_A_DECISION);
}

static void look_at_clone(struct builder *builder) {
    const uint16_t any = BPF_JMP | BPF_JSET | BPF_K;
    load_argument(builder, 0);
    if (!builder->place.one_process) {
        emit(builder, any, namespaces, REFUSE, ALLOW);
        return;
    }
    emit(builder, any, namespaces, REFUSE, NOT_A_DECISION);
    emit(builder, any, CLONE_THREAD, ALLOW, EXHAUSTED);
}

static void look_at_fcntl(struct builder *builder) {
    const size_t watching = 2, hiding = 3, signalling = 6;
    const struct filter_place *place = &builder->place;
    load_argument(builder, 1);
    match(builder, fcntls,
          place->one_process ? signalling : place->sampled_memory ? hiding : watching, REFUSE,
          ALLOW);
}

/// Shared memory without a file: pages stay when no process maps them as present.
static void look_at_mmap(struct builder *builder) {
    const uint16_t any = BPF_JMP | BPF_JSET | BPF_K;
    load_argument(builder, 3);
    emit(builder, any, MAP_ANONYMOUS, NOT_A_DECISION, ALLOW);
    emit(builder, any, MAP_SHARED, REFUSE, ALLOW);
}

/// A file without a name is seen in no folder. A file that is cut but not opened for writing is one
/// that Landlock knew nothing of before version 3.
static void look_at_open(struct builder *builder, unsigned flags) {
    const uint16_t any = BPF_JMP | BPF_JSET | BPF_K, equal = BPF_JMP | BPF_JEQ | BPF_K;
    load_argument(builder, flags);
    emit(builder, any, O_TMPFILE & ~O_DIRECTORY, REFUSE, NOT_A_DECISION);
    emit(builder, any, O_TRUNC, NOT_A_DECISION, ALLOW);
    emit(builder, BPF_ALU | BPF_AND | BPF_K, O_ACCMODE, NOT_A_DECISION, NOT_A_DECISION);
    emit(builder, equal, O_WRONLY, ALLOW, NOT_A_DECISION);
    emit(builder, equal, O_RDWR, ALLOW, REFUSE);
}

static void look_at_self(struct builder *builder) {
    load_argument(builder, 0);
    builder->own_process = builder->count;
    emit(builder, BPF_JMP | BPF_JEQ | BPF_K, 0, ALLOW, NOT_A_DECISION);
    emit(builder, BPF_JMP | BPF_JEQ | BPF_K, 0, ALLOW, REFUSE);
}

/// The body of a decision that looks at arguments; false if it is a mere return.
static bool emit_look(struct builder *builder, enum decision decision) {
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

static unsigned find_ranges(struct builder *builder) {
    unsigned count = 0;
    for (unsigned number = 0; number < CALLS_MAX; number++) {
        enum decision decision = (enum decision)builder->decisions[number];
        if (count > 0 && builder->ranges[count - 1].decision == decision) continue;
        builder->ranges[count++] = (struct range){.first = number, .decision = decision};
    }
    return count;
}

/// Lays the decisions out behind the search and aims the jumps at them.
static void finish(struct builder *builder) {
    unsigned places[DECISIONS] = {0};
    bool used[DECISIONS + 1] = {[UNKNOWN] = true, [ALLOW] = true, [KILL] = true, [REFUSE] = true};
    used[EXHAUSTED] = builder->place.one_process;
    for (unsigned i = 0; i < builder->count; i++)
        used[builder->jumps_true[i]] = used[builder->jumps_false[i]] = true;
    for (unsigned decision = DECISIONS; decision-- > 0;) {
        if (!used[decision]) continue;
        places[decision] = builder->count;
        if (!emit_look(builder, (enum decision)decision))
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

static void begin(struct builder *builder) {
    builder->count = builder->own_process = 0;
    builder->overflow = false;
}

/// Turns foreign calls away and loads the number of the others; −1 is nobody's and gets ENOSYS.
static void load_native_call(struct builder *builder) {
    const uint16_t equal = BPF_JMP | BPF_JEQ | BPF_K, at_least = BPF_JMP | BPF_JGE | BPF_K;
    load_word(builder, offsetof(struct seccomp_data, arch));
    emit(builder, equal, NATIVE, NOT_A_DECISION, KILL);
    load_word(builder, offsetof(struct seccomp_data, nr));
    emit(builder, equal, ~0u, UNKNOWN, NOT_A_DECISION);
    emit(builder, at_least, FOREIGN_BIT, KILL, NOT_A_DECISION);
}

/// Takes the program out of the builder.
static int end(struct filter *filter, struct builder *builder) {
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

/// What changes where a run is one process of the host.
static void decide_alone(struct builder *builder) {
    decide_one(builder, LOOK_OPEN, "open");
    decide_one(builder, LOOK_OPENAT, "openat");
    decide_one(builder, UNKNOWN, "openat2");  // hides its flags from us
    decide(builder, LOOK_SELF, self_only, LENGTH(self_only));
    decide(builder, REFUSE, refused_alone, LENGTH(refused_alone));
    decide(builder, PRETEND, pretended_alone, LENGTH(pretended_alone));
    decide(builder, EXHAUSTED, exhausted_alone, LENGTH(exhausted_alone));
    if (!builder->place.may_truncate) decide_one(builder, REFUSE, "truncate");
}

/// The whole filter of candidates.
static void decide_all(struct builder *builder) {
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

/// Lays out what was decided. Without `native` foreign calls are left to a filter before this one.
static int lay_out(struct filter *filter, struct builder *builder, bool native) {
    unsigned ranges = find_ranges(builder);
    if (ranges < 2) return errno = EINVAL, -1;
    begin(builder);
    if (native) load_native_call(builder);
    else load_word(builder, offsetof(struct seccomp_data, nr));
    search(builder, 0, ranges - 1);
    return end(filter, builder);
}

/// The part of the filter that is taken once; afterwards only what it left open is still to decide.
static int build_base(struct filter *base, struct builder *builder) {
    uint8_t open[LENGTH(set_up_calls)];
    for (size_t i = 0; i < LENGTH(set_up_calls); i++) {
        open[i] = builder->decisions[set_up_calls[i]];
        builder->decisions[set_up_calls[i]] = ALLOW;
    }
    builder->decisions[SYS_prctl] = LOOK_PRCTL;
    builder->setting_up = true;
    if (lay_out(base, builder, true) < 0) return -1;
    builder->setting_up = false;
    memset(builder->decisions, ALLOW, sizeof builder->decisions);
    for (size_t i = 0; i < LENGTH(set_up_calls); i++)
        builder->decisions[set_up_calls[i]] = open[i];
    builder->decisions[SYS_prctl] = LOOK_DUMPABLE;
    return 0;
}

/// Its first instruction looks at an argument, at which the kernel gives up to look for calls that are
/// always allowed: for the handful of calls that init makes that costs more than it saves.
static int build_init(struct filter *filter, struct builder *builder) {
    uint32_t numbers[LENGTH(init_allowed)];
    size_t count = 0;
    for (size_t i = 0; i < LENGTH(init_allowed); i++) {
        int number = seccomp_syscall_resolve_name(init_allowed[i]);
        if (number >= 0) numbers[count++] = (uint32_t)number;
    }
    begin(builder);
    load_argument(builder, 0);
    load_native_call(builder);
    match(builder, numbers, count, ALLOW, KILL);
    return end(filter, builder);
}

int filter_build(struct filter_set *set, const struct filter_place *place) {
    static struct builder builder;
    memset(set, 0, sizeof *set);
    builder.place = *place;
    decide_all(&builder);
    // A lone process has nothing to inherit a base from: its keeper is not locked in.
    if (!place->one_process && build_base(&set->base, &builder) < 0) return -1;
    if (lay_out(&set->last, &builder, place->one_process) < 0) return -1;
    return build_init(&set->init, &builder);
}

void filter_free(struct filter_set *set) {
    free(set->base.instructions);
    free(set->last.instructions);
    free(set->init.instructions);
    memset(set, 0, sizeof *set);
}

int filter_install(const struct filter *filter) {
    struct sock_fprog program = {.len = filter->count,
                                 .filter = (struct sock_filter *)filter->instructions};
    if (filter->count == 0) return 0;
    if (filter->own_process)
        filter->instructions[filter->own_process].operand = (uint32_t)getpid();
    return (int)syscall(SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, &program);
}
