// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// Functions inside an integral, at complex balls around its path. The integrand is a function of a
// real variable; |x|, ⌊x⌋, min, max and odd roots go on from there as the pieces they consist of.
// With `is_analytic` a ball that meets a branch cut or a jump gets no value.

#include "worker.h"

#include <arb.h>

static bool meets_zero(const arb_t x) { return arb_contains_zero(x); }

// Whether |x| < 1 for sure.
static bool is_inside_one(const arb_t x) {
    arb_t size;
    arb_init(size);
    arb_abs(size, x);
    arb_sub_ui(size, size, 1, 64);
    bool result = arb_is_negative(size);
    arb_clear(size);
    return result;
}

static bool is_above_one(const arb_t x) {
    arb_t gap;
    arb_init(gap);
    arb_sub_ui(gap, x, 1, 64);
    bool result = arb_is_positive(gap);
    arb_clear(gap);
    return result;
}

// Whether x may lie on the branch cut of an inverse function.
static bool meets_cut(am_function function, const acb_t x) {
    const arb_struct *real = acb_realref(x), *imaginary = acb_imagref(x);
    switch (function) {
        case FN_ARCSIN: case FN_ARCCOS: case FN_ARTANH:
            return meets_zero(imaginary) && !is_inside_one(real);
        case FN_ARCTAN: case FN_ARCCOT: case FN_ARSINH:
            return meets_zero(real) && !is_inside_one(imaginary);
        case FN_ARCOSH: return meets_zero(imaginary) && !is_above_one(real);
        default: return false;
    }
}

static void apply(am_evaluation *evaluation, am_function f, acb_t y, const acb_t x, slong p) {
    bool is_analytic = evaluation->is_analytic;
    bool is_piecewise = f == FN_ABS || f == FN_FLOOR || f == FN_CEIL || f == FN_SIGN;
    if (is_piecewise && evaluation->program->uses_i) {
        acb_indeterminate(y);
        return;
    }
    if (is_analytic && meets_cut(f, x)) {
        acb_indeterminate(y);
        return;
    }
    switch (f) {
        case FN_LN: case FN_LOG: acb_log_analytic(y, x, is_analytic, p); break;
        case FN_ABS: acb_real_abs(y, x, is_analytic, p); break;
        case FN_FLOOR: acb_real_floor(y, x, is_analytic, p); break;
        case FN_CEIL: acb_real_ceil(y, x, is_analytic, p); break;
        case FN_SIGN: acb_real_sgn(y, x, is_analytic, p); break;
        case FN_RE: case FN_IM: case FN_CONJ: case FN_ARG: acb_indeterminate(y); break;
        case FN_ARCSEC: case FN_ARCCSC:
            acb_inv(y, x, p);
            if (is_analytic && meets_cut(FN_ARCSIN, y)) acb_indeterminate(y);
            else if (f == FN_ARCSEC) acb_acos(y, y, p);
            else acb_asin(y, y, p);
            break;
        default: am_apply_function(f, y, x, p); break;
    }
}

// √ and its kin; an odd root of what lies left of the axis is the negative of a root.
static void take_root(am_evaluation *evaluation, acb_t y, const acb_t x, ulong n, slong p) {
    acb_t inverse;
    acb_init(inverse);
    acb_set_ui(inverse, n);
    acb_inv(inverse, inverse, p);
    bool is_mirrored = n % 2 == 1 && !evaluation->program->uses_i && arb_is_negative(acb_realref(x));
    bool is_vague = n % 2 == 1 && evaluation->is_analytic && arb_contains_zero(acb_realref(x));
    if (is_vague) {
        acb_indeterminate(y);
    } else if (is_mirrored) {
        acb_neg(y, x);
        acb_pow_analytic(y, y, inverse, evaluation->is_analytic, p);
        acb_neg(y, y);
    } else {
        acb_pow_analytic(y, x, inverse, evaluation->is_analytic, p);
    }
    acb_clear(inverse);
}

