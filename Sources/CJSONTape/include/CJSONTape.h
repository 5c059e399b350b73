// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// One strict pass over a JSON document (RFC 8259) that leaves a flat tape of its values.
//
// simdjson validates the UTF-8; the grammar is walked here, because simdjson's on-demand mode lets
// duplicate keys, trailing content and broken unread fields pass, its DOM rejects a whole body for
// one big integer, and its strings live in a buffer that the next document overwrites. Numbers stay
// raw tokens. Strings without escapes are spans of the body; the others are unescaped into a buffer
// that belongs to the tape.

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Kinds of a value.
enum {
    CJT_NULL = 0,
    CJT_FALSE = 1,
    CJT_TRUE = 2,
    CJT_NUMBER = 3,
    CJT_STRING = 4,
    CJT_ARRAY = 5,
    CJT_OBJECT = 6,
};

/// One value. An object's members follow it as string, value, string, value, …
typedef struct {
    /// First byte of the value in the body (a string's opening quote).
    uint32_t raw_offset;
    /// Bytes of the value in the body, quotes and brackets included.
    uint32_t raw_size;
    /// CJT_… in the low byte; bit 8 set when a string had escapes.
    uint32_t kind;
    /// Containers: tape index after the last descendant. Strings: offset of the text, in the body,
    /// or in `cjt_tape.text` when the string had escapes. Else 0.
    uint32_t link;
    /// Strings: bytes of unescaped text. Containers: number of elements or members. Else 0.
    uint32_t count;
} cjt_entry;

/// Why a document was refused.
enum {
    CJT_OK = 0,
    CJT_EMPTY = 1,
    CJT_INVALID_UTF8 = 2,
    CJT_UNEXPECTED = 3,
    CJT_UNEXPECTED_END = 4,
    CJT_TOO_DEEP = 5,
    CJT_BAD_NUMBER = 6,
    CJT_BAD_ESCAPE = 7,
    CJT_LONE_SURROGATE = 8,
    CJT_CONTROL_CHARACTER = 9,
    CJT_DUPLICATE_KEY = 10,
    CJT_TRAILING = 11,
    CJT_TOO_MANY_VALUES = 12,
    CJT_TOO_LARGE = 13,
    CJT_OUT_OF_MEMORY = 14,
};

/// A parsed document; owns `entries` and `text`.
typedef struct {
    cjt_entry *_Nullable entries;
    size_t entry_count;
    /// Unescaped strings, one after the other; NULL when no string had escapes.
    uint8_t *_Nullable text;
    /// CJT_OK or the reason of refusal.
    int error;
    /// Byte offset of the error in the body.
    size_t error_offset;
} cjt_tape;

/// Deepest nesting accepted, and most values accepted: 4 Mi values are 80 MiB of tape.
enum { CJT_MAX_DEPTH = 64, CJT_MAX_VALUES = 4 << 20 };

/// Parses `size` bytes; reads nothing beyond them. On an error the tape holds only the error.
/// Thread-safe: no state outside the tape.
void cjt_parse(const uint8_t *_Nullable body, size_t size, cjt_tape *_Nonnull tape);

/// Frees what the tape owns.
void cjt_free(cjt_tape *_Nonnull tape);

#ifdef __cplusplus
}
#endif
