#include "tables.h"

#define OPERANDS 3
#define MANY (KERN_TILE + 8)

/* The operators that are exact: what IEEE 754 gives, in the table's type. */
typedef struct operator
{
    int op;
    double p, q;
}
operator;

static const operator exact[] = {
    {KERN_COPY, 0, 0},    {KERN_NEG, 0, 0},           {KERN_RECIP, 0, 0},
    {KERN_SQRT, 0, 0},    {KERN_ABS, 0, 0},           {KERN_SIGN, 0, 0},
    {KERN_FLOOR, 0, 0},   {KERN_LEAKY, 0.203125, 0},  {KERN_GATE, -0.40625, 0},
    {KERN_ADD, 0, 0},     {KERN_SUB, 0, 0},           {KERN_MUL, 0, 0},
    {KERN_DIV, 0, 0},     {KERN_MAX, 0, 0},           {KERN_MIN, 0, 0},
    {KERN_GREATER, 0, 0}, {KERN_GREATER_EQUAL, 0, 0}, {KERN_EQUAL, 0, 0},
    {KERN_SELECT, 0, 0},
};

/* In double: float's results are this rounded, which is right for +, -, *, /
 * and the root, since 53 >= 2 * 24 + 2 (Figueroa 1995). */
static double definition(const operator* o, double a, double b, double c)
{
    switch (o->op) {
    case KERN_COPY:
        return a;
    case KERN_NEG:
        return -a;
    case KERN_RECIP:
        return 1 / a;
    case KERN_SQRT:
        return sqrt(a);
    case KERN_ABS:
        return fabs(a);
    case KERN_SIGN:
        return a > 0 ? 1 : a < 0 ? -1 : a;
    case KERN_FLOOR:
        return floor(a);
    case KERN_LEAKY:
        return a > 0 ? a : o->p * a;
    case KERN_GATE:
        return a > 0 ? 1 : o->p;
    case KERN_ADD:
        return a + b;
    case KERN_SUB:
        return a - b;
    case KERN_MUL:
        return a * b;
    case KERN_DIV:
        return a / b;
    case KERN_MAX:
        return isnan(a) || isnan(b) ? (double)NAN : a > b ? a : b;
    case KERN_MIN:
        return isnan(a) || isnan(b) ? (double)NAN : a < b ? a : b;
    case KERN_GREATER:
        return a > b;
    case KERN_GREATER_EQUAL:
        return a >= b;
    case KERN_EQUAL:
        return a == b;
    default:
        return a != 0 ? b : c;
    }
}

static double rounded(const kern_ops *ops, double x)
{
    return ops->type == GENMOD_F32 ? (double)(float)x : x;
}

/* Runs one instruction from registers 0, 1, 2 into 3. */
static void run_one(const kern_ops *ops, const operator* o, size_t n,
                    void *const *in, void *out)
{
    void *const reg[] = {in[0], in[1], in[2], out};
    const kern_tile code = {.op = (uint16_t)o->op,
                            .out = 3,
                            .a = 0,
                            .b = 1,
                            .c = 2,
                            .p = o->p,
                            .q = o->q};

    ops->tile(1, &code, n, reg);
}

/* A mixture of sizes, equal pairs, whole numbers, and what is special. */
static double operand(size_t i, uint64_t *seed)
{
    static const double special[] = {
        0.0, -0.0, (double)INFINITY, -(double)INFINITY, (double)NAN, 1.0, -1.0,
        0.5, -2.5, 8388609.0,
    };
    const double u = uneven(seed), v = uneven(seed);
    const size_t pick = (size_t)(fabs(v) * 64);

    if (pick < sizeof special / sizeof *special)
        return special[pick];
    return i % 3 == 0 ? u : i % 3 == 1 ? floor(8 * u) : ldexp(u, (int)(60 * v));
}

static void *operands(const kern_ops *ops, size_t n, uint64_t seed)
{
    void *const x = elements(ops, n);

    for (size_t i = 0; i < n; i++)
        put(ops, x, i, operand(i, &seed));
    return x;
}

static void check_exact(const kern_ops *ops, const operator* o, void *const *in,
                        void *out)
{
    run_one(ops, o, KERN_TILE, in, out);
    for (size_t i = 0; i < KERN_TILE; i++) {
        const double a = get(ops, in[0], i), b = get(ops, in[1], i);
        const double y = get(ops, out, i);
        const double e = rounded(ops, definition(o, a, b, get(ops, in[2], i)));

        if (!(y == e || (isnan(y) && isnan(e))))
            fail_msg("operator %d, type %d, set %d: %g of %g, %g, not %g",
                     o->op, (int)ops->type, (int)ops->cpu, y, a, b, e);
        /* Which zero a maximum of both is, is left open. */
        if (o->op != KERN_MAX && o->op != KERN_MIN && !isnan(e))
            assert_true(signbit(y) == signbit(e));
    }
}

static void exact_operators_equal_their_definition(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (uint64_t round = 0; round < 8; round++) {
            void *const in[] = {operands(ops[t], KERN_TILE, 5 + round),
                                operands(ops[t], KERN_TILE, 35 + round),
                                operands(ops[t], KERN_TILE, 77 + round)};
            void *const out = elements(ops[t], KERN_TILE);

            for (size_t o = 0; o < sizeof exact / sizeof *exact; o++)
                check_exact(ops[t], &exact[o], in, out);
            free(out);
            for (size_t i = 0; i < OPERANDS; i++)
                free(in[i]);
        }
    }
}

