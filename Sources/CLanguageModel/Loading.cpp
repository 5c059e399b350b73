// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

// Reading of fastText's model files, version 12.

#include <cstdio>
#include <exception>
#include <memory>
#include <unordered_map>

#include "Model.h"
#include "ModelReader.h"

using namespace language_model;

namespace {

constexpr int32_t file_magic = 793712314;
constexpr int32_t file_version = 12;
constexpr int32_t hierarchical_softmax = 1;
constexpr int32_t supervised = 3;
constexpr char label_prefix[] = "__label__";
constexpr char line_end_word[] = "</s>";
constexpr int64_t words_max = 1 << 24;

/// The parts of the file that only loading needs.
struct contents {
    int64_t bucket_count = 0;
    int64_t word_count = 0;
    int64_t pruned_count = -1;
    std::vector<std::pair<int32_t, int32_t>> pruned;  // bucket, row behind the words
    std::vector<int64_t> label_counts;
};

void require(bool condition, const char *message) {
    if (!condition) throw std::runtime_error(message);
}

void read_parameters(reader &file, clm_model &model, contents &found) {
    require(file.value<int32_t>() == file_magic, "the file is not a fastText model");
    require(file.value<int32_t>() == file_version, "the model's version is not 12");
    file.count<int32_t>(CLM_DIMENSIONS, CLM_DIMENSIONS, "the number of dimensions");
    for (int i = 0; i < 4; i++) file.value<int32_t>();  // window, epochs, counts: of training
    file.count<int32_t>(1, 1, "the number of words in a feature");
    file.count<int32_t>(hierarchical_softmax, hierarchical_softmax, "the kind of loss");
    file.count<int32_t>(supervised, supervised, "the kind of model");
    found.bucket_count = file.count<int32_t>(1, words_max, "the number of buckets");
    model.buckets.set(static_cast<uint32_t>(found.bucket_count));
    model.min_length = static_cast<int>(file.count<int32_t>(1, 16, "the n-grams' length"));
    model.max_length =
        static_cast<int>(file.count<int32_t>(model.min_length, 16, "the n-grams' length"));
    file.value<int32_t>();
    file.value<double>();
}

void read_dictionary(reader &file, clm_model &model, contents &found) {
    const int64_t size = file.count<int32_t>(1, words_max, "the size of the dictionary");
    found.word_count = file.count<int32_t>(0, size, "the number of words");
    const int64_t label_count = file.count<int32_t>(2, 1 << 16, "the number of labels");
    require(found.word_count + label_count == size, "words and labels do not add up");
    file.value<int64_t>();
    found.pruned_count = file.count<int64_t>(-1, found.bucket_count, "the number of n-grams");
    for (int64_t i = 0; i < size; i++) {
        std::string text = file.text();
        const int64_t occurrences = file.count<int64_t>(0, INT64_MAX, "a word's count");
        const bool is_label = file.value<int8_t>() != 0;
        require(is_label == (i >= found.word_count), "words and labels are not in order");
        if (is_label) {
            if (text.rfind(label_prefix, 0) == 0) text.erase(0, sizeof label_prefix - 1);
            model.labels.push_back(text);
            found.label_counts.push_back(occurrences);
            continue;
        }
        if (text == line_end_word) model.line_end = static_cast<int32_t>(i);
        vocabulary_word word;
        word.offset = static_cast<uint32_t>(model.word_bytes.size());
        word.size = static_cast<uint32_t>(text.size());
        model.word_bytes += text;
        model.words.push_back(word);
    }
    for (int64_t i = 0; i < found.pruned_count; i++) {
        const auto bucket = file.count<int32_t>(0, found.bucket_count - 1, "a bucket");
        const auto row = file.count<int32_t>(0, found.pruned_count - 1, "an n-gram's row");
        found.pruned.emplace_back(bucket, row);
    }
}

/// The centroids of a product quantizer.
struct quantizer {
    int32_t dimensions, parts, part_size, last_part_size;
    std::vector<float> centroids;

