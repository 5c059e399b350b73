// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Proves constants equal that balls found equal, with Calcium's field elements: logarithms,
// exponentials, trigonometric functions and roots, with the relations between them that Calcium
// finds and proves. It only ever turns a numeric proof into an exact one. What Calcium cannot prove,
// or denies, stays as the balls left it.
//
// Calcium cannot be interrupted, so nothing large is given to it: few nodes, small numbers, small
// exponents, and after every step few generators, terms and digits. The context lives for one pair,
// so that no pair changes what is known about the next.

#include "worker.h"

#include <calcium/ca.h>
#include <calcium/ca_ext.h>
#include <calcium/ca_field.h>
#include <calcium/ca_vec.h>
#include <stdlib.h>

enum {
    NODES_MAX = 40,         // of both sides together
    NUMBER_BITS_MAX = 32,
    EXPONENT_MAX = 12,
    ROOT_INDEX_MAX = 4,
    GENERATORS_MAX = 4,     // of one value
    EXTENSIONS_MAX = 10,    // of the pair
    TERMS_MAX = 20,
    COEFFICIENT_BITS_MAX = 96,
    PRECISION_MAX = 256,
    DEGREE_MAX = 6,
    DENOMINATOR_BITS_MAX = 4,  // of an angle in multiples of pi
};

typedef struct {
    const am_evaluation *evaluation;
    ca_ptr values;
    ca_ctx_struct *context;
} state;

static void set_limits(ca_ctx_t context) {
    ca_ctx_set_option(context, CA_OPT_PREC_LIMIT, PRECISION_MAX);
    ca_ctx_set_option(context, CA_OPT_LOW_PREC, 128);
    ca_ctx_set_option(context, CA_OPT_QQBAR_DEG_LIMIT, DEGREE_MAX);
    ca_ctx_set_option(context, CA_OPT_LLL_PREC, 128);
    ca_ctx_set_option(context, CA_OPT_POW_LIMIT, EXPONENT_MAX);
    ca_ctx_set_option(context, CA_OPT_SMOOTH_LIMIT, 32);
    ca_ctx_set_option(context, CA_OPT_GROEBNER_LENGTH_LIMIT, 16);
    ca_ctx_set_option(context, CA_OPT_GROEBNER_POLY_LENGTH_LIMIT, 32);
    ca_ctx_set_option(context, CA_OPT_GROEBNER_POLY_BITS_LIMIT, 128);
    ca_ctx_set_option(context, CA_OPT_VIETA_LIMIT, 3);
    ca_ctx_set_option(context, CA_OPT_TRIG_FORM, CA_TRIG_EXPONENTIAL);
}

// Whether a value is a number, and small enough to go on with.
static bool is_small(const ca_t x, ca_ctx_t context) {
    if (CA_IS_SPECIAL(x)) return false;
    if (CA_CTX_EXT_CACHE(context)->length > EXTENSIONS_MAX) return false;
    if (CA_IS_QQ(x, context)) {
        return fmpz_bits(CA_FMPQ_NUMREF(x)) <= COEFFICIENT_BITS_MAX &&
               fmpz_bits(CA_FMPQ_DENREF(x)) <= COEFFICIENT_BITS_MAX;
    }
    ca_field_srcptr field = CA_FIELD(x, context);
    if (CA_FIELD_LENGTH(field) > GENERATORS_MAX) return false;
    if (CA_FIELD_IS_NF(field)) return qqbar_degree(CA_FIELD_NF_QQBAR(field)) <= DEGREE_MAX;
    const fmpz_mpoly_ctx_struct *polynomials = CA_FIELD_MCTX(field, context);
    fmpz_mpoly_struct *above = fmpz_mpoly_q_numref(CA_MPOLY_Q(x));
    fmpz_mpoly_struct *below = fmpz_mpoly_q_denref(CA_MPOLY_Q(x));
    return fmpz_mpoly_length(above, polynomials) <= TERMS_MAX &&
           fmpz_mpoly_length(below, polynomials) <= TERMS_MAX &&
           labs(fmpz_mpoly_max_bits(above)) <= COEFFICIENT_BITS_MAX &&
           labs(fmpz_mpoly_max_bits(below)) <= COEFFICIENT_BITS_MAX;
}

