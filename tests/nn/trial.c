#include "nn/trial.h"

void trial_fill(double *v, size_t n, uint64_t key, double lo, double hi)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits[4];
        base_random(2385, key, (uint32_t)(i >> 20), (uint32_t)i, bits);
        v[i] = lo + (hi - lo) * base_uniform(bits[0], bits[1]);
    }
}

static void scramble(const trial *t)
{
    for (size_t i = 0; i < ad_store_count(t->s); i++) {
        const char *const name = ad_store_name(t->s, i);
        const int positive = strstr(name, "scale") || strstr(name, "variance");
        trial_fill(ad_store_value(t->s, i),
                   (size_t)ad_elements(ad_store_shape(t->s, i)), i,
                   positive ? 0.5 : -0.6, positive ? 1.5 : 0.7);
    }
}

void trial_new(trial *t, const char *shape, const char *text, size_t rows)
{
    nn_size size;

    memset(t, 0, sizeof *t);
    t->rows = rows;
    assert_ok(genmod_workspace_new(NULL, &t->w));
    assert_ok(nn_size_parse("shape", shape, &size, t->w));
    assert_status(nn_parse("net", text, &size, &t->net, t->w), GENMOD_OK, t->w);
    assert_ok(ad_store_new(GENMOD_F64, &t->s, t->w));
    assert_ok(nn_declare(t->net, t->s, "net", 0, NULL, t->w));
    assert_ok(ad_store_seal(t->s, 1, t->w));
    scramble(t);
    assert_ok(ad_graph_new(rows, &t->g, t->w));
    t->x = ad_input(t->g, "x", nn_size_rows(t->g, &size));
    const size_t n = rows * (size_t)nn_size_elements(&size);
    t->in = malloc(n * sizeof *t->in);
    trial_fill(t->in, n, 1000, -1.1, 1.3);
    t->pass =
        (nn_pass){.g = t->g, .s = t->s, .room = TRIAL_STATES, .next = t->next};
}

void trial_free(trial *t)
{
    free(t->in);
    ad_graph_free(t->g);
    ad_store_free(t->s);
    nn_net_free(t->net);
    genmod_workspace_free(t->w);
}

ad_node trial_apply(trial *t, int flags)
{
    t->pass.flags = flags;
    const ad_node y = nn_apply(t->net, &t->pass, t->x);
    assert_status(ad_graph_status(t->g), GENMOD_OK, t->w);
    assert_true(t->pass.n <= nn_net_states(t->net));
    return y;
}

double *trial_run(trial *t, ad_node y)
{
    ad_target targets[1 + TRIAL_STATES] = {{AD_OUTPUT, y, 0}};
    ad_program *p;
    const size_t n = (size_t)ad_elements(ad_shape_at(t->g, y));
    double *const out = malloc(n * sizeof *out);

    memcpy(targets + 1, t->next, t->pass.n * sizeof *targets);
    assert_status(ad_compile(t->g, t->s, 1 + t->pass.n, targets, &p, t->w),
                  GENMOD_OK, t->w);
    void *const arena = base_alloc(t->w, ad_program_bytes(p, 1), 1);
    const ad_replay r = {.rows = t->rows,
                         .seed = 5,
                         .step = t->step,
                         .arena = arena,
                         .width = 1};
    const int32_t input = ad_program_find(p, "x");
    if (input >= 0)
        memcpy(ad_program_input(p, input, arena), t->in,
               (size_t)ad_elements(ad_shape_at(t->g, t->x)) * sizeof *t->in);
    ad_program_run(p, t->s, &r, NULL);
    memcpy(out, ad_program_output(p, 0, arena), n * sizeof *out);
    base_free(arena);
    ad_program_free(p);
    return out;
}

int32_t trial_index(const trial *t, const char *name)
{
    for (size_t i = 0; i < ad_store_count(t->s); i++) {
        if (strcmp(ad_store_name(t->s, i) + 4, name) == 0)
            return (int32_t)i;
    }
    fail_msg("no variable %s", name);
    return -1;
}

double *trial_value(const trial *t, const char *name)
{
    return ad_store_value(t->s, (size_t)trial_index(t, name));
}

double *trial_next(const trial *t, const char *name)
{
    return ad_store_next(t->s, (size_t)trial_index(t, name));
}

void trial_near(size_t n, const double *v, const double *expected,
                double tolerance)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < n; i++)
        assert_near(v[i], expected[i], tolerance * largest);
}
