// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// assay-sandbox: runs programs written by an adversary.
//
// Theory of operation. Five kinds of process, each single-threaded, each killed with its parent:
//
//   server == socket ==> monitor > supervisor > worker × W > keeper > init > candidate
//                                                            > zygote > init > candidate
//
//   monitor     restarts the supervisor, reaps orphans, removes control groups
//   supervisor  reads requests, hands each to an idle worker
//   worker      drives one run at a time: pipes, clocks, limits, verdict; outside every box;
//               sends the result to the engine
//   keeper      holds what a slot keeps between runs: its control groups, network, user and mount
//               namespaces with a read-only root, a part of the filter; makes the box by clone
//   zygote      a child of the keeper that makes boxes too, with a Python interpreter in it
//   init        process 1 of the box: mounts /proc and the scratch, waits for the candidate; in the
//               memory of its maker
//   candidate   the untrusted program, never process 1 (signals to itself would be ignored)
//
// Where the kernel makes no namespaces, a run is one process: there is no init, keeper and zygote
// fork the candidate themselves, and its filter lets it start threads but no process (solo.c).
//
// The keeper lives in the slot's control groups, so that the box is born there: moving a process
// between groups waits for an RCU grace period (milliseconds), being born costs nothing. The worker
// is outside of them, so that buffering output is not charged to the candidate.
// When the server dies, its socket closes; the monitor and supervisor see that and end. Everything
// below has PR_SET_PDEATHSIG, and the kernel kills a pid namespace with its init.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "CSandbox.h"

#define SANDBOX_MAX_BINDS 16
#define SANDBOX_PATH_MAX 512
#define SANDBOX_MAX_ENVIRONMENT 16

/// Options of the command line.
struct sandbox_config {
    int workers;
    const char *cache;  // shown read-only as /cache inside every box; NULL for none
    const char *binds[SANDBOX_MAX_BINDS];
    int bind_count;
    const char *python;  // interpreter of the zygotes; NULL for none
    const char *environment[SANDBOX_MAX_ENVIRONMENT + 1];  // of the zygotes
    char *title;         // the memory of our command line
    size_t title_size;
    bool use_cgroups;
    uid_t run_as;        // (uid_t)-1 = stay who we are
    pid_t monitor;       // names control groups and user ids of this instance
    uint32_t generation; // counts supervisors
    bool one_process;    // no box can be made here: a run is one process
    bool own_user;       // of a user that nobody else is, so that its processes can be capped
    char why[256];       // the step of making a box that failed
    char scratch[SANDBOX_PATH_MAX];  // of one-process runs: holds a folder for each worker
};

// ---- io.c: small reads and writes of kernel files

int io_write_at(int directory, const char *name, const char *text);
int io_write_number(int directory, const char *name, uint64_t value);
/// Reads at most `capacity - 1` bytes and adds a NUL; the length, or −1.
ssize_t io_read_at(int directory, const char *name, char *buffer, size_t capacity);
void io_close(int *fd);
uint64_t io_now_ns(void);
void io_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

// ---- cgroup.c: pooled control groups

struct cgroup_set {
    int version;  // of the memory controller: 1, 2, or 0 for none
    bool has_pids;
    bool has_cpu;
    char memory[SANDBOX_PATH_MAX];  // directories of this instance
    char pids[SANDBOX_PATH_MAX];
    char cpu[SANDBOX_PATH_MAX];
    char reason[256];
};

struct cgroup_slot {
    int version;
    int memory;  // directory descriptors; −1 = absent
    int pids;
    int cpu;
    int usage_file, events_file, limit_file, peak_file, pids_file, cpu_file;
    uint32_t processes;   // allowed at present
    uint64_t idle_usage;  // charged before the first run: the keeper
    uint64_t base_usage;  // charged when the present run began
    uint64_t base_oom_kills;
    uint64_t base_cpu_ns;
    uint64_t seen_oom_kills;  // when last looked at; between runs nothing happens here
    uint64_t seen_cpu_ns;
};

