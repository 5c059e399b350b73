// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Landlock, where the kernel has it: the box may read and execute what its root shows, and change
// only /box and the devices. It also shuts /proc/self/* for writing (oom_score_adj among them),
// TCP from version 4, and signals and abstract sockets that leave the box from version 6.

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

// The headers may be older than the kernel: our own layout of the newest attribute we use.
struct rules_attribute {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};
#define FILES_VERSION_1 ((1ull << 13) - 1)
#define FILES_REFER (1ull << 13)      // version 2
#define FILES_TRUNCATE (1ull << 14)   // version 3
#define FILES_IOCTL (1ull << 15)      // version 5
#define NETWORK_TCP 3ull              // version 4: bind and connect
#define SCOPED_ALL 3ull               // version 6: abstract sockets and signals
#define FILES_EXECUTE (1ull << 0)
#define FILES_WRITE (1ull << 1)
#define FILES_READ (1ull << 2)
#define FILES_LIST (1ull << 3)

int landlock_version(void) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version > 0 ? (int)version : 0;
}

static int allow(int rules, const char *path, uint64_t access) {
    struct landlock_path_beneath_attr beneath = {.allowed_access = access};
    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) return errno == ENOENT ? 0 : -1;
    long failed =
        syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    int kept = errno;
    close(beneath.parent_fd);
    errno = kept;
    return failed ? -1 : 0;
}

int landlock_make(int version) {
    struct rules_attribute attribute = {.files = FILES_VERSION_1};
    if (version >= 2) attribute.files |= FILES_REFER;
    if (version >= 3) attribute.files |= FILES_TRUNCATE;
    if (version >= 4) attribute.network = NETWORK_TCP;
    if (version >= 5) attribute.files |= FILES_IOCTL;
    if (version >= 6) attribute.scoped = SCOPED_ALL;
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    long rules = syscall(SYS_landlock_create_ruleset, &attribute, size, 0);
    if (rules < 0) return -1;
    uint64_t device = (FILES_READ | FILES_WRITE | FILES_TRUNCATE | FILES_IOCTL) & attribute.files;
    if (allow((int)rules, "/", FILES_READ | FILES_LIST | FILES_EXECUTE) < 0 ||
        allow((int)rules, "/box", attribute.files) < 0 ||
        allow((int)rules, "/dev/null", device) < 0 || allow((int)rules, "/dev/full", device) < 0 ||
        allow((int)rules, "/dev/zero", device) < 0) {
        int kept = errno;
        close((int)rules);
        errno = kept;
        return -1;
    }
    return (int)rules;
}

int landlock_install(int rules) { return (int)syscall(SYS_landlock_restrict_self, rules, 0); }
