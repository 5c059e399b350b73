// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Thin wrappers for what Swift cannot call: GNU extensions that the Glibc module hides.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// Names the calling thread for `top -H`; at most 15 bytes are kept. Never fails.
void csys_set_thread_name(const char *_Nonnull name);

/// First occurrence of `needle` in `haystack`, or NULL; an empty needle is found at once.
const void *_Nullable csys_find(const void *_Nonnull haystack, size_t haystack_size,
                                const void *_Nonnull needle, size_t needle_size);

/// Path of the executable or shared object that this code is linked into, or NULL.
/// The string lives as long as the process.
const char *_Nullable csys_own_image_path(void);

/// Number of cores that this process may use; at least 1.
int csys_usable_cores(void);

/// From now on each arrival of `signal_number` writes that number, one byte, to `descriptor`.
/// A signal mask would not do: libdispatch's main thread waits with all signals unblocked.
/// Returns 0, or errno.
int csys_signal_to_descriptor(int signal_number, int descriptor);

/// Gives up root for good: all groups and ids become `id`, and no program started later can gain
/// privileges. The process stays readable to itself under /proc. Returns 0, or errno.
int csys_drop_privileges(unsigned int id);

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t csys_monotonic_nanoseconds(void);

/// Adds "close every descriptor from `first` on" to a `posix_spawn_file_actions_t`, which Swift's
/// Glibc module cannot see. Returns 0 or an error number.
int csys_spawn_close_from(void *_Nonnull actions, int first);
