// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include "CSystem.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

void csys_set_thread_name(const char *name) {
    char kept[16] = {0};  // TASK_COMM_LEN of the kernel, with the final NUL
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}

static _Thread_local bool may_block;

void csys_let_thread_block(void) { may_block = true; }

bool csys_thread_may_block(void) { return may_block; }

int csys_processor(void) { return sched_getcpu(); }

int csys_bind_process(pid_t process, int processor) {
    cpu_set_t set;
    if (processor < 0 || processor >= CPU_SETSIZE) return EINVAL;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(process, sizeof set, &set) == 0 ? 0 : errno;
}

const void *csys_find(const void *haystack, size_t haystack_size, const void *needle,
                      size_t needle_size) {
    const unsigned char *at = haystack, *wanted = needle;
    size_t left = haystack_size;
    if (needle_size == 0 || left < needle_size) return needle_size == 0 ? haystack : NULL;
    // memchr is several times faster than memmem where the first byte is rare, as in a completion.
    // False starts are limited, so that a text of nothing but first bytes costs no more.
    for (size_t attempts = 32 + left / 256; attempts > 0; attempts--) {
        const unsigned char *start = memchr(at, wanted[0], left - needle_size + 1);
        if (start == NULL || memcmp(start, wanted, needle_size) == 0) return start;
        left -= (size_t)(start + 1 - at);
        at = start + 1;
        if (left < needle_size) return NULL;
    }
    return memmem(at, left, needle, needle_size);
}

const char *csys_own_image_path(void) {
    Dl_info info;
    return dladdr((const void *)&csys_own_image_path, &info) ? info.dli_fname : NULL;
}

uint64_t csys_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int csys_usable_cores(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? count : 1;
}

int csys_drop_privileges(unsigned int id) {
    if (setgroups(0, NULL) != 0) return errno;
    if (setresgid(id, id, id) != 0) return errno;
    if (setresuid(id, id, id) != 0) return errno;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    // A change of ids makes /proc/self unreadable; helpers are started through it.
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int csys_spawn_close_from(void *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int csys_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

/// Write end of the pipe for each signal number, plus 1; 0: none. Only lock-free atomics may be
/// touched by a signal handler.
static _Atomic int signal_pipe[_NSIG];

static void forward_signal(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    int fd = signal_pipe[number] - 1;
    if (fd >= 0 && write(fd, &byte, 1) < 0) {
        // A full pipe already holds thousands of unread signals.
    }
    errno = saved;
}

int csys_catch_signals(const int *signals, size_t count) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    struct sigaction action = {.sa_handler = forward_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (signals[i] <= 0 || signals[i] >= _NSIG) {
            errno = EINVAL;
            return -1;
        }
        signal_pipe[signals[i]] = ends[1] + 1;
        if (sigaction(signals[i], &action, NULL) != 0) {
            return -1;
        }
    }
    return ends[0];
}

int csys_map_blocks_from(int bytes) { return mallopt(M_MMAP_THRESHOLD, bytes); }

int csys_unnamed_file(const char *directory) {
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    // Some file systems give no file without a name: then it has one for a moment.
    char path[4096];
    int count = snprintf(path, sizeof path, "%s/assay-XXXXXX", directory);
    if (count < 0 || (size_t)count >= sizeof path) return -ENAMETOOLONG;
    file = mkostemp(path, O_CLOEXEC);
    if (file < 0) return -errno;
    if (unlink(path) != 0) {
        int error = errno;
        close(file);
        return -error;
    }
    return file;
}
