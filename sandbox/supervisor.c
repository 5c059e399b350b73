// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The supervisor: hands requests to idle workers, who answer the engine. It keeps no state that matters:
// when it dies, its workers die with it, the monitor starts another, whose SBX_HELLO tells the
// engine that everything in flight is lost.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define SUPERVISOR_PENDING 512
#define SUPERVISOR_STILLBORN_MAX 5  // workers in a row that never became ready

struct seat {
    pid_t pid;
    int serial;
    int socket;
    bool ready;
    uint32_t generation;
};

struct waiting {
    struct sbx_run run;
    int fds[2];
};

struct supervisor {
    const struct sandbox_config *config;
    const struct cgroup_set *groups;
    struct filter_set filters;
    struct board *board;
    int alive;  // closed by the kernel when the monitor dies
    int serials;
    int stillborn;
    bool greeted;
    struct seat seats[SBX_MAX_WORKERS];
    struct waiting *pending[SUPERVISOR_PENDING];
    int pending_count;
};

/// What the engine sent last.
static struct sbx_run request;

static struct sbx_header header_of(const struct supervisor *supervisor, uint16_t type,
                                   uint64_t id) {
    return (struct sbx_header){.magic = SBX_MAGIC, .version = SBX_VERSION, .type = type, .id = id,
                               .generation = supervisor->config->generation};
}

// ---- Workers

/// Ends everything: workers first, so that their groups are empty. The monitor does the rest.
static _Noreturn void end(struct supervisor *supervisor, bool monitor_is_dead) {
    for (int i = 0; i < supervisor->config->workers; i++)
        if (supervisor->seats[i].pid > 0) kill(supervisor->seats[i].pid, SIGKILL);
    do tasks_kill_children(NULL, 0);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
    if (monitor_is_dead) {
        cgroup_set_remove(supervisor->groups);
        scratch_remove(supervisor->config->scratch);
    }
    _exit(0);
}

static void forget_waiting(struct waiting *entry) {
    close(entry->fds[0]);
    close(entry->fds[1]);
    explicit_bzero(entry, sizeof *entry);
    free(entry);
}

/// In a worker: what others asked for is nothing that it, or a fork of its zygote, should have.
static void forget_requests(struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->pending_count; i++) forget_waiting(supervisor->pending[i]);
    supervisor->pending_count = 0;
    explicit_bzero(&request, sizeof request);
}

static int start_worker(struct supervisor *supervisor, int slot) {
    int pair[2];
    if (csbx_socket_pair(pair) < 0) return -1;
    struct seat *seat = &supervisor->seats[slot];
    pid_t self = getpid();
    *seat = (struct seat){.socket = pair[0], .serial = supervisor->serials++};
    seat->pid = fork();
    if (seat->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (getppid() != self) _exit(0);
        close(supervisor->alive);
        for (int i = 0; i < supervisor->config->workers; i++)
            if (supervisor->seats[i].socket > 0) close(supervisor->seats[i].socket);
        forget_requests(supervisor);
        worker_main(supervisor->config, supervisor->groups, &supervisor->filters,
                    supervisor->board, slot, seat->serial, pair[1]);
    }
    close(pair[1]);
    return seat->pid < 0 ? -1 : 0;
}

static void send_lost(struct supervisor *supervisor, uint64_t id) {
    static struct sbx_result result;
    memset(&result, 0, sizeof result);
    result.header = header_of(supervisor, SBX_RESULT, id);
    result.outcome = SBX_LOST;
    if (csbx_send(SBX_SOCKET_FD, &result, sizeof result, NULL, 0) < 0) end(supervisor, false);
}

/// A worker died: its run is lost, its groups go, another takes the seat.
static void replace_worker(struct supervisor *supervisor, int slot) {
    struct seat *seat = &supervisor->seats[slot];
    if (!seat->ready && ++supervisor->stillborn > SUPERVISOR_STILLBORN_MAX) {
        io_log("workers die before they are ready; giving up");
        end(supervisor, false);
    }
    kill(seat->pid, SIGKILL);
    waitpid(seat->pid, NULL, 0);
    io_close(&seat->socket);
    cgroup_slot_remove(supervisor->groups, seat->serial);
    uint64_t run = atomic_exchange(&supervisor->board->runs[slot], WORKER_IDLE);
    if (run != WORKER_IDLE && run != WORKER_ENDED) send_lost(supervisor, run);
    if (start_worker(supervisor, slot) < 0) {
        io_log("cannot start a worker: %m");
        end(supervisor, false);
    }
}

// ---- Messages

static void give(struct supervisor *supervisor, int slot, const struct sbx_run *run, int *fds) {
    struct seat *seat = &supervisor->seats[slot];
    atomic_store(&supervisor->board->runs[slot], run->header.id);
    int failed = csbx_send(seat->socket, run, sizeof *run, fds, 2);
    close(fds[0]);
    close(fds[1]);
    if (failed < 0) replace_worker(supervisor, slot);
}

