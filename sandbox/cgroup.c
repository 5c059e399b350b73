// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Control groups, one set per slot, made once and used for all runs of the slot.
//
// Layout: <controller's mount>/<our own group>/assay-sandbox-<monitor pid>/slot-<n>, for version 1
// in each of memory, pids, cpuacct, for version 2 in the one hierarchy. Being below our own group
// keeps the limits of a container in force. A pooled group carries charges (page cache, files)
// from run to run: limits are set relative to what is charged when a run begins, and what stays
// charged above 4 MiB is reclaimed by force_empty (which takes a millisecond). A set whose monitor is dead is removed by the
// next monitor.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

#define CGROUP_PREFIX "assay-sandbox-"
#define CGROUP_RESIDUE_MAX (4u << 20)     // reclaimed above this, over what an idle slot has
#define CGROUP_QUARANTINE_MAX (8u << 20)  // not used again above this

// ---- Finding the hierarchies

static bool has_word(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length) {
        bool starts = at == list || strchr(", \n", at[-1]);
        bool ends = strchr(", \n", at[length]) != NULL;  // the final NUL too
        if (starts && ends) return true;
    }
    return false;
}

/// Our own group's path in the hierarchy of `controller`, or in version 2 if it is NULL.
static bool own_path(const char *controller, char *path, size_t capacity) {
    char text[4096];
    if (io_read_at(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) <= 0) return false;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n")) && *line) {
        char *names = strchr(line, ':');
        char *where = names ? strchr(names + 1, ':') : NULL;
        if (!where) continue;
        *where++ = 0;
        names++;
        bool found = controller ? has_word(names, controller) : *names == 0;
        if (!found) continue;
        snprintf(path, capacity, "%s", strcmp(where, "/") == 0 ? "" : where);
        return true;
    }
    return false;
}

/// Where a hierarchy is mounted; a line of mountinfo is `id parent dev root point … - type src super`.
static bool mount_point(const char *controller, char *point, size_t capacity) {
    FILE *file = fopen("/proc/self/mountinfo", "re");
    if (!file) return false;
    char line[2048], where[SANDBOX_PATH_MAX], type[32], super[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        char *tail = strstr(line, " - ");
        if (!tail || sscanf(line, "%*s %*s %*s %*s %511s", where) != 1) continue;
        if (sscanf(tail, " - %31s %*s %511s", type, super) != 2) continue;
        found = controller ? strcmp(type, "cgroup") == 0 && has_word(super, controller)
                           : strcmp(type, "cgroup2") == 0;
    }
    fclose(file);
    if (found) snprintf(point, capacity, "%s", where);
    return found;
}

/// The directory below which we may make groups: our own group, else the top of the mount (a
/// container shows the host's path, which does not exist inside).
static bool base_directory(const char *controller, char *base, size_t capacity) {
    char point[SANDBOX_PATH_MAX], path[SANDBOX_PATH_MAX];
    if (!mount_point(controller, point, sizeof point)) return false;
    if (!own_path(controller, path, sizeof path)) path[0] = 0;
    int length = snprintf(base, capacity, "%s%s", point, path);
    if (length > 0 && (size_t)length < capacity && access(base, W_OK) == 0) return true;
    snprintf(base, capacity, "%s", point);
    return access(base, W_OK) == 0;
}

// ---- Removing

static void kill_members(int directory) {
    char text[8192];
    if (io_read_at(directory, "cgroup.procs", text, sizeof text) <= 0) return;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n")) && *line) {
        pid_t member = (pid_t)atoi(line);
        if (member > 1) kill(member, SIGKILL);
    }
}

/// A group stays busy for a moment after its last process was killed.
static void remove_group(int parent, const char *name) {
    for (int attempt = 0; attempt < 200; attempt++) {
        if (unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno != EBUSY) return;
        int group = openat(parent, name, O_DIRECTORY | O_CLOEXEC);
        if (group >= 0) kill_members(group);
        io_close(&group);
        usleep(2000);
    }
}