// The principal power, with a small rational exponent or the base e.
static bool power(state *s, ca_t result, const ca_t base, const ca_t exponent, bool is_euler) {
    if (is_euler) {
        ca_exp(result, exponent, s->context);
        return true;
    }
    if (!CA_IS_QQ(exponent, s->context)) {
        // A power of a base other than e, as e^(y ln x).
        if (ca_check_is_zero(base, s->context) != T_FALSE) return false;
        ca_log(result, base, s->context);
        if (!is_small(result, s->context)) return false;
        ca_mul(result, result, exponent, s->context);
        if (!is_small(result, s->context)) return false;
        ca_exp(result, result, s->context);
        return true;
    }
    const fmpq *q = CA_FMPQ(exponent);
    if (fmpz_cmp_si(fmpq_numref(q), EXPONENT_MAX) > 0 ||
        fmpz_cmp_si(fmpq_numref(q), -EXPONENT_MAX) < 0 ||
        fmpz_cmp_ui(fmpq_denref(q), ROOT_INDEX_MAX) > 0) {
        return false;
    }
    ca_pow_fmpq(result, base, q, s->context);
    return true;
}

// The real root for an odd index of a negative real, else the principal root, as balls have it.
static bool root(state *s, ca_t result, const ca_t base, const ca_t index) {
    fmpq_t exponent;
    if (!CA_IS_QQ(index, s->context) || !fmpz_is_one(CA_FMPQ_DENREF(index)) ||
        fmpz_cmp_ui(CA_FMPQ_NUMREF(index), 2) < 0 ||
        fmpz_cmp_ui(CA_FMPQ_NUMREF(index), ROOT_INDEX_MAX) > 0) {
        return false;
    }
    bool is_mirrored = false;
    if (fmpz_is_odd(CA_FMPQ_NUMREF(index))) {
        truth_t is_negative = ca_check_is_negative_real(base, s->context);
        if (is_negative == T_UNKNOWN) return false;
        is_mirrored = is_negative == T_TRUE;
    }
    fmpq_init(exponent);
    fmpq_set_ui(exponent, 1, fmpz_get_ui(CA_FMPQ_NUMREF(index)));
    ca_set(result, base, s->context);
    if (is_mirrored) ca_neg(result, result, s->context);
    ca_pow_fmpq(result, result, exponent, s->context);
    if (is_mirrored) ca_neg(result, result, s->context);
    fmpq_clear(exponent);
    return true;
}

// (e^x ± e^-x)/2.
static void hyperbolic(ca_t result, const ca_t x, bool is_sine, ca_ctx_t context) {
    ca_t inverse;
    ca_init(inverse, context);
    ca_exp(result, x, context);
    ca_inv(inverse, result, context);
    if (is_sine) ca_sub(result, result, inverse, context);
    else ca_add(result, result, inverse, context);
    ca_div_ui(result, result, 2, context);
    ca_clear(inverse, context);
}

// Whether the denominator is small: the sine of pi/48 alone lies in a field of degree 16.
static bool has_small_denominator(const ca_t x, ca_ctx_t context) {
    if (CA_IS_QQ(x, context) || CA_FIELD_IS_NF(CA_FIELD(x, context))) return true;
    return labs(fmpz_mpoly_max_bits(fmpz_mpoly_q_denref(CA_MPOLY_Q(x)))) <= DENOMINATOR_BITS_MAX;
}

static bool apply(state *s, ca_t result, am_function function, const ca_t x) {
    ca_ctx_struct *context = s->context;
    if (function <= FN_CSC && !has_small_denominator(x, context)) return false;
    bool is_known = true;
    ca_t other;
    ca_init(other, context);
    switch (function) {
        case FN_SIN: ca_sin_cos(result, other, x, context); break;
        case FN_COS: ca_sin_cos(other, result, x, context); break;
        case FN_TAN: ca_tan(result, x, context); break;
        case FN_COT: ca_cot(result, x, context); break;
        case FN_SEC:
            ca_sin_cos(other, result, x, context);
            ca_inv(result, result, context);
            break;
        case FN_CSC:
            ca_sin_cos(result, other, x, context);
            ca_inv(result, result, context);
            break;
        case FN_ARCSIN: ca_asin(result, x, context); break;
        case FN_ARCCOS: ca_acos(result, x, context); break;
        case FN_ARCTAN: ca_atan(result, x, context); break;
        case FN_SINH: hyperbolic(result, x, true, context); break;
        case FN_COSH: hyperbolic(result, x, false, context); break;
        case FN_EXP: ca_exp(result, x, context); break;
        case FN_LN: case FN_LOG: ca_log(result, x, context); break;
        case FN_ABS: ca_abs(result, x, context); break;
        default: is_known = false; break;
    }
    ca_clear(other, context);
    return is_known;
}

