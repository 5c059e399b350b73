// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Runs through assay-sandbox as the engine does: the same protocol, memfds and limits, one request
// in flight for each slot. KIND says what FILE is: `binary` (executed), `rough` (executed with small
// limits; any verdict will do, but what is our fault), `python` (a source that is run), or `compile` (a C++ source; the rest of the command line is the compiler's command, and
// each of the binaries is then run TESTS times, its first argument).

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSandbox.h"
#include "bench.h"

struct client {
    int socket;
    int workers;
    uint32_t generation;
    uint64_t next_id;
    struct sbx_run run;
    int program;
    int tests;  // of a compiled program; 0 = nothing is compiled
    bool rough; // programs may end as they like
};

static const char *const python_environment[] = {
    "PATH=/usr/bin:/bin", "HOME=/box", "TMPDIR=/tmp", "LANG=C.UTF-8", "PYTHONHASHSEED=0",
    "PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1", "PYTHONDONTWRITEBYTECODE=1", "OMP_NUM_THREADS=1",
    "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", NULL,
};
static const char *const plain_environment[] = {
    "PATH=/usr/bin:/bin", "HOME=/box", "TMPDIR=/tmp", "LANG=C.UTF-8", NULL,
};

static void add_string(struct sbx_run *run, const char *text) {
    size_t size = strlen(text) + 1;
    if (run->strings_size + size > SBX_STRINGS_MAX) bench_fail("too many arguments");
    memcpy(run->strings + run->strings_size, text, size);
    run->strings_size += (uint32_t)size;
}

static void set_strings(struct sbx_run *run, char **arguments, const char *const *environment) {
    run->strings_size = run->argument_count = run->environment_count = 0;
    memset(run->strings, 0, sizeof run->strings);
    for (; *arguments; arguments++, run->argument_count++) add_string(run, *arguments);
    for (; *environment; environment++, run->environment_count++) add_string(run, *environment);
}

/// The limits of a test; `file` names the program inside the box unless it is executed.
static void set_run(struct sbx_run *run, const char *file) {
    run->header.magic = SBX_MAGIC;
    run->header.version = SBX_VERSION;
    run->header.type = SBX_RUN;
    run->cpu_ns = 4000000000u;
    run->idle_ns = 2000000000u;
    run->wall_ns = 11000000000u;
    run->memory_bytes = 300u << 20;
    run->stdout_bytes = 16u << 20;
    run->stderr_bytes = 1u << 20;
    run->scratch_bytes = 64u << 20;
    run->scratch_files = 4096;
    run->processes = 64;
    run->open_files = 256;
    run->flags = file ? 0 : SBX_EXEC_PROGRAM;
    run->artifact_name[0] = 0;
    run->artifact_bytes = 0;
    snprintf(run->file_name, sizeof run->file_name, "%s", file ? file : "");
}

/// Small enough that a program reaches each of them soon.
static void set_rough(struct sbx_run *run) {
    set_run(run, NULL);
    run->cpu_ns = 50000000u;
    run->idle_ns = 50000000u;
    run->wall_ns = 30000000000u;
    run->memory_bytes = 48u << 20;
    run->stdout_bytes = 1u << 20;
    run->scratch_bytes = 8u << 20;
    run->scratch_files = 256;
}

static void set_compile(struct sbx_run *run, char **command) {
    set_run(run, "main.cpp");
    run->cpu_ns = 10000000000u;
    run->memory_bytes = 2ull << 30;
    run->wall_ns = 26000000000u;
    run->scratch_bytes = 256u << 20;
    run->flags = SBX_WANT_ARTIFACT | SBX_DISCARD_EXCESS;
    run->artifact_bytes = 64u << 20;
    snprintf(run->artifact_name, sizeof run->artifact_name, "program");
    set_strings(run, command, plain_environment);
}

static void submit(struct client *client, int program) {
    int fds[2] = {program, csbx_sealed_memfd("input", "1 2\n", 4)};
    client->run.header.id = ++client->next_id;
    client->run.header.generation = client->generation;
    if (fds[1] < 0 || csbx_send(client->socket, &client->run, sizeof client->run, fds, 2) < 0)
        bench_fail("send a run");
    close(fds[1]);
}