static void remove_instance(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return;
    struct dirent *entry;
    while ((entry = readdir(directory)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            remove_group(dirfd(directory), entry->d_name);
    closedir(directory);
    if (rmdir(path) < 0 && errno != ENOENT) io_log("cannot remove %s: %m", path);
}

static void remove_stale(const char *base) {
    DIR *directory = opendir(base);
    if (!directory) return;
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        if (strncmp(entry->d_name, CGROUP_PREFIX, strlen(CGROUP_PREFIX)) != 0) continue;
        pid_t owner = (pid_t)atoi(entry->d_name + strlen(CGROUP_PREFIX));
        if (owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH) continue;
        char path[2 * SANDBOX_PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
        remove_instance(path);
    }
    closedir(directory);
}

void cgroup_set_remove(const struct cgroup_set *set) {
    if (set->memory[0]) remove_instance(set->memory);
    if (set->version == 2) return;
    if (set->pids[0]) remove_instance(set->pids);
    if (set->cpu[0]) remove_instance(set->cpu);
}

// ---- Making

static bool make_instance(const char *controller, pid_t monitor, char *path) {
    char base[SANDBOX_PATH_MAX - 64];
    if (!base_directory(controller, base, sizeof base)) return false;
    remove_stale(base);
    snprintf(path, SANDBOX_PATH_MAX, "%s/" CGROUP_PREFIX "%d", base, (int)monitor);
    remove_instance(path);
    if (mkdir(path, 0755) == 0) return true;
    path[0] = 0;
    return false;
}

static bool open_version_2(struct cgroup_set *set, pid_t monitor) {
    char base[SANDBOX_PATH_MAX - 64], text[512];
    if (!base_directory(NULL, base, sizeof base)) return false;
    int directory = open(base, O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return false;
    bool usable = io_read_at(directory, "cgroup.controllers", text, sizeof text) > 0 &&
                  has_word(text, "memory") && has_word(text, "pids");
    // Fails with EBUSY while the base group itself has processes ("no internal processes").
    if (usable && io_write_at(directory, "cgroup.subtree_control", "+memory +pids") < 0) {
        snprintf(set->reason, sizeof set->reason, "cgroup2: %s/cgroup.subtree_control: %s", base,
                 strerror(errno));
        usable = false;
    }
    close(directory);
    if (!usable || !make_instance(NULL, monitor, set->memory)) return false;
    directory = open(set->memory, O_DIRECTORY | O_CLOEXEC);
    usable = directory >= 0 &&
             io_write_at(directory, "cgroup.subtree_control", "+memory +pids") == 0;
    io_close(&directory);
    if (!usable) {
        remove_instance(set->memory);
        set->memory[0] = 0;
        return false;
    }
    snprintf(set->pids, sizeof set->pids, "%s", set->memory);
    snprintf(set->cpu, sizeof set->cpu, "%s", set->memory);  // cpu.stat needs no controller
    set->version = 2;
    set->has_pids = set->has_cpu = true;
    return true;
}

void cgroup_set_open(struct cgroup_set *set, pid_t monitor) {
    memset(set, 0, sizeof *set);
    if (make_instance("memory", monitor, set->memory)) {
        set->version = 1;
        set->has_pids = make_instance("pids", monitor, set->pids);
        set->has_cpu = make_instance("cpuacct", monitor, set->cpu);
        return;
    }
    if (open_version_2(set, monitor)) return;
    if (set->reason[0]) return;
    snprintf(set->reason, sizeof set->reason,
             "no writable memory controller below /sys/fs/cgroup (%s)",
             geteuid() == 0 ? strerror(errno) : "not root and not delegated");
}

// ---- One slot

static int open_group(const char *instance, int index) {
    char path[SANDBOX_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/slot-%d", instance, index);
    if (mkdir(path, 0755) < 0 && errno != EEXIST) return -1;
    return open(path, O_DIRECTORY | O_CLOEXEC);
}

/// Opens what each run reads and writes, once: 0 if the necessary ones are there.
static int open_files(struct cgroup_slot *slot) {
    bool second = slot->version == 2;
    const int read_write = O_RDWR | O_CLOEXEC, read_only = O_RDONLY | O_CLOEXEC;
    slot->usage_file =
        openat(slot->memory, second ? "memory.current" : "memory.usage_in_bytes", read_only);
    slot->events_file =
        openat(slot->memory, second ? "memory.events" : "memory.oom_control", read_only);
    slot->limit_file =
        openat(slot->memory, second ? "memory.max" : "memory.limit_in_bytes", read_write);
    // Writing to it came to version 2 with Linux 6.12; it is then the peak since that write.
    const char *peak = second ? "memory.peak" : "memory.max_usage_in_bytes";
    slot->peak_file = openat(slot->memory, peak, read_write);
    if (slot->peak_file < 0) slot->peak_file = openat(slot->memory, peak, read_only);
    if (slot->pids >= 0) slot->pids_file = openat(slot->pids, "pids.max", read_write);
    if (slot->cpu >= 0)
        slot->cpu_file = openat(slot->cpu, second ? "cpu.stat" : "cpuacct.usage", read_only);
    bool complete = slot->usage_file >= 0 && slot->events_file >= 0 && slot->limit_file >= 0 &&
                    (slot->pids < 0 || slot->pids_file >= 0) &&
                    (slot->cpu < 0 || slot->cpu_file >= 0);
    return complete ? 0 : -1;
}

int cgroup_slot_open(const struct cgroup_set *set, int index, struct cgroup_slot *slot) {
    *slot = (struct cgroup_slot){.version = set->version, .memory = -1, .pids = -1, .cpu = -1,
                                 .usage_file = -1, .events_file = -1, .limit_file = -1,
                                 .peak_file = -1, .pids_file = -1, .cpu_file = -1};
    if (set->version == 0) return 0;
    slot->memory = open_group(set->memory, index);
    if (slot->memory < 0) return -1;
    if (set->version == 2) {
        slot->pids = open_group(set->pids, index);
        slot->cpu = open_group(set->cpu, index);
        io_write_at(slot->memory, "memory.oom.group", "0");
        io_write_at(slot->memory, "memory.swap.max", "0");
        return slot->pids < 0 || slot->cpu < 0 ? -1 : open_files(slot);
    }
    io_write_at(slot->memory, "memory.swappiness", "0");
    if (set->has_pids && (slot->pids = open_group(set->pids, index)) < 0) return -1;
    if (set->has_cpu && (slot->cpu = open_group(set->cpu, index)) < 0) return -1;
    return open_files(slot);
}

int cgroup_slot_add(const struct cgroup_slot *slot, pid_t member) {
    const int groups[] = {slot->memory, slot->pids, slot->cpu};
    for (int i = 0; i < 3; i++) {
        if (groups[i] < 0) continue;
        if (io_write_number(groups[i], "cgroup.procs", (uint64_t)member) < 0) return -1;
    }
    return 0;
}

void cgroup_slot_close(struct cgroup_slot *slot) {
    io_close(&slot->memory);
    io_close(&slot->pids);
    io_close(&slot->cpu);
    io_close(&slot->usage_file);
    io_close(&slot->events_file);
    io_close(&slot->limit_file);
    io_close(&slot->peak_file);
    io_close(&slot->pids_file);
    io_close(&slot->cpu_file);
}

static uint64_t read_number(int file) {
    char text[64];
    ssize_t got = file < 0 ? 0 : pread(file, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    return strtoull(text, NULL, 10);
}

/// The number after `key ` at a line's start.
static uint64_t read_field(int file, const char *key) {
    char text[4096];
    ssize_t got = file < 0 ? 0 : pread(file, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    size_t length = strlen(key);
    for (char *line = text; line && *line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, key, length) == 0 && line[length] == ' ')
            return strtoull(line + length + 1, NULL, 10);
    }
    return 0;
}

static int write_number(int file, uint64_t value) {
    char text[32];
    int length = snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return pwrite(file, text, (size_t)length, 0) == length ? 0 : -1;
}

static uint64_t usage(const struct cgroup_slot *slot) { return read_number(slot->usage_file); }

static uint64_t oom_kills(struct cgroup_slot *slot) {
    return slot->seen_oom_kills = read_field(slot->events_file, "oom_kill");
}

static uint64_t raw_cpu_ns(struct cgroup_slot *slot) {
    slot->seen_cpu_ns = slot->version == 2 ? read_field(slot->cpu_file, "usage_usec") * 1000
                                           : read_number(slot->cpu_file);
    return slot->seen_cpu_ns;
}

void cgroup_slot_settle(struct cgroup_slot *slot) {
    slot->idle_usage = usage(slot);
    oom_kills(slot);
    raw_cpu_ns(slot);
}

int cgroup_slot_begin(struct cgroup_slot *slot, uint64_t memory_bytes, uint32_t processes) {
    slot->base_cpu_ns = slot->seen_cpu_ns;
    slot->base_oom_kills = slot->seen_oom_kills;
    // The keeper and init are members too.
    if (slot->pids >= 0 && slot->processes != processes) {
        if (write_number(slot->pids_file, processes + 2) < 0) return -1;
        slot->processes = processes;
    }
    if (slot->memory < 0) return 0;
    slot->base_usage = usage(slot);
    if (slot->peak_file >= 0) write_number(slot->peak_file, 0);
    return write_number(slot->limit_file, memory_bytes + slot->base_usage);
}

uint64_t cgroup_slot_cpu_ns(struct cgroup_slot *slot) {
    uint64_t used = raw_cpu_ns(slot);
    return used > slot->base_cpu_ns ? used - slot->base_cpu_ns : 0;
}

bool cgroup_slot_ran_out(struct cgroup_slot *slot) {
    return slot->memory >= 0 && oom_kills(slot) > slot->base_oom_kills;
}

uint64_t cgroup_slot_peak(const struct cgroup_slot *slot) {
    uint64_t peak = read_number(slot->peak_file);
    return peak > slot->base_usage ? peak - slot->base_usage : 0;
}

bool cgroup_slot_end(const struct cgroup_slot *slot) {
    if (slot->memory < 0) return true;
    uint64_t left = usage(slot);
    if (left <= slot->idle_usage + CGROUP_RESIDUE_MAX) return true;
    if (slot->version == 2)
        io_write_number(slot->memory, "memory.reclaim", left);
    else
        io_write_at(slot->memory, "memory.force_empty", "0");
    return usage(slot) <= slot->idle_usage + CGROUP_QUARANTINE_MAX;
}

void cgroup_slot_remove(const struct cgroup_set *set, int index) {
    const char *const instances[] = {set->memory, set->pids, set->cpu};
    for (int i = 0; i < (set->version == 2 ? 1 : 3); i++) {
        if (!instances[i][0]) continue;
        char path[SANDBOX_PATH_MAX + 32];
        snprintf(path, sizeof path, "%s/slot-%d", instances[i], index);
        remove_group(AT_FDCWD, path);
    }
}
