// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// One run, from request to verdict: the worker asks its keeper for a box, drains the outputs,
// watches the clocks, and kills the box's init when a limit is reached.
//
// Three clocks. CPU time of the whole tree is the limit. Idle time is wall time minus CPU time
// minus the time spent runnable without a CPU: sleeping is the cheapest way to hold a slot. Wall
// time is a backstop; reached while the program mostly waited for a CPU, it is our overload and
// not a verdict. The clocks are read at ticks of 5 to 20 ms; outputs and the end wake us at once.
//
// No program may be able to claim that overload, since it would be masked. So ticks come at random
// distances (else one could be awake just then), the kernel's own count of waiting must agree, and
// where CPU time is only sampled, a program that forks has no claim (its short-lived children may
// use time that nobody counts). Nor is it our overload when threads of a program wait for each
// other: what one thread ran and waited, minus what all of them ran, is the least time for which it
// waited while none of them had a CPU, however many there are.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

#define TICK_FIRST_NS 5000000u
#define TICK_MAX_NS 20000000u  // on average, once the run is older
#define STARVED_SHARE 4  // waited for a CPU more than a quarter of the wall time

struct live {
    struct worker *worker;
    const struct sbx_run *run;
    int maker;  // socket of who makes the box: the keeper or the zygote
    struct stream output;
    struct stream error;
    int pidfd;
    pid_t init, init_maker;
    int artifact;
    bool started, ended, reported, killed, cancelled, ran_out, failed, forked, unclean;
    enum sbx_cause late;  // which clock ran out
    struct box_report report;
    struct box_report failure;
    uint64_t begin_ns, tick_ns, tick_mean_ns, tick_length_ns, random;
    uint64_t cpu_ns, idle_ns, wait_ns, counted_wait_ns, peak_bytes;
    uint64_t earlier_ns, earlier_wait_ns;  // of the commands before, in a one-process run
};

// ---- Start

