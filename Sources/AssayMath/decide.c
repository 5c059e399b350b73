// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The worker's part of the ladder. Disjoint balls prove two values different. Balls that agree to
// almost all of 1,024 bits, relative to their size, at 8 points make them equal with a numeric
// proof; algebraic constants are decided exactly, and Calcium may prove others equal. A point counts only if both sides have a value
// there, a real one unless i occurs. Points are positive and negative, small and large, and drawn
// from the seed alone.

#include "worker.h"

#include <arb.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const am_query *query;
    am_evaluation reference;
    am_evaluation answer;
    acb_t left;
    acb_t right;
    fmpq *variables;
    acb_srcptr bound[AM_VARIABLES_MAX];
    uint32_t free_count;  // names that are not bound
    bool is_complex;
    bool has_calculus;
} contest;

static uint64_t next_random(uint64_t *state) {
    // splitmix64: Steele, Lea, Flood 2014.
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void open_side(am_evaluation *side, const am_program *program, fmpq *variables,
                      acb_srcptr *bound, uint64_t fuel) {
    memset(side, 0, sizeof *side);
    side->program = program;
    side->values = _acb_vec_init(program->node_count);
    side->fuel = fuel;
    side->variables = variables;
    side->bound = bound;
}

static void open_contest(contest *c, const am_query *query) {
    memset(c, 0, sizeof *c);
    c->query = query;
    c->variables = _fmpq_vec_init(query->variable_count + 1);
    // The reference is evaluated first at every point, on fuel of its own: what it leaves over is
    // not the answer's.
    open_side(&c->reference, &query->reference, c->variables, c->bound, query->fuel);
    open_side(&c->answer, &query->answer, c->variables, c->bound, query->answer_fuel);
    acb_init(c->left);
    acb_init(c->right);
    c->has_calculus = query->reference.has_calculus || query->answer.has_calculus;
    for (uint32_t i = 0; i < query->variable_count; i++) {
        if (query->integer_like[i] != 2) c->free_count++;
    }
    c->is_complex = query->reference.uses_i || query->answer.uses_i;
}

static void close_contest(contest *c, am_reply *reply) {
    reply->answer_spent = c->answer.exhausted ? c->query->answer_fuel : c->query->answer_fuel - c->answer.fuel;
    _acb_vec_clear(c->reference.values, c->query->reference.node_count);
    _acb_vec_clear(c->answer.values, c->query->answer.node_count);
    _fmpq_vec_clear(c->variables, c->query->variable_count + 1);
    acb_clear(c->left);
    acb_clear(c->right);
}

// Regions that functions with restricted domains need. None spans 0, so that the first points already
// have both signs: x and |x| must not pass for equal by a draw of positive points alone.
static void choose_point(contest *c, uint64_t attempt) {
    static const int lows[] = {0, 1, -1, -5, 5, -30};
    static const int highs[] = {1, 5, 0, -1, 30, -5};
    uint64_t state = c->query->seed ^ (attempt * 0xd1342543de82ef95u);
    for (uint32_t i = 0; i < c->query->variable_count; i++) {
        int region = (int)((attempt + (attempt / 6) * i) % 6);
        uint64_t below = 1009 + next_random(&state) % 1000;
        uint64_t span = (uint64_t)(highs[region] - lows[region]) * below;
        int64_t above = (int64_t)(1 + next_random(&state) % (span - 1)) + lows[region] * (int64_t)below;
        fmpq_set_si(c->variables + i, above, below);
    }
}

// Points in (0, 1) and (-1, 0) in turn, where most sums converge, and some in (1, 5) and (-5, -1).
static void choose_near_point(contest *c, uint64_t attempt) {
    choose_point(c, attempt % 4 == 3 ? 1 : attempt / 6 * 6);
    uint64_t state = c->query->seed ^ ((attempt + 7) * 0xd1342543de82ef95u);
    for (uint32_t i = 0; i < c->query->variable_count; i++) {
        fmpq_abs(c->variables + i, c->variables + i);
        // A different place each time, still in its region.
        fmpq_mul_si(c->variables + i, c->variables + i, 900 + (slong)(next_random(&state) % 100));
        fmpq_div_2exp(c->variables + i, c->variables + i, 10);
        if ((attempt + i) % 2 == 1) fmpq_neg(c->variables + i, c->variables + i);
    }
}

// Whole numbers for n!, (-1)^n and the like, only for names that usually count.
static bool choose_whole_point(contest *c, uint64_t attempt) {
    uint64_t state = c->query->seed ^ ((attempt + 99) * 0xd1342543de82ef95u);
    bool has_whole = false;
    for (uint32_t i = 0; i < c->query->variable_count; i++) {
        if (c->query->integer_like[i] == 1) {
            has_whole = true;
            fmpq_set_si(c->variables + i, (int64_t)(1 + attempt / 2 + next_random(&state) % 9), 1);
        } else {
            fmpq_set_si(c->variables + i, (int64_t)(1 + next_random(&state) % 5000), 1009);
        }
    }
    return has_whole;
}

static bool has_value(const contest *c, const acb_t x) {
    if (!acb_is_finite(x)) return false;
    return c->is_complex || c->free_count == 0 || arb_contains_zero(acb_imagref(x));
}

// Relative agreement: |x - y| <= 2^-bits * max(|x|, |y|), or both 0 within 2^-bits.
static bool agree(const acb_t x, const acb_t y, slong bits) {
    acb_t difference;
    mag_t distance, size, other;
    acb_init(difference);
    mag_init(distance);
    mag_init(size);
    mag_init(other);
    acb_sub(difference, x, y, AM_BITS_MAX * 2);
    acb_get_mag(distance, difference);
    acb_get_mag_lower(size, x);
    acb_get_mag_lower(other, y);
    mag_max(size, size, other);
    bool result;
    if (mag_is_zero(size)) {
        result = mag_cmp_2exp_si(distance, -bits) <= 0;
    } else {
        mag_mul_2exp_si(size, size, -bits);
        result = mag_cmp(distance, size) <= 0;
    }
    acb_clear(difference);
    mag_clear(distance);
    mag_clear(size);
    mag_clear(other);
    return result;
}

static void print_number(char *target, size_t size, const acb_t x) {
    char *real = arb_get_str(acb_realref(x), 8, ARB_STR_NO_RADIUS);
    if (arb_is_zero(acb_imagref(x))) {
        snprintf(target, size, "%.80s", real);
    } else {
        char *imaginary = arb_get_str(acb_imagref(x), 8, ARB_STR_NO_RADIUS);
        snprintf(target, size, "%.80s + %.80si", real, imaginary);
        flint_free(imaginary);
    }
    flint_free(real);
}

// Variable values and both sides, one a line, for the sentence people read.
static void describe(const contest *c, am_reply *reply) {
    size_t used = 0;
    for (uint32_t i = 0, shown = 0; i < c->query->variable_count && shown < 6; i++) {
        if (c->query->integer_like[i] == 2) continue;
        shown++;
        char *text = fmpq_get_str(NULL, 10, c->variables + i);
        used += (size_t)snprintf(reply->text + used, sizeof reply->text - used, "%.60s\n", text);
        flint_free(text);
    }
    char left[200], right[200];
    print_number(left, sizeof left, c->left);
    print_number(right, sizeof right, c->right);
    snprintf(reply->text + used, sizeof reply->text - used, "%s\n%s", left, right);
}

static void conclude(am_reply *reply, am_outcome outcome, am_method method, bool is_exact) {
    reply->outcome = outcome;
    reply->method = method;
    reply->is_exact = is_exact;
}

// Evaluates both sides; false and a verdict if one of them ran dry.
static bool evaluate_both(contest *c, slong precision, am_reply *reply) {
    if (!am_evaluate(&c->reference, precision, c->left)) {
        conclude(reply, AM_UNDECIDED_REFERENCE, AM_BY_NONE, false);
        return false;
    }
    if (!am_evaluate(&c->answer, precision, c->right)) {
        conclude(reply, AM_ANSWER_TOO_COMPLEX, AM_BY_NONE, false);
        return false;
    }
    return true;
}

// 1 agreed, 0 decided in `reply`, -1 neither proven.
static int settle_point(contest *c, am_reply *reply) {
    for (slong precision = AM_BITS_AGREE + 128; precision <= AM_BITS_MAX; precision *= 2) {
        if (!evaluate_both(c, precision, reply)) return 0;
        if (!has_value(c, c->left) || !has_value(c, c->right)) continue;
        if (!acb_overlaps(c->left, c->right)) {
            describe(c, reply);
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, true);
            return 0;
        }
        if (agree(c->left, c->right, AM_BITS_AGREE - 64)) return 1;
    }
    return -1;
}

