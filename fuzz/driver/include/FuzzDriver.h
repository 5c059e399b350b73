// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The part of libFuzzer's interface that a Swift executable starts it with. The library itself is
// linked by `-sanitize=fuzzer`; see scripts/fuzz.

#pragma once

#include <stddef.h>
#include <stdint.h>

/// Tries one input of `size` bytes; returns 0. A trap or a sanitizer's report is a finding.
typedef int (*fuzz_test)(const uint8_t *_Nullable bytes, size_t size);

/// Runs `test` on inputs made from the corpus folders in `arguments` until a limit given there.
/// Returns the exit status of the process.
int LLVMFuzzerRunDriver(int *_Nonnull count, char *_Nullable *_Nonnull *_Nonnull arguments,
                        fuzz_test _Nonnull test);

/// Runs `test` as the whole program; returns the exit status.
static inline int fuzz_run(int count, char *_Nullable *_Nonnull arguments,
                           fuzz_test _Nonnull test) {
    return LLVMFuzzerRunDriver(&count, &arguments, test);
}