/// Waits for any result; the artifact's descriptor, or −1.
static int collect(struct client *client) {
    static struct sbx_result result;
    int fds[SBX_MAX_FDS], count, artifact = -1;
    ssize_t got = csbx_receive(client->socket, &result, sizeof result, fds, &count);
    if (got != sizeof result) bench_fail("receive a result");
    bool verdict = result.outcome <= SBX_RUNTIME_ERROR;
    if (client->rough ? !verdict : result.outcome != SBX_FINISHED) {
        fprintf(stderr, "outcome %u, cause %u, stage %u, error %d, exit code %d: %.300s\n",
                result.outcome, result.cause, result.stage, result.error, result.exit_code,
                result.inline_bytes);
        errno = 0;
        bench_fail("a run did not finish");
    }
    for (int i = 0; i < count; i++) {
        if (result.flags & SBX_HAS_ARTIFACT && i + 1 == count) artifact = fds[i];
        else close(fds[i]);
    }
    return artifact;
}

static void run_many(struct client *client, int program, unsigned long count) {
    unsigned long sent = 0, done = 0;
    while (done < count) {
        while (sent < count && sent - done < (unsigned long)client->workers) {
            submit(client, program);
            sent++;
        }
        collect(client);
        done++;
    }
}

/// Copies what the compiler left into a sealed file, as the engine does.
static int seal_binary(int artifact) {
    struct stat facts;
    if (artifact < 0 || fstat(artifact, &facts) < 0) bench_fail("no binary");
    size_t size = (size_t)facts.st_size;
    char *bytes = malloc(size);
    if (!bytes || csbx_read_all(artifact, bytes, size) < 0) bench_fail("read the binary");
    int sealed = csbx_sealed_memfd("program", bytes, size);
    if (sealed < 0) bench_fail("seal the binary");
    free(bytes);
    close(artifact);
    return sealed;
}

struct job {
    struct client *client;
    char **command;  // of the compiler, else NULL
};

static void make(unsigned long count, void *context) {
    struct job *job = context;
    struct client *client = job->client;
    if (!job->command) return run_many(client, client->program, count);
    for (unsigned long i = 0; i < count; i++) {
        set_compile(&client->run, job->command);
        submit(client, client->program);
        int binary = seal_binary(collect(client));
        char *arguments[] = {"./program", NULL};
        set_run(&client->run, NULL);
        set_strings(&client->run, arguments, plain_environment);
        run_many(client, binary, (unsigned long)client->tests);
        close(binary);
    }
}

static void greet(struct client *client, const char *helper, const char *cache, char *python) {
    int pair[2], fds[SBX_MAX_FDS], count;
    char workers[16];
    snprintf(workers, sizeof workers, "%d", client->workers);
    char *arguments[64] = {(char *)helper, "--workers", workers, "--cache", (char *)cache};
    int last = 5;
    if (strcmp(python, "-") != 0) {
        arguments[last++] = "--python";
        arguments[last++] = python;
        for (const char *const *pair_text = python_environment; *pair_text; pair_text++) {
            arguments[last++] = "--environment";
            arguments[last++] = (char *)*pair_text;
        }
    }
    if (csbx_socket_pair(pair) < 0 || csbx_spawn(helper, arguments, pair[1]) < 0)
        bench_fail(helper);
    close(pair[1]);
    client->socket = pair[0];
    static struct sbx_hello hello;
    if (csbx_receive(client->socket, &hello, sizeof hello, fds, &count) != sizeof hello)
        bench_fail("no greeting");
    if (hello.error) {
        fprintf(stderr, "%s\n", hello.text);
        bench_fail("no box can be made");
    }
    client->generation = hello.header.generation;
    fprintf(stderr, "layers %#x, filter of %u instructions, Landlock ABI %d, Python zygote: %s\n",
            hello.features, hello.filter_rules, hello.landlock_abi,
            hello.python[0] ? hello.python : "none");
}

int helper_main(int workers, int count, char **arguments) {
    static struct client client;
    if (count < 5) return 2;
    const char *kind = arguments[3];
    client.workers = workers;
    greet(&client, arguments[0], arguments[1], arguments[2]);
    client.program = bench_seal_file(arguments[4]);
    struct job job = {.client = &client};
    client.rough = strcmp(kind, "rough") == 0;
    if (client.rough || strcmp(kind, "binary") == 0) {
        char *command[] = {"./program", NULL};
        if (client.rough) set_rough(&client.run);
        else set_run(&client.run, NULL);
        set_strings(&client.run, command, plain_environment);
    } else if (strcmp(kind, "python") == 0) {
        char *command[] = {strcmp(arguments[2], "-") ? arguments[2] : "/usr/bin/python3",
                           "/box/main.py", NULL};
        set_run(&client.run, "main.py");
        set_strings(&client.run, command, python_environment);
        client.run.flags |= SBX_PYTHON;
    } else if (strcmp(kind, "compile") == 0 && count > 6) {
        client.tests = atoi(arguments[5]);
        job.command = arguments + 6;
    } else {
        return 2;
    }
    bench_serve(make, &job);
    close(client.socket);
    while (wait(NULL) > 0) continue;
    return 0;
}