// The side whose own value stays fuzzy is to blame for a point that cannot be settled.
static void blame(contest *c, am_reply *reply) {
    bool is_reference_sharp = acb_is_finite(c->left) &&
        (acb_rel_accuracy_bits(c->left) >= AM_BITS_AGREE - 64 || acb_is_exact(c->left));
    conclude(reply, is_reference_sharp ? AM_ANSWER_TOO_COMPLEX : AM_UNDECIDED_REFERENCE, AM_BY_NONE, false);
}

static void decide_constants(contest *c, am_reply *reply) {
    bool has_reference = false, has_answer = false;
    for (slong precision = AM_BITS_SCREEN; precision <= 256; precision *= 4) {
        if (!evaluate_both(c, precision, reply)) return;
        has_reference = acb_is_finite(c->left);
        has_answer = acb_is_finite(c->right);
        if (has_reference && has_answer && !acb_overlaps(c->left, c->right)) {
            describe(c, reply);
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, true);
            return;
        }
    }
    if (has_reference && has_answer) {
        am_evaluation reference = c->reference, answer = c->answer;
        int exact = am_algebraic_compare(&reference, &answer);
        if (exact >= 0) {
            if (exact == 0) describe(c, reply);
            conclude(reply, exact ? AM_EQUIVALENT : AM_DIFFERENT, AM_BY_ALGEBRAIC, true);
            return;
        }
    }
    int settled = settle_point(c, reply);
    if (settled == 0) return;
    if (settled == 1) {
        bool is_proven = c->query->may_prove &&
                         am_calcium_proves_equal(&c->reference, &c->answer);
        conclude(reply, AM_EQUIVALENT, is_proven ? AM_BY_CALCIUM : AM_BY_BALL, is_proven);
    } else if (!acb_is_finite(c->left)) {
        conclude(reply, AM_REFERENCE_UNDEFINED, AM_BY_NONE, false);
    } else if (!acb_is_finite(c->right)) {
        conclude(reply, AM_ANSWER_UNDEFINED, AM_BY_BALL, false);
    } else {
        blame(c, reply);
    }
}

