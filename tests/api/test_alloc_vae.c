/* Every allocation of every call of the variational autoencoders is refused. */
#include "genmod/exchange.h"
#include "model/walk.h"
#include "support/threads.h"
#include "vae/internal.h"
#include "vae/rows.h"

#define N 24

static rows_table table, gaps;
static double codes[N * 2];

static genmod_data *table_view(void)
{
    return rows_view(&table);
}

static genmod_data *gaps_view(void)
{
    return rows_view(&gaps);
}

static genmod_data *codes_view(void)
{
    genmod_data *const v = fixture_view(N, 2, codes);
    assert_ok(genmod_data_set_labels(v, N, table.labels, NULL));
    return v;
}

static const walk_kind kinds[] = {
    {&vae_family, sizeof(vae_model),
     "code=2 | encoder=dense 3; batchnorm; tanh; dropout 0.1 | classes=3 | "
     "missing=1 | hide=0.2 | epochs=2 | batch_size=20",
     1, gaps_view, codes_view},
    {&vae_family, sizeof(vae_model),
     "code=2 | input=6 | encoder=dense 2 | prior=mixture | prior_components=2 "
     "| average=0.5 | epochs=2 | batch_size=20 | missing=1",
     3, table_view, codes_view}};

static int32_t call_encode(walk_stage *s)
{
    return vae_encode(s->model, s->view, GENMOD_F64, sizeof s->out / 2, s->out,
                      s->out + N * 2, s->w);
}

static int32_t call_encode_sample(walk_stage *s)
{
    return vae_encode_sample(s->model, s->view, 3, GENMOD_F64, sizeof s->out,
                             s->out, s->w);
}

static int32_t call_decode(walk_stage *s)
{
    return vae_decode(s->model, s->codes, GENMOD_MEAN, 3, GENMOD_F32,
                      sizeof s->out, s->out, s->w);
}

static int32_t call_reconstruct(walk_stage *s)
{
    return vae_reconstruct(s->model, s->view, GENMOD_DRAW, 3, GENMOD_F64,
                           sizeof s->out, s->out, s->w);
}

static int32_t call_sample(walk_stage *s)
{
    return vae_sample(s->model, 3, 5, 9, GENMOD_DRAW, NULL, GENMOD_F64,
                      sizeof s->out, s->out, s->w);
}

static int32_t call_interpolate(walk_stage *s)
{
    return vae_interpolate(s->model, s->view, s->view, 3, GENMOD_SPHERICAL,
                           GENMOD_F64, sizeof s->out, s->out, s->w);
}

static int32_t call_impute(walk_stage *s)
{
    return vae_impute(s->model, s->view, GENMOD_DRAW, 3, 4, GENMOD_F64,
                      sizeof s->out, s->out, s->w);
}

static int32_t call_elbo(walk_stage *s)
{
    return vae_elbo(s->model, s->view, 3, 4, N * sizeof *s->out, s->out,
                    s->out + N, s->out + 2 * N, s->w);
}

static int32_t call_log_weights(walk_stage *s)
{
    return vae_log_weights(s->model, s->view, 3, 1, 4, sizeof s->out, s->out,
                           s->w);
}

static int32_t call_log_likelihood(walk_stage *s)
{
    return vae_log_likelihood(s->model, s->view, 3, 4, N * sizeof *s->out,
                              s->out, s->out + N, s->w);
}

static int32_t call_anomaly(walk_stage *s)
{
    return vae_anomaly(s->model, s->view, sizeof s->out, s->out, s->w);
}

static int32_t call_anomaly_columns(walk_stage *s)
{
    return vae_anomaly_columns(s->model, s->view, sizeof s->out, s->out, s->w);
}

static int32_t call_threshold(walk_stage *s)
{
    return vae_threshold(s->model, s->view, 0.1, s->out, s->w);
}

static int32_t call_get_params(walk_stage *s)
{
    return vae_get_params(s->model, vae_params_key(s->model, 0),
                          sizeof s->out / sizeof *s->out, s->out, &s->need,
                          s->w);
}

static int32_t call_set_params(walk_stage *s)
{
    static const double ones[2] = {1, 1};
    return vae_set_params(s->model, "likelihood.0.log_sigma", 1, ones, s->w);
}

static int32_t call_export_encoder(walk_stage *s)
{
    return vae_export_onnx(s->model, "encoder", sizeof s->out, s->out, &s->need,
                           s->w);
}

static int32_t call_export_reconstruction(walk_stage *s)
{
    return vae_export_onnx(s->model, "reconstruction", sizeof s->out, s->out,
                           &s->need, s->w);
}

static int32_t call_save(walk_stage *s)
{
    return vae_save(s->model, sizeof s->out, s->out, &s->need, s->w);
}

static const walk_call calls[] = {
    {"vae_encode", call_encode, NULL},
    {"vae_encode_sample", call_encode_sample, NULL},
    {"vae_decode", call_decode, NULL},
    {"vae_reconstruct", call_reconstruct, NULL},
    {"vae_sample", call_sample, NULL},
    {"vae_interpolate", call_interpolate, NULL},
    {"vae_impute", call_impute, NULL},
    {"vae_elbo", call_elbo, NULL},
    {"vae_log_weights", call_log_weights, NULL},
    {"vae_log_likelihood", call_log_likelihood, NULL},
    {"vae_anomaly", call_anomaly, NULL},
    {"vae_anomaly_columns", call_anomaly_columns, NULL},
    {"vae_threshold", call_threshold, NULL},
    {"vae_get_params", call_get_params, NULL},
    {"vae_set_params", call_set_params, NULL},
    {"vae_save", call_save, NULL},
    {"vae_export_onnx, encoder", call_export_encoder, NULL},
    {"vae_export_onnx, reconstruction", call_export_reconstruction, NULL}};

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    const size_t total =
        walk_all(2, kinds, WALK_SHARED, walk_shared) +
        walk_all(2, kinds, sizeof calls / sizeof *calls, calls);
    print_message("  %zu allocation sites refused\n", total);
    assert_true(total > 100);
}

static void threads_that_the_system_refuses_change_no_bit(void **state)
{
    (void)state;
    static walk_stage s;
    double want[WALK_ROOM / sizeof(double)];
    walk_open(&s, &kinds[0]);
    for (size_t allowed = 0; allowed <= 3; allowed++) {
        threads_allow(allowed);
        walk_enter(&s, allowed ? 7 : 1);
        memset(s.out, 0, sizeof s.out);
        assert_ok(call_impute(&s));
        if (allowed == 0)
            memcpy(want, s.out, sizeof want);
        assert_memory_equal(s.out, want, sizeof want);
        assert_true((threads_asked() > 0) == (allowed > 0));
        walk_leave(&s);
    }
    threads_allow(SIZE_MAX);
    walk_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_call_is_survived),
        cmocka_unit_test(threads_that_the_system_refuses_change_no_bit),
    };
    threads_allow(SIZE_MAX);
    rows_open(&table, N, 3, 0);
    rows_open(&gaps, N, 3, 1);
    for (size_t i = 0; i < N * 2; i++)
        codes[i] = (double)(i * 7 % 11) / 5 - 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    rows_close(&gaps);
    return failed;
}