static int idle_slot(const struct supervisor *supervisor) {
    for (int i = 0; i < supervisor->config->workers; i++)
        if (supervisor->seats[i].ready && atomic_load(&supervisor->board->runs[i]) == WORKER_IDLE)
            return i;
    return -1;
}

static void give_pending(struct supervisor *supervisor) {
    int slot;
    // Before we look for an idle worker; one that is told in vain only wakes us once more.
    atomic_store(&supervisor->board->any_waits, supervisor->pending_count > 0);
    while (supervisor->pending_count > 0 && (slot = idle_slot(supervisor)) >= 0) {
        struct waiting *first = supervisor->pending[0];
        supervisor->pending_count--;
        memmove(supervisor->pending, supervisor->pending + 1,
                sizeof *supervisor->pending * (size_t)supervisor->pending_count);
        give(supervisor, slot, &first->run, first->fds);
        explicit_bzero(first, sizeof *first);
        free(first);
    }
}

static bool well_formed(const struct sbx_run *run) {
    if (run->strings_size > SBX_STRINGS_MAX || run->argument_count == 0 ||
        run->argument_count > 200 || run->environment_count > 50 || run->fetch_count > 64)
        return false;
    uint32_t ends = 0;
    for (uint32_t i = 0; i < run->strings_size; i++) ends += run->strings[i] == 0;
    bool names = memchr(run->file_name, 0, SBX_NAME_MAX) && !strchr(run->file_name, '/') &&
                 memchr(run->artifact_name, 0, SBX_NAME_MAX) && !strchr(run->artifact_name, '/');
    return names && ends >= run->argument_count + run->environment_count + run->fetch_count;
}

static void take_run(struct supervisor *supervisor, const struct sbx_run *run, int *fds) {
    int slot = idle_slot(supervisor);
    if (slot >= 0) return give(supervisor, slot, run, fds);
    struct waiting *entry =
        supervisor->pending_count < SUPERVISOR_PENDING ? malloc(sizeof *entry) : NULL;
    if (!entry) {
        close(fds[0]);
        close(fds[1]);
        send_lost(supervisor, run->header.id);
        return;
    }
    entry->run = *run;
    memcpy(entry->fds, fds, sizeof entry->fds);
    supervisor->pending[supervisor->pending_count++] = entry;
}

static void cancel(struct supervisor *supervisor, const struct sbx_header *wanted) {
    for (int i = 0; i < supervisor->config->workers; i++) {
        const struct seat *seat = &supervisor->seats[i];
        if (atomic_load(&supervisor->board->runs[i]) != wanted->id) continue;
        // A worker that cannot take the message is dead or about to be seen as dead.
        csbx_send(seat->socket, wanted, sizeof *wanted, NULL, 0);
        return;
    }
    for (int i = 0; i < supervisor->pending_count; i++) {
        struct waiting *entry = supervisor->pending[i];
        if (entry->run.header.id != wanted->id) continue;
        forget_waiting(entry);
        supervisor->pending_count--;
        memmove(supervisor->pending + i, supervisor->pending + i + 1,
                sizeof *supervisor->pending * (size_t)(supervisor->pending_count - i));
        send_lost(supervisor, wanted->id);
        return;
    }
}

static void read_engine(struct supervisor *supervisor) {
    int fds[SBX_MAX_FDS], fd_count;
    ssize_t got = csbx_receive(SBX_SOCKET_FD, &request, sizeof request, fds, &fd_count);
    if (got <= 0) end(supervisor, false);
    bool ours = (size_t)got >= sizeof request.header && request.header.magic == SBX_MAGIC &&
                request.header.version == SBX_VERSION &&
                request.header.generation == supervisor->config->generation;
    if (ours && request.header.type == SBX_RUN && got == sizeof request && fd_count == 2 &&
        well_formed(&request))
        return take_run(supervisor, &request, fds);
    for (int i = 0; i < fd_count; i++) close(fds[i]);
    if (ours && request.header.type == SBX_CANCEL) return cancel(supervisor, &request.header);
    if (ours) io_log("a malformed request of type %d was dropped", request.header.type);
}

static void greet(struct supervisor *supervisor, const struct keeper_ready *keeper) {
    const struct cgroup_set *groups = supervisor->groups;
    struct sbx_hello hello = {.header = header_of(supervisor, SBX_HELLO, 0),
                              .features = keeper->features,
                              .workers = (uint32_t)supervisor->config->workers,
                              .filter_rules = (uint32_t)supervisor->filters.base.count +
                                              supervisor->filters.last.count,
                              .landlock_abi = csbx_landlock_version(),
                              .error = keeper->error};
    if (groups->version == 1) hello.features |= SBX_CGROUP1_MEMORY;
    if (groups->version == 2) hello.features |= SBX_CGROUP2_MEMORY;
    if (groups->has_pids) hello.features |= SBX_CGROUP_PIDS;
    if (groups->has_cpu) hello.features |= SBX_CGROUP_CPU;
    memcpy(hello.cgroup_reason, groups->reason, sizeof hello.cgroup_reason);
    memcpy(hello.text, keeper->error ? keeper->text : supervisor->config->why, sizeof hello.text);
    memcpy(hello.python, keeper->python, sizeof hello.python);
    supervisor->greeted = true;
    if (csbx_send(SBX_SOCKET_FD, &hello, sizeof hello, NULL, 0) < 0) end(supervisor, false);
}

