// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int close_keeping_errno(int fd) {
    int kept = errno;
    close(fd);
    errno = kept;
    return -1;
}

/// From the start of the file, whose offset stays there.
static int write_all(int fd, const char *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t written = pwrite(fd, bytes + done, size - done, (off_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -1;
        done += (size_t)written;
    }
    return 0;
}

// Since Linux 6.3; the headers may be older.
#define CSBX_MFD_EXEC 0x10u
#define CSBX_SEAL_EXEC 0x20

static int seal(int fd) {
    const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    if (fcntl(fd, F_ADD_SEALS, all | CSBX_SEAL_EXEC) == 0) return 0;
    return errno == EINVAL ? fcntl(fd, F_ADD_SEALS, all) : -1;
}

int csbx_sealed_memfd(const char *name, const void *bytes, size_t size) {
    const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    int fd = memfd_create(name, flags | CSBX_MFD_EXEC);
    if (fd < 0 && errno == EINVAL) fd = memfd_create(name, flags);
    if (fd < 0) return -1;
    // Nobody but its owner shall be able to leave a mark on it, not even the time of a change.
    if (fchmod(fd, 0555) < 0 || write_all(fd, bytes, size) < 0 || seal(fd) < 0)
        return close_keeping_errno(fd);
    return fd;
}

int csbx_read_all(int fd, void *target, size_t size) {
    char *next = target;
    off_t offset = 0;
    while (size > 0) {
        ssize_t got = pread(fd, next, size, offset);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = ENODATA;
        if (got <= 0) return -1;
        next += got;
        offset += got;
        size -= (size_t)got;
    }
    return 0;
}

// Room for SBX_MAX_FDS descriptors, aligned as cmsghdr demands.
union control {
    char bytes[CMSG_SPACE(sizeof(int) * SBX_MAX_FDS)];
    struct cmsghdr align;
};

int csbx_send(int socket, const void *message, size_t size, const int *fds, int fd_count) {
    struct iovec part = {.iov_base = (void *)message, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (fd_count > 0) {
        memset(&control, 0, sizeof control);
        header.msg_control = control.bytes;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)fd_count);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)fd_count);
        memcpy(CMSG_DATA(rights), fds, sizeof(int) * (size_t)fd_count);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)size ? 0 : -1;
}

ssize_t csbx_receive(int socket, void *message, size_t capacity, int *fds, int *fd_count) {
    struct iovec part = {.iov_base = message, .iov_len = capacity};
    union control control;
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    *fd_count = 0;
    ssize_t got;
    do got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return got;
    for (struct cmsghdr *part_header = CMSG_FIRSTHDR(&header); part_header;
         part_header = CMSG_NXTHDR(&header, part_header)) {
        if (part_header->cmsg_level != SOL_SOCKET || part_header->cmsg_type != SCM_RIGHTS) continue;
        int count = (int)((part_header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds + *fd_count, CMSG_DATA(part_header), sizeof(int) * (size_t)count);
        *fd_count += count;
    }
    return got;
}

pid_t csbx_spawn(const char *path, char *const *arguments, int socket) {
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed) goto out;
    failed = posix_spawnattr_init(&attributes);
    if (failed) goto destroy_actions;
    // A process group and signal mask of its own: a terminal's ^C reaches only the server.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    pid_t child = -1;
    if ((failed = posix_spawnattr_setsigmask(&attributes, &none)) == 0 &&
        (failed = posix_spawnattr_setsigdefault(&attributes, &all)) == 0 &&
        (failed = posix_spawnattr_setpgroup(&attributes, 0)) == 0 &&
        (failed = posix_spawnattr_setflags(
             &attributes,
             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP)) == 0 &&
        (failed = posix_spawn_file_actions_adddup2(&actions, socket, SBX_SOCKET_FD)) == 0 &&
        (failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)) == 0 &&
        (failed = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)) == 0)
        failed = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
destroy_actions:
    posix_spawn_file_actions_destroy(&actions);
    if (!failed) return child;
out:
    errno = failed;
    return -1;
}

int csbx_socket_pair(int *pair) {
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

char *csbx_run_strings(struct sbx_run *run) { return run->strings; }
char *csbx_run_file_name(struct sbx_run *run) { return run->file_name; }
char *csbx_run_artifact_name(struct sbx_run *run) { return run->artifact_name; }
const char *csbx_result_inline(const struct sbx_result *result) { return result->inline_bytes; }
const char *csbx_hello_text(const struct sbx_hello *hello) { return hello->text; }
const char *csbx_hello_python(const struct sbx_hello *hello) { return hello->python; }
const char *csbx_hello_cgroup_reason(const struct sbx_hello *hello) {
    return hello->cgroup_reason;
}

int csbx_landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}
