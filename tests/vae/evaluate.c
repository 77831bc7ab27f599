#include "vae/evaluate.h"

vae_choice evaluate_choice(int32_t likelihood)
{
    return (vae_choice){
        .likelihood = likelihood, .sigma_value = 1, .shared = -1, .grid = 256};
}

void evaluate_open(evaluation *e, int32_t type, size_t rows, int32_t k,
                   const vae_choice *c, const char *size)
{
    nn_size shape;

    memset(e, 0, sizeof *e);
    e->type = type;
    e->rows = rows;
    e->k = k;
    assert_ok(genmod_workspace_new(NULL, &e->w));
    assert_ok(nn_size_parse("size", size, &shape, e->w));
    assert_ok(vae_likelihood_plan(c, &shape, &e->l, e->w));
    assert_ok(ad_store_new(type, &e->s, e->w));
    assert_ok(vae_likelihood_declare(&e->l, e->s, 0, e->w));
    assert_ok(ad_store_seal(e->s, 1, e->w));
    vae_likelihood_initialise(&e->l, e->s);
    ad_store_revert(e->s);
}

void evaluate_close(evaluation *e)
{
    ad_program_free(e->p);
    base_free(e->arena);
    ad_store_free(e->s);
    vae_likelihood_clear(&e->l);
    genmod_workspace_free(e->w);
}

static void put(int32_t type, void *to, size_t n, const double *v)
{
    for (size_t i = 0; i < n; i++) {
        if (type == GENMOD_F32)
            ((float *)to)[i] = (float)v[i];
        else
            ((double *)to)[i] = v[i];
    }
}

static double get(int32_t type, const void *from, size_t i)
{
    return type == GENMOD_F32 ? (double)((const float *)from)[i]
                              : ((const double *)from)[i];
}

void evaluate_set(evaluation *e, int32_t index, double v)
{
    const size_t i = (size_t)index;
    const size_t n = (size_t)ad_elements(ad_store_shape(e->s, i));

    for (size_t j = 0; j < n; j++)
        put(e->type,
            (char *)ad_store_value(e->s, i) +
                j * (e->type == GENMOD_F32 ? sizeof(float) : sizeof(double)),
            1, &v);
}

double evaluate_get(const evaluation *e, int32_t index, size_t j)
{
    return get(e->type, ad_store_value(e->s, (size_t)index), j);
}

void evaluate_compile(evaluation *e, int flags, int masked, int weighted)
{
    ad_target target[16], next[8];
    size_t n = 0;
    ad_graph *g;

    assert_ok(ad_graph_new(e->rows, &g, e->w));
    nn_pass pass = {.g = g, .s = e->s, .flags = flags, .room = 8, .next = next};
    const ad_node y = ad_input(g, "y", ad_rows(g, e->k, 1, 2, &e->l.params));
    const vae_rows r = {
        .x = ad_input(g, "x", nn_size_rows(g, &e->l.size)),
        .mask =
            masked ? ad_input(g, "mask", nn_size_rows(g, &e->l.size)) : AD_NONE,
        .weight = weighted ? ad_input(g, "weight", ad_rows(g, 1, 1, 1, NULL))
                           : AD_NONE};

    target[n++] =
        (ad_target){AD_OUTPUT, vae_log_density(&e->l, &pass, y, &r), 0};
    if (!(flags & NN_UPDATE)) {
        target[n++] = (ad_target){
            AD_OUTPUT, vae_log_density_cells(&e->l, &pass, y, &r), 0};
        target[n++] = (ad_target){AD_OUTPUT, vae_mean(&e->l, &pass, y), 0};
    }
    for (size_t i = 0; i < pass.n; i++)
        target[n++] = next[i];
    assert_ok(ad_graph_status(g));
    ad_program_free(e->p);
    base_free(e->arena);
    assert_ok(ad_compile(g, e->s, n, target, &e->p, e->w));
    e->arena = base_alloc(e->w, ad_program_bytes(e->p, 1), 1);
    assert_non_null(e->arena);
    ad_graph_free(g);
}

