// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Exact comparison of constants that are algebraic numbers, or algebraic multiples of π, with
// Calcium's qqbar. Anything else, and anything whose degree or size could grow beyond the limits,
// is left to the balls.

#include "worker.h"

#include <calcium/qqbar.h>
#include <stdlib.h>

enum {
    DEGREE_MAX = 24,
    BITS_MAX = 4096,
    ROOT_INDEX_MAX = 12,
    ANGLE_DENOMINATOR_MAX = 48,
};

typedef enum { KIND_NONE = 0, KIND_NUMBER, KIND_PI_MULTIPLE } kind;

typedef struct {
    kind *kinds;
    qqbar_ptr values;  // the number, or the factor of π
    am_evaluation *evaluation;
} state;

static uint64_t cost_of(slong degree, slong bits) {
    uint64_t d = (uint64_t)degree;
    return 20 + 10 * d * d * d * (1 + (uint64_t)bits / 256);
}

static bool may_combine(state *s, const qqbar_t x, const qqbar_t y) {
    slong degree = qqbar_degree(x) * qqbar_degree(y);
    slong bits = qqbar_height_bits(x) + qqbar_height_bits(y);
    return degree <= DEGREE_MAX && bits <= BITS_MAX && am_charge(s->evaluation, cost_of(degree, bits));
}

static kind add(state *s, qqbar_t result, kind x_kind, const qqbar_t x, kind y_kind, const qqbar_t y) {
    if (x_kind == KIND_NUMBER && qqbar_is_zero(x)) {
        qqbar_set(result, y);
        return y_kind;
    }
    if (y_kind == KIND_NUMBER && qqbar_is_zero(y)) {
        qqbar_set(result, x);
        return x_kind;
    }
    if (x_kind != y_kind || !may_combine(s, x, y)) return KIND_NONE;
    qqbar_add(result, x, y);
    return x_kind;
}

static kind multiply(state *s, qqbar_t result, kind x_kind, const qqbar_t x, kind y_kind, const qqbar_t y) {
    if (x_kind == KIND_PI_MULTIPLE && y_kind == KIND_PI_MULTIPLE) return KIND_NONE;
    if (!may_combine(s, x, y)) return KIND_NONE;
    qqbar_mul(result, x, y);
    return x_kind == KIND_PI_MULTIPLE ? x_kind : y_kind;
}

static kind divide(state *s, qqbar_t result, kind x_kind, const qqbar_t x, kind y_kind, const qqbar_t y) {
    if (qqbar_is_zero(y) || (y_kind == KIND_PI_MULTIPLE && x_kind != KIND_PI_MULTIPLE)) return KIND_NONE;
    if (!may_combine(s, x, y)) return KIND_NONE;
    qqbar_div(result, x, y);
    return y_kind == KIND_PI_MULTIPLE ? KIND_NUMBER : x_kind;
}

// A power with a rational exponent, on the principal branch.
static kind power(state *s, qqbar_t result, const qqbar_t base, const qqbar_t exponent) {
    if (!qqbar_is_rational(exponent)) return KIND_NONE;
    fmpq_t q;
    fmpq_init(q);
    qqbar_get_fmpq(q, exponent);
    kind outcome = KIND_NONE;
    bool is_small = fmpz_cmp_ui(fmpq_denref(q), ROOT_INDEX_MAX) <= 0 && fmpz_bits(fmpq_numref(q)) <= 12;
    if (is_small && !(qqbar_is_zero(base) && fmpz_sgn(fmpq_numref(q)) <= 0)) {
        ulong count = fmpz_get_ui(fmpq_denref(q));
        slong times = labs(fmpz_get_si(fmpq_numref(q)));
        slong degree = qqbar_degree(base) * (slong)count;
        slong bits = qqbar_height_bits(base) * (times + 1);
        if (degree <= DEGREE_MAX && bits <= BITS_MAX && am_charge(s->evaluation, cost_of(degree, bits))) {
            qqbar_root_ui(result, base, count);
            qqbar_pow_si(result, result, fmpz_get_si(fmpq_numref(q)));
            outcome = KIND_NUMBER;
        }
    }
    fmpq_clear(q);
    return outcome;
}

