/* Autoencoders, VAEs and GANs trained on several ranks, by the public interface
 * alone. */
#include <unistd.h>

#include "api/ranks.h"

static const family denoiser = {
    "denoising autoencoder",
    "input=64 | encoder=dense 24; batchnorm; relu; dense 6 | decoder=dense 24; "
    "relu; dense 64 | corruption=salt-and-pepper | corruption_level=0.2 | "
    "sparsity=0.1 | sparsity_kind=l1 | batch_size=48 | seed=7 | "
    "validation=0.25 | epochs=34",
    CALLS(ae)};

/* Its contraction, which comes in pieces elsewhere, is one program's here. */
static const family contractive = {
    "contractive autoencoder",
    "input=64 | encoder=dense 12; tanh; dense 9; tanh | decoder=dense 64 | "
    "corruption=masking | contraction=0.1 | batch_size=48 | seed=7 | epochs=4",
    CALLS(ae)};

static const family bound = {
    "VAE",
    "input=64 | code=5 | encoder=dense 32; relu | decoder=dense 32; relu | "
    "likelihood=gaussian | sigma=optimal | free_bits=0.05 | mmd=2 | "
    "batch_size=48 | seed=9 | validation=0.25 | epochs=34",
    CALLS(vae)};

static const family vectors = {
    "VQ-VAE",
    "input=64 | code=6 | codebook=8 | codebook_width=3 | encoder=dense 16; "
    "relu "
    "| decoder=dense 16; relu | batch_size=48 | seed=3 | epochs=6",
    CALLS(vae)};

static const family dcgan = {
    "DCGAN",
    "input=1x8x8 | codes=6 | preset=dcgan | generator=dense 64; reshape 4x4x4; "
    "batchnorm; relu; deconv 1 k4 s2 p1; tanh | discriminator=conv 4 k4 s2 p1; "
    "lrelu 0.2; conv 8 k4 s2 p1; batchnorm; lrelu 0.2; dense 1 | "
    "batch_size=48 | seed=5 | updates=100",
    CALLS(gan)};

/* ---- the deterministic mode ---------------------------------------------- */

static void same_bits_up_to(job j, int32_t most, const char *text)
{
    found *const one = succeed(j, 1);

    /* a header of less than 2^32 bytes, and no zero byte in it */
    if (text)
        assert_non_null(strstr((const char *)one->checkpoint + 8, text));
    for (int32_t size = 2; size <= most; size++) {
        found *const more = succeed(j, size);

        assert_int_equal(more->bytes, one->bytes);
        assert_memory_equal(more->checkpoint, one->checkpoint, one->bytes);
        free(more);
    }
    free(one);
}

static void same_bits(const family *f)
{
    same_bits_up_to(job_of(f, SHARDS, 0), 4, NULL);
}

static void a_denoiser_has_the_same_bits_on_1_to_4_ranks(void **state)
{
    (void)state;
    same_bits(&denoiser);
}

static void same_bits_of_two(const family *f)
{
    found *const one = succeed(job_of(f, SHARDS, 0), 1);
    found *const three = succeed(job_of(f, SHARDS, 0), 3);

    assert_memory_equal(three->checkpoint, one->checkpoint, one->bytes);
    free(three);
    free(one);
}

static void a_contraction_has_the_same_bits_on_1_and_3_ranks(void **state)
{
    (void)state;
    same_bits_of_two(&contractive);
}

static void a_vae_has_the_same_bits_on_1_to_4_ranks(void **state)
{
    (void)state;
    same_bits(&bound);
}

static void a_codebook_has_the_same_bits_on_1_and_3_ranks(void **state)
{
    (void)state;
    same_bits_of_two(&vectors);
}

static void a_dcgan_has_the_same_bits_on_1_to_4_ranks(void **state)
{
    (void)state;
    same_bits(&dcgan);
}

#define EARLY "patience=2 | min_delta=5 | learning_rate=0.01 | "

/* By a share of x, or by rows of their own. */
static void ranks_stop_early_at_the_step_of_one(void **state)
{
    job j = job_of(&bound, SHARDS, 0);

    (void)state;
    j.more = EARLY "validation=0.25";
    same_bits_up_to(j, 3, "\"report.stopped_early\":\"1\"");
    j.more = EARLY "validation=0";
    j.held = 60;
    same_bits_up_to(j, 3, "\"report.stopped_early\":\"1\"");
}

