// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Reads a program: nodes in postfix order, so that every subtree is a contiguous run. The bytes are
// treated as hostile: every count is checked before it is believed.
//
// A node is 8 bytes: op u8, function u8, variable u16, count u32 (arity, or the length of the digits
// that follow OP_NUMBER "[-]hex/hex" and OP_DECIMAL i32 exponent + digits). Little-endian.

#include "worker.h"

#include <stdlib.h>
#include <string.h>

static bool take(const uint8_t **cursor, const uint8_t *end, void *target, size_t size) {
    if ((size_t)(end - *cursor) < size) return false;
    memcpy(target, *cursor, size);
    *cursor += size;
    return true;
}

// Reads "[-]hex/hex" into a rational; the denominator must not be zero.
static bool read_rational(fmpq_t value, const uint8_t *text, uint32_t size) {
    char *copy = malloc((size_t)size + 1);
    if (copy == NULL) return false;
    memcpy(copy, text, size);
    copy[size] = 0;
    char *slash = memchr(copy, '/', size);
    bool is_good = slash != NULL && strlen(copy) == size;
    if (is_good) {
        *slash = 0;
        is_good = fmpz_set_str(fmpq_numref(value), copy, 16) == 0 &&
                  fmpz_set_str(fmpq_denref(value), slash + 1, 16) == 0 &&
                  fmpz_sgn(fmpq_denref(value)) > 0;
        if (is_good) {
            fmpq_canonicalise(value);
        } else {
            fmpq_zero(value);
        }
    }
    free(copy);
    return is_good;
}

static bool read_decimal(fmpq_t value, const uint8_t *text, uint32_t size) {
    char *copy = malloc((size_t)size + 1);
    if (copy == NULL) return false;
    memcpy(copy, text, size);
    copy[size] = 0;
    bool is_good = strspn(copy, "0123456789") == size && size > 0 &&
                   fmpz_set_str(fmpq_numref(value), copy, 10) == 0;
    free(copy);
    return is_good;
}

// Arity each code must have; -1 means one or more.
static int required_arity(const am_node *node) {
    switch (node->op) {
        case OP_NUMBER: case OP_VARIABLE: case OP_PI: case OP_E: case OP_I: case OP_DECIMAL:
        case OP_INFINITY: return 0;
        case OP_NEGATE: case OP_FUNCTION: case OP_FACTORIAL: case OP_DOUBLE_FACTORIAL:
        case OP_PERCENT: case OP_DEGREES: return 1;
        case OP_DIVIDE: case OP_POWER: case OP_ROOT: case OP_LOGARITHM: case OP_BINOMIAL:
        case OP_MODULO: case OP_LIMIT: return 2;
        case OP_SUM: case OP_PRODUCT: case OP_INTEGRAL: return 3;
        default: return -1;
    }
}

static bool uses_variable(uint8_t op) {
    return op == OP_VARIABLE || op == OP_SUM || op == OP_PRODUCT || op == OP_INTEGRAL ||
           op == OP_LIMIT;
}

static bool read_literal(am_program *program, am_node *node, const uint8_t **cursor,
                         const uint8_t *end, uint32_t size) {
    if (node->op == OP_DECIMAL) {
        int32_t exponent;
        if (!take(cursor, end, &exponent, sizeof exponent)) return false;
        node->exponent = exponent;
    }
    if ((size_t)(end - *cursor) < size) return false;
    node->number = program->number_count++;
    fmpq *value = program->numbers + node->number;
    bool is_good = node->op == OP_NUMBER ? read_rational(value, *cursor, size)
                                         : read_decimal(value, *cursor, size);
    *cursor += size;
    return is_good;
}

static bool read_node(am_program *program, uint32_t index, const uint8_t **cursor,
                      const uint8_t *end, uint32_t variable_count, uint32_t *stack,
                      uint32_t *height) {
    am_node *node = program->nodes + index;
    uint32_t count;
    if (!take(cursor, end, &node->op, 1) || !take(cursor, end, &node->function, 1) ||
        !take(cursor, end, &node->variable, 2) || !take(cursor, end, &count, 4)) {
        return false;
    }
    if (node->op == 0 || node->op >= OP_COUNT || node->function >= FN_COUNT) return false;
    if (uses_variable(node->op) && node->variable >= variable_count) return false;
    if (node->op == OP_I) program->uses_i = true;
    if (node->op == OP_INTEGRAL || node->op == OP_LIMIT || node->op == OP_INFINITY) {
        program->has_calculus = true;
    }
    node->start = index;
    if (node->op == OP_NUMBER || node->op == OP_DECIMAL) {
        if (!read_literal(program, node, cursor, end, count)) return false;
    } else {
        int required = required_arity(node);
        if (count > *height || (required >= 0 ? count != (uint32_t)required : count == 0)) {
            return false;
        }
        node->arity = count;
        node->first = program->child_count;
        *height -= count;
        for (uint32_t i = 0; i < count; i++) {
            program->children[program->child_count++] = stack[*height + i];
        }
        if (count > 0) node->start = program->nodes[stack[*height]].start;
    }
    stack[(*height)++] = index;
    return true;
}

bool am_program_read(am_program *program, const uint8_t **cursor, const uint8_t *end,
                     uint32_t variable_count) {
    memset(program, 0, sizeof *program);
    uint32_t count;
    if (!take(cursor, end, &count, sizeof count)) return false;
    if (count == 0 || count > AM_NODES_MAX) return false;
    program->nodes = calloc(count, sizeof *program->nodes);
    program->children = calloc(count, sizeof *program->children);
    program->numbers = _fmpq_vec_init(count);
    uint32_t *stack = calloc(count, sizeof *stack);
    program->node_count = count;
    uint32_t height = 0;
    bool is_good = program->nodes != NULL && program->children != NULL && stack != NULL;
    for (uint32_t i = 0; is_good && i < count; i++) {
        is_good = read_node(program, i, cursor, end, variable_count, stack, &height);
    }
    free(stack);
    return is_good && height == 1;
}

void am_program_clear(am_program *program) {
    if (program->numbers != NULL) _fmpq_vec_clear(program->numbers, program->node_count);
    free(program->nodes);
    free(program->children);
    memset(program, 0, sizeof *program);
}