// Both values of a pair with integrals, limits or infinite sums at one place: 1 agreed, 0 decided in
// `reply`, -1 no value there, -2 neither.
static int settle_calculus(contest *c, am_reply *reply) {
    for (slong precision = AM_BITS_CALCULUS; precision <= 2 * AM_BITS_CALCULUS; precision *= 2) {
        c->reference.is_rough = c->answer.is_rough = false;
        if (!evaluate_both(c, precision, reply)) return 0;
        if (!has_value(c, c->left) || !has_value(c, c->right)) return -1;
        bool is_rough = c->reference.is_rough || c->answer.is_rough;
        if (agree(c->left, c->right, is_rough ? AM_BITS_ROUGH_AGREE : AM_BITS_CALCULUS_AGREE)) return 1;
        bool is_apart = is_rough ? !agree(c->left, c->right, AM_BITS_ROUGH_DIFFER)
                                 : !acb_overlaps(c->left, c->right);
        if (is_apart) {
            describe(c, reply);
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, !is_rough);
            return 0;
        }
        if (is_rough) break;
    }
    return -2;
}

static void decide_calculus(contest *c, am_reply *reply) {
    int agreed = 0, needed = c->free_count == 0 ? 1 : AM_POINTS_CALCULUS;
    bool has_reference = false;
    for (uint64_t attempt = 0; attempt < AM_SAMPLES_MAX / 2 && agreed < needed; attempt++) {
        // Whole numbers for half of the points: many sums end at a name.
        bool is_whole = attempt % 3 == 2 && choose_whole_point(c, attempt);
        if (!is_whole) choose_near_point(c, attempt);
        int settled = settle_calculus(c, reply);
        if (settled == 0) return;
        if (settled == 1) agreed++;
        if (settled == -2) break;
        has_reference = has_reference || has_value(c, c->left);
        if (c->free_count == 0) break;
    }
    if (agreed >= needed) conclude(reply, AM_EQUIVALENT, AM_BY_BALL, false);
    else conclude(reply, has_reference && !c->query->reference.has_calculus ? AM_ANSWER_UNDEFINED
                                                                            : AM_UNDECIDED_REFERENCE,
                  AM_BY_BALL, false);
}

