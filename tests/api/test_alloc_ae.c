/* Every allocation of every call of the autoencoders is refused. */
#include "ae/internal.h"
#include "genmod/exchange.h"
#include "model/walk.h"
#include "support/threads.h"

#define N 50
#define D 9
#define Z 2

static double rows[N * D];
static int32_t classes[N];

static double uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

static void invent(void)
{
    uint64_t state = 5;
    for (size_t i = 0; i < N * D; i++)
        rows[i] = uniform(&state) + (i % 3 == i / D % 3 ? 0.7 : 0);
    for (size_t i = 0; i < N; i++)
        classes[i] = i % 5 % 2;
}

static genmod_data *view(void)
{
    return fixture_view(N, D, rows);
}

static genmod_data *labelled(void)
{
    genmod_data *const v = view();
    assert_ok(genmod_data_set_labels(v, N, classes, NULL));
    return v;
}

static genmod_data *narrow(void)
{
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, N, D - 1, rows, D, 1, NULL));
    return v;
}

static genmod_data *codes(void)
{
    return fixture_view(N, Z, rows);
}

static const walk_kind kinds[] = {
    {&ae_family, sizeof(ae_model),
     "encoder=dense 5; batchnorm; tanh; dropout 0.1; dense 2 | "
     "corruption=salt-and-pepper | emphasis=0.5 | sparsity=0.3 | "
     "sparsity_kind=l1 | average=0.5 | epochs=2 | batch_size=20 | "
     "pretrain_epochs=1",
     1, view, codes},
    {&ae_family, sizeof(ae_model),
     "input=1x3x3 | encoder=conv 3 k2; relu; dense 2; sigmoid | "
     "corruption=masking | contraction=0.1 | epochs=2 | batch_size=20 | "
     "pretrain_epochs=1",
     3, view, codes},
    {&ae_family, sizeof(ae_model),
     "encoder=dense 9; tanh | contraction=0.1 | epochs=2 | batch_size=20 | "
     "pretrain_epochs=1",
     1, view, view}};

/* With a head; the rows of the second model's calls lack its targets. */
static const walk_kind headed[] = {
    {&ae_family, sizeof(ae_model),
     "encoder=dense 2 | target=classes | epochs=2 | batch_size=20", 1, labelled,
     codes},
    {&ae_family, sizeof(ae_model),
     "encoder=dense 2 | target=values | epochs=2 | batch_size=20", 1, view,
     narrow}};

static int32_t source(size_t n, const int64_t *numbers, void *x,
                      double *weights, int32_t *labels, void *user)
{
    (void)labels;
    (void)user;
    for (size_t i = 0; i < n; i++) {
        weights[i] = 1 + (double)(numbers[i] % 3);
        memcpy((double *)x + i * D, rows + (size_t)numbers[i] * D,
               D * sizeof *rows);
    }
    return 0;
}

static void prepare_source(walk_stage *s)
{
    assert_ok(
        genmod_data_set_source(s->view, GENMOD_F64, N, D, source, NULL, NULL));
}

static int32_t call_fit(walk_stage *s)
{
    return ae_fit(s->model, s->view, s->view, NULL, NULL, s->w);
}

static int32_t call_encode(walk_stage *s)
{
    return ae_encode(s->model, s->view, GENMOD_F64, sizeof s->out, s->out,
                     s->w);
}

static int32_t call_decode(walk_stage *s)
{
    return ae_decode(s->model, s->codes, GENMOD_F32, sizeof s->out, s->out,
                     s->w);
}

static int32_t call_reconstruct(walk_stage *s)
{
    return ae_reconstruct(s->model, s->view, GENMOD_F64, sizeof s->out, s->out,
                          s->w);
}

static int32_t call_anomaly(walk_stage *s)
{
    return ae_anomaly(s->model, s->view, sizeof s->out, s->out, s->w);
}

static int32_t call_anomaly_columns(walk_stage *s)
{
    return ae_anomaly_columns(s->model, s->view, sizeof s->out, s->out, s->w);
}