static void labels_have_the_same_bits_on_1_to_3_ranks(void **state)
{
    job j = job_of(&bound, SHARDS, 0);

    (void)state;
    j.labelled = 1;
    j.more = "classes=3 | epochs=4";
    same_bits_up_to(j, 3, "\"option.classes\":\"3\"");
    j = job_of(&dcgan, SHARDS, 12);
    j.labelled = 1;
    j.more = "classes=3";
    same_bits_up_to(j, 3, "\"option.classes\":\"3\"");
    j.more = "classes=3 | conditioning=projection";
    same_bits_up_to(j, 2, "\"option.conditioning\":\"projection\"");
}

/* ---- the fast mode ------------------------------------------------------- */

/* Steps of plain gradient descent with the rate 1: what the weights move by is
 * the gradient. */
#define DESCENT "optimiser=sgd | momentum=0 | learning_rate=0.01 | "

/* The first `steps` gradients of ranks are those of as many shards on one rank,
 * whose rows and noise they share. */
static void near_gradients(const family *f, const char *more)
{
    for (int steps = 1; steps <= 5; steps++) {
        job j = job_of(f, 3, steps);

        j.more = more;
        found *const exact = succeed(j, 1);
        j.shards = 0;
        found *const fast = succeed(j, 3);
        double most = 0;

        assert_int_equal(exact->numbers, fast->numbers);
        for (size_t i = 0; i < exact->numbers; i++)
            most = fmax(most, fabs(exact->params[i] - fast->params[i]) /
                                  (1 + fabs(exact->params[i])));
        assert_true(most < 1e-5 * 0.01 * steps);
        free(exact);
        free(fast);
    }
}

static void fast_gradients_of_a_denoiser_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&denoiser, DESCENT "validation=0");
}

static void fast_gradients_of_a_contraction_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&contractive, DESCENT "validation=0");
}

static void fast_gradients_of_a_vae_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&bound, DESCENT "validation=0");
}

static void fast_gradients_of_a_dcgan_are_the_exact_ones(void **state)
{
    (void)state;
    near_gradients(&dcgan, DESCENT "validation=0");
}

/* A minibatch of all rows is the same on any number of ranks, and without. */
static void whole_batches(const family *f, const char *more)
{
    job j = job_of(f, 0, 4);
    double most = 0;

    j.more = more;
    found *const one = succeed(j, 1);
    found *const four = succeed(j, 4);
    for (size_t i = 0; i < one->numbers; i++)
        most = fmax(most, fabs(one->params[i] - four->params[i]));
    assert_true(one->numbers > 1000 && most < 1e-6);
    free(one);
    free(four);
}

#define WHOLE DESCENT "validation=0 | batch_size=192"

static void whole_batches_are_those_of_one_process(void **state)
{
    (void)state;
    whole_batches(&denoiser, WHOLE);
    whole_batches(&contractive, WHOLE);
    whole_batches(&bound, WHOLE);
    whole_batches(&dcgan, WHOLE);
}

/* ---- going on ------------------------------------------------------------ */

static void a_checkpoint_goes_on_with_other_ranks(void **state)
{
    const family *const all[] = {&denoiser, &bound, &dcgan};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        found *const whole = succeed(job_of(all[i], SHARDS, 9), 1);
        found *const half = succeed(job_of(all[i], SHARDS, 5), 2);
        job rest = job_of(all[i], SHARDS, 4);

        rest.resumed = half->checkpoint;
        rest.resumed_bytes = half->bytes;
        found *const end = succeed(rest, 3);
        assert_memory_equal(end->checkpoint, whole->checkpoint, whole->bytes);
        free(whole);
        free(half);
        free(end);
    }
}

/* ---- what goes wrong on one rank ----------------------------------------- */

static void all_fail(job j, int32_t size, int32_t status, const char *text)
{
    found *const out = run(j, size);

    for (int32_t r = 0; r < size; r++) {
        if (!strstr(out[r].text, text))
            print_error("rank %d: %s\n", (int)r, out[r].text);
        assert_int_equal(out[r].status, status);
        assert_non_null(strstr(out[r].text, text));
        assert_memory_equal(out[r].checkpoint, out[0].checkpoint, out[0].bytes);
    }
    free(out);
}