typedef struct {
    uint64_t attempts[AM_SAMPLES_MAX];
    bool is_whole[AM_SAMPLES_MAX];
    int common;
    int reference_only;
} sample;

// Screens points at low precision; false if that settled the contest.
static bool screen(contest *c, sample *s, bool is_whole, am_reply *reply) {
    for (uint64_t attempt = 0; attempt < AM_SAMPLES_MAX && s->common < 16; attempt++) {
        if (!is_whole) choose_point(c, attempt);
        else if (!choose_whole_point(c, attempt)) return true;
        if (!evaluate_both(c, AM_BITS_SCREEN, reply)) return false;
        bool has_left = has_value(c, c->left), has_right = has_value(c, c->right);
        if (has_left) s->reference_only++;
        if (!has_left || !has_right) continue;
        if (!acb_overlaps(c->left, c->right)) {
            describe(c, reply);
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, true);
            return false;
        }
        s->attempts[s->common] = attempt;
        s->is_whole[s->common++] = is_whole;
    }
    return true;
}

// Whether a program holds a function that has corners or steps, so that two functions may agree
// near 0 and part far away: |x + 1000| - 1000 is x only above -1000.
static bool has_corners(const am_program *program) {
    for (uint32_t i = 0; i < program->node_count; i++) {
        const am_node *node = program->nodes + i;
        switch (node->op) {
            case OP_ROOT: case OP_MODULO: case OP_MINIMUM: case OP_MAXIMUM: return true;
            case OP_FUNCTION:
                if (node->function == FN_ABS || node->function == FN_FLOOR || node->function == FN_CEIL ||
                    node->function == FN_SIGN)
                    return true;
                break;
            case OP_POWER:
                // The exponent is the node before; (x^2)^(1/2) is |x|.
                if (i > 0 && program->nodes[i - 1].op == OP_NUMBER &&
                    !fmpz_is_one(fmpq_denref(program->numbers + program->nodes[i - 1].number)))
                    return true;
                break;
            default: break;
        }
    }
    return false;
}

enum { FAR_POINTS = 16, STEP_POINTS = 12 };

// Points of size 10 to 10^12 in both signs, then whole numbers, those beside them, and 0.
static void choose_far_point(contest *c, uint64_t attempt) {
    static const int powers[] = {2, 3, 4, 6, 1, 9, 5, 12};
    uint64_t state = c->query->seed ^ ((attempt + 1234) * 0xd1342543de82ef95u);
    fmpz_t scale;
    fmpz_init(scale);
    for (uint32_t i = 0; i < c->query->variable_count; i++) {
        if (attempt < FAR_POINTS) {
            fmpq_set_si(c->variables + i, (int64_t)(1009 + next_random(&state) % 9000), 1009);
            fmpz_ui_pow_ui(scale, 10, (ulong)powers[(attempt / 2 + (attempt / 4) * i) % 8]);
            fmpq_mul_fmpz(c->variables + i, c->variables + i, scale);
            if ((attempt + (attempt / 4) * i) % 2 == 1) fmpq_neg(c->variables + i, c->variables + i);
        } else {
            uint64_t step = attempt - FAR_POINTS;
            fmpq_set_si(c->variables + i, step < 3 ? (int64_t)step : (int64_t)(next_random(&state) % 21) - 10, 1);
            if (step >= 6) {
                // 10^-4 and 10^-9 above or below.
                int64_t sign = step % 2 == 0 ? 1 : -1;
                fmpq_t shift;
                fmpq_init(shift);
                fmpq_set_si(shift, sign, step < 9 ? 10007 : 1000000007);
                fmpq_add(c->variables + i, c->variables + i, shift);
                fmpq_clear(shift);
            }
        }
    }
    fmpz_clear(scale);
}