// Whether x is so far out that e^x could not be told from 0; then whether it is 0.
static bool vanishes(const acb_t base, const acb_t exponent, slong p, bool *is_zero) {
    mag_t size;
    mag_init(size);
    acb_get_mag(size, exponent);
    bool is_far = mag_cmp_2exp_si(size, 120) >= 0;
    mag_clear(size);
    if (!is_far) return false;
    acb_t logarithm;
    acb_init(logarithm);
    acb_log(logarithm, base, p);
    acb_mul(logarithm, logarithm, exponent, p);
    *is_zero = arb_is_negative(acb_realref(logarithm)) && acb_is_finite(logarithm);
    acb_clear(logarithm);
    return true;
}

static bool raise_power(am_evaluation *evaluation, acb_t y, const acb_t base, const acb_t exponent, slong p) {
    bool is_zero = false;
    if (acb_is_int(exponent)) {
        fmpz_t whole;
        fmpz_init(whole);
        bool is_good = arb_get_unique_fmpz(whole, acb_realref(exponent)) && fmpz_bits(whole) <= 64 &&
                       am_charge(evaluation, fmpz_bits(whole) * (1 + (uint64_t)p / 256));
        if (is_good) acb_pow_fmpz(y, base, whole, p);
        else acb_indeterminate(y);
        fmpz_clear(whole);
    } else if (vanishes(base, exponent, p, &is_zero)) {
        if (is_zero) acb_zero(y);
        else acb_indeterminate(y);
    } else {
        acb_pow_analytic(y, base, exponent, evaluation->is_analytic, p);
    }
    return !evaluation->exhausted;
}

bool am_evaluate_on_path(am_evaluation *evaluation, const am_node *node, acb_t result, slong p) {
    const uint32_t *children = evaluation->program->children + node->first;
    acb_srcptr x = evaluation->values + children[0];
    acb_srcptr y = node->arity > 1 ? evaluation->values + children[1] : x;
    bool is_light = (node->op == OP_POWER && acb_is_int(y)) ||
                    (node->op == OP_FUNCTION && (node->function == FN_ABS || node->function == FN_SIGN ||
                                                 node->function == FN_FLOOR || node->function == FN_CEIL));
    if (!am_charge(evaluation, is_light ? 5 + (uint64_t)p / 64 : 10 + (uint64_t)p / 8)) return false;
    switch (node->op) {
        case OP_POWER: return raise_power(evaluation, result, x, y, p);
        case OP_ROOT: {
            bool is_plain = acb_is_int(y) && arf_cmpabs_ui(arb_midref(acb_realref(y)), 1000) <= 0 &&
                            arf_sgn(arb_midref(acb_realref(y))) > 0;
            if (is_plain) {
                take_root(evaluation, result, x, arf_get_si(arb_midref(acb_realref(y)), ARF_RND_DOWN), p);
            } else {
                acb_indeterminate(result);
            }
            return true;
        }
        case OP_FUNCTION:
            // Γ and ζ cost more than a path of them may.
            if (node->function == FN_GAMMA || node->function == FN_ZETA) {
                if (!am_charge(evaluation, 2000 + 16 * (uint64_t)p)) return false;
                mag_t size;
                mag_init(size);
                acb_get_mag(size, x);
                if (mag_cmp_2exp_si(size, 8) >= 0) acb_indeterminate(result);
                else am_apply_function(node->function, result, x, p);
                mag_clear(size);
                return true;
            }
            apply(evaluation, node->function, result, x, p);
            return true;
        case OP_LOGARITHM: {
            acb_t base;
            acb_init(base);
            acb_log_analytic(base, x, evaluation->is_analytic, p);
            acb_log_analytic(result, y, evaluation->is_analytic, p);
            acb_div(result, result, base, p);
            acb_clear(base);
            return true;
        }
        case OP_MINIMUM: case OP_MAXIMUM:
            acb_set(result, x);
            for (uint32_t i = 1; i < node->arity; i++) {
                acb_srcptr part = evaluation->values + children[i];
                if (node->op == OP_MINIMUM) acb_real_min(result, result, part, evaluation->is_analytic, p);
                else acb_real_max(result, result, part, evaluation->is_analytic, p);
            }
            if (evaluation->program->uses_i) acb_indeterminate(result);
            return true;
        default: acb_indeterminate(result); return true;
    }
}
