// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include "CFastText.h"

#include <fasttext/fasttext.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <istream>
#include <memory>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

namespace {

// First eight bytes of a model file, little-endian (fasttext.cc of 0.9.2).
constexpr int32_t file_magic = 793712314;
constexpr int32_t newest_version = 12;
constexpr size_t header_size = 8;

const char label_prefix[] = "__label__";

/// Reads given bytes in place.
class byte_view : public std::streambuf {
  public:
    byte_view(const char *bytes, size_t size) {
        char *start = const_cast<char *>(bytes);  // streambuf has no const interface; never written
        setg(start, start, start + size);
    }
};

/// Vectors that a thread keeps between predictions, so that they are not allocated each time.
struct scratch {
    std::vector<int32_t> words;
    std::vector<int32_t> labels;
    fasttext::Predictions predictions;
};

thread_local scratch thread_scratch;

// A hostile text must not pin its memory to the thread for ever: 4 MiB of word indices.
constexpr size_t words_kept = 1 << 20;

void check_header(const char *bytes, size_t size) {
    int32_t header[2];
    if (size < header_size) throw std::runtime_error("the file is shorter than its header");
    std::memcpy(header, bytes, header_size);
    if (header[0] != file_magic) throw std::runtime_error("the file is not a fastText model");
    if (header[1] > newest_version) throw std::runtime_error("the model's version is too new");
}

}  // namespace

struct cft_model {
    fasttext::FastText engine;
    std::shared_ptr<const fasttext::Dictionary> dictionary;
    std::vector<std::string> labels;
    int32_t end_of_line = -1;
};

static std::unique_ptr<cft_model> load(const char *bytes, size_t size) {
    check_header(bytes, size);
    auto model = std::make_unique<cft_model>();
    byte_view view(bytes + header_size, size - header_size);
    std::istream stream(&view);
    stream.exceptions(std::ios::failbit | std::ios::badbit | std::ios::eofbit);
    model->engine.loadModel(stream);
    model->dictionary = model->engine.getDictionary();
    model->end_of_line = model->dictionary->getId(fasttext::Dictionary::EOS);
    for (int32_t label = 0; label < model->dictionary->nlabels(); label++) {
        std::string name = model->dictionary->getLabel(label);
        if (name.rfind(label_prefix, 0) == 0) name.erase(0, sizeof label_prefix - 1);
        model->labels.push_back(name);
    }
    return model;
}

cft_model *cft_load(const void *bytes, size_t size, char *message, size_t message_size) {
    try {
        return load(static_cast<const char *>(bytes), size).release();
    } catch (const std::exception &error) {
        std::snprintf(message, message_size, "%s", error.what());
    } catch (...) {
        std::snprintf(message, message_size, "fastText threw an unknown exception");
    }
    return nullptr;
}

void cft_free(cft_model *model) { delete model; }

int32_t cft_label_count(const cft_model *model) {
    return static_cast<int32_t>(model->labels.size());
}

const char *cft_label(const cft_model *model, int32_t label) {
    return model->labels.at(static_cast<size_t>(label)).c_str();
}

static int32_t predict(const cft_model *model, const char *text, size_t size,
                       cft_prediction *predictions, int32_t capacity) {
    scratch &kept = thread_scratch;
    byte_view view(text, size);
    std::istream stream(&view);
    kept.predictions.clear();
    model->dictionary->getLine(stream, kept.words, kept.labels);
    if (model->end_of_line >= 0) kept.words.push_back(model->end_of_line);
    model->engine.predict(capacity, kept.words, kept.predictions, 0.0F);
    int32_t count = 0;
    for (const auto &[log_probability, label] : kept.predictions) {
        if (count == capacity) break;
        predictions[count].label = label;
        predictions[count].probability = std::exp(log_probability);
        count++;
    }
    if (kept.words.capacity() > words_kept) std::vector<int32_t>().swap(kept.words);
    return count;
}

int32_t cft_predict(const cft_model *model, const char *text, size_t size,
                    cft_prediction *predictions, int32_t capacity) {
    if (capacity <= 0) return 0;
    try {
        return predict(model, text, size, predictions, capacity);
    } catch (...) {
        return -1;  // getLine and predict only throw std::bad_alloc
    }
}