static int32_t call_get_params(walk_stage *s)
{
    return ae_get_params(s->model, ae_params_key(s->model, 1),
                         sizeof s->out / sizeof *s->out, s->out, &s->need,
                         s->w);
}

static int32_t call_threshold(walk_stage *s)
{
    return ae_threshold(s->model, s->view, 0.1, s->out, s->w);
}

static int32_t call_pretrain(walk_stage *s)
{
    return ae_pretrain(s->model, s->view, NULL, NULL, s->w);
}

static int32_t call_adopt(walk_stage *s)
{
    return ae_adopt(s->model, s->model, s->view, s->w);
}

static int32_t call_predict(walk_stage *s)
{
    return ae_predict(s->model, s->view, sizeof s->out,
                      (int32_t *)(void *)s->out, s->w);
}

static int32_t call_probabilities(walk_stage *s)
{
    return ae_probabilities(s->model, s->view, GENMOD_F64, sizeof s->out,
                            s->out, s->w);
}

static int32_t call_values(walk_stage *s)
{
    return ae_values(s->model, s->codes, GENMOD_F64, sizeof s->out, s->out,
                     s->w);
}

static int32_t call_export_encoder(walk_stage *s)
{
    return ae_export_onnx(s->model, "encoder", sizeof s->out, s->out, &s->need,
                          s->w);
}

static int32_t call_export_reconstruction(walk_stage *s)
{
    return ae_export_onnx(s->model, "reconstruction", sizeof s->out, s->out,
                          &s->need, s->w);
}

static int32_t call_save(walk_stage *s)
{
    return ae_save(s->model, sizeof s->out, s->out, &s->need, s->w);
}

static const walk_call calls[] = {
    {"ae_fit, row source", call_fit, prepare_source},
    {"ae_encode", call_encode, NULL},
    {"ae_decode", call_decode, NULL},
    {"ae_reconstruct", call_reconstruct, NULL},
    {"ae_anomaly", call_anomaly, NULL},
    {"ae_anomaly_columns", call_anomaly_columns, NULL},
    {"ae_threshold", call_threshold, NULL},
    {"ae_pretrain", call_pretrain, NULL},
    {"ae_get_params", call_get_params, NULL},
    {"ae_save", call_save, NULL},
    {"ae_export_onnx, encoder", call_export_encoder, NULL},
    {"ae_export_onnx, reconstruction", call_export_reconstruction, NULL}};

static const walk_call classifying[] = {
    {"ae_adopt", call_adopt, NULL},
    {"ae_fit, classes", call_fit, NULL},
    {"ae_predict", call_predict, NULL},
    {"ae_probabilities", call_probabilities, NULL}};

static const walk_call regressing[] = {{"ae_fit, values", call_fit, NULL},
                                       {"ae_values", call_values, NULL}};

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    const size_t total =
        walk_all(2, kinds, WALK_SHARED, walk_shared) +
        walk_all(2, kinds, sizeof calls / sizeof *calls, calls) +
        walk_all(1, headed, sizeof classifying / sizeof *classifying,
                 classifying) +
        walk_all(1, headed + 1, sizeof regressing / sizeof *regressing,
                 regressing);
    print_message("  %zu allocation sites refused\n", total);
    assert_true(total > 100);
}

static void threads_that_the_system_refuses_change_no_bit(void **state)
{
    (void)state;
    static walk_stage s;
    fixture_bytes want = {0, NULL};
    for (size_t allowed = 0; allowed <= 6; allowed++) {
        walk_open(&s, &kinds[0]);
        threads_allow(allowed);
        walk_enter(&s, allowed ? 7 : 1);
        assert_ok(call_fit(&s));
        assert_true((threads_asked() > 0) == (allowed > 0));
        if (allowed == 0)
            want = fixture_checkpoint(s.model);
        assert_true(fixture_checkpoints(s.model, want));
        threads_allow(SIZE_MAX);
        walk_leave(&s);
        walk_close(&s);
    }
    free(want.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_call_is_survived),
        cmocka_unit_test(threads_that_the_system_refuses_change_no_bit),
    };
    threads_allow(SIZE_MAX);
    invent();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