void cgroup_set_open(struct cgroup_set *set, pid_t monitor);
void cgroup_set_remove(const struct cgroup_set *set);
/// Opens slot `index` (made new, empty) and moves `member` into it.
int cgroup_slot_open(const struct cgroup_set *set, int index, struct cgroup_slot *slot);
int cgroup_slot_add(const struct cgroup_slot *slot, pid_t member);
/// Notes what is charged while nothing runs.
void cgroup_slot_settle(struct cgroup_slot *slot);
void cgroup_slot_close(struct cgroup_slot *slot);
/// Removes the groups of slot `index`, whose processes are dead or dying.
void cgroup_slot_remove(const struct cgroup_set *set, int index);
int cgroup_slot_begin(struct cgroup_slot *slot, uint64_t memory_bytes, uint32_t processes);
uint64_t cgroup_slot_cpu_ns(struct cgroup_slot *slot);
bool cgroup_slot_ran_out(struct cgroup_slot *slot);
uint64_t cgroup_slot_peak(const struct cgroup_slot *slot);
/// Whether the slot is clean enough for the next run.
bool cgroup_slot_end(const struct cgroup_slot *slot);

// ---- tasks.c: what /proc says of the processes below one

struct tasks_sample {
    uint64_t cpu_ns;   // dead descendants that were waited for included, in steps of 10 ms
    uint64_t ready_ns; // longest time that one live thread ran, or waited for a CPU
    bool runnable;     // a thread runs, or waits for a CPU, at this moment
    uint64_t resident_bytes;
    unsigned processes;
    unsigned threads;  // of all of them
};

/// Where the root is the init of a box, its memory is its maker's and not counted.
void tasks_sample(int proc, pid_t root, bool root_is_init, struct tasks_sample *sample);
/// Proportional resident size of the tree: shared pages counted once.
uint64_t tasks_proportional_bytes(int proc, pid_t root, bool root_is_init);

/// Threads of a process, counted by the kernel: quick however many there are.
unsigned tasks_thread_count(int proc, pid_t process);
/// Kills every child of the caller, orphans that it inherited among them, but those of `kept`.
void tasks_kill_children(const pid_t *kept, int count);

// ---- filter.c: system call filter

struct filter {
    struct filter_instruction {
        uint16_t code;
        uint8_t jump_true;
        uint8_t jump_false;
        uint32_t operand;
    } *instructions;
    unsigned short count;
    unsigned short own_process;  // the instruction that knows the caller's pid; 0 = none does
};

/// Where candidates run, as far as it changes what they may call.
struct filter_place {
    bool sampled_memory;  // what no process shows as its own is refused
    bool one_process;     // no processes; nothing that reaches the processes of the host
    bool may_truncate;    // Landlock watches truncate()
};

struct filter_set {
    struct filter base;  // of candidates, inherited from who makes them; empty for one process
    struct filter last;  // of candidates, taken by each: what setting it up needed is over
    struct filter init;  // it is let do almost nothing once the candidate runs
};

int filter_build(struct filter_set *set, const struct filter_place *place);
void filter_free(struct filter_set *set);
/// Installs it in the calling process, which must not share its memory with another.
int filter_install(const struct filter *filter);

// ---- landlock.c: file access, TCP and signals, a second layer below the mounts

struct box_identity;

/// Makes the rule set of a candidate; to be opened by it, before privileges go. −1 on failure.
int landlock_make(const struct box_identity *identity);
int landlock_install(int rules);

// ---- root.c: the read-only root that all boxes of a slot share

/// The folders of the host that programs see, ended by NULL; links among them.
extern const char *const root_folders[];
/// Replaces the root of this mount namespace. On failure `*stage` names the step.
int root_build(const struct sandbox_config *config, bool keep_host_proc, const char **stage);

// ---- candidate.c: the last steps before a program, the same wherever it runs

enum box_stage {
    BOX_OK = 0,
    BOX_CLONE,
    BOX_PROC,
    BOX_SCRATCH,
    BOX_PROGRAM,
    BOX_FORK,
    BOX_STREAMS,
    BOX_IDENTITY,
    BOX_LIMITS,
    BOX_LANDLOCK,
    BOX_FILTER,
    BOX_EXEC,
    BOX_ARTIFACT,
    BOX_STARTED,  // nothing failed: init has the pid `started`
};

