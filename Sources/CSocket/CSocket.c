// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Theory of operation: stateless wrappers; every descriptor belongs to the caller. Nothing here
// waits except csock_wait, and csock_listen while a host name is resolved.

#include "CSocket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/// Options that accepted sockets inherit, and a quick restart on the same port.
static int set_listen_options(int fd) {
    const struct {
        int level, name, value;
    } options[] = {
        {SOL_SOCKET, SO_REUSEADDR, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 30},  // seconds of silence before the first probe
        {IPPROTO_TCP, TCP_KEEPINTVL, 10}, // seconds between probes
        {IPPROTO_TCP, TCP_KEEPCNT, 3},    // lost probes until the peer counts as gone
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                       sizeof options[i].value) != 0) {
            return -1;
        }
    }
    return 0;
}

static int listen_on(const struct addrinfo *address, int backlog) {
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (set_listen_options(fd) != 0 || bind(fd, address->ai_addr, address->ai_addrlen) != 0 ||
        listen(fd, backlog) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int csock_listen(const char *host, const char *port, int backlog, int *resolve_error) {
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    *resolve_error = getaddrinfo(host, port, &hints, &found);
    if (*resolve_error != 0) {
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *one = found; one && fd < 0; one = one->ai_next) {
        fd = listen_on(one, backlog);
    }
    int saved = errno;
    freeaddrinfo(found);
    errno = saved;
    return fd;
}

int csock_port(int fd) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) != 0) {
        return -1;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

int csock_progress(int fd, uint64_t *acknowledged, uint32_t *queued) {
    struct tcp_info info;
    memset(&info, 0, sizeof info);
    socklen_t size = sizeof info;
    int unsent = 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        ioctl(fd, SIOCOUTQ, &unsent) != 0) {
        return -1;
    }
    *acknowledged = info.tcpi_bytes_acked;
    *queued = (uint32_t)unsent;
    return 0;
}

int csock_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

long csock_discard(int fd) {
    const long limit = 1 << 20;
    char sink[16384];
    long dropped = 0;
    while (dropped < limit) {
        ssize_t count = recv(fd, sink, sizeof sink, MSG_DONTWAIT);
        if (count > 0) {
            dropped += count;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return dropped > 0 ? dropped : -1;
        } else {
            return 0;
        }
    }
    return dropped;
}

long csock_send(int fd, const void *bytes, size_t size) {
    return send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int csock_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int csock_watch(int epoll_fd, int fd, uint64_t id, enum csock_interest interest) {
    struct epoll_event event = {.data.u64 = id};
    // EPOLLIN is left out for hang-ups on purpose: pipelined bytes would hide them.
    event.events = interest == CSOCK_READABLE ? EPOLLIN | EPOLLRDHUP
                                              : EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLONESHOT;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) == 0) {
        return 0;
    }
    return errno == ENOENT ? epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) : -1;
}

int csock_wait(int epoll_fd, uint64_t *ids, int capacity, int timeout_ms) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll_fd, events, capacity < 64 ? capacity : 64, timeout_ms);
    if (count < 0) {
        return errno == EINTR ? 0 : -1;
    }
    for (int i = 0; i < count; i++) {
        ids[i] = events[i].data.u64;
    }
    return count;
}

int csock_event(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void csock_signal(int event_fd) {
    // The only failure is a full counter, and then it is readable already.
    eventfd_write(event_fd, 1);
}

void csock_clear(int event_fd) {
    eventfd_t value;
    eventfd_read(event_fd, &value);
}
