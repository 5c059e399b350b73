// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Classification with the published fastText language identification models.
//
// Theory of operation
//   A model file is parsed once, with every size checked, into tables made for speed: vectors of
//   n-grams are decoded, those of each vocabulary word are added up beforehand. A text's features
//   are a sum of vectors, so the features of two texts added are those of both together, and
//   windows of a text cost what the text costs. A model is immutable after loading: any number of
//   threads may use it at once, without a lock. Nothing but loading allocates or fails. The
//   formulas are fastText's (Joulin et al., arXiv 1607.01759 §2, Bojanowski et al., arXiv
//   1607.04606 §3.2); only the order of additions differs, by rounding.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Components of a vector in the published models.
#define CLM_DIMENSIONS 16

/// A loaded model.
typedef struct clm_model clm_model;

/// The features of a text: the sum of its n-grams' vectors, and how many there are.
typedef struct {
    float sum[CLM_DIMENSIONS];
    int32_t count;
} clm_features;

/// Loads a model from the `size` bytes of its file, which are not needed afterwards.
///
/// Accepts supervised models of 16 dimensions with hierarchical softmax and single words, dense or
/// quantized. Returns NULL for anything else, with a sentence of at most `message_size - 1` bytes
/// in `message`.
clm_model *_Nullable clm_load(const void *_Nonnull bytes, size_t size, char *_Nonnull message,
                              size_t message_size);

/// Frees a model that no thread uses any more.
void clm_free(clm_model *_Nullable model);

/// Number of labels.
int32_t clm_label_count(const clm_model *_Nonnull model);

/// Name of a label without its `__label__` prefix; lives as long as the model.
const char *_Nonnull clm_label(const clm_model *_Nonnull model, int32_t label);

/// Adds the features of `size` bytes of words separated by single spaces, as UTF-8.
void clm_add(const clm_model *_Nonnull model, const char *_Nullable words, size_t size,
             clm_features *_Nonnull features);

/// Adds the features of another text.
void clm_add_features(clm_features *_Nonnull features, const clm_features *_Nonnull other);

/// Computes the probability of each label into `probabilities[0 ..< clm_label_count]`.
///
/// Labels below `floor` may be given as 0, which saves time; 0 computes all. Rounding may exceed 1
/// by a few 1e-5.
void clm_probabilities(const clm_model *_Nonnull model, const clm_features *_Nonnull features,
                       float floor, float *_Nonnull probabilities);

#ifdef __cplusplus
}
#endif
