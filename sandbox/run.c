// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// One run, from request to verdict: the worker asks its keeper for a box, drains the outputs,
// watches the clocks, and kills the box's init when a limit is reached.
// Outputs and the end wake us at once; the clocks (clocks.c) are read at ticks.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"

// ---- Start

static int start(struct run_live *live, const int *fds) {
    struct worker *worker = live->worker;
    int failed = stream_open(&live->output, live->run->stdout_bytes, worker->user);
    if (!failed) failed = stream_open(&live->error, live->run->stderr_bytes, worker->user);
    if (!failed && live->run->flags & (SBX_WANT_ARTIFACT | SBX_FETCH_FILES)) {
        live->artifact = memfd_create("artifact", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        failed = live->artifact < 0 ? -1 : 0;
    }
    // The offset is shared with an attempt before this one, which may have read some.
    if (!failed) failed = lseek(fds[1], 0, SEEK_SET) < 0 ? -1 : 0;
    if (!failed)
        failed = cgroup_slot_begin(&worker->group, live->run->memory_bytes,
                                   live->run->processes + (worker->zygote_socket >= 0));
    const int send[] = {fds[0], fds[1], live->output.kept_end, live->error.kept_end,
                        live->artifact};
    if (!failed)
        failed = csbx_send(live->maker, live->run, sizeof *live->run, send,
                           live->artifact >= 0 ? 5 : 4);
    live->begin_ns = live->tick_ns = io_now_ns();
    return failed;
}

/// Takes init's pidfd when it is needed. Its pid may be another's since init was reaped; but while
/// its maker waits for our next request, no other process has that parent. −1 = it has ended, or
/// `*hidden`: a /proc with hidepid shows it only to those who may trace it.
static int open_init(const struct run_live *live, bool *hidden) {
    char name[32], text[512];
    int parent = 0, pidfd = (int)syscall(SYS_pidfd_open, live->init, 0);
    if (pidfd < 0) return -1;
    snprintf(name, sizeof name, "%d/stat", (int)live->init);
    const char *fields =
        io_read_at(live->worker->proc, name, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (fields && sscanf(fields + 2, "%*c %d", &parent) == 1 && parent == live->init_maker)
        return pidfd;
    *hidden = !fields && syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0;
    close(pidfd);
    return -1;
}

static void send_kill(struct run_live *live) {
    bool hidden = false;
    if (live->pidfd < 0 && live->init_maker > 0) live->pidfd = open_init(live, &hidden);
    if (live->pidfd >= 0) syscall(SYS_pidfd_send_signal, live->pidfd, SIGKILL, NULL, 0);
    // Our own child, so that it is no other; the box dies with it.
    else if (hidden) kill(live->worker->keeper, SIGKILL);
}

static void read_status(struct run_live *live);

void run_kill(struct run_live *live) {
    if (live->killed || live->ended) return;
    live->killed = true;
    read_status(live);
    send_kill(live);
}

// ---- Events

static void take_report(struct run_live *live, const struct box_report *report) {
    if (report->stage == BOX_OK) {
        live->report = *report;
        live->reported = true;
    } else if (report->stage == BOX_STARTED) {
        live->init = report->started;
        live->init_maker = report->maker;
        live->started = true;
    } else {
        live->failure = *report;
        live->failed = true;
    }
}

static void read_status(struct run_live *live) {
    struct box_report reports[8];  // more than a run makes
    ssize_t got = read(live->worker->status, reports, sizeof reports);
    for (ssize_t i = 0; i < got / (ssize_t)sizeof *reports; i++) take_report(live, &reports[i]);
}

static void take_started(struct run_live *live, const struct keeper_started *started, int pidfd) {
    io_close(&live->pidfd);
    live->pidfd = pidfd;
    live->init = started->pid;
    live->earlier_ns = started->cpu_ns;
    live->earlier_wait_ns = live->counted_wait_ns;
    if (started->cpu_ns > live->cpu_ns) live->cpu_ns = started->cpu_ns;
    if (started->pid < 0) {
        live->failure = (struct box_report){.stage = BOX_CLONE, .error = started->error};
        live->failed = live->ended = true;
    }
    live->started = true;
    if (live->killed) send_kill(live);
}

/// The keeper's messages: of a one-process run each command's start with a pidfd, then the end. False
/// when it is gone.
static bool read_keeper(struct run_live *live) {
    union {
        struct keeper_started started;
        struct keeper_ended ended;
    } message;
    int fds[SBX_MAX_FDS], fd_count;
    ssize_t got = csbx_receive(live->maker, &message, sizeof message, fds, &fd_count);
    if (got <= 0) return false;
    if (got == sizeof message.started) {
        take_started(live, &message.started, fd_count > 0 ? fds[0] : -1);
        return true;
    }
    live->ended = true;
    live->unclean = message.ended.unclean;
    if (message.ended.cpu_ns > live->cpu_ns) live->cpu_ns = message.ended.cpu_ns;
    return true;
}

static void read_control(struct run_live *live) {
    struct sbx_header header;
    int fds[SBX_MAX_FDS], fd_count;
    ssize_t got = csbx_receive(live->worker->control, &header, sizeof header, fds, &fd_count);
    if (got <= 0) _exit(0);  // the supervisor is gone; PDEATHSIG takes the rest
    for (int i = 0; i < fd_count; i++) close(fds[i]);
    if (header.type != SBX_CANCEL || header.id != live->run->header.id) return;
    live->cancelled = true;
    run_kill(live);
}

static void drain_checked(struct run_live *live, struct stream *stream) {
    if (stream->pipe < 0) return;
    if (stream_drain(stream) < 0) {
        live->failure = (struct box_report){.stage = BOX_STREAMS, .error = errno};
        live->failed = true;
        run_kill(live);
    }
    if (stream->truncated && !(live->run->flags & SBX_DISCARD_EXCESS)) run_kill(live);
}

/// Init may have been started unheard of, and killed before there was anything to kill.
static void look_for_start(struct run_live *live) {
    read_status(live);
    if (live->started && live->killed) send_kill(live);
}

/// Handles events until the box has ended; false when the keeper is lost.
static bool watch(struct run_live *live) {
    clocks_start(live);
    while (!live->ended) {
        struct pollfd events[] = {{.fd = live->maker, .events = POLLIN},
                                  {.fd = live->output.pipe, .events = POLLIN},
                                  {.fd = live->error.pipe, .events = POLLIN},
                                  {.fd = live->worker->control, .events = POLLIN}};
        uint64_t passed = io_now_ns() - live->tick_ns;
        uint64_t left = passed < live->tick_length_ns ? live->tick_length_ns - passed : 0;
        if (!live->started && (live->killed || left == 0)) left = 1000000;
        int ready = poll(events, 4, (int)((left + 999999) / 1000000));
        if (ready < 0 && errno != EINTR) return false;
        if (ready > 0) {
            if (events[1].revents) drain_checked(live, &live->output);
            if (events[2].revents) drain_checked(live, &live->error);
            if (events[3].revents) read_control(live);
            if (events[0].revents && !read_keeper(live)) return send_kill(live), false;
        }
        bool is_due = io_now_ns() - live->tick_ns >= live->tick_length_ns;
        if (!live->started && (live->killed || is_due)) look_for_start(live);
        if (live->started && !live->ended && !live->killed && is_due) clocks_tick(live);
    }
    // Every writer is dead: what is left is in the pipes.
    if (stream_finish(&live->output) < 0 || stream_finish(&live->error) < 0) {
        live->failure = (struct box_report){.stage = BOX_STREAMS, .error = errno};
        live->failed = true;
    }
    // Whatever init said, it said it just before its end: no need to wake up for that.
    read_status(live);
    return true;
}

bool run_execute(struct worker *worker, const struct sbx_run *run, const int *fds,
                 struct sbx_result *result, int *out, int *out_count) {
    static struct run_live live;
    live = (struct run_live){.worker = worker, .run = run, .pidfd = -1, .artifact = -1};
    bool warm = worker->zygote_socket >= 0 && python_takes(worker->config, run);
    live.maker = warm ? worker->zygote_socket : worker->keeper_socket;
    live.output = live.error = (struct stream){.pipe = -1, .kept_end = -1, .memfd = -1};
    memset(result, 0, sizeof *result);
    result->header = run->header;
    result->header.type = SBX_RESULT;
    result->slot = (uint32_t)worker->slot;
    bool alive = true;
    if (start(&live, fds) < 0) {
        alive = errno != EPIPE && errno != ECONNRESET;
        live.failure = (struct box_report){.stage = BOX_STREAMS, .error = errno};
        live.failed = true;
    } else {
        alive = watch(&live);
    }
    verdict_fill(&live, result, out, out_count);
    if (!alive && (result->outcome == SBX_BOX_ERROR || result->outcome == SBX_LOST)) {
        result->outcome = SBX_LOST;
        result->cause = SBX_CAUSE_NONE;
    }
    stream_close(&live.output);
    stream_close(&live.error);
    io_close(&live.artifact);
    io_close(&live.pidfd);
    return alive && !live.unclean;
}
