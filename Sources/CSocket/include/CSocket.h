// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Socket and epoll calls whose structs or macros Swift cannot import.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// Opens a non-blocking, close-on-exec TCP socket that listens on `host` and `port` ("0": any).
/// Accepted sockets inherit keep-alive probes after 30 s of silence.
/// Returns the descriptor, or -1 with `*resolve_error` (a getaddrinfo code) or else errno set.
int csock_listen(const char *_Nonnull host, const char *_Nonnull port, int backlog,
                 int *_Nonnull resolve_error);

/// Local port of a bound socket, or -1 with errno set.
int csock_port(int fd);

/// Bytes the peer has acknowledged since the connection began, and bytes that are still in the
/// send queue. Returns 0, or -1 with errno set.
int csock_progress(int fd, uint64_t *_Nonnull acknowledged, uint32_t *_Nonnull queued);

/// A second descriptor (close-on-exec) of the same socket, or -1 with errno set.
int csock_duplicate(int fd);

/// Reads and drops at most 1 MiB without waiting. Returns the number of bytes dropped, 0 at the end
/// of the stream or on an error, -1 if nothing is there yet.
long csock_discard(int fd);

/// Sends without waiting and without SIGPIPE; returns the bytes taken, or -1 with errno set.
long csock_send(int fd, const void *_Nonnull bytes, size_t size);

/// A close-on-exec epoll descriptor, or -1 with errno set.
int csock_epoll(void);

/// What `csock_watch` waits for.
enum csock_interest {
    CSOCK_HANGUP,    ///< once: the peer closed or half-closed, or the connection failed
    CSOCK_READABLE,  ///< every time: bytes, end of stream or an error wait
};

/// Adds `fd`, or changes what is waited for if it is there already; `id` comes back in the event.
/// Returns 0, or -1 with errno set.
int csock_watch(int epoll_fd, int fd, uint64_t id, enum csock_interest interest);

/// Waits at most `timeout_ms` (-1: for ever) and writes the ids of events. Returns their number,
/// 0 when interrupted, or -1 with errno set.
int csock_wait(int epoll_fd, uint64_t *_Nonnull ids, int capacity, int timeout_ms);

/// A close-on-exec, non-blocking eventfd, or -1 with errno set.
int csock_event(void);

/// Makes an eventfd readable. Never fails for a valid descriptor.
void csock_signal(int event_fd);

/// Makes an eventfd unreadable again.
void csock_clear(int event_fd);
