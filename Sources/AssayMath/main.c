// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// assay-math: decides pairs that need FLINT, Arb or Calcium, which abort their process on trouble.
//
// Theory of operation. The parent holds one end of a socket pair, this process the other as
// descriptor 0; no other descriptor is open but 2. A request is a frame: u32 size, u32 id, u8 kind,
// u64 seed, u64 fuel of the reference, u64 fuel of the answer, u16 variables, one byte a variable (1 =
// usually a whole number), then the programs (kinds 1, 4: reference and answer, 4 without Calcium;
// kind 2: answer, then two rationals as u32 size + digits).
// The reply is u32 size, u32 id, u8 outcome, u8 method, u8 exact, u64 fuel that the answer used, text.
// Kind 3 asks for an echo.
//
// One thread, one request at a time. End of file ends the process: when the parent dies, so does
// its worker, at the latest after the request in hand. Memory is bounded by RLIMIT_AS, CPU time a
// request by a timer that kills (a backstop; fuel decides verdicts), system calls by seccomp.
// FLINT's abort hook sends AM_ABORTED and exits; GMP's abort cannot be hooked and shows as a death.

#include "worker.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    MEMORY_BYTES_MAX = 1 << 30,
    REQUEST_CPU_SECONDS = 10,   // at least 20 times what full fuel costs
    STACK_BYTES_MAX = 8 << 20,
};

static uint32_t current_id;

// What was read and not yet taken: a frame takes one system call, not two.
static struct {
    uint8_t bytes[16384];
    size_t start, end;
} input;

static bool read_all(void *target, size_t size) {
    uint8_t *bytes = target;
    while (size > 0) {
        if (input.start == input.end) {
            ssize_t count = read(0, input.bytes, sizeof input.bytes);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) return false;
            input.start = 0;
            input.end = (size_t)count;
        }
        size_t ready = input.end - input.start;
        if (ready > size) ready = size;
        memcpy(bytes, input.bytes + input.start, ready);
        input.start += ready;
        bytes += ready;
        size -= ready;
    }
    return true;
}