static void fused_operators_round_once_where_the_set_can(void **state)
{
    static const operator affine = {KERN_AFFINE, 1.40625, -0.296875};
    static const operator fused = {KERN_FMA, 0, 0};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        const double eps = epsilon(ops[t]);
        const int once = ops[t]->cpu >= BASE_CPU_X86_V3;
        void *const in[] = {random_elements(ops[t], KERN_TILE, 3),
                            random_elements(ops[t], KERN_TILE, 4),
                            random_elements(ops[t], KERN_TILE, 5)};
        void *const y = elements(ops[t], KERN_TILE);
        void *const z = elements(ops[t], KERN_TILE);

        for (size_t i = 0; i < KERN_TILE; i++) /* all bits of the fraction */
            for (size_t k = 0; k < OPERANDS; k++)
                put(ops[t], in[k], i, get(ops[t], in[k], i) / 3);
        run_one(ops[t], &affine, KERN_TILE, in, y);
        run_one(ops[t], &fused, KERN_TILE, in, z);
        for (size_t i = 0; i < KERN_TILE; i++) {
            const long double a = (long double)get(ops[t], in[0], i);
            const long double b = (long double)get(ops[t], in[1], i);
            const long double c = (long double)get(ops[t], in[2], i);
            const long double e = 1.40625L * a - 0.296875L, f = a * b + c;

            /* Half a step, and the roundings of long double. */
            assert_true(fabsl(get(ops[t], y, i) - e) <=
                        eps * (fabsl(e) + !once * 0.5L) + 0x1p-63L);
            assert_true(fabsl(get(ops[t], z, i) - f) <=
                        eps * (fabsl(f) + !once * fabsl(a * b)) + 0x1p-63L);
        }
        free(z);
        free(y);
        for (size_t i = 0; i < OPERANDS; i++)
            free(in[i]);
    }
}

/* Every operator there is, with a number that suits polygamma's order. */
static operator any_operator(int op)
{
    const operator o = {op, op == KERN_POLYGAMMA ? 2 : 0.296875, -0.59375};

    return o;
}

static void an_element_has_the_same_bits_in_any_place(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 15, 16, 17, 63, 100, 511};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const in[] = {operands(ops[t], KERN_TILE, 3),
                            operands(ops[t], KERN_TILE, 4),
                            operands(ops[t], KERN_TILE, 5)};
        void *const all = elements(ops[t], KERN_TILE);
        void *const some = elements(ops[t], MANY);

        for (int op = 0; op < KERN_TILE_OPS; op++) {
            const operator o = any_operator(op);

            run_one(ops[t], &o, KERN_TILE, in, all);
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                const size_t first = KERN_TILE - sizes[s];
                void *const part[] = {at(ops[t], in[0], first),
                                      at(ops[t], in[1], first),
                                      at(ops[t], in[2], first)};
                const double beyond = 4.40625;

                put(ops[t], some, s % 5 + sizes[s], beyond);
                run_one(ops[t], &o, sizes[s], part, at(ops[t], some, s % 5));
                assert_memory_equal(at(ops[t], some, s % 5),
                                    at(ops[t], all, first),
                                    sizes[s] * ops[t]->bytes);
                assert_true(get(ops[t], some, s % 5 + sizes[s]) == beyond);
            }
        }
        free(some);
        free(all);
        for (size_t i = 0; i < OPERANDS; i++)
            free(in[i]);
    }
}

static void an_output_may_be_any_input(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), m = 203;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const in[] = {operands(ops[t], m, 13), operands(ops[t], m, 14),
                            operands(ops[t], m, 15)};
        void *const y = elements(ops[t], m), *const z = elements(ops[t], m);

        for (int op = 0; op < KERN_TILE_OPS; op++) {
            const operator o = any_operator(op);

            run_one(ops[t], &o, m, in, y);
            for (size_t i = 0; i < OPERANDS; i++) {
                void *reg[] = {in[0], in[1], in[2]};

                memcpy(z, in[i], m * ops[t]->bytes);
                reg[i] = z;
                run_one(ops[t], &o, m, reg, z);
                assert_memory_equal(z, y, m * ops[t]->bytes);
            }
        }
        free(z);
        free(y);
        for (size_t i = 0; i < OPERANDS; i++)
            free(in[i]);
    }
}

/* (mu^2 + e^l - 1 - l) / 2, a Gaussian's divergence from the standard one. */
static void code_runs_in_order(void **state)
{
    static const kern_tile code[] = {
        {.op = KERN_EXPM1, .out = 2, .a = 1},
        {.op = KERN_SUB, .out = 2, .a = 2, .b = 1},
        {.op = KERN_FMA, .out = 2, .a = 0, .b = 0, .c = 2},
        {.op = KERN_AFFINE, .out = 3, .a = 2, .p = 0.5},
    };
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops), m = 77;

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const reg[] = {random_elements(ops[t], m, 8),
                             random_elements(ops[t], m, 9), elements(ops[t], m),
                             elements(ops[t], m)};

        ops[t]->tile(sizeof code / sizeof *code, code, m, reg);
        for (size_t i = 0; i < m; i++) {
            const double mu = get(ops[t], reg[0], i);
            const double l = get(ops[t], reg[1], i);

            /* Operands up to 1.72, a rounding each, two ulp of expm1. */
            assert_near(get(ops[t], reg[3], i),
                        0.5 * (mu * mu + (expm1(l) - l)), 8 * epsilon(ops[t]));
        }
        for (size_t i = 0; i < 4; i++)
            free(reg[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_operators_equal_their_definition),
        cmocka_unit_test(fused_operators_round_once_where_the_set_can),
        cmocka_unit_test(an_element_has_the_same_bits_in_any_place),
        cmocka_unit_test(an_output_may_be_any_input),
        cmocka_unit_test(code_runs_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
