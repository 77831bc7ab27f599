/* Training that stops anywhere goes on bit for bit. */
#include "ae/fixture.h"
#include "ae/internal.h"
#include "model/life.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define N 100
#define D 6

/* 5 updates a pass, of which 1 is a partial one; held-out rows. */
static const char options[] =
    "encoder=dense 9; batchnorm; tanh; dropout 0.1; dense 2 | batch_size=20 | "
    "epochs=40 | validation=0.1 | average=0.9 | schedule=cosine | "
    "schedule_steps=150 | warmup_steps=7 | corruption=salt-and-pepper | "
    "corruption_level=0.2 | emphasis=0.5 | sparsity=0.1 | sparsity_kind=l1 | "
    "seed=3";

static double *x;

static genmod_data *view(void)
{
    return fixture_view(N, D, x);
}

static const life f = {.family = &ae_family,
                       .bytes = sizeof(ae_model),
                       .options = options,
                       .passes = 40,
                       .updates = 5,
                       .view = view};

/* ---- in a new process ---------------------------------------------------- */

static const char *self; /* this program, as it was called */

/* The other process: a checkpoint comes in at 0, the next one goes out at 1. */
static int resume_once(void)
{
    static unsigned char in[1 << 17], out[1 << 17];
    const size_t n = fread(in, 1, sizeof in, stdin);
    genmod_data *v = NULL;
    ae_model *m = NULL;
    size_t need = 0;
    int bad = genmod_data_new(&v, NULL) || ae_new(NULL, &m, NULL) ||
              genmod_data_set_rows(v, GENMOD_F64, N, D, x, 0, 0, NULL) ||
              ae_load(m, n, in, NULL) || ae_step(m, v, NULL) ||
              ae_checkpoint(m, sizeof out, out, &need, NULL);
    bad = bad || fwrite(out, 1, need, stdout) != need || fflush(stdout);
    ae_free(m);
    genmod_data_free(v);
    return bad;
}

