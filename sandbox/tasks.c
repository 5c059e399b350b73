// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Reads the processes of a box from the host's /proc. Every orphan of a box becomes a child of its
// init, so walking `children` from init finds them all.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

#define TASKS_MAX 1024  // processes looked at; boxes allow fewer

struct walk {
    pid_t found[TASKS_MAX];
    unsigned count;
};

static int open_directory(int at, const char *name) {
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void add_children(struct walk *walk, int thread) {
    char text[8192];
    if (io_read_at(thread, "children", text, sizeof text) <= 0) return;
    for (char *next = text, *end; walk->count < TASKS_MAX; next = end) {
        long child = strtol(next, &end, 10);
        if (end == next) return;
        walk->found[walk->count++] = (pid_t)child;
    }
}

static uint64_t kilobytes_after(const char *text, const char *name) {
    const char *line = strstr(text, name);
    return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

/// Page tables of a process or thread: those of pages that are all the same one cost nothing else.
static uint64_t tables(int task) {
    char text[2048];
    return io_read_at(task, "status", text, sizeof text) > 0 ? kilobytes_after(text, "\nVmPTE:") : 0;
}

/// Resident size of a process or thread, page tables included; 0 when it has none any more.
static uint64_t resident(int task) {
    char text[128];
    unsigned long pages;
    if (io_read_at(task, "statm", text, sizeof text) <= 0 ||
        sscanf(text, "%*u %lu", &pages) != 1 || pages == 0)
        return 0;
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) + tables(task);
}

/// Notes the threads of a process and their children; the CPU time of those that live, exact.
///
/// And its memory, by the first thread that has any: a process shows that of its first thread, which
/// may have ended while the others go on.
static uint64_t add_threads(struct walk *walk, int process, struct tasks_sample *sample) {
    int folder = open_directory(process, "task");
    if (folder < 0) return 0;
    DIR *threads = fdopendir(folder);
    if (!threads) {
        close(folder);
        return 0;
    }
    uint64_t cpu_ns = 0, bytes = 0;
    struct dirent *entry;
    while ((entry = readdir(threads))) {
        if (entry->d_name[0] == '.') continue;
        int thread = open_directory(dirfd(threads), entry->d_name);
        if (thread < 0) continue;
        char text[128];
        unsigned long long running, waiting;
        if (io_read_at(thread, "schedstat", text, sizeof text) > 0 &&
            sscanf(text, "%llu %llu", &running, &waiting) == 2) {
            cpu_ns += running;
            if (running + waiting > sample->ready_ns) sample->ready_ns = running + waiting;
        }
        // The wait that is going on now is in schedstat only when it has ended.
        const char *state = io_read_at(thread, "stat", text, sizeof text) > 0
                                ? strrchr(text, ')') : NULL;
        if (state && state[1] == ' ' && state[2] == 'R') sample->runnable = true;
        if (bytes == 0) bytes = resident(thread);
        sample->threads++;
        add_children(walk, thread);
        close(thread);
    }
    closedir(threads);
    sample->resident_bytes += bytes;
    return cpu_ns;
}

/// CPU time of a process and of the children it has waited for.
///
/// stat counts in steps of 10 ms, which would hide most of what a hundred young processes use;
/// the sum over live threads is exact, but lacks those that ended. The larger is nearer.
static void add_cpu(int process, uint64_t live_ns, struct tasks_sample *sample) {
    char text[1024];
    if (io_read_at(process, "stat", text, sizeof text) <= 0) return;
    const char *fields = strrchr(text, ')');  // the name may hold anything
    unsigned long user, system;
    long waited_user, waited_system;
    if (!fields || sscanf(fields + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
                          &user, &system, &waited_user, &waited_system) != 4)
        return;
    const uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t own_ns = (user + system) * tick_ns;
    sample->cpu_ns += own_ns > live_ns ? own_ns : live_ns;
    sample->cpu_ns += ((uint64_t)waited_user + (uint64_t)waited_system) * tick_ns;
}

void tasks_sample(int proc, pid_t root, bool root_is_init, struct tasks_sample *sample) {
    struct walk walk = {.found = {root}, .count = 1};
    memset(sample, 0, sizeof *sample);
    for (unsigned i = 0; i < walk.count; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", (int)walk.found[i]);
        int process = open_directory(proc, name);
        if (process < 0) continue;
        sample->processes++;
        add_cpu(process, add_threads(&walk, process, sample), sample);
        if (i == 0 && root_is_init) sample->resident_bytes = 0;
        close(process);
    }
}

/// Proportional size of a process, by the first thread that has memory; 0 where we may not look.
static uint64_t proportional(int process) {
    int folder = open_directory(process, "task");
    DIR *threads = folder < 0 ? NULL : fdopendir(folder);
    struct dirent *entry;
    uint64_t bytes = 0;
    if (!threads && folder >= 0) close(folder);
    while (threads && bytes == 0 && (entry = readdir(threads))) {
        char text[2048];
        int thread = entry->d_name[0] == '.' ? -1 : open_directory(folder, entry->d_name);
        if (thread < 0) continue;
        if (io_read_at(thread, "smaps_rollup", text, sizeof text) > 0)
            bytes = kilobytes_after(text, "\nPss:");
        if (bytes > 0) bytes += tables(thread);
        close(thread);
    }
    if (threads) closedir(threads);
    return bytes;
}

uint64_t tasks_proportional_bytes(int proc, pid_t root, bool root_is_init) {
    struct walk walk = {.found = {root}, .count = 1};
    uint64_t total = 0;
    for (unsigned i = 0; i < walk.count; i++) {
        struct tasks_sample own = {0};
        char name[16];
        snprintf(name, sizeof name, "%d", (int)walk.found[i]);
        int process = open_directory(proc, name);
        if (process < 0) continue;
        add_threads(&walk, process, &own);
        if (i > 0 || !root_is_init) {
            uint64_t bytes = proportional(process);
            total += bytes ? bytes : own.resident_bytes;
        }
        close(process);
    }
    return total;
}

unsigned tasks_thread_count(int proc, pid_t process) {
    char name[32], text[1024];
    unsigned count = 0;
    snprintf(name, sizeof name, "%d/stat", (int)process);
    const char *fields = io_read_at(proc, name, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (!fields || sscanf(fields + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
                                      "%*d %*d %u", &count) != 1)
        return 0;
    return count;
}

void tasks_kill_children(const pid_t *kept, int count) {
    struct walk walk = {.count = 0};
    int thread = open_directory(AT_FDCWD, "/proc/thread-self");
    if (thread < 0) return;
    add_children(&walk, thread);
    close(thread);
    for (unsigned i = 0; i < walk.count; i++) {
        bool spared = false;
        for (int j = 0; j < count; j++) spared |= kept[j] == walk.found[i];
        if (!spared) kill(walk.found[i], SIGKILL);
    }
}