/// What the worker reads in the status pipe, when it wants to know: of keeper or zygote the start of
/// init, of init at most one failure and one end.
struct box_report {
    uint32_t stage;  // BOX_OK for the end of the candidate
    int32_t error;
    int32_t wait_status;
    int32_t started;
    int32_t maker;  // the parent of init
    uint32_t has_artifact;
    uint64_t artifact_size;
    uint64_t cpu_ns;      // of what was waited for
    uint64_t peak_bytes;  // of a one-process run; else 0
};

struct box_identity {
    const struct sandbox_config *config;
    const char *folder;  // writable, and where programs start: /box
    bool one_process;
    bool switch_user;
    uid_t user;          // of the candidate, inside the user namespace
    bool keep_host_proc; // a user namespace may mount proc only where one is visible
    bool sampled_memory; // no control group counts memory
    bool is_zygote;      // candidates run in the interpreter that we hold
    uint32_t helpers;    // processes of ours that are counted with the candidate's
    int landlock_version;
    const struct filter_set *filters;
};

struct box_files {
    int program;
    int input;
    int output;
    int error;
    int status;
    int artifact;  // memfd that receives the artifact, or −1
};

/// Tells the worker what went wrong, and ends.
_Noreturn void candidate_fail(int status, enum box_stage stage);
/// Keeps only the capabilities of `mask`, and forbids to gain any by exec.
int candidate_keep_capabilities(uint32_t mask);
/// `text` with the box's own names (/box, /cache) replaced by what they are in a one-process run:
/// `text` itself, or at most `*room` bytes at `*next`, which both move on. NULL = too long.
const char *candidate_rename(const struct box_identity *identity, const char *text, char **next,
                             size_t *room);
/// Locks this process in and becomes the program: `step` counts the commands of SBX_STEPS.
_Noreturn void candidate_start(const struct sbx_run *run, const struct box_identity *identity,
                               const struct box_files *files, int step);

// ---- files.c: what a run finds in its folder, and what it leaves

/// The program as a file of the box, for an interpreter or a compiler.
int files_place_program(const struct sbx_run *run, const char *folder, int program);
/// The files that the input holds, beside the program; a nameless one becomes standard input. Without
/// such files the input itself is. `*standard_input` is the caller's to close where it is not `input`.
int files_place_input(const struct sbx_run *run, const char *folder, int input, int *standard_input);
/// Whether anything is to be taken out of the folder.
bool files_are_wanted(const struct sbx_run *run, const struct box_files *files, bool succeeded);
/// Copies the regular files that were asked for. Every process of the run must be dead.
bool files_take(const struct sbx_run *run, const char *folder, int target, uint64_t *size);

// ---- box.c: box_enter()

/// Makes the box and starts the program; init's pid. What is pointed to must stay until init has
/// ended, which is also for how long the caller may use no more than 64 KiB of its stack.
pid_t box_enter(const struct sbx_run *run, const struct box_identity *identity,
                const struct box_files *files);
/// Whether init, which ended like this, may have left something of its run in our memory.
bool box_left_memory(int wait_status);
/// Whether this process can make a box whose program ends well; else `why` says which step failed.
bool box_try(const struct box_identity *identity, char *why, size_t capacity);

// ---- solo.c: runs of one process

/// Runs the program, or one command after the other, and tells the worker at `socket` of each.
void solo_serve(int socket, const struct sbx_run *run, const struct box_identity *identity,
                const struct box_files *files);

// ---- scratch.c: folders of one-process runs, on a file system that caps nothing

struct scratch_usage {
    uint64_t bytes;
    unsigned files;  // UINT_MAX = nested too deep to look
};

/// Makes a folder that only we can enter, and removes those of dead monitors. −1 = nowhere.
int scratch_make(pid_t monitor, char *path, size_t capacity);
void scratch_measure(const char *path, struct scratch_usage *usage);
/// Removes what is in a folder; the processes that wrote there must be dead.
int scratch_empty(const char *path);
void scratch_remove(const char *path);

// ---- keeper.c

/// Before each command of a one-process run.
struct keeper_started {
    int32_t pid;
    int32_t error;
    uint64_t cpu_ns;  // of the commands before
    uint64_t reserved;
};
struct keeper_ended {
    int32_t wait_status;
    int32_t unclean;  // what the run left could not be removed
    uint64_t cpu_ns;
};
struct keeper_ready {
    uint32_t features;
    int32_t error;
    uid_t user;  // of candidates as the worker sees it
    uint32_t reserved;
    char text[256];
    char python[128];  // version of the zygote, or why there is none
};