/// All seats are ready, or one has said why it cannot be.
static void take_ready(struct supervisor *supervisor, int slot, const struct worker_ready *ready) {
    if (ready->keeper.error) {
        if (!supervisor->greeted) greet(supervisor, &ready->keeper);
        return;
    }
    supervisor->seats[slot].ready = true;
    supervisor->stillborn = 0;
    bool all = true;
    for (int i = 0; i < supervisor->config->workers; i++) all &= supervisor->seats[i].ready;
    if (all && !supervisor->greeted) greet(supervisor, &ready->keeper);
}

static void read_worker(struct supervisor *supervisor, int slot) {
    static union {
        struct sbx_header header;
        struct worker_ready ready;
    } message;
    struct seat *seat = &supervisor->seats[slot];
    int fds[SBX_MAX_FDS], fd_count;
    ssize_t got = csbx_receive(seat->socket, &message, sizeof message, fds, &fd_count);
    if (got <= 0) return replace_worker(supervisor, slot);
    if (message.header.type == WORKER_READY) take_ready(supervisor, slot, &message.ready);
    // Of a worker that is free again it is enough that we are awake: the board says the rest.
}

/// Ends candidates whose keeper died: one that a thread has executed has lost its PR_SET_PDEATHSIG.
static void end_orphans(const struct supervisor *supervisor) {
    pid_t workers[SBX_MAX_WORKERS];
    for (int i = 0; i < supervisor->config->workers; i++) workers[i] = supervisor->seats[i].pid;
    tasks_kill_children(workers, supervisor->config->workers);
}

/// Waits for keepers and inits whose worker died before them; workers are seen by their sockets.
static void reap_orphans(const struct supervisor *supervisor) {
    if (supervisor->config->one_process) end_orphans(supervisor);
    for (;;) {
        siginfo_t ended = {.si_pid = 0};
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 || ended.si_pid == 0) return;
        for (int i = 0; i < supervisor->config->workers; i++)
            if (supervisor->seats[i].pid == ended.si_pid) return;
        waitpid(ended.si_pid, NULL, 0);
    }
}

/// A descriptor that becomes readable when a child ends.
static int watch_children(void) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, NULL) < 0) return -1;
    return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

_Noreturn void supervisor_main(const struct sandbox_config *config,
                               const struct cgroup_set *groups, int alive) {
    static struct supervisor supervisor;
    supervisor = (struct supervisor){.config = config, .groups = groups, .alive = alive};
    prctl(PR_SET_NAME, "box-supervisor", 0, 0, 0);
    const struct filter_place place = {.sampled_memory = groups->version == 0,
                                       .one_process = config->one_process,
                                       .may_truncate = csbx_landlock_version() >= 3};
    if (filter_build(&supervisor.filters, &place) < 0) {
        struct keeper_ready failure = {.error = errno};
        snprintf(failure.text, sizeof failure.text, "build the system call filter: %m");
        greet(&supervisor, &failure);
        _exit(1);
    }
    supervisor.board = mmap(NULL, sizeof *supervisor.board, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (supervisor.board == MAP_FAILED) _exit(1);
    int children = watch_children();
    if (children < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) _exit(1);
    for (int i = 0; i < config->workers; i++)
        if (start_worker(&supervisor, i) < 0) end(&supervisor, false);
    for (;;) {
        struct pollfd events[SBX_MAX_WORKERS + 3];
        events[0] = (struct pollfd){.fd = SBX_SOCKET_FD, .events = POLLIN};
        events[1] = (struct pollfd){.fd = alive, .events = POLLIN};
        for (int i = 0; i < config->workers; i++)
            events[2 + i] = (struct pollfd){.fd = supervisor.seats[i].socket, .events = POLLIN};
        struct pollfd *ended = &events[2 + config->workers];
        *ended = (struct pollfd){.fd = children, .events = POLLIN};
        if (poll(events, (nfds_t)config->workers + 3, -1) < 0) continue;
        if (events[1].revents) end(&supervisor, true);
        for (int i = 0; i < config->workers; i++)
            if (events[2 + i].revents) read_worker(&supervisor, i);
        if (events[0].revents) read_engine(&supervisor);
        struct signalfd_siginfo noted;
        bool any_ended = ended->revents;
        while (any_ended && read(children, &noted, sizeof noted) > 0) continue;
        if (any_ended) reap_orphans(&supervisor);
        give_pending(&supervisor);
    }
}
