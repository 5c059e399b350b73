// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0

#include "CJSONTape.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "Scan.hpp"

namespace {

// Spans are 32-bit; the largest body accepted anywhere is 64 MiB.
constexpr size_t max_body_size = size_t{1} << 30;
constexpr uint32_t escaped_flag = 1u << 8;
// Up to this many keys an object is checked pair by pair; above, by sorting.
constexpr size_t pairwise_keys_max = 12;

struct Span {
    const uint8_t *bytes;
    uint32_t size;

    bool operator<(const Span &other) const {
        if (size != other.size) return size < other.size;
        return memcmp(bytes, other.bytes, size) < 0;
    }
    bool operator==(const Span &other) const {
        return size == other.size && memcmp(bytes, other.bytes, size) == 0;
    }
};

class Parser {
public:
    Parser(const uint8_t *body, size_t size, cjt_tape *tape)
        : begin_(body), end_(body + size), next_(body), tape_(tape) {}

    bool run() {
        skip_space();
        if (next_ == end_) return fail(CJT_EMPTY, next_);
        if (!value()) return false;
        while (depth_ > 0) {
            if (!container_step()) return false;
        }
        skip_space();
        return next_ == end_ || fail(CJT_TRAILING, next_);
    }

private:
    struct Frame {
        uint32_t entry;
        bool is_object;
    };

    const uint8_t *begin_, *end_, *next_;
    cjt_tape *tape_;
    size_t capacity_ = 0;
    uint8_t *text_end_ = nullptr;
    Frame frames_[CJT_MAX_DEPTH];
    size_t depth_ = 0;
    std::vector<Span> keys_;

    bool fail(int error, const uint8_t *where) {
        tape_->error = error;
        tape_->error_offset = size_t(where - begin_);
        return false;
    }

    void skip_space() {
        while (next_ < end_ &&
               (*next_ == ' ' || *next_ == '\n' || *next_ == '\r' || *next_ == '\t')) {
            ++next_;
        }
    }

    cjt_entry *push(uint32_t kind, const uint8_t *start) {
        if (tape_->entry_count == capacity_) {
            if (capacity_ >= CJT_MAX_VALUES) {
                fail(CJT_TOO_MANY_VALUES, start);
                return nullptr;
            }
            size_t grown = capacity_ == 0 ? 64 : capacity_ * 2;
            void *memory = realloc(tape_->entries, grown * sizeof(cjt_entry));
            if (memory == nullptr) {
                fail(CJT_OUT_OF_MEMORY, start);
                return nullptr;
            }
            tape_->entries = static_cast<cjt_entry *>(memory);
            capacity_ = grown;
        }
        cjt_entry *entry = &tape_->entries[tape_->entry_count++];
        *entry = {uint32_t(start - begin_), 0, kind, 0, 0};
        return entry;
    }

    // Reads a scalar, or opens a container, whose members `container_step` then reads.
    bool value() {
        if (next_ == end_) return fail(CJT_UNEXPECTED_END, next_);
        switch (*next_) {
            case '"': return string();
            case '{': return open(CJT_OBJECT);
            case '[': return open(CJT_ARRAY);
            case 't': return literal("true", 4, CJT_TRUE);
            case 'f': return literal("false", 5, CJT_FALSE);
            case 'n': return literal("null", 4, CJT_NULL);
            default: return number();
        }
    }

    bool open(uint32_t kind) {
        if (depth_ == CJT_MAX_DEPTH) return fail(CJT_TOO_DEEP, next_);
        if (push(kind, next_) == nullptr) return false;
        frames_[depth_++] = {uint32_t(tape_->entry_count - 1), kind == CJT_OBJECT};
        ++next_;
        return true;
    }

