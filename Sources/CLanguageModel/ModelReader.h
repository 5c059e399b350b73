// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace language_model {

/// Reads a model file from memory and throws where it ends early or claims absurd sizes.
class reader {
  public:
    reader(const void *bytes, size_t size)
        : next_(static_cast<const char *>(bytes)), left_(size) {}

    template <typename Value>
    Value value() {
        Value result;
        std::memcpy(&result, take(sizeof(Value)), sizeof(Value));
        return result;
    }

    /// A number that must lie in `low ... high`.
    template <typename Value>
    int64_t count(int64_t low, int64_t high, const char *what) {
        const int64_t found = value<Value>();
        if (found < low || found > high)
            throw std::runtime_error(std::string(what) + " is out of range");
        return found;
    }

    template <typename Value>
    std::vector<Value> values(size_t count) {
        if (count > left_ / sizeof(Value)) throw std::runtime_error("the file ends early");
        std::vector<Value> result(count);
        if (count > 0) std::memcpy(result.data(), take(count * sizeof(Value)), count * sizeof(Value));
        return result;
    }

    /// A text that ends with a NUL byte.
    std::string text() {
        const void *end = std::memchr(next_, 0, left_);
        if (end == nullptr) throw std::runtime_error("the file ends early");
        std::string result(next_, static_cast<const char *>(end));
        take(result.size() + 1);
        return result;
    }

    bool at_end() const { return left_ == 0; }

  private:
    const char *take(size_t size) {
        if (size > left_) throw std::runtime_error("the file ends early");
        const char *result = next_;
        next_ += size;
        left_ -= size;
        return result;
    }

    const char *next_;
    size_t left_;
};

}  // namespace language_model