static int start(struct live *live, const int *fds) {
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
/// its maker waits for our next request, no other process has that parent.
static int open_init(const struct live *live) {
    char name[32], text[512];
    int parent = 0, pidfd = (int)syscall(SYS_pidfd_open, live->init, 0);
    if (pidfd < 0) return -1;
    snprintf(name, sizeof name, "%d/stat", (int)live->init);
    const char *fields =
        io_read_at(live->worker->proc, name, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (fields && sscanf(fields + 2, "%*c %d", &parent) == 1 && parent == live->init_maker)
        return pidfd;
    close(pidfd);
    return -1;
}

static void send_kill(struct live *live) {
    if (live->pidfd < 0 && live->init_maker > 0) live->pidfd = open_init(live);
    if (live->pidfd >= 0) syscall(SYS_pidfd_send_signal, live->pidfd, SIGKILL, NULL, 0);
}

static void read_status(struct live *live);

static void kill_box(struct live *live) {
    if (live->killed || live->ended) return;
    live->killed = true;
    read_status(live);
    send_kill(live);
}

// ---- Clocks and memory

static void check_limits(struct live *live, uint64_t now) {
    const struct sbx_run *run = live->run;
    if (live->cpu_ns > run->cpu_ns) live->late = SBX_CAUSE_CPU;
    else if (live->idle_ns > run->idle_ns) live->late = SBX_CAUSE_IDLE;
    else if (now - live->begin_ns > run->wall_ns) live->late = SBX_CAUSE_WALL;
    if (cgroup_slot_ran_out(&live->worker->group)) live->ran_out = true;
    if (live->late || live->ran_out) kill_box(live);
}

static void sample_memory(struct live *live, uint64_t resident) {
    if (live->worker->group.memory >= 0) return;
    if (resident > live->run->memory_bytes) {
        // Shared pages were counted once for each process: look closer before judging.
        resident = tasks_proportional_bytes(live->worker->proc, live->init);
        if (resident > live->run->memory_bytes) live->ran_out = true;
    }
    if (resident > live->peak_bytes) live->peak_bytes = resident;
}

/// A one-process run: CPU time of threads that ended too, and what only a box would cap.
static void sample_alone(struct live *live, struct tasks_sample *sample) {
    struct scratch_usage usage;
    struct timespec used;
    // The kernel's clock of another process; clock_getcpuclockid() makes it of the pid like this.
    clockid_t clock = (clockid_t)(~(unsigned)live->init << 3 | 2);
    if (clock_gettime(clock, &used) == 0) {
        uint64_t cpu = (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
        if (cpu > sample->cpu_ns) sample->cpu_ns = cpu;
    }
    scratch_measure(live->worker->folder, &usage);
    bool full = usage.bytes > live->run->scratch_bytes || usage.files > live->run->scratch_files;
    if (full) live->ran_out = true;
    sample->resident_bytes += usage.bytes;
}

/// The filter cannot count threads. Looked at before them, since to look at thousands takes long.
static bool is_crowded(struct live *live) {
    if (!live->worker->config->one_process) return false;
    return tasks_thread_count(live->worker->proc, live->init) > live->run->processes;
}

/// The distance to the next tick: the mean, times 0.5 to 1.5 (xorshift64).
static void choose_tick(struct live *live) {
    live->random ^= live->random << 13;
    live->random ^= live->random >> 7;
    live->random ^= live->random << 17;
    live->tick_length_ns = live->tick_mean_ns / 2 + live->random % live->tick_mean_ns;
}

static void tick(struct live *live) {
    struct tasks_sample sample;
    uint64_t now = io_now_ns();
    if (is_crowded(live)) {
        live->tick_ns = now;
        kill_box(live);
        return;
    }
    tasks_sample(live->worker->proc, live->init, &sample);
    if (live->worker->config->one_process) sample_alone(live, &sample);
    bool counted = live->worker->group.cpu >= 0;
    uint64_t cpu = counted ? cgroup_slot_cpu_ns(&live->worker->group)
                           : live->earlier_ns + sample.cpu_ns;
    uint64_t wall_step = now - live->tick_ns;
    uint64_t cpu_step = cpu > live->cpu_ns ? cpu - live->cpu_ns : 0;
    uint64_t own = cpu - live->earlier_ns;
    uint64_t counted_wait =
        live->earlier_wait_ns + (sample.ready_ns > own ? sample.ready_ns - own : 0);
    uint64_t wait_step =
        counted_wait > live->counted_wait_ns ? counted_wait - live->counted_wait_ns : 0;
    if (wall_step > cpu_step) {
        uint64_t rest = wall_step - cpu_step;
        // Runnable and yet without CPU time: whatever the other threads do, that is a wait.
        uint64_t waited = sample.runnable || wait_step > rest ? rest : wait_step;
        live->wait_ns += waited;
        live->idle_ns += rest - waited;
    }
    live->cpu_ns += cpu_step;
    live->counted_wait_ns += wait_step;
    if (sample.processes > 2) live->forked = true;
    live->tick_ns = now;
    sample_memory(live, sample.resident_bytes);
    if (live->tick_mean_ns < TICK_MAX_NS && live->worker->group.memory >= 0)
        live->tick_mean_ns *= 2;
    choose_tick(live);
    check_limits(live, now);
}

// ---- Events

static void take_report(struct live *live, const struct box_report *report) {
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

static void read_status(struct live *live) {
    struct box_report reports[4];  // more than a run makes
    ssize_t got = read(live->worker->status, reports, sizeof reports);
    for (ssize_t i = 0; i < got / (ssize_t)sizeof *reports; i++) take_report(live, &reports[i]);
}

static void take_started(struct live *live, const struct keeper_started *started, int pidfd) {
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
static bool read_keeper(struct live *live) {
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

static void read_control(struct live *live) {
    struct sbx_header header;
    int fds[SBX_MAX_FDS], fd_count;
    ssize_t got = csbx_receive(live->worker->control, &header, sizeof header, fds, &fd_count);
    if (got <= 0) _exit(0);  // the supervisor is gone; PDEATHSIG takes the rest
    for (int i = 0; i < fd_count; i++) close(fds[i]);
    if (header.type != SBX_CANCEL || header.id != live->run->header.id) return;
    live->cancelled = true;
    kill_box(live);
}

static void drain_checked(struct live *live, struct stream *stream) {
    if (stream->pipe < 0) return;
    if (stream_drain(stream) < 0) {
        live->failure = (struct box_report){.stage = BOX_STREAMS, .error = errno};
        live->failed = true;
        kill_box(live);
    }
    if (stream->truncated && !(live->run->flags & SBX_DISCARD_EXCESS)) kill_box(live);
}

/// Init may have been started unheard of, and killed before there was anything to kill.
static void look_for_start(struct live *live) {
    read_status(live);
    if (live->started && live->killed) send_kill(live);
}

/// Handles events until the box has ended; false when the keeper is lost.
static bool watch(struct live *live) {
    live->tick_mean_ns = TICK_FIRST_NS;
    live->random = live->begin_ns | 1;
    choose_tick(live);
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
        if (live->started && !live->ended && !live->killed && is_due) tick(live);
    }
    // Every writer is dead: what is left is in the pipes.
    stream_finish(&live->output);
    stream_finish(&live->error);
    // Whatever init said, it said it just before its end: no need to wake up for that.
    read_status(live);
    return true;
}

// ---- Verdict

/// Whether the kernel could not load what the program is. A missing interpreter is our fault; of a
/// binary every refusal is its own, since it names its loader and was sealed executable.
static bool exec_refused(const struct live *live) {
    if (live->failure.stage != BOX_EXEC) return false;
    if (live->run->flags & SBX_EXEC_PROGRAM) return true;
    return live->failure.error != ENOENT && live->failure.error != EACCES;
}

/// Whether the wall clock ran out because we gave the program no CPU.
static bool was_starved(const struct live *live, uint64_t wall_ns) {
    uint64_t enough = wall_ns / STARVED_SHARE;
    if (live->forked && live->worker->group.cpu < 0) return false;
    return live->late == SBX_CAUSE_WALL && live->wait_ns > enough &&
           live->counted_wait_ns > enough;
}

static void judge(const struct live *live, struct sbx_result *result) {
    bool discard = live->run->flags & SBX_DISCARD_EXCESS;
    bool signalled = live->reported && WIFSIGNALED(live->report.wait_status);
    result->signal = signalled ? WTERMSIG(live->report.wait_status) : 0;
    result->exit_code = live->reported && WIFEXITED(live->report.wait_status)
                            ? WEXITSTATUS(live->report.wait_status) : -1;
    result->cause = SBX_CAUSE_NONE;
    if (live->cancelled) {
        result->outcome = SBX_CANCELLED;
    } else if (live->failed && !exec_refused(live)) {
        result->outcome = SBX_BOX_ERROR;
        result->stage = live->failure.stage;
        result->error = live->failure.error;
    } else if (live->failed) {
        result->outcome = SBX_RUNTIME_ERROR;
        result->cause = SBX_CAUSE_EXEC;
        result->error = live->failure.error;
    } else if (result->signal == SIGSYS) {
        result->outcome = SBX_FORBIDDEN_SYSCALL;
    } else if (!discard && (live->output.truncated || live->error.truncated)) {
        result->outcome = SBX_OUTPUT_LIMIT;
        result->cause = live->output.truncated ? SBX_CAUSE_STDOUT : SBX_CAUSE_STDERR;
    } else if (live->ran_out) {
        result->outcome = SBX_MEMORY_LIMIT;
    } else if (live->late == SBX_CAUSE_CPU || live->cpu_ns > live->run->cpu_ns) {
        result->outcome = SBX_TIME_LIMIT;
        result->cause = SBX_CAUSE_CPU;
    } else if (was_starved(live, result->wall_ns)) {
        result->outcome = SBX_STARVED;
    } else if (live->late != SBX_CAUSE_NONE) {
        result->outcome = SBX_TIME_LIMIT;
        result->cause = live->late;
    } else if (!live->reported) {
        result->outcome = SBX_LOST;
        result->cause = SBX_CAUSE_INIT;
    } else {
        result->outcome = result->exit_code == 0 ? SBX_FINISHED : SBX_RUNTIME_ERROR;
    }
}

static void fill(struct live *live, struct sbx_result *result, int *out, int *out_count) {
    struct worker *worker = live->worker;
    if (worker->group.cpu >= 0) {
        uint64_t cpu = cgroup_slot_cpu_ns(&worker->group);
        if (cpu > live->cpu_ns) live->cpu_ns = cpu;
    } else if (live->report.cpu_ns > live->cpu_ns) {
        live->cpu_ns = live->report.cpu_ns;
    }
    if (worker->group.memory >= 0) live->peak_bytes = cgroup_slot_peak(&worker->group);
    if (cgroup_slot_ran_out(&worker->group)) live->ran_out = true;
    // What came and went between two samples, as the kernel saw it.
    if (live->report.peak_bytes > live->peak_bytes) live->peak_bytes = live->report.peak_bytes;
    if (live->report.peak_bytes > live->run->memory_bytes) live->ran_out = true;
    result->wall_ns = io_now_ns() - live->begin_ns;
    result->cpu_ns = live->cpu_ns;
    result->idle_ns = live->idle_ns;
    result->wait_ns = live->wait_ns;
    result->peak_bytes = live->peak_bytes;
    result->stdout_size = live->output.size;
    result->stderr_size = live->error.size;
    judge(live, result);
    if (live->output.truncated) result->flags |= SBX_STDOUT_TRUNCATED;
    if (live->error.truncated) result->flags |= SBX_STDERR_TRUNCATED;
    if (live->cpu_ns * 4 >= live->run->cpu_ns * 3 && live->cpu_ns * 4 <= live->run->cpu_ns * 5)
        result->flags |= SBX_NEAR_LIMIT;
    uint64_t in_head = live->output.memfd < 0 ? live->output.size : 0;
    if (in_head) memcpy(result->inline_bytes, live->output.head, in_head);
    if (live->error.memfd < 0)
        memcpy(result->inline_bytes + in_head, live->error.head, live->error.size);
    if (live->output.memfd >= 0) {
        result->flags |= SBX_HAS_STDOUT;
        out[(*out_count)++] = stream_take(&live->output);
    }
    if (live->error.memfd >= 0) {
        result->flags |= SBX_HAS_STDERR;
        out[(*out_count)++] = stream_take(&live->error);
    }
    if (live->artifact >= 0 && live->reported && live->report.has_artifact) {
        result->flags |= SBX_HAS_ARTIFACT;
        result->artifact_size = live->report.artifact_size;
        out[(*out_count)++] = live->artifact;
        live->artifact = -1;
    }
}

bool run_execute(struct worker *worker, const struct sbx_run *run, const int *fds,
                 struct sbx_result *result, int *out, int *out_count) {
    static struct live live;
    live = (struct live){.worker = worker, .run = run, .pidfd = -1, .artifact = -1};
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
    fill(&live, result, out, out_count);
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