    // Reads the next member or element of the innermost container, or its end.
    bool container_step() {
        Frame frame = frames_[depth_ - 1];
        uint8_t closing = frame.is_object ? '}' : ']';
        bool is_first = tape_->entries[frame.entry].count == 0;
        skip_space();
        if (next_ == end_) return fail(CJT_UNEXPECTED_END, next_);
        if (*next_ == closing) return close(frame);
        if (!is_first) {
            if (*next_ != ',') return fail(CJT_UNEXPECTED, next_);
            ++next_;
            skip_space();
        }
        tape_->entries[frame.entry].count += 1;
        return (!frame.is_object || key()) && value();
    }

    bool key() {
        if (next_ == end_) return fail(CJT_UNEXPECTED_END, next_);
        if (*next_ != '"') return fail(CJT_UNEXPECTED, next_);
        if (!string()) return false;
        skip_space();
        if (next_ == end_) return fail(CJT_UNEXPECTED_END, next_);
        if (*next_ != ':') return fail(CJT_UNEXPECTED, next_);
        ++next_;
        skip_space();
        return true;
    }

    bool close(Frame frame) {
        ++next_;
        --depth_;
        cjt_entry &entry = tape_->entries[frame.entry];
        entry.link = uint32_t(tape_->entry_count);
        entry.raw_size = uint32_t(next_ - begin_) - entry.raw_offset;
        return !frame.is_object || entry.count < 2 || keys_are_unique(frame.entry);
    }

    Span text_of(const cjt_entry &entry) const {
        const uint8_t *base = (entry.kind & escaped_flag) ? tape_->text : begin_;
        return {base + entry.link, entry.count};
    }

    size_t after(size_t index) const {
        const cjt_entry &entry = tape_->entries[index];
        uint32_t kind = entry.kind & 0xff;
        return kind == CJT_ARRAY || kind == CJT_OBJECT ? entry.link : index + 1;
    }

    bool keys_are_unique(uint32_t object) {
        keys_.clear();
        const cjt_entry &entry = tape_->entries[object];
        for (size_t index = object + 1; index < entry.link; index = after(index + 1)) {
            keys_.push_back(text_of(tape_->entries[index]));
        }
        const uint8_t *where = begin_ + entry.raw_offset;
        if (keys_.size() > pairwise_keys_max) {
            std::sort(keys_.begin(), keys_.end());
            bool is_unique = std::adjacent_find(keys_.begin(), keys_.end()) == keys_.end();
            return is_unique || fail(CJT_DUPLICATE_KEY, where);
        }
        for (size_t i = 1; i < keys_.size(); ++i) {
            for (size_t j = 0; j < i; ++j) {
                if (keys_[i] == keys_[j]) return fail(CJT_DUPLICATE_KEY, where);
            }
        }
        return true;
    }

    bool literal(const char *word, size_t size, uint32_t kind) {
        if (size_t(end_ - next_) < size || memcmp(next_, word, size) != 0) {
            return fail(CJT_UNEXPECTED, next_);
        }
        cjt_entry *entry = push(kind, next_);
        if (entry == nullptr) return false;
        entry->raw_size = uint32_t(size);
        next_ += size;
        return true;
    }

    static bool is_digit(const uint8_t *at, const uint8_t *end) {
        return at < end && *at >= '0' && *at <= '9';
    }

    // RFC 8259 §6: [-] (0 | 1-9 digits) [. digits] [e [+-] digits]
    bool number() {
        const uint8_t *at = next_;
        if (at < end_ && *at == '-') ++at;
        if (!is_digit(at, end_)) return fail(at == next_ ? CJT_UNEXPECTED : CJT_BAD_NUMBER, next_);
        if (*at == '0') {
            ++at;
        } else {
            while (is_digit(at, end_)) ++at;
        }
        if (at < end_ && *at == '.') {
            if (!is_digit(++at, end_)) return fail(CJT_BAD_NUMBER, next_);
            while (is_digit(at, end_)) ++at;
        }
        if (at < end_ && (*at == 'e' || *at == 'E')) {
            ++at;
            if (at < end_ && (*at == '+' || *at == '-')) ++at;
            if (!is_digit(at, end_)) return fail(CJT_BAD_NUMBER, next_);
            while (is_digit(at, end_)) ++at;
        }
        if (is_digit(at, end_)) return fail(CJT_BAD_NUMBER, next_);  // "01"
        cjt_entry *entry = push(CJT_NUMBER, next_);
        if (entry == nullptr) return false;
        entry->raw_size = uint32_t(at - next_);
        next_ = at;
        return true;
    }

