// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

int io_write_at(int directory, const char *name, const char *text) {
    int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t written = write(fd, text, strlen(text));
    int kept = errno;
    close(fd);
    errno = kept;
    return written < 0 ? -1 : 0;
}

int io_write_number(int directory, const char *name, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return io_write_at(directory, name, text);
}

ssize_t io_read_at(int directory, const char *name, char *buffer, size_t capacity) {
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    size_t length = 0;
    ssize_t got = 1;
    while (length + 1 < capacity && (got = read(fd, buffer + length, capacity - 1 - length)) > 0)
        length += (size_t)got;
    int kept = errno;
    close(fd);
    errno = kept;
    if (got < 0) return -1;
    buffer[length] = 0;
    return (ssize_t)length;
}

void io_close(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

uint64_t io_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void io_log(const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    if ((size_t)length > sizeof text - 2) length = (int)sizeof text - 2;
    dprintf(STDERR_FILENO, "assay-sandbox: %.*s\n", length, text);
}
