// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Thin wrappers for what Swift cannot call: GNU extensions that the Glibc module hides.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Names the calling thread for `top -H`; at most 15 bytes are kept. Never fails.
void csys_set_thread_name(const char *_Nonnull name);

/// Notes that the calling thread may wait in system calls: no other work depends on it.
void csys_let_thread_block(void);

/// Whether `csys_let_thread_block` was called on this thread.
bool csys_thread_may_block(void);

/// The CPU that the calling thread is on, or -1.
int csys_processor(void);

/// Lets the first thread of `process` run on one CPU only. Returns 0 or an error number.
int csys_bind_process(pid_t process, int processor);

/// First occurrence of `needle` in `haystack`, or NULL; an empty needle is found at once.
const void *_Nullable csys_find(const void *_Nonnull haystack, size_t haystack_size,
                                const void *_Nonnull needle, size_t needle_size);

/// Path of the executable or shared object that this code is linked into, or NULL.
/// The string lives as long as the process.
const char *_Nullable csys_own_image_path(void);

/// Number of cores that this process may use; at least 1.
int csys_usable_cores(void);

/// Gives up root for good: all groups and ids become `id`, and no program started later can gain
/// privileges. The process stays readable to itself under /proc. Returns 0, or errno.
int csys_drop_privileges(unsigned int id);

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t csys_monotonic_nanoseconds(void);

/// Adds "close every descriptor from `first` on" to a `posix_spawn_file_actions_t`, which Swift's
/// Glibc module cannot see. Returns 0 or an error number.
int csys_spawn_close_from(void *_Nonnull actions, int first);

/// A pipe whose ends no started program inherits: pipe2, which Swift's Glibc module hides. Returns 0, or
/// -1 with errno set.
int csys_pipe(int ends[_Nonnull 2]);

/// Routes signals into a pipe: each one that arrives becomes one byte, its number. The handler does
/// nothing else. Blocking the signals and using sigwait would not do: libdispatch parks the main
/// thread of an async program in sigsuspend with an empty mask, where they would kill the process.
/// Returns the close-on-exec read end, blocking, or -1 with errno set. A later call for the same
/// signal takes it over.
int csys_catch_signals(const int *_Nonnull signals, size_t count);

/// Makes malloc map blocks of at least `bytes` and unmap them when freed, for the whole process.
/// Returns 0 if the C library does not know the setting.
int csys_map_blocks_from(int bytes);

/// Opens an empty file of `directory` that no path leads to and that ends with its descriptor, for
/// reading and writing, close-on-exec. Returns the descriptor, or minus an error number.
int csys_unnamed_file(const char *_Nonnull directory);