/* The next checkpoint, by another process; the caller's to free. */
static fixture_bytes resume_elsewhere(fixture_bytes from)
{
    FILE *const in = tmpfile(), *const out = tmpfile();
    fixture_bytes b = {0, fixture_take(1 << 17, 1)};
    int how = -1;
    assert_true(in && out);
    assert_int_equal(fwrite(from.p, 1, from.n, in), from.n);
    rewind(in);
    const pid_t child = fork();
    if (child == 0) {
        char name[] = "resume", *argv[3] = {(char *)self, name, NULL};
        if (lseek(fileno(in), 0, SEEK_SET) == 0 && dup2(fileno(in), 0) == 0 &&
            dup2(fileno(out), 1) == 1)
            execv(self, argv);
        _exit(99);
    }
    assert_true(child > 0 && waitpid(child, &how, 0) == child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    rewind(out);
    b.n = fread(b.p, 1, 1 << 17, out);
    fclose(in);
    fclose(out);
    return b;
}

static void checkpoints_go_on_in_a_new_process(void **state)
{
    (void)state;
    life_run r;
    life_open(&f, &r);
    life_fit(&r);
    for (size_t i = 0; i + 1 < r.n; i++) {
        const fixture_bytes b = resume_elsewhere(r.at[i]);
        if (!fixture_same(b, r.at[i + 1]))
            fail_msg("update %zu in a new process differs", i + 1);
        free(b.p);
    }
    life_close(&r);
}

static void other_kernels_are_reported(void **state)
{
    (void)state;
    life_run s;
    life_open(&f, &s);
    genmod_workspace *const generic = fixture_workspace(1, "generic");
    assert_ok(ae_start(s.m, s.v, generic));
    assert_ok(ae_step(s.m, s.v, generic));
    const fixture_bytes b = fixture_checkpoint(s.m);
    assert_ok(ae_load(s.m, b.n, b.p, NULL));
    assert_true(fixture_number(s.m, AE_REPORT_OTHER_KERNELS) == 0);
    assert_ok(ae_step(s.m, s.v, generic));
    assert_true(fixture_number(s.m, AE_REPORT_OTHER_KERNELS) == 0);
    assert_ok(ae_load(s.m, b.n, b.p, NULL));
    genmod_workspace *const best = fixture_workspace(1, NULL);
    genmod_context *c = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    const int other = strcmp(genmod_context_kernels(c), "generic") != 0;
    assert_ok(ae_step(s.m, s.v, best));
    assert_true(fixture_number(s.m, AE_REPORT_OTHER_KERNELS) == other);
    assert_ok(ae_start(s.m, s.v, best));
    assert_true(fixture_number(s.m, AE_REPORT_OTHER_KERNELS) == 0);
    /* what begins anew goes on from nothing */
    assert_ok(ae_load(s.m, b.n, b.p, NULL));
    assert_ok(ae_start(s.m, s.v, best));
    assert_ok(ae_step(s.m, s.v, best));
    assert_true(fixture_number(s.m, AE_REPORT_OTHER_KERNELS) == 0);
    genmod_context_free(c);
    genmod_workspace_free(generic);
    genmod_workspace_free(best);
    free(b.p);
    life_close(&s);
}

/* Another optimiser has other moments; the counts go on. */
static void another_optimiser_starts_anew(void **state)
{
    static const char *const kinds[] = {"optimiser=sgd | learning_rate=0.0001",
                                        "optimiser=rmsprop | momentum=0",
                                        "momentum=0.5",
                                        "optimiser=adamw | weight_decay=0.01",
                                        "batch_size=33",
                                        "corruption_level=0.4",
                                        "emphasis=0.9 | sparsity=1"};
    life_check_changes(*state, sizeof kinds / sizeof *kinds, kinds);
}

/* Not another optimiser: what it has gathered, and its schedule, go on. */
static void another_momentum_goes_on(void **state)
{
    static const char *const kinds[] = {"optimiser=sgd", "optimiser=rmsprop"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        life_run r;
        life_open(&f, &r);
        fixture_configure(r.m, kinds[i]);
        fixture_configure(r.m, "warmup_steps=16 | learning_rate=0.0001");
        assert_ok(ae_start(r.m, r.v, NULL));
        for (int k = 0; k < 5; k++)
            assert_ok(ae_step(r.m, r.v, NULL));
        fixture_configure(r.m, "momentum=0");
        assert_ok(ae_step(r.m, r.v, NULL));
        assert_true(fixture_number(r.m, AE_REPORT_LEARNING_RATE) ==
                    0.0001 * (6.0 / 16));
        fixture_configure(r.m, "momentum=0.7");
        assert_ok(ae_step(r.m, r.v, NULL));
        assert_true(fixture_number(r.m, AE_REPORT_LEARNING_RATE) ==
                    0.0001 * (7.0 / 16));
        life_close(&r);
    }
}

int main(int argc, char **argv)
{
    x = fixture_invent(N, D, 21);
    if (argc == 2 && strcmp(argv[1], "resume") == 0) {
        const int bad = resume_once();
        free(x);
        return bad;
    }
    self = argv[0];

    void *const s = (void *)&f;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(fit_is_start_and_steps, s),
        cmocka_unit_test_prestate(checkpoints_go_on_bit_for_bit, s),
        cmocka_unit_test(checkpoints_go_on_in_a_new_process),
        cmocka_unit_test_prestate(a_completed_fit_is_followed_by_more_passes,
                                  s),
        cmocka_unit_test_prestate(a_saved_model_goes_on_with_new_moments, s),
        cmocka_unit_test(other_kernels_are_reported),
        cmocka_unit_test_prestate(another_optimiser_starts_anew, s),
        cmocka_unit_test(another_momentum_goes_on),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(x);
    return failed;
}