    explicit quantizer(reader &file) {
        dimensions = static_cast<int32_t>(file.count<int32_t>(1, 1 << 10, "a quantizer's size"));
        parts = static_cast<int32_t>(file.count<int32_t>(1, dimensions, "a quantizer's parts"));
        part_size = static_cast<int32_t>(file.count<int32_t>(1, dimensions, "a quantizer's part"));
        last_part_size =
            static_cast<int32_t>(file.count<int32_t>(1, part_size, "a quantizer's last part"));
        require((parts - 1) * part_size + last_part_size == dimensions,
                "a quantizer's parts do not add up");
        centroids = file.values<float>(static_cast<size_t>(dimensions) * 256);
    }

    float component(int32_t index, const uint8_t *codes) const {
        const int32_t part = index / part_size;
        const int32_t size = part == parts - 1 ? last_part_size : part_size;
        const size_t start = static_cast<size_t>(part) * 256 * part_size;
        return centroids[start + static_cast<size_t>(codes[part]) * size + index % part_size];
    }
};

void read_quantized_rows(reader &file, clm_model &model) {
    const bool has_norms = file.value<uint8_t>() != 0;
    const int64_t count = file.count<int64_t>(1, words_max * 2, "the number of rows");
    file.count<int64_t>(CLM_DIMENSIONS, CLM_DIMENSIONS, "the rows' dimensions");
    const int64_t code_size = file.count<int32_t>(1, INT32_MAX, "the codes' size");
    const auto codes = file.values<uint8_t>(static_cast<size_t>(code_size));
    const quantizer vectors(file);
    require(vectors.dimensions == CLM_DIMENSIONS && code_size == count * vectors.parts,
            "the codes do not fit the rows");
    std::vector<uint8_t> norm_codes(static_cast<size_t>(count), 0);
    std::vector<float> norms(256, 1);
    if (has_norms) {
        norm_codes = file.values<uint8_t>(static_cast<size_t>(count));
        const quantizer quantized(file);
        require(quantized.dimensions == 1, "a norm is not one number");
        norms = quantized.centroids;
    }
    model.rows.resize(static_cast<size_t>(count));
    for (size_t row = 0; row < model.rows.size(); row++) {
        const uint8_t *code = codes.data() + row * vectors.parts;
        for (int32_t i = 0; i < CLM_DIMENSIONS; i++)
            model.rows[row].part[i / 4][i % 4] =
                norms[norm_codes[row]] * vectors.component(i, code);
    }
}

std::vector<vector16> read_dense_rows(reader &file) {
    const int64_t count = file.count<int64_t>(1, words_max * 2, "the number of rows");
    file.count<int64_t>(CLM_DIMENSIONS, CLM_DIMENSIONS, "the rows' dimensions");
    static_assert(sizeof(vector16) == sizeof(float) * CLM_DIMENSIONS);
    return file.values<vector16>(static_cast<size_t>(count));
}

void index_words(clm_model &model) {
    size_t size = 16;
    while (size < model.words.size() * 3) size *= 2;
    model.word_slots.assign(size, 0);
    for (size_t i = 0; i < model.words.size(); i++) {
        const vocabulary_word &word = model.words[i];
        const char *bytes = model.word_bytes.data() + word.offset;
        uint32_t hash = hash_start;
        for (uint32_t j = 0; j < word.size; j++) hash = hash_step(hash, bytes[j]);
        model.word_slots[find_slot(model, bytes, word.size, hash)] = static_cast<uint32_t>(i + 1);
    }
}

void index_ngrams(clm_model &model, const contents &found) {
    model.first_ngram_row = static_cast<uint32_t>(found.word_count);
    const int64_t kept = found.pruned_count < 0 ? found.bucket_count : found.pruned_count;
    require(static_cast<int64_t>(model.rows.size()) == found.word_count + kept,
            "the rows do not fit the dictionary");
    if (found.pruned_count < 0) return;
    model.present.assign(static_cast<size_t>(found.bucket_count) / 64 + 1, 0);
    size_t size = 16;
    while (size < found.pruned.size() * 2) size *= 2;
    model.row_slots.assign(size, {0, 0});
    for (const auto &[bucket, row] : found.pruned) {
        const auto key = static_cast<uint32_t>(bucket);
        model.present[key / 64] |= uint64_t{1} << (key % 64);
        size_t slot = (key * 2654435769u) & (size - 1);
        while (model.row_slots[slot].row != 0 && model.row_slots[slot].bucket != key)
            slot = (slot + 1) & (size - 1);
        model.row_slots[slot] = {key, static_cast<uint32_t>(found.word_count + row + 1)};
    }
}

void sum_words(clm_model &model) {
    for (size_t i = 0; i < model.words.size(); i++) {
        vocabulary_word &word = model.words[i];
        word.sum = model.rows[i];
        word.features = 1;
        if (static_cast<int32_t>(i) == model.line_end) continue;
        const std::string marked = "<" + model.word_bytes.substr(word.offset, word.size) + ">";
        for_each_ngram(model, marked.data(), marked.size(), [&](uint32_t bucket) {
            const vector16 *row = model.ngram_row(bucket);
            if (row == nullptr) return;
            word.sum.add(*row);
            word.features++;
        });
    }
    if (model.line_end >= 0) model.line_end_row = model.rows[static_cast<size_t>(model.line_end)];
}

/// Builds the Huffman tree over the labels, which are in falling order of their counts.
void build_tree(clm_model &model, const contents &found, const std::vector<vector16> &weights) {
    const auto labels = static_cast<int32_t>(model.labels.size());
    require(weights.size() == model.labels.size(), "the output does not fit the labels");
    std::vector<int64_t> counts(found.label_counts);
    counts.resize(static_cast<size_t>(2 * labels - 1), 1'000'000'000'000'000);
    model.tree.resize(static_cast<size_t>(labels - 1));
    int32_t leaf = labels - 1, inner = labels;
    for (int32_t node = labels; node < 2 * labels - 1; node++) {
        int32_t children[2];
        for (int32_t &child : children)
            child = leaf >= 0 && counts[leaf] < counts[inner] ? leaf-- : inner++;
        require(children[0] < node && children[1] < node, "the labels' counts make no tree");
        counts[node] = counts[children[0]] + counts[children[1]];
        tree_node &made = model.tree[static_cast<size_t>(node - labels)];
        const auto named = [&](int32_t child) { return child < labels ? -1 - child : child - labels; };
        made.left = named(children[0]);
        made.right = named(children[1]);
        made.weights = weights[static_cast<size_t>(node - labels)];
    }
}

std::unique_ptr<clm_model> load(const void *bytes, size_t size) {
    reader file(bytes, size);
    auto model = std::make_unique<clm_model>();
    contents found;
    read_parameters(file, *model, found);
    read_dictionary(file, *model, found);
    if (file.value<uint8_t>() != 0) {
        read_quantized_rows(file, *model);
    } else {
        model->rows = read_dense_rows(file);
    }
    require(file.value<uint8_t>() == 0, "a quantized output is not supported");
    const std::vector<vector16> weights = read_dense_rows(file);
    require(file.at_end(), "the file is longer than its model");
    index_words(*model);
    index_ngrams(*model, found);
    sum_words(*model);
    build_tree(*model, found, weights);
    return model;
}

}  // namespace

clm_model *clm_load(const void *bytes, size_t size, char *message, size_t message_size) {
    try {
        return load(bytes, size).release();
    } catch (const std::exception &error) {
        std::snprintf(message, message_size, "%s", error.what());
    }
    return nullptr;
}

void clm_free(clm_model *model) { delete model; }
