// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Features and probabilities; nothing here allocates, fails or writes to the model.

#include <cmath>
#include <cstring>

#include "Model.h"

using namespace language_model;

namespace {

/// Longest word whose n-grams are read with its end marks in one buffer; longer ones are cut, so
/// that text without spaces costs no copy of its own.
constexpr size_t word_size_max = 256;

void add_word(const clm_model &model, const char *word, size_t size, uint32_t hash, vector16 &sum,
              int32_t &count) {
    const uint32_t slot = model.word_slots[find_slot(model, word, size, hash)];
    if (slot != 0) {
        const vocabulary_word &known = model.words[slot - 1];
        sum.add(known.sum);
        count += known.features;
        return;
    }
    char marked[word_size_max + 2];
    marked[0] = '<';
    std::memcpy(marked + 1, word, size);
    marked[size + 1] = '>';
    for_each_ngram(model, marked, size + 2, [&](uint32_t bucket) {
        const vector16 *row = model.ngram_row(bucket);
        if (row == nullptr) return;
        sum.add(*row);
        count++;
    });
}

/// fastText adds 1e-5 to each factor, so that no logarithm is infinite.
constexpr float factor_offset = 1e-5F;

void descend(const clm_model &model, const vector16 &hidden, int32_t node, float probability,
             float floor, float *probabilities) {
    while (node >= 0) {
        const tree_node &inner = model.tree[static_cast<size_t>(node)];
        vector16::lanes products = {0, 0, 0, 0};
        for (int i = 0; i < 4; i++) products += inner.weights.part[i] * hidden.part[i];
        const float score = (products[0] + products[1]) + (products[2] + products[3]);
        const float right = 1 / (1 + std::exp(-score));
        const float to_left = probability * (1 - right + factor_offset);
        const float to_right = probability * (right + factor_offset);
        if (to_left >= floor) descend(model, hidden, inner.left, to_left, floor, probabilities);
        if (to_right < floor) return;
        node = inner.right;
        probability = to_right;
    }
    probabilities[-1 - node] = probability;
}

}  // namespace

const vector16 *clm_model::ngram_row(uint32_t bucket) const {
    if (present.empty()) return &rows[first_ngram_row + bucket];
    if ((present[bucket / 64] >> (bucket % 64) & 1) == 0) return nullptr;
    const size_t mask = row_slots.size() - 1;
    size_t index = (bucket * 2654435769u) & mask;
    while (row_slots[index].bucket != bucket || row_slots[index].row == 0)
        index = (index + 1) & mask;
    return &rows[row_slots[index].row - 1];
}

size_t language_model::find_slot(const clm_model &model, const char *word, size_t size,
                                 uint32_t hash) {
    const size_t mask = model.word_slots.size() - 1;
    size_t index = (hash ^ hash >> 15) & mask;
    while (model.word_slots[index] != 0) {
        const vocabulary_word &known = model.words[model.word_slots[index] - 1];
        if (known.size == size &&
            std::memcmp(model.word_bytes.data() + known.offset, word, size) == 0)
            break;
        index = (index + 1) & mask;
    }
    return index;
}

int32_t clm_label_count(const clm_model *model) {
    return static_cast<int32_t>(model->labels.size());
}

const char *clm_label(const clm_model *model, int32_t label) {
    return model->labels.at(static_cast<size_t>(label)).c_str();
}

void clm_add(const clm_model *model, const char *words, size_t size, clm_features *features) {
    vector16 sum;
    std::memcpy(&sum, features->sum, sizeof sum);
    size_t position = 0;
    while (position < size) {
        if (words[position] == ' ') {
            position++;
            continue;
        }
        const size_t start = position;
        uint32_t hash = hash_start;
        while (position < size && words[position] != ' ' && position - start < word_size_max)
            hash = hash_step(hash, words[position++]);
        // A cut never splits a character.
        while (position < size && (words[position] & 0xc0) == 0x80 && position > start) position--;
        if (position == start) position = start + word_size_max;
        add_word(*model, words + start, position - start, hash, sum, features->count);
    }
    std::memcpy(features->sum, &sum, sizeof sum);
}

void clm_add_features(clm_features *features, const clm_features *other) {
    for (int i = 0; i < CLM_DIMENSIONS; i++) features->sum[i] += other->sum[i];
    features->count += other->count;
}

void clm_probabilities(const clm_model *model, const clm_features *features, float floor,
                       float *probabilities) {
    vector16 hidden;
    std::memcpy(&hidden, features->sum, sizeof hidden);
    int32_t count = features->count;
    if (model->line_end >= 0) {
        hidden.add(model->line_end_row);
        count++;
    }
    const float scale = count > 0 ? 1 / static_cast<float>(count) : 0;
    for (auto &part : hidden.part) part *= scale;
    for (size_t label = 0; label < model->labels.size(); label++) probabilities[label] = 0;
    descend(*model, hidden, static_cast<int32_t>(model->tree.size()) - 1, 1, floor, probabilities);
}
