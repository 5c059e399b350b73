// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Command line of assay-sandbox. It is started by the engine, not by people.

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#define STACK_ROOM (64ull << 30)  // address space that nothing else takes

static int usage(const char *problem) {
    fprintf(stderr,
            "assay-sandbox: %s\n"
            "It is started by assay, with a socket as descriptor %d. Options:\n"
            "  --workers N     runs at a time, 1 to %d\n"
            "  --cache DIR     shown read-only as /cache in every box\n"
            "  --python PATH   interpreter that is kept warm\n"
            "  --environment K=V  of that interpreter, at most %d\n"
            "  --bind PATH     shown read-only in every box, at most %d times\n"
            "  --no-cgroups    do without control groups\n"
            "  --run-as UID    become this user first\n",
            problem, SBX_SOCKET_FD, SBX_MAX_WORKERS, SANDBOX_MAX_ENVIRONMENT, SANDBOX_MAX_BINDS);
    return 64;
}

/// Reads the options; NULL when they are good, else what is wrong with them.
static const char *read_options(int count, char **options, struct sandbox_config *config) {
    int environment_count = 0;
    for (int i = 0; i < count; i++) {
        const char *name = options[i];
        if (strcmp(name, "--no-cgroups") == 0) {
            config->use_cgroups = false;
            continue;
        }
        if (i + 1 == count) return "an option lacks its value or is unknown";
        // A copy: the zygote overwrites its command line.
        const char *value = strdup(options[++i]);
        if (!value) return "no memory";
        if (strcmp(name, "--workers") == 0) {
            config->workers = atoi(value);
        } else if (strcmp(name, "--cache") == 0) {
            config->cache = value;
        } else if (strcmp(name, "--bind") == 0) {
            if (config->bind_count == SANDBOX_MAX_BINDS || value[0] != '/')
                return "--bind takes absolute paths, not too many";
            config->binds[config->bind_count++] = value;
        } else if (strcmp(name, "--python") == 0) {
            config->python = value;
        } else if (strcmp(name, "--environment") == 0) {
            if (environment_count == SANDBOX_MAX_ENVIRONMENT) return "too many --environment";
            config->environment[environment_count++] = value;
        } else if (strcmp(name, "--run-as") == 0) {
            config->run_as = (uid_t)strtoul(value, NULL, 10);
        } else {
            return "unknown option";
        }
    }
    if (config->workers < 1 || config->workers > SBX_MAX_WORKERS) return "--workers out of range";
    return NULL;
}

/// Starts this program once more, with room for a deep stack and with its symbols bound.
///
/// How far a stack may grow is laid out at exec, and the zygote's programs are never exec'd. Symbols
/// that are bound when first used would be bound anew in every box, since each is a fresh fork.
static void start_again(char **arguments) {
    char *environment[] = {(char *)"LD_BIND_NOW=1", NULL};
    struct rlimit stack;
    if (getenv("LD_BIND_NOW")) return;
    if (getrlimit(RLIMIT_STACK, &stack) == 0) {
        stack.rlim_cur = stack.rlim_max < STACK_ROOM ? stack.rlim_max : STACK_ROOM;
        setrlimit(RLIMIT_STACK, &stack);  // with a smaller one, recursion ends sooner
    }
    // Without /proc we go on as we are.
    execve("/proc/self/exe", arguments, environment);
}

int main(int argument_count, char **arguments) {
    struct sandbox_config config = {.workers = 1, .use_cgroups = true, .run_as = (uid_t)-1};
    start_again(arguments);
    char *last = arguments[argument_count - 1];
    config.title = arguments[0];
    config.title_size = (size_t)(last + strlen(last) - arguments[0]);
    const char *problem = read_options(argument_count - 1, arguments + 1, &config);
    int type = 0;
    socklen_t size = sizeof type;
    if (!problem && (getsockopt(SBX_SOCKET_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
                     type != SOCK_SEQPACKET))
        problem = "descriptor 3 is not the engine's socket";
    if (problem) return usage(problem);
    // Whatever the server had open and forgot to mark close-on-exec.
    if (syscall(SYS_close_range, SBX_SOCKET_FD + 1, ~0u, 0) < 0 && errno != ENOSYS) return 71;
    if (chdir("/") < 0) return 71;
    return monitor_main(&config);
}
