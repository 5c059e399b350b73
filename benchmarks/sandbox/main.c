// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "CSandbox.h"
#include "bench.h"

_Noreturn void bench_fail(const char *what) {
    fprintf(stderr, "sandbox-bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

uint64_t bench_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int bench_seal_file(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (file < 0 || fstat(file, &facts) < 0) bench_fail(path);
    char *bytes = malloc((size_t)facts.st_size + 1);
    if (!bytes || read(file, bytes, (size_t)facts.st_size) != facts.st_size) bench_fail(path);
    int sealed = csbx_sealed_memfd("program", bytes, (size_t)facts.st_size);
    free(bytes);
    close(file);
    return sealed;
}

void bench_serve(void (*make)(unsigned long count, void *context), void *context) {
    char line[64];
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        uint64_t begin = bench_now_ns();
        make(strtoul(line, NULL, 10), context);
        printf("%llu\n", (unsigned long long)(bench_now_ns() - begin));
        fflush(stdout);
    }
}

int main(int count, char **arguments) {
    int workers = count > 3 ? atoi(arguments[2]) : 0;
    if (workers > 0 && strcmp(arguments[1], "spawn") == 0)
        return spawn_main(workers, arguments + 3);
    if (workers > 0 && strcmp(arguments[1], "bare") == 0 && count == 5)
        return bare_main(workers, (unsigned)strtoul(arguments[3], NULL, 10), arguments[4]);
    if (workers > 0 && strcmp(arguments[1], "helper") == 0)
        return helper_main(workers, count - 3, arguments + 3);
    fprintf(stderr,
            "usage: sandbox-bench spawn WORKERS COMMAND ...\n"
            "       sandbox-bench bare WORKERS LAYERS PROGRAM\n"
            "       sandbox-bench helper WORKERS HELPER CACHE PYTHON KIND FILE [ARGUMENT ...]\n");
    return 2;
}
