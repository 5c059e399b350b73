// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Finds and copies what stands inside JSON strings. A *special* byte is a quote, a backslash or a
// control character. Text with an escape every few words is the common case (LaTeX, newlines), and
// there a mispredicted branch for each run costs more than the bytes: hence masks of whole blocks,
// tables instead of switches, and copies that write a little too much.

#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace scan {

/// Bytes that `specials` looks at.
constexpr ptrdiff_t block_size = 64;
/// Bytes that `copy` may read and write beyond what it was asked for.
constexpr ptrdiff_t copy_slack = 32;

/// The value of each hexadecimal digit; for all other bytes 2^16, which no four digits reach and
/// which stays above them when it is shifted by up to 12 bits.
struct HexDigits {
    uint32_t of[256];

    constexpr HexDigits() : of() {
        for (int i = 0; i < 256; ++i) of[i] = 1u << 16;
        for (int i = 0; i < 10; ++i) of['0' + i] = uint32_t(i);
        for (int i = 0; i < 6; ++i) of['a' + i] = of['A' + i] = uint32_t(10 + i);
    }
};
constexpr HexDigits hex_digits;

/// What a backslash and each byte stand for; 0 for all others, and for `u`.
struct Escapes {
    uint8_t of[256];

    constexpr Escapes() : of() {
        of['"'] = '"';
        of['\\'] = '\\';
        of['/'] = '/';
        of['b'] = '\b';
        of['f'] = '\f';
        of['n'] = '\n';
        of['r'] = '\r';
        of['t'] = '\t';
    }
};
constexpr Escapes escapes;

inline bool is_special(uint8_t byte) { return byte == '"' || byte == '\\' || byte < 0x20; }

#if defined(__SSE2__)
/// Bit i says whether byte i of 16 is special.
inline uint32_t specials16(const uint8_t *at) {
    const __m128i control_max = _mm_set1_epi8(0x1f);
    __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i *>(at));
    __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, control_max), chunk);
    __m128i is_mark = _mm_or_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('"')),
                                   _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\')));
    return uint32_t(_mm_movemask_epi8(_mm_or_si128(is_control, is_mark)));
}

/// Bit i says whether byte i of the block is special.
inline uint64_t specials(const uint8_t *at) {
    return uint64_t{specials16(at)} | uint64_t{specials16(at + 16)} << 16 |
           uint64_t{specials16(at + 32)} << 32 | uint64_t{specials16(at + 48)} << 48;
}

/// Copies `size` bytes and returns the end of the copy; see `copy_slack`.
inline uint8_t *copy(uint8_t *to, const uint8_t *from, size_t size) {
    size_t copied = 0;
    do {
        for (size_t half = copied; half < copied + 32; half += 16) {
            _mm_storeu_si128(reinterpret_cast<__m128i *>(to + half),
                             _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + half)));
        }
        copied += 32;
    } while (copied < size);
    return to + size;
}
#else
inline uint64_t specials(const uint8_t *at) {
    uint64_t mask = 0;
    for (int i = 0; i < block_size; ++i) mask |= uint64_t{is_special(at[i])} << i;
    return mask;
}

inline uint8_t *copy(uint8_t *to, const uint8_t *from, size_t size) {
    for (size_t i = 0; i < size; ++i) to[i] = from[i];
    return to + size;
}
#endif

/// First special byte at or after `at`, or `end`.
inline const uint8_t *find_special(const uint8_t *at, const uint8_t *end) {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        uint32_t mask = specials16(at);
        if (mask != 0) return at + __builtin_ctz(mask);
    }
#endif
    while (at < end && !is_special(*at)) ++at;
    return at;
}

}  // namespace scan
