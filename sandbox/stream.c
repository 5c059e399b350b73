// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// One output of a run: drained without pause, so that a program never waits for us and never makes
// us wait; kept up to its cap, small ones in place, larger ones in a memfd.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox.h"

#define PIPE_BYTES (256 * 1024)
#define PIPE_FULL (64 * 1024)  // of a pipe as the kernel makes it
#define DRAIN_READS 8  // at a time: many writers can fill the pipe as fast as we empty it

static int keep(struct stream *stream, const char *bytes, size_t count) {
    if (stream->memfd < 0 && stream->size + count <= STREAM_INLINE) {
        memcpy(stream->head + stream->size, bytes, count);
        return 0;
    }
    if (stream->memfd < 0) {
        stream->memfd = memfd_create("output", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (stream->memfd < 0) return -1;
        if (write(stream->memfd, stream->head, stream->size) != (ssize_t)stream->size) return -1;
    }
    while (count > 0) {
        ssize_t written = write(stream->memfd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return -1;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

int stream_drain(struct stream *stream) {
    static char buffer[PIPE_BYTES];
    for (int reads = 0; reads < DRAIN_READS; reads++) {
        ssize_t got = read(stream->pipe, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) return 0;
        if (got <= 0) {
            io_close(&stream->pipe);
            return 0;
        }
        uint64_t room = stream->cap - stream->size;
        size_t kept = (uint64_t)got < room ? (size_t)got : (size_t)room;
        if (kept < (size_t)got) stream->truncated = true;
        if (kept > 0 && keep(stream, buffer, kept) < 0) return -1;
        stream->size += kept;
        // A larger pipe is only faster, and pays once there is much to write.
        if (got >= PIPE_FULL && !stream->is_large)
            stream->is_large = fcntl(stream->pipe, F_SETPIPE_SZ, PIPE_BYTES) != 0;
        // Most likely empty now; but a pipe can be made to give one write at a time.
        if (got < (ssize_t)sizeof buffer) return 1;
    }
    return 1;
}

int stream_open(struct stream *stream, uint64_t cap, uid_t user) {
    int ends[2];
    stream->pipe = stream->kept_end = stream->memfd = -1;
    stream->cap = cap;
    stream->size = 0;
    stream->truncated = false;
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    stream->pipe = ends[0];
    stream->kept_end = ends[1];
    stream->is_large = false;
    // Else the program could not open /dev/stdout.
    if (user != (uid_t)-1 && fchown(ends[1], user, user) < 0) return -1;
    return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int stream_finish(struct stream *stream) {
    int more = 1;
    while (more > 0 && stream->pipe >= 0 && !stream->truncated) more = stream_drain(stream);
    return more < 0 ? -1 : 0;
}

int stream_take(struct stream *stream) {
    int taken = stream->memfd;
    fcntl(taken, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    stream->memfd = -1;
    return taken;
}

void stream_close(struct stream *stream) {
    io_close(&stream->pipe);
    io_close(&stream->kept_end);
    io_close(&stream->memfd);
}
