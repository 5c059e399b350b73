// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Inline wrappers for what Swift cannot call in libmicrohttpd: variadic functions and unions.

#pragma once

#include <microhttpd.h>
#include <stddef.h>
#include <string.h>

/// Everything the daemon is started with. All callbacks run on the daemon's own threads.
struct cmhd_settings {
    void *_Nonnull context;       ///< first argument of every callback
    int listen_fd;                ///< bound and listening; the daemon closes it, also on failure
    unsigned int threads;         ///< polling threads, >= 1
    unsigned int connection_limit;
    size_t connection_memory_bytes;  ///< request line + headers + send buffer of one connection
    MHD_AccessHandlerCallback _Nonnull on_access;
    MHD_RequestCompletedCallback _Nonnull on_completed;
    MHD_NotifyConnectionCallback _Nonnull on_connection;
    /// Gets the request target before it is split and unescaped; returns the request's context.
    void *_Nullable (*_Nonnull on_target)(void *_Nullable context, const char *_Nullable target,
                                          struct MHD_Connection *_Nullable connection);
};

/// Starts the daemon (variadic in C); NULL when it could not start.
/// Timeouts are off: the sweeper of HTTPServer has absolute ones, MHD's are per inactivity.
static inline struct MHD_Daemon *_Nullable cmhd_start(
    const struct cmhd_settings *_Nonnull s) {
    // A pool of one thread is refused by the library, so the option is left out then.
    enum MHD_OPTION pool = s->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END;
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        s->on_access, s->context, MHD_OPTION_LISTEN_SOCKET, s->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, s->connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        s->connection_memory_bytes, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_NOTIFY_COMPLETED, s->on_completed, s->context, MHD_OPTION_NOTIFY_CONNECTION,
        s->on_connection, s->context, MHD_OPTION_URI_LOG_CALLBACK, s->on_target, s->context, pool,
        s->threads, MHD_OPTION_END);
}

/// Empties the query of a target, which lies in the connection's own writable memory: `on_target`
/// sees it right before the library would split it into arguments. Nobody reads those, and when they
/// do not fit into the connection's memory, 0.9.75 forgets its own error response and the client
/// hears nothing.
static inline void cmhd_drop_query(const char *_Nonnull target) {
    char *mark = strchr((char *)target, '?');
    if (mark) {
        mark[1] = '\0';
    }
}

/// The connection's socket, or -1 (variadic and a union in C).
static inline int cmhd_socket(struct MHD_Connection *_Nonnull connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// What `on_connection` stored for the connection, or NULL (variadic and a union in C).
static inline void *_Nullable cmhd_socket_context(struct MHD_Connection *_Nonnull connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}
