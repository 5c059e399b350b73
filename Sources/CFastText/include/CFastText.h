// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// fastText classification (libfasttext 0.9.2) for callers that cannot catch C++ exceptions.
//
// Theory of operation
//   A `cft_model` is made once from the bytes of a model file and is immutable afterwards: any
//   number of threads may predict with it at once, without a lock. The scratch vectors of a
//   prediction belong to the calling thread and are reused. No C++ exception leaves this file:
//   each becomes a non-zero return value and a message. Input bytes are read in place.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A loaded model.
typedef struct cft_model cft_model;

/// One label of a prediction.
typedef struct {
    int32_t label;      ///< in `0 ..< cft_label_count`
    float probability;  ///< in `0 ... 1`; softmax rounding may exceed 1 by a few 1e-5
} cft_prediction;

/// Loads a supervised fastText model from the `size` bytes of its file.
///
/// The bytes are not needed afterwards. They must come from a trusted file: fastText does not
/// check the sizes that a model file announces. Returns NULL when loading fails, with a sentence
/// of at most `message_size - 1` bytes in `message`.
cft_model *_Nullable cft_load(const void *_Nonnull bytes, size_t size, char *_Nonnull message,
                              size_t message_size);

/// Frees a model that no thread uses any more.
void cft_free(cft_model *_Nullable model);

/// Number of labels.
int32_t cft_label_count(const cft_model *_Nonnull model);

/// Name of a label without its `__label__` prefix; lives as long as the model.
const char *_Nonnull cft_label(const cft_model *_Nonnull model, int32_t label);

/// Predicts the likeliest labels of one line of UTF-8 text, best first.
///
/// Reads `text` up to its first newline or its end; the end counts as a newline, as it does in
/// fastText's own bindings. Writes at most `capacity` predictions and returns their number, or
/// -1 when fastText fails (out of memory).
int32_t cft_predict(const cft_model *_Nonnull model, const char *_Nullable text, size_t size,
                    cft_prediction *_Nonnull predictions, int32_t capacity);

#ifdef __cplusplus
}
#endif