static bool write_all(const void *source, size_t size) {
    const uint8_t *bytes = source;
    while (size > 0) {
        ssize_t count = write(0, bytes, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes += count;
        size -= (size_t)count;
    }
    return true;
}

static bool send_reply(uint32_t id, const am_reply *reply) {
    uint8_t frame[19 + sizeof reply->text];
    uint32_t length = (uint32_t)strlen(reply->text);
    uint32_t size = 15 + length;
    memcpy(frame, &size, 4);
    memcpy(frame + 4, &id, 4);
    frame[8] = (uint8_t)reply->outcome;
    frame[9] = (uint8_t)reply->method;
    frame[10] = reply->is_exact;
    memcpy(frame + 11, &reply->answer_spent, 8);
    memcpy(frame + 19, reply->text, length);
    return write_all(frame, 4 + (size_t)size);
}

// FLINT calls this instead of abort(); nothing of its state may be used again.
static void __attribute__((noreturn)) on_flint_abort(void) {
    am_reply reply = {.outcome = AM_ABORTED};
    strcpy(reply.text, "FLINT aborted");
    send_reply(current_id, &reply);
    _exit(70);
}

static bool take(const uint8_t **cursor, const uint8_t *end, void *target, size_t size) {
    if ((size_t)(end - *cursor) < size) return false;
    memcpy(target, *cursor, size);
    *cursor += size;
    return true;
}

static bool take_rational(const uint8_t **cursor, const uint8_t *end, fmpq_t value) {
    uint32_t size;
    char text[4096];
    if (!take(cursor, end, &size, 4) || size == 0 || size >= sizeof text) return false;
    if (!take(cursor, end, text, size)) return false;
    text[size] = 0;
    char *slash = strchr(text, '/');
    if (slash == NULL) return false;
    *slash = 0;
    bool is_good = fmpz_set_str(fmpq_numref(value), text, 16) == 0 &&
                   fmpz_set_str(fmpq_denref(value), slash + 1, 16) == 0 &&
                   fmpz_sgn(fmpq_denref(value)) > 0;
    if (!is_good) fmpq_zero(value);
    return is_good;
}

static bool run_compare(am_query *query, const uint8_t **cursor, const uint8_t *end, am_reply *reply) {
    bool is_good = am_program_read(&query->reference, cursor, end, query->variable_count) &&
                   am_program_read(&query->answer, cursor, end, query->variable_count) &&
                   *cursor == end;
    if (is_good) am_decide(query, reply);
    return is_good;
}

static bool run_range(am_query *query, const uint8_t **cursor, const uint8_t *end, am_reply *reply) {
    fmpq_t low, high;
    fmpq_init(low);
    fmpq_init(high);
    bool is_good = am_program_read(&query->answer, cursor, end, query->variable_count) &&
                   take_rational(cursor, end, low) && take_rational(cursor, end, high) && *cursor == end;
    if (is_good) am_decide_range(query, low, high, reply);
    fmpq_clear(low);
    fmpq_clear(high);
    return is_good;
}

static void handle(const uint8_t *frame, size_t size, am_reply *reply) {
    const uint8_t *cursor = frame, *end = frame + size;
    am_query query;
    uint8_t kind = 0;
    uint16_t variables = 0;
    memset(&query, 0, sizeof query);
    memset(reply, 0, sizeof *reply);
    bool is_good = take(&cursor, end, &kind, 1) && take(&cursor, end, &query.seed, 8) &&
                   take(&cursor, end, &query.fuel, 8) &&
                   take(&cursor, end, &query.answer_fuel, 8) && take(&cursor, end, &variables, 2) &&
                   variables <= AM_VARIABLES_MAX && (size_t)(end - cursor) >= variables;
    if (is_good) {
        query.variable_count = variables;
        query.integer_like = cursor;
        cursor += variables;
        query.may_prove = kind == 1;
        if (kind == 1 || kind == 4) is_good = run_compare(&query, &cursor, end, reply);
        else if (kind == 2) is_good = run_range(&query, &cursor, end, reply);
        else is_good = kind == 3;
    }
    if (!is_good) {
        memset(reply, 0, sizeof *reply);
        reply->outcome = AM_BAD_FRAME;
    }
    am_program_clear(&query.reference);
    am_program_clear(&query.answer);
}

static void limit_resources(void) {
    struct rlimit memory = {MEMORY_BYTES_MAX, MEMORY_BYTES_MAX};
    struct rlimit none = {0, 0};
    struct rlimit cpu = {3600, 3600};
    if (setrlimit(RLIMIT_AS, &memory) != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
        setrlimit(RLIMIT_NOFILE, &none) != 0 || setrlimit(RLIMIT_CPU, &cpu) != 0) {
        perror("assay-math: setrlimit");
        _exit(71);
    }
}

// Reading, writing, memory, timers, ending: nothing else is left to a worker.
static void filter_system_calls(void) {
    static const int allowed[] = {
        SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap),
        SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(setitimer), SCMP_SYS(exit),
        SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(futex),
        SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(tgkill), SCMP_SYS(getrandom),
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int status = filter == NULL ? -1 : 0;
    for (size_t i = 0; status == 0 && i < sizeof allowed / sizeof *allowed; i++) {
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    }
    if (status == 0) status = seccomp_load(filter);
    if (status != 0) {
        fprintf(stderr, "assay-math: seccomp is not available (%d)\n", status);
        _exit(72);
    }
    seccomp_release(filter);
}

// Starts anew with every request; between them it stands still, as no CPU time is used.
static void start_timer(void) {
    struct itimerval limit = {{0, 0}, {REQUEST_CPU_SECONDS, 0}};
    setitimer(ITIMER_PROF, &limit, NULL);
}

// One request; false at the end of the stream.
static bool serve(void) {
    uint32_t size;
    if (!read_all(&size, 4)) return false;
    if (size < 4 || size > AM_FRAME_BYTES_MAX) _exit(73);
    uint8_t *frame = malloc(size);
    if (frame == NULL || !read_all(frame, size)) _exit(74);
    am_reply reply;
    memcpy(&current_id, frame, 4);
    start_timer();
    handle(frame + 4, size - 4, &reply);
    free(frame);
    return send_reply(current_id, &reply);
}

int main(void) {
    // A malformed terminal or pipe as descriptor 0 only means that nobody speaks to us.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        perror("assay-math: prctl");
        return 71;
    }
    limit_resources();
    filter_system_calls();
    flint_set_abort(on_flint_abort);
    while (serve()) continue;
    return 0;
}
