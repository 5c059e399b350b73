// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Folders of one-process runs. No file system of their own caps them, so the worker measures them
// while the program runs. Layout: <tmp>/assay-sandbox-<monitor pid>/slot-<n>, each only for our user.
// Names below are the program's choice: no link is followed, and the depth of the search is bounded.
// So is emptying a folder: what cannot be removed (another user's file, a mount, one that somebody
// makes again and again) is left, and the slot takes another folder.

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

#define SCRATCH_PREFIX "assay-sandbox-"
#define SCRATCH_DEPTH 16         // of folders in folders; more counts as too many files
#define SCRATCH_LOOKED_AT 65536  // files at most
#define SCRATCH_REMOVED (1u << 21)  // entries at most; a program cannot make as many in its time

static DIR *open_below(int parent, const char *name) {
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries && folder >= 0) close(folder);
    return entries;
}

static bool is_self(const char *name) { return !strcmp(name, ".") || !strcmp(name, ".."); }

static void measure(DIR *entries, unsigned depth, struct scratch_usage *usage) {
    struct dirent *entry;
    while (usage->files < SCRATCH_LOOKED_AT && (entry = readdir(entries))) {
        struct stat facts;
        if (is_self(entry->d_name)) continue;
        usage->files++;
        if (fstatat(dirfd(entries), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) < 0) continue;
        usage->bytes += (uint64_t)facts.st_blocks * 512;
        if (!S_ISDIR(facts.st_mode)) continue;
        if (depth == SCRATCH_DEPTH) {
            usage->files = UINT_MAX;
            return;
        }
        DIR *below = open_below(dirfd(entries), entry->d_name);
        if (!below) continue;  // closed by the program to itself too
        measure(below, depth + 1, usage);
        closedir(below);
    }
}

void scratch_measure(const char *path, struct scratch_usage *usage) {
    *usage = (struct scratch_usage){0};
    DIR *entries = open_below(AT_FDCWD, path);
    if (!entries) return;
    measure(entries, 0, usage);
    closedir(entries);
}

/// One emptying of a folder.
struct sweep {
    int top;          // folders that lie too deep are moved here, to be met again
    unsigned moved;
    unsigned budget;  // entries that may still be looked at
};

static void remove_entries(DIR *entries, unsigned depth, struct sweep *sweep);

static bool is_folder(int parent, const char *name) {
    struct stat facts;
    return fstatat(parent, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(facts.st_mode);
}

static void move_up(int parent, const char *name, struct sweep *sweep) {
    char free_name[32];
    snprintf(free_name, sizeof free_name, "deep-%u", sweep->moved);
    if (renameat(parent, name, sweep->top, free_name) == 0 || errno == ENOTEMPTY ||
        errno == EEXIST)
        sweep->moved++;  // the next one needs another name, whoever has this one
}

/// Whether an entry, or something below it, was removed or moved.
static bool remove_entry(int parent, const char *name, unsigned depth, struct sweep *sweep) {
    if (unlinkat(parent, name, 0) == 0) return true;
    if (!is_folder(parent, name)) return false;
    fchmodat(parent, name, 0700, 0);
    if (unlinkat(parent, name, AT_REMOVEDIR) == 0) return true;
    unsigned moved = sweep->moved;
    if (depth == SCRATCH_DEPTH) {
        move_up(parent, name, sweep);
        return sweep->moved != moved;
    }
    DIR *below = open_below(parent, name);
    if (!below) return false;
    remove_entries(below, depth + 1, sweep);
    closedir(below);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 || sweep->moved != moved;
}

/// Reads the folder again until nothing more can be removed: readdir may skip what moves meanwhile.
static void remove_entries(DIR *entries, unsigned depth, struct sweep *sweep) {
    bool again = true;
    while (again && sweep->budget > 0) {
        struct dirent *entry;
        again = false;
        rewinddir(entries);
        while (sweep->budget > 0 && (entry = readdir(entries))) {
            if (is_self(entry->d_name)) continue;
            sweep->budget--;
            if (remove_entry(dirfd(entries), entry->d_name, depth, sweep)) again = true;
        }
    }
}

static bool is_empty(DIR *entries) {
    struct dirent *entry;
    rewinddir(entries);
    while ((entry = readdir(entries)))
        if (!is_self(entry->d_name)) return false;
    return true;
}

int scratch_empty(const char *path) {
    DIR *entries = open_below(AT_FDCWD, path);
    if (!entries) return errno == ENOENT ? mkdir(path, 0700) : -1;
    struct sweep sweep = {.top = dirfd(entries), .budget = SCRATCH_REMOVED};
    remove_entries(entries, 0, &sweep);
    bool emptied = is_empty(entries);
    closedir(entries);
    return emptied ? 0 : (errno = ENOTEMPTY, -1);
}

void scratch_remove(const char *path) {
    if (!path[0] || (scratch_empty(path) == 0 && rmdir(path) == 0)) return;
    io_log("cannot remove %s: %m", path);
}

/// Removes what monitors of our user left that were killed together with their supervisor.
static void remove_stale(const char *base) {
    DIR *entries = open_below(AT_FDCWD, base);
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        if (strncmp(entry->d_name, SCRATCH_PREFIX, strlen(SCRATCH_PREFIX)) != 0) continue;
        pid_t owner = (pid_t)atoi(entry->d_name + strlen(SCRATCH_PREFIX));
        struct stat facts;
        if (owner <= 0 || kill(owner, 0) == 0 || errno != ESRCH) continue;
        if (fstatat(dirfd(entries), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISDIR(facts.st_mode) || facts.st_uid != geteuid())
            continue;
        char path[SANDBOX_PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", base, entry->d_name);
        if (length > 0 && (size_t)length < sizeof path) scratch_remove(path);
    }
    if (entries) closedir(entries);
}

int scratch_make(pid_t monitor, char *path, size_t capacity) {
    static const char *const places[] = {"/tmp", "/var/tmp", "/dev/shm", "/run"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        remove_stale(places[i]);
        snprintf(path, capacity, "%s/" SCRATCH_PREFIX "%d", places[i], (int)monitor);
        if (mkdir(path, 0700) == 0) return 0;
    }
    path[0] = 0;
    return -1;
}