static void what_goes_wrong_on_one_rank_does_on_all(void **state)
{
    job j = job_of(&bound, 0, 0);

    (void)state;
    alarm(120);
    j.odd_rank = 2;
    j.odd = "learning_rate=0.02";
    all_fail(j, 3, GENMOD_BAD_ARGUMENT, "rank 2: learning_rate differs");
    j.odd = "seed=4";
    all_fail(j, 3, GENMOD_BAD_ARGUMENT, "rank 2: seed is 4; rank 0 has 9");
    j.odd = NULL;
    j.wide = 1;
    all_fail(j, 3, GENMOD_BAD_ARGUMENT, "columns is 63; rank 0 has 64");
    j.wide = 0;
    j.nan_cell = 1;
    all_fail(j, 3, GENMOD_NON_FINITE, "rank 2: the cell in row 3, column 5");
    j.nan_cell = 0;
    j.cancel_at = 4;
    all_fail(j, 3, GENMOD_CANCELLED, "rank 2: ");
    j.cancel_at = 0;
    j.fail_at = 6;
    all_fail(j, 3, GENMOD_CALLBACK, "rank 2: progress returned -3");
    alarm(0);
}

static void batches_that_parts_cannot_share_are_refused(void **state)
{
    job j = job_of(&dcgan, SHARDS, 0);

    (void)state;
    j.more = "batch_size=50";
    all_fail(j, 2, GENMOD_BAD_ARGUMENT, "over 12 parts it must be a multiple");
}

static const family table = {
    "GAN of tables",
    "codes=3 | generator=dense 6; lrelu 0.2 | discriminator=dense 6; lrelu "
    "0.2 | batch_size=48 | epochs=1",
    CALLS(gan)};

static void what_is_for_one_rank_is_refused_on_more(void **state)
{
    job j = job_of(&table, 0, 0);

    (void)state;
    j.more = "numeric=quantile";
    all_fail(j, 2, GENMOD_UNSUPPORTED, "a table of kinds, or of columns");
    j.more = NULL;
    free(succeed(j, 2));
    j.binary = 1;
    all_fail(j, 2, GENMOD_UNSUPPORTED, "a table of kinds, or of columns");
    j.shards = SHARDS;
    all_fail(j, 2, GENMOD_UNSUPPORTED, "there are 2 ranks and 12 shards");
    j = job_of(&bound, 0, 0);
    j.more = "prior=vamp | free_bits=0 | mmd=0";
    all_fail(j, 2, GENMOD_UNSUPPORTED, "option \"prior\" vamp works on one");
}

/* Where one says stop, all stop behind the same step. */
static void a_stop_is_all_ranks(void **state)
{
    job j = job_of(&denoiser, 0, 0);

    (void)state;
    j.odd_rank = 1;
    j.stop_at = 3;
    free(succeed(j, 3));
}

/* The communicator of rank 1 fails at any of its calls, as when it dies. */
static void no_rank_waits_for_one_that_is_gone(void **state)
{
    job j = job_of(&dcgan, 0, 2);

    (void)state;
    j.out = calloc(3, sizeof *j.out);
    assert_non_null(j.out);
    alarm(240);
    for (size_t at = 0; at < 60; at += 1 + at / 6) {
        const ranks_plan plan = {.size = 3, .fail_rank = 1, .fail_at = at};

        (void)ranks_run(&plan, act, &j);
        for (int r = 0; r < 3; r++)
            assert_int_equal(j.out[r].status, GENMOD_CALLBACK);
    }
    alarm(0);
    free(j.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_denoiser_has_the_same_bits_on_1_to_4_ranks),
        cmocka_unit_test(a_contraction_has_the_same_bits_on_1_and_3_ranks),
        cmocka_unit_test(a_vae_has_the_same_bits_on_1_to_4_ranks),
        cmocka_unit_test(a_codebook_has_the_same_bits_on_1_and_3_ranks),
        cmocka_unit_test(a_dcgan_has_the_same_bits_on_1_to_4_ranks),
        cmocka_unit_test(ranks_stop_early_at_the_step_of_one),
        cmocka_unit_test(labels_have_the_same_bits_on_1_to_3_ranks),
        cmocka_unit_test(fast_gradients_of_a_denoiser_are_the_exact_ones),
        cmocka_unit_test(fast_gradients_of_a_contraction_are_the_exact_ones),
        cmocka_unit_test(fast_gradients_of_a_vae_are_the_exact_ones),
        cmocka_unit_test(fast_gradients_of_a_dcgan_are_the_exact_ones),
        cmocka_unit_test(whole_batches_are_those_of_one_process),
        cmocka_unit_test(a_checkpoint_goes_on_with_other_ranks),
        cmocka_unit_test(what_goes_wrong_on_one_rank_does_on_all),
        cmocka_unit_test(batches_that_parts_cannot_share_are_refused),
        cmocka_unit_test(what_is_for_one_rank_is_refused_on_more),
        cmocka_unit_test(a_stop_is_all_ranks),
        cmocka_unit_test(no_rank_waits_for_one_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