    bool string() {
        const uint8_t *start = next_;
        const uint8_t *special = scan::find_special(start + 1, end_);
        if (special < end_ && *special == '"') {
            cjt_entry *entry = push(CJT_STRING, start);
            if (entry == nullptr) return false;
            entry->raw_size = uint32_t(special + 1 - start);
            entry->link = entry->raw_offset + 1;
            entry->count = entry->raw_size - 2;
            next_ = special + 1;
            return true;
        }
        return escaped_string(start, special);
    }

    // Unescaped text is never longer than its source, so a buffer of the body's size, and of what
    // copies may write too much, holds all.
    bool escaped_string(const uint8_t *start, const uint8_t *special) {
        if (tape_->text == nullptr) {
            tape_->text = static_cast<uint8_t *>(malloc(size_t(end_ - begin_) + scan::copy_slack));
            if (tape_->text == nullptr) return fail(CJT_OUT_OF_MEMORY, start);
            text_end_ = tape_->text;
        }
        uint8_t *text = text_end_, *out = text;
        const uint8_t *run = start + 1;
        memcpy(out, run, size_t(special - run));
        out += special - run;
        if (!unescape(&special, &out)) return false;
        if (special == end_) return fail(CJT_UNEXPECTED_END, start);
        cjt_entry *entry = push(CJT_STRING | escaped_flag, start);
        if (entry == nullptr) return false;
        next_ = special + 1;
        entry->raw_size = uint32_t(next_ - start);
        entry->link = uint32_t(text - tape_->text);
        entry->count = uint32_t(out - text);
        text_end_ = out;
        return true;
    }

    // Copies from the first special byte `*special` up to the closing quote, which it then is, or
    // to the end of the body.
    bool unescape(const uint8_t **special, uint8_t **out) {
        const uint8_t *at = *special, *run = at;
        // Blocks of 64 bytes: one mask of their special bytes, taken one by one. `run` is the start
        // of what is not yet copied; it may lie before the block, or behind it after an escape.
        for (; end_ - at >= scan::block_size + scan::copy_slack; at += scan::block_size) {
            uint64_t mask = scan::specials(at);
            if (run > at) mask &= ~uint64_t{0} << (run - at);
            while (mask != 0) {
                const uint8_t *found = at + __builtin_ctzll(mask);
                *out = scan::copy(*out, run, size_t(found - run));
                run = found;
                if (*found == '"') return *special = found, true;
                if (*found != '\\') return fail(CJT_CONTROL_CHARACTER, found);
                run = escape(found, out);
                if (run == nullptr) return false;
                if (run - at >= scan::block_size) break;
                mask &= ~uint64_t{0} << (run - at);
            }
        }
        for (;;) {
            const uint8_t *found = scan::find_special(run, end_);
            memcpy(*out, run, size_t(found - run));
            *out += found - run;
            if (found == end_ || *found == '"') return *special = found, true;
            if (*found != '\\') return fail(CJT_CONTROL_CHARACTER, found);
            run = escape(found, out);
            if (run == nullptr) return false;
        }
    }

    // Decodes the escape at `at` (a backslash) into `*out`; returns the byte after it, or NULL.
    const uint8_t *escape(const uint8_t *at, uint8_t **out) {
        if (end_ - at < 2) return fail(CJT_UNEXPECTED_END, at), nullptr;
        uint8_t plain = scan::escapes.of[at[1]];
        if (plain != 0) {
            *(*out)++ = plain;
            return at + 2;
        }
        return at[1] == 'u' ? unicode_escape(at, out) : (fail(CJT_BAD_ESCAPE, at), nullptr);
    }

