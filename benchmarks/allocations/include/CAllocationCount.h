// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Counts the heap allocations of a benchmark.
//
// Theory of operation
//   A program that defines malloc and its relatives uses them everywhere instead of glibc's, the
//   Swift runtime's calls included (glibc manual §3.2.5, "Replacing malloc"). These count the call
//   and pass it on to glibc's own entry points, so that memory from either may be freed by either.

#pragma once

/// Heap allocations and reallocations of all threads since the program began.
unsigned long allocation_count(void);