// Looks for a difference at far points and at steps, on a quarter of the fuel; what cannot be
// evaluated there says nothing. False if a difference settled the contest.
static bool screen_far(contest *c, am_reply *reply) {
    uint64_t reference_fuel = c->reference.fuel, answer_fuel = c->answer.fuel;
    c->reference.fuel = reference_fuel / 4;
    c->answer.fuel = answer_fuel / 4;
    bool is_open = true;
    for (uint64_t attempt = 0; attempt < FAR_POINTS + STEP_POINTS && is_open; attempt++) {
        choose_far_point(c, attempt);
        if (!am_evaluate(&c->reference, 2 * AM_BITS_SCREEN, c->left) ||
            !am_evaluate(&c->answer, 2 * AM_BITS_SCREEN, c->right)) {
            // A size guard says nothing of the next point; spent fuel ends the search.
            bool is_spent = c->reference.fuel < 1000 || c->answer.fuel < 1000;
            c->reference.exhausted = c->answer.exhausted = false;
            if (is_spent) break;
            continue;
        }
        if (!has_value(c, c->left) || !has_value(c, c->right) || acb_overlaps(c->left, c->right)) continue;
        describe(c, reply);
        conclude(reply, AM_DIFFERENT, AM_BY_BALL, true);
        is_open = false;
    }
    c->reference.exhausted = c->answer.exhausted = false;
    c->reference.fuel += reference_fuel - reference_fuel / 4;
    c->answer.fuel += answer_fuel - answer_fuel / 4;
    return is_open;
}

static void decide_functions(contest *c, am_reply *reply) {
    sample s;
    memset(&s, 0, sizeof s);
    if (!screen(c, &s, false, reply)) return;
    if (s.common < AM_POINTS_NEEDED && !screen(c, &s, true, reply)) return;
    if (s.common < AM_POINTS_NEEDED) {
        bool is_answer = s.reference_only >= AM_POINTS_NEEDED;
        conclude(reply, is_answer ? AM_ANSWER_UNDEFINED : AM_UNDECIDED_REFERENCE, AM_BY_NONE, false);
        return;
    }
    bool may_part = has_corners(&c->query->reference) || has_corners(&c->query->answer);
    if (may_part && !screen_far(c, reply)) return;
    // Spread over all regions.
    for (int i = 0; i < AM_POINTS_NEEDED; i++) {
        int index = i * s.common / AM_POINTS_NEEDED;
        if (s.is_whole[index]) choose_whole_point(c, s.attempts[index]);
        else choose_point(c, s.attempts[index]);
        int settled = settle_point(c, reply);
        if (settled == 0) return;
        if (settled < 0) {
            blame(c, reply);
            return;
        }
    }
    conclude(reply, AM_EQUIVALENT, AM_BY_BALL, false);
}

void am_decide(const am_query *query, am_reply *reply) {
    contest c;
    memset(reply, 0, sizeof *reply);
    open_contest(&c, query);
    if (c.has_calculus) decide_calculus(&c, reply);
    else if (c.free_count == 0) decide_constants(&c, reply);
    else decide_functions(&c, reply);
    close_contest(&c, reply);
}

void am_decide_range(const am_query *query, const fmpq_t low, const fmpq_t high, am_reply *reply) {
    contest c;
    memset(reply, 0, sizeof *reply);
    open_contest(&c, query);
    arb_t bound;
    arb_init(bound);
    conclude(reply, AM_ANSWER_TOO_COMPLEX, AM_BY_NONE, false);
    for (slong precision = AM_BITS_SCREEN; precision <= AM_BITS_MAX; precision *= 4) {
        if (!am_evaluate(&c.answer, precision, c.right)) break;
        if (c.answer.is_rough) {
            // No error bound, so no rounding is proven.
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, false);
            break;
        }
        if (!acb_is_finite(c.right)) continue;
        if (!arb_contains_zero(acb_imagref(c.right))) {
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, true);
            break;
        }
        arb_set_fmpq(bound, low, precision + 4096);
        bool is_above = arb_le(bound, acb_realref(c.right));
        bool is_under_low = arb_gt(bound, acb_realref(c.right));
        arb_set_fmpq(bound, high, precision + 4096);
        bool is_below = arb_ge(bound, acb_realref(c.right));
        bool is_over_high = arb_lt(bound, acb_realref(c.right));
        if (is_above && is_below) {
            conclude(reply, AM_EQUIVALENT, AM_BY_BALL, true);
            break;
        }
        if (is_under_low || is_over_high) {
            acb_set_fmpq(c.left, low, 64);
            describe(&c, reply);
            conclude(reply, AM_DIFFERENT, AM_BY_BALL, true);
            break;
        }
    }
    arb_clear(bound);
    close_contest(&c, reply);
}