static kind root(state *s, qqbar_t result, const qqbar_t base, const qqbar_t index) {
    if (!qqbar_is_integer(index)) return KIND_NONE;
    fmpq_t q;
    fmpq_init(q);
    qqbar_get_fmpq(q, index);
    kind outcome = KIND_NONE;
    slong degree = qqbar_degree(base);
    if (fmpz_cmp_ui(fmpq_numref(q), 2) >= 0 && fmpz_cmp_ui(fmpq_numref(q), ROOT_INDEX_MAX) <= 0) {
        ulong n = fmpz_get_ui(fmpq_numref(q));
        degree *= (slong)n;
        if (degree <= DEGREE_MAX && qqbar_height_bits(base) <= BITS_MAX &&
            am_charge(s->evaluation, cost_of(degree, qqbar_height_bits(base)))) {
            bool is_mirrored = n % 2 == 1 && qqbar_is_real(base) && qqbar_sgn_re(base) < 0;
            if (is_mirrored) qqbar_neg(result, base);
            else qqbar_set(result, base);
            qqbar_root_ui(result, result, n);
            if (is_mirrored) qqbar_neg(result, result);
            outcome = KIND_NUMBER;
        }
    }
    fmpq_clear(q);
    return outcome;
}

// sin, cos and tan of rational multiples of π; |x|, Re, Im.
static kind function(state *s, qqbar_t result, am_function f, kind x_kind, const qqbar_t x) {
    if (f == FN_ABS && x_kind == KIND_NUMBER && qqbar_is_real(x)) {
        qqbar_abs(result, x);
        return KIND_NUMBER;
    }
    if (x_kind == KIND_NUMBER && qqbar_is_zero(x) && (f == FN_SIN || f == FN_TAN)) {
        qqbar_zero(result);
        return KIND_NUMBER;
    }
    if (x_kind != KIND_PI_MULTIPLE || !qqbar_is_rational(x)) return KIND_NONE;
    fmpq_t q;
    fmpq_init(q);
    qqbar_get_fmpq(q, x);
    kind outcome = KIND_NONE;
    if (fmpz_cmp_ui(fmpq_denref(q), ANGLE_DENOMINATOR_MAX) <= 0 && fmpz_bits(fmpq_numref(q)) <= 30 &&
        am_charge(s->evaluation, cost_of(12, 64))) {
        slong above = fmpz_get_si(fmpq_numref(q));
        ulong below = fmpz_get_ui(fmpq_denref(q));
        outcome = KIND_NUMBER;
        if (f == FN_SIN) qqbar_sin_pi(result, above, below);
        else if (f == FN_COS) qqbar_cos_pi(result, above, below);
        else if (f != FN_TAN || !qqbar_tan_pi(result, above, below)) outcome = KIND_NONE;
    }
    fmpq_clear(q);
    return outcome;
}

static kind fold(state *s, const am_node *node, qqbar_t result) {
    const uint32_t *children = s->evaluation->program->children + node->first;
    kind current = s->kinds[children[0]];
    qqbar_set(result, s->values + children[0]);
    for (uint32_t i = 1; i < node->arity && current != KIND_NONE; i++) {
        kind other = s->kinds[children[i]];
        current = node->op == OP_ADD ? add(s, result, current, result, other, s->values + children[i])
                                     : multiply(s, result, current, result, other, s->values + children[i]);
    }
    return current;
}