static void fold(state *s, const am_node *node, ca_t result) {
    const uint32_t *children = s->evaluation->program->children + node->first;
    ca_set(result, s->values + children[0], s->context);
    for (uint32_t i = 1; i < node->arity && is_small(result, s->context); i++) {
        ca_srcptr part = s->values + children[i];
        if (node->op == OP_ADD) ca_add(result, result, part, s->context);
        else ca_mul(result, result, part, s->context);
    }
}

static bool evaluate(state *s, const am_node *node, ca_t result) {
    const am_program *program = s->evaluation->program;
    const uint32_t *children = program->children + node->first;
    ca_srcptr x = node->arity > 0 ? s->values + children[0] : NULL;
    ca_srcptr y = node->arity > 1 ? s->values + children[1] : NULL;
    switch (node->op) {
        case OP_NUMBER: {
            const fmpq *value = program->numbers + node->number;
            if (fmpz_bits(fmpq_numref(value)) > NUMBER_BITS_MAX ||
                fmpz_bits(fmpq_denref(value)) > NUMBER_BITS_MAX) {
                return false;
            }
            ca_set_fmpq(result, value, s->context);
            return true;
        }
        case OP_PI: ca_pi(result, s->context); return true;
        case OP_E:
            ca_one(result, s->context);
            ca_exp(result, result, s->context);
            return true;
        case OP_I: ca_i(result, s->context); return true;
        case OP_ADD: case OP_MULTIPLY: fold(s, node, result); return true;
        case OP_NEGATE: ca_neg(result, x, s->context); return true;
        case OP_DIVIDE: ca_div(result, x, y, s->context); return true;
        case OP_POWER: return power(s, result, x, y, program->nodes[children[0]].op == OP_E);
        case OP_ROOT: return root(s, result, x, y);
        case OP_FUNCTION: return apply(s, result, node->function, x);
        case OP_LOGARITHM: {
            ca_t base;
            ca_init(base, s->context);
            ca_log(base, x, s->context);
            ca_log(result, y, s->context);
            bool is_good = is_small(base, s->context) && is_small(result, s->context);
            if (is_good) ca_div(result, result, base, s->context);
            ca_clear(base, s->context);
            return is_good;
        }
        case OP_PERCENT: ca_div_ui(result, x, 100, s->context); return true;
        case OP_DEGREES: {
            ca_t pi;
            ca_init(pi, s->context);
            ca_pi(pi, s->context);
            ca_mul(result, x, pi, s->context);
            ca_div_ui(result, result, 180, s->context);
            ca_clear(pi, s->context);
            return true;
        }
        default: return false;
    }
}

static bool evaluate_program(const am_evaluation *evaluation, ca_t result, ca_ctx_t context) {
    uint32_t count = evaluation->program->node_count;
    state s = {evaluation, _ca_vec_init(count, context), context};
    bool is_good = true;
    for (uint32_t i = 0; is_good && i < count; i++) {
        is_good = evaluate(&s, evaluation->program->nodes + i, s.values + i) &&
                  is_small(s.values + i, context);
    }
    if (is_good) ca_set(result, s.values + count - 1, context);
    _ca_vec_clear(s.values, count, context);
    return is_good;
}

bool am_calcium_proves_equal(const am_evaluation *reference, const am_evaluation *answer) {
    if (reference->program->node_count + answer->program->node_count > NODES_MAX) return false;
    ca_ctx_t context;
    ca_t x, y;
    ca_ctx_init(context);
    set_limits(context);
    ca_init(x, context);
    ca_init(y, context);
    bool is_equal = evaluate_program(reference, x, context) &&
                    evaluate_program(answer, y, context) &&
                    ca_check_equal(x, y, context) == T_TRUE;
    ca_clear(x, context);
    ca_clear(y, context);
    ca_ctx_clear(context);
    return is_equal;
}
