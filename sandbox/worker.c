// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// A worker: one slot, one run at a time. It owns the slot's control groups and its keeper. A worker
// whose keeper died, or whose groups cannot be emptied, ends; the supervisor starts another with
// new groups, so that nothing of a run reaches the next one.
//
// Requests come from the supervisor, results go to the engine directly; the board says which worker
// is idle.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

static void report_ready(struct worker *worker, struct keeper_ready *keeper) {
    struct worker_ready ready = {.header = {.magic = SBX_MAGIC,
                                            .version = SBX_VERSION,
                                            .type = WORKER_READY,
                                            .generation = worker->config->generation},
                                 .keeper = *keeper};
    if (csbx_send(worker->control, &ready, sizeof ready, NULL, 0) < 0) _exit(1);
}

/// Starts the keeper inside the slot's control groups.
static int start_keeper(struct worker *worker, struct keeper_ready *ready) {
    int pair[2], status[2], fds[SBX_MAX_FDS], fd_count;
    if (csbx_socket_pair(pair) < 0 || pipe2(status, O_CLOEXEC) < 0) return -1;
    if (fcntl(status[0], F_SETFL, O_NONBLOCK) < 0) return -1;
    worker->keeper = fork();
    if (worker->keeper < 0) return -1;
    if (worker->keeper == 0) {
        close(pair[0]);
        close(status[0]);
        close(worker->control);
        close(SBX_SOCKET_FD);
        close(worker->proc);
        cgroup_slot_close(&worker->group);
        keeper_main(worker->config, worker->filters, worker->slot, worker->folder, pair[1],
                    status[1]);
    }
    close(pair[1]);
    close(status[1]);
    worker->status = status[0];
    worker->keeper_socket = pair[0];
    if (cgroup_slot_add(&worker->group, worker->keeper) < 0) return -1;
    bool sampled_memory = worker->group.memory < 0;
    if (csbx_send(pair[0], &sampled_memory, sizeof sampled_memory, NULL, 0) < 0) return -1;
    ssize_t got = csbx_receive(pair[0], ready, sizeof *ready, fds, &fd_count);
    if (got != sizeof *ready) return errno = EPIPE, -1;
    if (fd_count > 0) worker->zygote_socket = fds[0];
    return 0;
}

static void set_up(struct worker *worker) {
    struct keeper_ready ready = {0};
    const char *step = "open /proc";
    worker->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = worker->proc >= 0;
    if (done) {
        step = "make the control groups";
        done = cgroup_slot_open(worker->groups, worker->serial, &worker->group) == 0;
    }
    if (done) {
        step = "start the keeper";
        done = start_keeper(worker, &ready) == 0;
    }
    if (!done) {
        ready.error = errno ? errno : EINVAL;
        snprintf(ready.text, sizeof ready.text, "%s: %s", step, strerror(ready.error));
    }
    if (worker->group.memory >= 0) cgroup_slot_settle(&worker->group);
    worker->user = geteuid() == 0 ? ready.user : (uid_t)-1;
    report_ready(worker, &ready);
    if (ready.error) _exit(1);
}

/// Sends the result and takes the slot's next run, or none.
static void answer(const struct worker *worker, struct sbx_result *result, const int *out,
                   int out_count, bool usable) {
    _Atomic uint64_t *state = &worker->board->runs[worker->slot];
    if (csbx_send(SBX_SOCKET_FD, result, sizeof *result, out, out_count) < 0) _exit(1);
    atomic_store(state, usable ? WORKER_IDLE : WORKER_ENDED);
    if (!usable || !atomic_load(&worker->board->any_waits)) return;
    struct sbx_header header = result->header;
    header.type = WORKER_FREE;
    if (csbx_send(worker->control, &header, sizeof header, NULL, 0) < 0) _exit(1);
}

_Noreturn void worker_main(const struct sandbox_config *config, const struct cgroup_set *groups,
                           const struct filter_set *filters, struct board *board, int slot,
                           int serial, int control) {
    static struct sbx_run run;
    static struct sbx_result result;
    struct worker worker = {.config = config, .groups = groups, .filters = filters,
                            .board = board, .slot = slot, .serial = serial, .control = control,
                            .keeper_socket = -1, .zygote_socket = -1};
    prctl(PR_SET_NAME, "box-worker", 0, 0, 0);
    snprintf(worker.folder, sizeof worker.folder, "%s/slot-%d", config->scratch, serial);
    if (madvise(board, sizeof *board, MADV_DONTFORK) < 0) _exit(1);
    set_up(&worker);
    for (;;) {
        int fds[SBX_MAX_FDS], fd_count, out[SBX_MAX_FDS], out_count = 0;
        ssize_t got = csbx_receive(control, &run, sizeof run, fds, &fd_count);
        if (got <= 0) _exit(0);
        if (got != sizeof run || run.header.type != SBX_RUN || fd_count != 2) {
            // A cancellation that crossed with the end of its run, most likely.
            for (int i = 0; i < fd_count; i++) close(fds[i]);
            continue;
        }
        bool usable = run_execute(&worker, &run, fds, &result, out, &out_count);
        for (int i = 0; i < fd_count; i++) close(fds[i]);
        bool clean = cgroup_slot_end(&worker.group);
        answer(&worker, &result, out, out_count, usable && clean);
        for (int i = 0; i < out_count; i++) close(out[i]);
        if (!usable || !clean) {
            const char *why = usable ? "memory stays charged" : "no keeper, or something of a run stays";
            io_log("slot %d is replaced: %s", slot, why);
            kill(worker.keeper, SIGKILL);
            waitpid(worker.keeper, NULL, 0);
            if (config->one_process) scratch_remove(worker.folder);
            _exit(3);
        }
    }
}
