#include "vae/lab.h"

#include "vae/trial.h"

static void apply(genmod_config *c, const char *options)
{
    char text[600];

    assert_true(strlen(options) < sizeof text);
    memcpy(text, options, strlen(options) + 1);
    for (char *at = text; at;) {
        char *const bar = strstr(at, " | "), *const value = strchr(at, '=');

        if (bar)
            *bar = '\0';
        assert_non_null(value);
        *value = '\0';
        assert_ok(genmod_config_set_str(c, at, value + 1, NULL));
        at = bar ? bar + 3 : NULL;
    }
}

/* As model_body_new() and model_body_seal() do it, but for the type. */
static int32_t make_body(lab *l, const model_schema *s, genmod_workspace *w)
{
    model_body *const b = base_alloc_zero(w, 1, vae_family.body);
    int32_t status = b ? GENMOD_OK : GENMOD_NO_MEMORY;

    l->b = (vae_body *)b;
    if (status)
        return status;
    b->family = &vae_family;
    b->schema = *s;
    status = ad_store_new(GENMOD_F64, &b->store, w);
    if (!status)
        status = vae_declare(l->c, s, b, w);
    if (status)
        return status;
    b->z = (size_t)nn_size_elements(&b->codes.size);
    b->mean_weight = 1;
    model_body_array(b, MODEL_CENTER, GENMOD_F64, 0, b->d);
    model_body_array(b, MODEL_SCALE, GENMOD_F64, 1, b->d);
    if (s->kinds) {
        model_body_array(b, MODEL_KINDS, CODEC_I32, 0, b->d);
        model_body_array(b, MODEL_LEVELS, CODEC_I32, 0, b->d);
    }
    l->s = b->store;
    status = model_body_seal(b, w);
    return status ? status : ad_store_seal(b->store, 1, w);
}

void lab_open(lab *l, const char *options, size_t d, const int32_t *kinds,
              const int32_t *levels)
{
    const model_schema s = {.d = d, .kinds = kinds, .levels = levels};
    base_call call;
    int32_t status;

    memset(l, 0, sizeof *l);
    assert_ok(genmod_workspace_new(NULL, &l->w));
    assert_ok(vae_config_new(&l->c, NULL));
    apply(l->c, options);
    genmod_workspace *const w = base_enter(&call, l->w, &status);
    status = base_leave(&call, make_body(l, &s, w));
    assert_status(status, GENMOD_OK, l->w);
    vae_likelihood_initialise(&l->b->likelihood, l->s);
    ad_store_revert(l->s);
}

void lab_close(lab *l)
{
    ad_program_free(l->p);
    base_free(l->arena);
    model_body_free((model_body *)l->b);
    genmod_config_free(l->c);
    genmod_workspace_free(l->w);
}

void lab_set(lab *l, const char *options)
{
    apply(l->c, options);
}

static void compile(lab *l, int updates, size_t program, size_t rows)
{
    const model_body *const b = (const model_body *)l->b;
    double recipe[MODEL_RECIPE] = {0};
    base_call call;
    int32_t status;

    ad_program_free(l->p);
    base_free(l->arena);
    l->rows = rows;
    l->p = NULL;
    vae_recipe(l->c, recipe);
    genmod_workspace *const w = base_enter(&call, l->w, &status);
    status = base_leave(
        &call, updates ? vae_compile_update(b, recipe, 0, rows, &l->p, w)
                       : vae_compile(b, program, rows, &l->p, w));
    assert_status(status, GENMOD_OK, l->w);
    l->arena = base_alloc_zero(l->w, 1, ad_program_bytes(l->p, 1));
    assert_non_null(l->arena);
}

void lab_compile_update(lab *l, size_t rows)
{
    compile(l, 1, 0, rows);
}

void lab_compile(lab *l, size_t program, size_t rows)
{
    compile(l, 0, program, rows);
}

double *lab_value(const lab *l, size_t i, size_t *n)
{
    if (n)
        *n = (size_t)ad_elements(ad_store_shape(l->s, i));
    return ad_store_value(l->s, i);
}

size_t lab_find(const lab *l, const char *head, const char *tail)
{
    size_t at = SIZE_MAX;

    for (size_t i = 0; i < ad_store_count(l->s); i++)
        if (model_is_named(ad_store_name(l->s, i), head, tail))
            at = i;
    assert_true(at != SIZE_MAX);
    return at;
}

void lab_invent(const lab *l, double deviation, uint64_t seed)
{
    for (size_t i = 0; i < ad_store_count(l->s); i++) {
        size_t n;
        double *const v = lab_value(l, i, &n);

        for (size_t j = 0; j < n && ad_store_kind(l->s, i) == AD_TRAINED; j++)
            v[j] = deviation * trial_normal(&seed);
    }
}

void lab_put(const lab *l, const char *name, size_t n, const double *v)
{
    const int32_t at = ad_program_find(l->p, name);

    if (at >= 0)
        memcpy(ad_program_input(l->p, at, l->arena), v, n * sizeof *v);
}

void lab_run(const lab *l, uint64_t step)
{
    const ad_replay r = {.rows = l->rows,
                         .seed = 1,
                         .step = step,
                         .arena = l->arena,
                         .width = 1};

    ad_program_run(l->p, l->s, &r, NULL);
}

const double *lab_output(const lab *l, size_t i)
{
    return ad_program_output(l->p, i, l->arena);
}

const double *lab_gradient(const lab *l, size_t i)
{
    return ad_store_grad(l->s, i);
}