static void give(evaluation *e, const char *name, size_t n, const double *v)
{
    const int32_t input = ad_program_find(e->p, name);

    if (v && input >= 0)
        put(e->type, ad_program_input(e->p, input, e->arena), n, v);
}

void evaluate_run(evaluation *e, size_t m, const double *y, const double *x,
                  const double *mask, const double *weight)
{
    const size_t d = (size_t)e->l.d;
    const ad_replay replay = {.rows = m, .arena = e->arena, .width = 1};

    give(e, "y", m * (size_t)e->k * (size_t)e->l.params, y);
    give(e, "x", m * d, x);
    give(e, "mask", m * d, mask);
    give(e, "weight", m, weight);
    ad_program_run(e->p, e->s, &replay, NULL);
}

static double output(const evaluation *e, size_t which, size_t at)
{
    return get(e->type, ad_program_output(e->p, which, e->arena), at);
}

double evaluate_row(const evaluation *e, size_t i, size_t c)
{
    return output(e, 0, i * (size_t)e->k + c);
}

double evaluate_cell(const evaluation *e, size_t i, size_t c, size_t j)
{
    return output(e, 1, (i * (size_t)e->k + c) * (size_t)e->l.d + j);
}

double evaluate_mean(const evaluation *e, size_t i, size_t c, size_t j)
{
    return output(e, 2, (i * (size_t)e->k + c) * (size_t)e->l.d + j);
}

/* ---- by the definitions -------------------------------------------------- */

static long double log_one_plus_exp(long double a)
{
    return a > 0 ? a + log1pl(expl(-a)) : log1pl(expl(a));
}

long double naive_bernoulli(long double logit, long double x)
{
    return -x * log_one_plus_exp(-logit) - (1 - x) * log_one_plus_exp(logit);
}

long double naive_gaussian(long double mean, long double sigma, long double x)
{
    const long double z = (x - mean) / sigma;

    return -0.5L * z * z - logl(sigma) - 0.5L * logl(2 * acosl(-1));
}

/* ln of s(b) - s(a), 0 <= a < b: e^-a (1 - e^(a - b)) / (1 + e^-a) (1 + e^-b)
 */
static long double log_right(long double a, long double b, long double width)
{
    return -a + logl(-expm1l(-width)) - log1pl(expl(-a)) - log1pl(expl(-b));
}

long double naive_logistic(long double location, long double log_scale,
                           int levels, int x)
{
    const long double s = expl(log_scale), last = levels - 1;
    const long double a = ((x - 0.5L) / last - location) / s;
    const long double b = ((x + 0.5L) / last - location) / s;

    if (x == 0)
        return -log_one_plus_exp(-b);
    if (x == levels - 1)
        return -log_one_plus_exp(a);
    if (a >= 0)
        return log_right(a, b, 1 / (last * s));
    if (b <= 0)
        return log_right(-b, -a, 1 / (last * s));
    return logl(1 / (1 + expl(-b)) - 1 / (1 + expl(-a)));
}

long double naive_poisson(long double log_rate, long double x)
{
    return x * log_rate - expl(log_rate) - lgammal(x + 1);
}

long double naive_negative_binomial(long double log_mean, long double log_r,
                                    long double x)
{
    const long double r = expl(log_r);

    return lgammal(x + r) - lgammal(r) - lgammal(x + 1) -
           r * log_one_plus_exp(log_mean - log_r) -
           x * log_one_plus_exp(log_r - log_mean);
}

long double naive_categorical(int levels, const double *logit, int x)
{
    long double most = logit[0], sum = 0;

    for (int k = 1; k < levels; k++)
        most = logit[k] > most ? logit[k] : most;
    for (int k = 0; k < levels; k++)
        sum += expl(logit[k] - most);
    return logit[x] - most - logl(sum);
}