    const uint8_t *unicode_escape(const uint8_t *at, uint8_t **out) {
        int32_t code = hex4(at + 2);
        if (code < 0) return fail(CJT_BAD_ESCAPE, at), nullptr;
        const uint8_t *rest = at + 6;
        if (code >= 0xDC00 && code <= 0xDFFF) return fail(CJT_LONE_SURROGATE, at), nullptr;
        if (code >= 0xD800 && code <= 0xDBFF) {
            bool has_pair = end_ - rest >= 2 && rest[0] == '\\' && rest[1] == 'u';
            int32_t low = has_pair ? hex4(rest + 2) : -1;
            if (low < 0xDC00 || low > 0xDFFF) return fail(CJT_LONE_SURROGATE, at), nullptr;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            rest += 6;
        }
        *out = put_utf8(*out, uint32_t(code));
        return rest;
    }

    int32_t hex4(const uint8_t *at) const {
        if (end_ - at < 4) return -1;
        const uint32_t *digits = scan::hex_digits.of;
        uint32_t code = digits[at[0]] << 12 | digits[at[1]] << 8 | digits[at[2]] << 4 | digits[at[3]];
        return code <= 0xffff ? int32_t(code) : -1;
    }

    static uint8_t *put_utf8(uint8_t *out, uint32_t code) {
        if (code < 0x80) {
            *out++ = uint8_t(code);
        } else if (code < 0x800) {
            *out++ = uint8_t(0xC0 | code >> 6);
            *out++ = uint8_t(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            *out++ = uint8_t(0xE0 | code >> 12);
            *out++ = uint8_t(0x80 | (code >> 6 & 0x3F));
            *out++ = uint8_t(0x80 | (code & 0x3F));
        } else {
            *out++ = uint8_t(0xF0 | code >> 18);
            *out++ = uint8_t(0x80 | (code >> 12 & 0x3F));
            *out++ = uint8_t(0x80 | (code >> 6 & 0x3F));
            *out++ = uint8_t(0x80 | (code & 0x3F));
        }
        return out;
    }
};

// Offset of the first byte that is not part of valid UTF-8; only walked after a failed validation.
size_t first_invalid_utf8(const uint8_t *body, size_t size) {
    size_t valid = 0;
    for (size_t at = 0; at < size;) {
        uint8_t lead = body[at];
        size_t width = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        bool fits = at + width <= size;
        if (!fits || !simdjson::validate_utf8(reinterpret_cast<const char *>(body + at), width)) {
            return at;
        }
        at += width;
        valid = at;
    }
    return valid;
}

}  // namespace

void cjt_free(cjt_tape *tape) {
    free(tape->entries);
    free(tape->text);
    tape->entries = nullptr;
    tape->text = nullptr;
    tape->entry_count = 0;
}

void cjt_parse(const uint8_t *body, size_t size, cjt_tape *tape) {
    *tape = {nullptr, 0, nullptr, CJT_OK, 0};
    if (size == 0 || body == nullptr) {
        tape->error = CJT_EMPTY;
        return;
    }
    if (size > max_body_size) {
        tape->error = CJT_TOO_LARGE;
        return;
    }
    if (!simdjson::validate_utf8(reinterpret_cast<const char *>(body), size)) {
        tape->error = CJT_INVALID_UTF8;
        tape->error_offset = first_invalid_utf8(body, size);
        return;
    }
    try {
        Parser parser(body, size, tape);
        if (!parser.run()) cjt_free(tape);
    } catch (const std::bad_alloc &) {
        cjt_free(tape);
        tape->error = CJT_OUT_OF_MEMORY;
    }
}
