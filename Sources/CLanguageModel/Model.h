// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "CLanguageModel.h"

namespace language_model {

/// Sixteen components that the compiler adds with vector instructions.
struct vector16 {
    typedef float lanes __attribute__((vector_size(16)));
    lanes part[4];

    void add(const vector16 &other) {
        for (int i = 0; i < 4; i++) part[i] += other.part[i];
    }
};

/// FNV-1a as fastText computes it, with bytes taken as signed.
constexpr uint32_t hash_start = 2166136261;
inline uint32_t hash_step(uint32_t hash, char byte) {
    return (hash ^ static_cast<uint32_t>(static_cast<int8_t>(byte))) * 16777619;
}

/// The remainder by a fixed divisor without a division (Lemire et al., arXiv 1902.01961).
struct divisor {
    uint64_t inverse = 0;
    uint32_t value = 1;

    void set(uint32_t divisor) {
        value = divisor;
        inverse = UINT64_MAX / divisor + 1;
    }
    uint32_t remainder(uint32_t number) const {
        return static_cast<uint32_t>(
            (static_cast<unsigned __int128>(inverse * number) * value) >> 64);
    }
};

/// A word of the vocabulary with the features of all its n-grams.
struct vocabulary_word {
    uint32_t offset = 0;  // of its bytes in `word_bytes`
    uint32_t size = 0;
    int32_t features = 0;  // how many vectors the sum holds
    vector16 sum = {};
};

/// A node of the tree of labels; children < 0 are labels, as -1 - label.
struct tree_node {
    int32_t left = 0;
    int32_t right = 0;
    vector16 weights = {};
};

}  // namespace language_model

struct clm_model {
    std::vector<std::string> labels;

    // Vocabulary: open addressing by hash; slot = 1 + word, 0 = free.
    std::string word_bytes;
    std::vector<language_model::vocabulary_word> words;
    std::vector<uint32_t> word_slots;
    int32_t line_end = -1;  // word that ends every text
    language_model::vector16 line_end_row = {};

    // n-grams by bucket.
    int min_length = 0;
    int max_length = 0;
    language_model::divisor buckets;
    std::vector<uint64_t> present;  // one bit a bucket; empty where every bucket has a row
    struct slot {
        uint32_t bucket;
        uint32_t row;  // 1 + row, 0 = free
    };
    std::vector<slot> row_slots;
    std::vector<language_model::vector16> rows;  // words' own, then n-grams'
    uint32_t first_ngram_row = 0;

    std::vector<language_model::tree_node> tree;

    /// The vector of an n-gram, or null where the model keeps none.
    const language_model::vector16 *ngram_row(uint32_t bucket) const;
};

namespace language_model {

/// Calls `body` with the bucket of each n-gram of `word`, which has its end marks `<` and `>`.
template <typename Body>
inline void for_each_ngram(const clm_model &model, const char *word, size_t size, Body body) {
    for (size_t start = 0; start < size; start++) {
        if ((word[start] & 0xc0) == 0x80) continue;
        uint32_t hash = hash_start;
        size_t end = start;
        for (int length = 1; end < size && length <= model.max_length; length++) {
            hash = hash_step(hash, word[end++]);
            while (end < size && (word[end] & 0xc0) == 0x80) hash = hash_step(hash, word[end++]);
            const bool is_mark = length == 1 && (start == 0 || end == size);
            if (length >= model.min_length && !is_mark) body(model.buckets.remainder(hash));
        }
    }
}

/// Where a word's slot is, or would be.
size_t find_slot(const clm_model &model, const char *word, size_t size, uint32_t hash);

}  // namespace language_model
