// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The plainest way to run a program: posix_spawn and waitpid, on W processes that share the count.

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

struct spawn {
    int workers;
    char **arguments;
};

extern char **environ;

static void loop(char **arguments, unsigned long count) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (unsigned long i = 0; i < count; i++) {
        pid_t child;
        int status;
        errno = posix_spawn(&child, arguments[0], &actions, NULL, arguments, environ);
        if (errno) bench_fail(arguments[0]);
        while (waitpid(child, &status, 0) < 0) continue;
        if (status != 0) bench_fail("the program failed");
    }
}

static void make(unsigned long count, void *context) {
    const struct spawn *spawn = context;
    for (int i = 0; i < spawn->workers; i++) {
        unsigned long share = count / (unsigned long)spawn->workers;
        pid_t child = fork();
        if (child < 0) bench_fail("fork");
        if (child == 0) {
            loop(spawn->arguments, share);
            _exit(0);
        }
    }
    for (int i = 0, status; i < spawn->workers; i++)
        if (wait(&status) < 0 || status != 0) bench_fail("a worker failed");
}

int spawn_main(int workers, char **arguments) {
    struct spawn spawn = {.workers = workers, .arguments = arguments};
    bench_serve(make, &spawn);
    return 0;
}
