// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// What a run finds in its folder, and the files that are taken out of it. In a box init does this,
// otherwise keeper or zygote. The folder is empty when files are placed, and nobody is alive who
// could swap one when files are read; what they are was the candidate's choice, so links and
// devices are not followed.

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#define INPUT_NAME ".input"  // of standard input while it is being written; no other file has it

static char buffer[65536];

static int copy_through_buffer(int from, int to, uint64_t limit, uint64_t *copied) {
    *copied = 0;
    for (;;) {
        ssize_t got = pread(from, buffer, sizeof buffer, (off_t)*copied);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return (int)got;
        if (*copied + (uint64_t)got > limit) return errno = EFBIG, -1;
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, buffer + done, (size_t)(got - done));
            if (put < 0 && errno == EINTR) continue;
            if (put < 0) return -1;
            done += put;
        }
        *copied += (uint64_t)got;
    }
}

/// The buffer may be the zygote's, which must not remember it for the next run.
static int copy_bytes(int from, int to, uint64_t limit, uint64_t *copied) {
    int failed = copy_through_buffer(from, to, limit, copied);
    explicit_bzero(buffer, failed || *copied > sizeof buffer ? sizeof buffer : *copied);
    return failed;
}

/// Makes a file below the run's folder that the candidate can read, and the folders above it, which
/// are the candidate's to write to.
static int make_file(const char *box, const char *path) {
    char part[SBX_NAME_MAX];
    int folder = open(box, O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(part, path, (size_t)(slash - path));
        part[slash - path] = 0;
        if (mkdirat(folder, part, 0777) < 0 && errno != EEXIST) {
            close(folder);
            return -1;
        }
    }
    int file = openat(folder, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
    close(folder);
    return file;
}

int files_place_program(const struct sbx_run *run, const char *folder, int program) {
    if (!run->file_name[0]) return 0;
    int file = make_file(folder, run->file_name);
    if (file < 0) return -1;
    uint64_t copied;
    int failed = copy_bytes(program, file, run->scratch_bytes, &copied);
    close(file);
    return failed;
}

static int copy_part(int from, off_t *offset, uint64_t size, int to) {
    while (size > 0) {
        ssize_t sent = sendfile(to, from, offset, size);
        if (sent < 0 && errno == EINTR) continue;
        if (sent == 0) errno = ENODATA;
        if (sent <= 0) return -1;
        size -= (uint64_t)sent;
    }
    return 0;
}

/// Whether a path has a NUL and leads nowhere but below the folder that it starts from: no part of
/// it is empty or starts with a dot.
static bool is_plain_path(const char *path, size_t capacity) {
    if (!memchr(path, 0, capacity)) return false;
    for (const char *part = path;; part = strchr(part, '/') + 1) {
        if (*part == 0 || *part == '/' || *part == '.') return false;
        if (!strchr(part, '/')) return true;
    }
}

/// Opens the file just placed as standard input, in place of the one before, and takes its name away.
static int take_as_input(const char *box, int *standard_input) {
    int folder = open(box, O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    close(*standard_input);
    *standard_input = openat(folder, INPUT_NAME, O_RDONLY | O_CLOEXEC);
    int failed = *standard_input < 0 ? -1 : unlinkat(folder, INPUT_NAME, 0);
    close(folder);
    return failed;
}

int files_place_input(const struct sbx_run *run, const char *folder, int input,
                      int *standard_input) {
    off_t offset = 0;
    *standard_input = input;
    if (!(run->flags & SBX_INPUT_FILES)) return 0;
    *standard_input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (;;) {
        struct sbx_file entry;
        ssize_t got = pread(input, &entry, sizeof entry, offset);
        if (got <= 0) return (int)got;
        offset += got;
        bool is_input = got == sizeof entry && entry.name[0] == 0;
        bool is_plain = got == sizeof entry && is_plain_path(entry.name, sizeof entry.name);
        if (!is_input && !is_plain) return errno = EINVAL, -1;
        int file = make_file(folder, is_input ? INPUT_NAME : entry.name);
        if (file < 0) return -1;
        int failed = copy_part(input, &offset, entry.size, file);
        close(file);
        if (failed || (is_input && take_as_input(folder, standard_input) < 0)) return -1;
    }
}

bool files_are_wanted(const struct sbx_run *run, const struct box_files *files, bool succeeded) {
    return run->flags & SBX_FETCH_FILES || (succeeded && files->artifact >= 0);
}

/// Opens a regular file that the candidate left.
static int open_left(int folder, const char *path, struct stat *facts) {
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
                                      RESOLVE_NO_MAGICLINKS};
    int file = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
    if (file < 0) return -1;
    if (fstat(file, facts) == 0 && S_ISREG(facts->st_mode)) return file;
    close(file);
    return -1;
}

static bool take_artifact(const struct sbx_run *run, int folder, int target, uint64_t *size) {
    struct stat facts;
    int file = open_left(folder, run->artifact_name, &facts);
    if (file < 0) return false;
    bool taken = copy_bytes(file, target, run->artifact_bytes, size) == 0;
    close(file);
    return taken;
}

/// Copies a file behind its head; false if it could not be copied whole.
static bool take_file(int file, const char *name, uint64_t file_size, int target) {
    struct sbx_file head = {.size = file_size};
    uint64_t copied;
    memcpy(head.name, name, strlen(name));
    return write(target, &head, sizeof head) == sizeof head &&
           copy_bytes(file, target, file_size, &copied) == 0 && copied == file_size;
}

/// Copies the files that were asked for, as far as they are there and fit.
static bool take_named(const struct sbx_run *run, int folder, int target, uint64_t *size) {
    const char *name = run->strings;
    for (uint32_t i = 0; i < run->argument_count + run->environment_count; i++)
        name += strlen(name) + 1;
    bool taken = true;
    for (uint32_t i = 0; i < run->fetch_count && taken; i++, name += strlen(name) + 1) {
        struct stat facts;
        int file = strlen(name) < SBX_NAME_MAX ? open_left(folder, name, &facts) : -1;
        if (file < 0) continue;
        uint64_t whole = sizeof(struct sbx_file) + (uint64_t)facts.st_size;
        if ((uint64_t)facts.st_size <= run->artifact_bytes && *size + whole <= run->artifact_bytes) {
            taken = take_file(file, name, (uint64_t)facts.st_size, target);
            *size += whole;
        }
        close(file);
    }
    return taken;
}

bool files_take(const struct sbx_run *run, const char *path, int target, uint64_t *size) {
    int folder = open(path, O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    bool taken = run->flags & SBX_FETCH_FILES ? take_named(run, folder, target, size)
                                              : take_artifact(run, folder, target, size);
    close(folder);
    return taken;
}
