// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
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

#include <string.h>
#include <time.h>

#include "run.h"

#define TICK_FIRST_NS 5000000u
#define TICK_MAX_NS 20000000u  // on average, once the run is older

static void check_limits(struct run_live *live, uint64_t now) {
    const struct sbx_run *run = live->run;
    if (live->cpu_ns > run->cpu_ns) live->late = SBX_CAUSE_CPU;
    else if (live->idle_ns > run->idle_ns) live->late = SBX_CAUSE_IDLE;
    else if (now - live->begin_ns > run->wall_ns) live->late = SBX_CAUSE_WALL;
    if (cgroup_slot_ran_out(&live->worker->group)) live->ran_out = true;
    if (live->late || live->ran_out) run_kill(live);
}

static void sample_memory(struct run_live *live, uint64_t resident) {
    if (live->worker->group.memory >= 0) return;
    if (resident > live->run->memory_bytes) {
        // Shared pages were counted once for each process: look closer before judging.
        resident = tasks_proportional_bytes(live->worker->proc, live->init,
                                            !live->worker->config->one_process);
        if (resident > live->run->memory_bytes) live->ran_out = true;
    }
    if (resident > live->peak_bytes) live->peak_bytes = resident;
}

/// A one-process run: CPU time of threads that ended too, and what only a box would cap.
static void sample_alone(struct run_live *live, struct tasks_sample *sample) {
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
static bool is_crowded(struct run_live *live) {
    if (!live->worker->config->one_process) return false;
    return tasks_thread_count(live->worker->proc, live->init) > live->run->processes;
}

/// The distance to the next tick: the mean, times 0.5 to 1.5 (xorshift64).
static void choose_tick(struct run_live *live) {
    live->random ^= live->random << 13;
    live->random ^= live->random >> 7;
    live->random ^= live->random << 17;
    live->tick_length_ns = live->tick_mean_ns / 2 + live->random % live->tick_mean_ns;
}

void clocks_tick(struct run_live *live) {
    struct tasks_sample sample;
    uint64_t now = io_now_ns();
    if (is_crowded(live)) {
        live->tick_ns = now;
        run_kill(live);
        return;
    }
    bool alone = live->worker->config->one_process;
    tasks_sample(live->worker->proc, live->init, !alone, &sample);
    if (alone) sample_alone(live, &sample);
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

void clocks_start(struct run_live *live) {
    live->tick_mean_ns = TICK_FIRST_NS;
    live->random = live->begin_ns | 1;
    choose_tick(live);
}