static kind evaluate(state *s, const am_node *node, qqbar_t result) {
    const uint32_t *children = s->evaluation->program->children + node->first;
    for (uint32_t i = 0; i < node->arity; i++) {
        if (s->kinds[children[i]] == KIND_NONE) {
            // e^(iπq) is algebraic although e is not; nothing else is.
            return KIND_NONE;
        }
    }
    qqbar_srcptr x = node->arity > 0 ? s->values + children[0] : NULL;
    qqbar_srcptr y = node->arity > 1 ? s->values + children[1] : NULL;
    kind x_kind = node->arity > 0 ? s->kinds[children[0]] : KIND_NONE;
    kind y_kind = node->arity > 1 ? s->kinds[children[1]] : KIND_NONE;
    switch (node->op) {
        case OP_NUMBER: {
            const fmpq *value = s->evaluation->program->numbers + node->number;
            if (fmpz_bits(fmpq_numref(value)) + fmpz_bits(fmpq_denref(value)) > BITS_MAX) return KIND_NONE;
            qqbar_set_fmpq(result, value);
            return KIND_NUMBER;
        }
        case OP_PI: qqbar_one(result); return KIND_PI_MULTIPLE;
        case OP_I: qqbar_i(result); return KIND_NUMBER;
        case OP_ADD: case OP_MULTIPLY: return fold(s, node, result);
        case OP_NEGATE: qqbar_neg(result, x); return x_kind;
        case OP_DIVIDE: return divide(s, result, x_kind, x, y_kind, y);
        case OP_POWER: return x_kind == KIND_NUMBER && y_kind == KIND_NUMBER ? power(s, result, x, y) : KIND_NONE;
        case OP_ROOT: return x_kind == KIND_NUMBER && y_kind == KIND_NUMBER ? root(s, result, x, y) : KIND_NONE;
        case OP_FUNCTION: return function(s, result, node->function, x_kind, x);
        case OP_PERCENT: {
            if (!am_charge(s->evaluation, 50)) return KIND_NONE;
            qqbar_div_ui(result, x, 100);
            return x_kind;
        }
        case OP_DEGREES:
            if (x_kind != KIND_NUMBER || !am_charge(s->evaluation, 50)) return KIND_NONE;
            qqbar_div_ui(result, x, 180);
            return KIND_PI_MULTIPLE;
        default: return KIND_NONE;
    }
}

static kind evaluate_program(am_evaluation *evaluation, qqbar_t result) {
    uint32_t count = evaluation->program->node_count;
    // Long programs are not worth exact arithmetic; each entry costs memory.
    if (count > 512) return KIND_NONE;
    state s = {calloc(count, sizeof(kind)), _qqbar_vec_init(count), evaluation};
    kind last = KIND_NONE;
    for (uint32_t i = 0; s.kinds != NULL && i < count; i++) {
        const am_node *node = evaluation->program->nodes + i;
        if (!am_charge(evaluation, 20)) break;
        s.kinds[i] = evaluate(&s, node, s.values + i);
    }
    // Running dry here only means that this way is too long; the balls have their own fuel.
    if (s.kinds != NULL && !evaluation->exhausted) {
        last = s.kinds[count - 1];
        qqbar_set(result, s.values + count - 1);
    }
    free(s.kinds);
    _qqbar_vec_clear(s.values, count);
    return last;
}

int am_algebraic_compare(am_evaluation *reference, am_evaluation *answer) {
    qqbar_t x, y;
    qqbar_init(x);
    qqbar_init(y);
    int result = -1;
    kind x_kind = evaluate_program(reference, x);
    kind y_kind = x_kind == KIND_NONE ? KIND_NONE : evaluate_program(answer, y);
    if (x_kind != KIND_NONE && y_kind != KIND_NONE) {
        bool is_zero = qqbar_is_zero(x) && qqbar_is_zero(y);
        result = is_zero || (x_kind == y_kind && qqbar_equal(x, y));
        // An algebraic number other than 0 is never a multiple of π by one.
    }
    qqbar_clear(x);
    qqbar_clear(y);
    return result;
}
