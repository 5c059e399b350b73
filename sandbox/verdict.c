// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// What a run comes to: which of its ends was the first, whose fault it was, and the result.

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "run.h"

#define STARVED_SHARE 4  // waited for a CPU more than a quarter of the wall time

/// Whether the kernel could not load what the program is. A missing interpreter is our fault; of a
/// binary every refusal is its own, since it names its loader and was sealed executable.
static bool exec_refused(const struct run_live *live) {
    if (live->failure.stage != BOX_EXEC) return false;
    if (live->run->flags & SBX_EXEC_PROGRAM) return true;
    return live->failure.error != ENOENT && live->failure.error != EACCES;
}

/// Whether the wall clock ran out because we gave the program no CPU.
static bool was_starved(const struct run_live *live, uint64_t wall_ns) {
    uint64_t enough = wall_ns / STARVED_SHARE;
    if (live->forked && live->worker->group.cpu < 0) return false;
    return live->late == SBX_CAUSE_WALL && live->wait_ns > enough &&
           live->counted_wait_ns > enough;
}

static void judge(const struct run_live *live, struct sbx_result *result) {
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

void verdict_fill(struct run_live *live, struct sbx_result *result, int *out, int *out_count) {
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