/// Body of the keeper; never returns. `folder` is that of one-process runs.
_Noreturn void keeper_main(const struct sandbox_config *config, const struct filter_set *filters,
                           int slot, const char *folder, int socket, int status);
/// Whether boxes can be made here, tried in a process that ends; else `why` says which step failed.
bool keeper_can_make_boxes(const struct sandbox_config *config, char *why, size_t capacity);

// ---- python.c: the zygote

/// Loads the interpreter and its modules. Fills `reason` with the version, or with what is wrong.
int python_start(const struct box_identity *identity, char *reason, size_t capacity);
/// Whether the zygote stands for the command of this run.
bool python_takes(const struct sandbox_config *config, const struct sbx_run *run);
/// Runs the source as `python3 FILE …` or `python3 -c CODE …` would; in the candidate, in place of exec.
_Noreturn void python_run(const struct sbx_run *run, char **arguments);

// ---- stream.c: one output of a run

#define STREAM_INLINE (SBX_INLINE_MAX / 2)

struct stream {
    int pipe;
    int kept_end;  // for writing; while it is open, nobody wakes us to say that all others are closed
    int memfd;     // −1 while the bytes fit inline
    uint64_t cap;
    uint64_t size;
    bool truncated;
    bool is_large;  // the pipe, or we tried
    char head[STREAM_INLINE];
};

/// Makes the pipe, which belongs to `user`, so that /dev/stdout can be opened; −1 = to us.
int stream_open(struct stream *stream, uint64_t cap, uid_t user);
/// Takes what the pipe holds, or a good part: 1 = there may be more, −1 = we could not store it.
int stream_drain(struct stream *stream);
/// Takes the rest when every writer is dead; −1 if we could not store it.
int stream_finish(struct stream *stream);
/// Gives up the memfd, sealed.
int stream_take(struct stream *stream);
void stream_close(struct stream *stream);

// ---- worker.c, run.c

/// What a worker tells the supervisor once its keeper stands.
struct worker_ready {
    struct sbx_header header;  // type WORKER_READY
    struct keeper_ready keeper;
};
#define WORKER_READY 100
#define WORKER_FREE 101  // a bare header: the worker has ended its run while others wait

/// Memory that supervisor and workers share, so that a result goes to the engine without a detour
/// that would wake the supervisor. No process below a worker has it.
struct board {
    /// The run of each slot. Set by the supervisor; the worker sets WORKER_IDLE after it has sent the
    /// result, or WORKER_ENDED if it takes no further run.
    _Atomic uint64_t runs[SBX_MAX_WORKERS];
    /// Runs wait: a worker that becomes idle is to say so. Both sides write their own word before they
    /// read the other's, so that one of them sees it.
    _Atomic bool any_waits;
};
#define WORKER_IDLE 0
#define WORKER_ENDED UINT64_MAX

struct worker {
    const struct sandbox_config *config;
    const struct cgroup_set *groups;
    const struct filter_set *filters;
    int slot;
    int serial;   // names the control group; new for each worker process
    int control;  // to the supervisor
    struct board *board;
    int keeper_socket;
    int zygote_socket;  // −1 = there is none
    int status;  // what keeper, zygote and init say of a run
    pid_t keeper;
    int proc;  // the host's /proc
    uid_t user;  // who shall own the candidates' streams; −1 = we do
    uint32_t features;
    char folder[SANDBOX_PATH_MAX + 32];  // of one-process runs
    struct cgroup_slot group;
};

_Noreturn void worker_main(const struct sandbox_config *config, const struct cgroup_set *groups,
                           const struct filter_set *filters, struct board *board, int slot,
                           int serial, int control);

/// Runs one request to its end and fills the result; `fds` are the program and the input.
/// `out` receives the descriptors to send back. False when the keeper is lost.
bool run_execute(struct worker *worker, const struct sbx_run *run, const int *fds,
                 struct sbx_result *result, int *out, int *out_count);

// ---- supervisor.c, monitor.c, canary.c

_Noreturn void supervisor_main(const struct sandbox_config *config,
                               const struct cgroup_set *groups, int alive);
int monitor_main(struct sandbox_config *config);
/// Body of a canary, inside a box; its exit code.
int canary_main(int argument_count, char **arguments);
