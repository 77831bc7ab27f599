/* Every allocation of every call of the generative adversarial networks is
 * refused. */
#include "gan/internal.h"
#include "genmod/exchange.h"
#include "model/walk.h"
#include "support/threads.h"

#define N 24
#define D 3

static double *rows;
static int32_t labels[N];
static double codes[N * 2];

static genmod_data *labelled(size_t d, const double *x)
{
    genmod_data *const v = fixture_view(N, d, x);
    assert_ok(genmod_data_set_labels(v, N, labels, NULL));
    return v;
}

static genmod_data *table_view(void)
{
    return labelled(D, rows);
}

/* Cells of all kinds, of which labels make two. */
static genmod_data *mixed_view(void)
{
    static const int32_t kinds[D] = {GENMOD_POSITIVE, GENMOD_COUNT,
                                     GENMOD_CATEGORICAL};
    static const int32_t levels[D] = {0, 0, 3};
    static double x[N * D];
    for (size_t i = 0; i < N; i++) {
        x[i * D] = (double)(i * 7 % 11) + 0.5;
        x[i * D + 1] = (double)(i * 5 % 13);
        x[i * D + 2] = labels[i];
    }
    genmod_data *const v = fixture_view(N, D, x);
    assert_ok(genmod_data_set_schema(v, D, kinds, levels, NULL));
    return v;
}

static genmod_data *codes_view(void)
{
    return labelled(2, codes);
}

static const walk_kind kinds[] = {
    {&gan_family, sizeof(gan_model),
     "codes=2 | generator=dense 3; batchnorm; tanh; dropout 0.1 | classes=3 | "
     "discriminator=sn dense 3; lrelu 0.2 | epochs=2 | batch_size=20 | "
     "generator_conditioning=batchnorm",
     1, table_view, codes_view},
    {&gan_family, sizeof(gan_model),
     "codes=2 | generator=dense 3; relu | discriminator=dense 3; lrelu 0.2 | "
     "loss=wasserstein | penalty=unit-gradient | d_updates=2 | average=0 | "
     "epochs=2 | batch_size=20 | input=1x1x3 | augmentation=cutout contrast",
     2, table_view, codes_view},
    {&gan_family, sizeof(gan_model),
     "codes=2 | generator=dense 3; relu | discriminator=dense 3; lrelu 0.2 | "
     "numeric=modes | modes=2 | epochs=2 | batch_size=20",
     1, mixed_view, codes_view}};

#define KINDS (sizeof kinds / sizeof *kinds)

static int32_t call_sample(walk_stage *s)
{
    return gan_sample(s->model, 3, 5, 9, NULL, GENMOD_F64, sizeof s->out,
                      s->out, s->w);
}

static int32_t call_sample_where(walk_stage *s)
{
    static const int32_t column = 1;
    static const double least = 0, most = 1e9;
    return gan_sample_where(s->model, 3, 5, 400, 1, &column, &least, &most, -1,
                            5, GENMOD_F64, sizeof s->out, s->out, &s->need,
                            NULL, s->w);
}

static int32_t call_sample_codes(walk_stage *s)
{
    return gan_sample_codes(s->model, 3, 5, 9, GENMOD_F64, sizeof s->out,
                            s->out, s->w);
}

static int32_t call_generate(walk_stage *s)
{
    return gan_generate(s->model, s->codes, GENMOD_F64, sizeof s->out, s->out,
                        s->w);
}

static int32_t call_interpolate(walk_stage *s)
{
    return gan_interpolate(s->model, s->codes, s->codes, 3, GENMOD_SPHERICAL,
                           GENMOD_F64, sizeof s->out, s->out, s->w);
}

static int32_t call_discriminate(walk_stage *s)
{
    return gan_discriminate(s->model, s->view, sizeof s->out, s->out, s->w);
}

static int32_t call_probe(walk_stage *s)
{
    return gan_probe(s->model, s->view, s->view, 3, 0, 1,
                     sizeof s->out / sizeof *s->out, s->out, &s->need, s->w);
}

static int32_t call_get_params(walk_stage *s)
{
    return gan_get_params(s->model, gan_params_key(s->model, 0),
                          sizeof s->out / sizeof *s->out, s->out, &s->need,
                          s->w);
}

static int32_t call_set_params(walk_stage *s)
{
    static const double ones[1] = {1};
    return gan_set_params(s->model, "head.0.bias", 1, ones, s->w);
}

static int32_t call_export_generator(walk_stage *s)
{
    return gan_export_onnx(s->model, "generator", sizeof s->out, s->out,
                           &s->need, s->w);
}

static int32_t call_export_discriminator(walk_stage *s)
{
    return gan_export_onnx(s->model, "discriminator", sizeof s->out, s->out,
                           &s->need, s->w);
}

static int32_t call_save(walk_stage *s)
{
    return gan_save(s->model, sizeof s->out, s->out, &s->need, s->w);
}

static const walk_call calls[] = {
    {"gan_sample", call_sample, NULL},
    {"gan_sample_where", call_sample_where, NULL},
    {"gan_sample_codes", call_sample_codes, NULL},
    {"gan_generate", call_generate, NULL},
    {"gan_interpolate", call_interpolate, NULL},
    {"gan_discriminate", call_discriminate, NULL},
    {"gan_probe", call_probe, NULL},
    {"gan_get_params", call_get_params, NULL},
    {"gan_set_params", call_set_params, NULL},
    {"gan_save", call_save, NULL},
    {"gan_export_onnx, generator", call_export_generator, NULL},
    {"gan_export_onnx, discriminator", call_export_discriminator, NULL}};

static void every_allocation_of_every_call_is_survived(void **state)
{
    (void)state;
    const size_t total =
        walk_all(KINDS, kinds, WALK_SHARED, walk_shared) +
        walk_all(KINDS, kinds, sizeof calls / sizeof *calls, calls);
    print_message("  %zu allocation sites refused\n", total);
    assert_true(total > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_every_call_is_survived),
    };
    threads_allow(SIZE_MAX);
    rows = fixture_invent(N, D, 3);
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)(i % 3);
    for (size_t i = 0; i < N * 2; i++)
        codes[i] = (double)(i * 7 % 11) / 5 - 1;
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(rows);
    return failed;
}
