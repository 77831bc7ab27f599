/* Training that stops anywhere goes on bit for bit. */
#include "ae/fixture.h"

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

typedef struct scene {
    double *x;
    genmod_data *v;
    fixture_bytes *at; /* checkpoints before each update, and after the last */
    size_t n;
    ae_model *m;
} scene;

static void open_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    s->x = fixture_invent(N, D, 21);
    s->v = fixture_view(N, D, s->x);
    s->at = fixture_take(256, sizeof *s->at);
    s->m = fixture_model(options);
}

static void close_scene(scene *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->at[i].p);
    free(s->at);
    free(s->x);
    genmod_data_free(s->v);
    ae_free(s->m);
}

static int32_t note(const genmod_report *report, void *user)
{
    scene *const s = user;
    double steps = -1;
    assert_ok(genmod_report_get(report, AE_REPORT_STEPS, &steps));
    assert_true(steps == (double)s->n);
    assert_true(s->n < 256);
    s->at[s->n++] = fixture_checkpoint(s->m);
    return 0;
}

static void fit_is_start_and_steps(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(options);
    assert_ok(ae_fit(s.m, s.v, NULL, note, &s, NULL));
    assert_int_equal(s.n, 201);
    assert_ok(ae_start(m, s.v, NULL));
    for (size_t i = 1; i < s.n; i++) {
        assert_ok(ae_step(m, s.v, NULL));
        if (!fixture_checkpoints(m, s.at[i]))
            fail_msg("step %zu differs from the fit's", i);
    }
    const fixture_bytes end = fixture_checkpoint(s.m);
    assert_true(fixture_checkpoints(m, end));
    free(end.p);
    ae_free(m);
    close_scene(&s);
}

/* Every checkpoint of the 200 updates, in a model that knows nothing: one step
 * leads to the next checkpoint, and a fit to the same end. */
static void checkpoints_go_on_bit_for_bit(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    assert_ok(ae_fit(s.m, s.v, NULL, note, &s, NULL));
    const fixture_bytes end = fixture_checkpoint(s.m);
    for (size_t i = 0; i < s.n; i++) {
        ae_model *const m = fixture_model(NULL);
        genmod_workspace *const w = fixture_workspace(1 + i % 3, NULL);
        assert_status(ae_load(m, s.at[i].n, s.at[i].p, w), GENMOD_OK, w);
        assert_true(fixture_checkpoints(m, s.at[i]));
        if (i + 1 < s.n) {
            assert_status(ae_step(m, s.v, w), GENMOD_OK, w);
            if (!fixture_checkpoints(m, s.at[i + 1]))
                fail_msg("step %zu from its checkpoint differs", i + 1);
        }
        genmod_workspace_free(w);
        ae_free(m);
    }
    for (size_t i = 1; i + 1 < s.n; i += 33) {
        ae_model *const m = fixture_model(NULL);
        assert_ok(ae_load(m, s.at[i].n, s.at[i].p, NULL));
        fixture_configure(m, "warm_start=1");
        assert_ok(ae_fit(m, s.v, NULL, NULL, NULL, NULL));
        assert_true(fixture_number(m, AE_REPORT_EPOCHS) == 40);
        fixture_configure(m, "warm_start=0");
        if (!fixture_checkpoints(m, end))
            fail_msg("the fit from step %zu ends elsewhere", i);
        ae_free(m);
    }
    free(end.p);
    close_scene(&s);
}

/* ---- in a new process ---------------------------------------------------- */

static const char *self; /* this program, as it was called */

/* The other process: a checkpoint comes in at 0, the next one goes out at 1. */
static int resume_once(void)
{
    static unsigned char in[1 << 17], out[1 << 17];
    const size_t n = fread(in, 1, sizeof in, stdin);
    double *const x = fixture_invent(N, D, 21);
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
    free(x);
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
    scene s;
    open_scene(&s);
    assert_ok(ae_fit(s.m, s.v, NULL, note, &s, NULL));
    for (size_t i = 0; i + 1 < s.n; i++) {
        const fixture_bytes b = resume_elsewhere(s.at[i]);
        if (!fixture_same(b, s.at[i + 1]))
            fail_msg("update %zu in a new process differs", i + 1);
        free(b.p);
    }
    close_scene(&s);
}

static void a_completed_fit_is_followed_by_more_passes(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    fixture_configure(s.m, "epochs=3 | warm_start=1");
    for (int i = 1; i <= 3; i++) {
        assert_ok(ae_fit(s.m, s.v, NULL, NULL, NULL, NULL));
        assert_true(fixture_number(s.m, AE_REPORT_EPOCHS) == 3 * i);
        assert_true(fixture_number(s.m, AE_REPORT_STEPS) == 15 * i);
        assert_int_equal(fixture_length(s.m, AE_REPORT_LOSS_HISTORY), 3 * i);
    }
    fixture_configure(s.m, "warm_start=0");
    assert_ok(ae_fit(s.m, s.v, NULL, NULL, NULL, NULL));
    assert_true(fixture_number(s.m, AE_REPORT_EPOCHS) == 3);
    close_scene(&s);
}

static void a_saved_model_goes_on_with_new_moments(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    fixture_configure(s.m, "epochs=3");
    assert_ok(ae_fit(s.m, s.v, NULL, NULL, NULL, NULL));
    const fixture_bytes saved = fixture_save(s.m);
    ae_model *const m = fixture_model(NULL);
    assert_ok(ae_load(m, saved.n, saved.p, NULL));
    assert_true(fixture_saves(m, saved));
    assert_true(fixture_checkpoints(m, saved));
    assert_ok(ae_step(m, s.v, NULL));
    assert_true(fixture_number(m, AE_REPORT_STEPS) == 16);
    assert_true(fixture_number(m, AE_REPORT_OTHER_KERNELS) == 0);
    free(saved.p);
    ae_free(m);
    close_scene(&s);
}

static void other_kernels_are_reported(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
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
    genmod_context_free(c);
    genmod_workspace_free(generic);
    genmod_workspace_free(best);
    free(b.p);
    close_scene(&s);
}

/* Another optimiser has other moments; the counts go on. */
static void another_optimiser_starts_anew(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    assert_ok(ae_start(s.m, s.v, NULL));
    for (int i = 0; i < 7; i++)
        assert_ok(ae_step(s.m, s.v, NULL));
    static const char *const kinds[] = {"optimiser=sgd | learning_rate=0.0001",
                                        "optimiser=rmsprop | momentum=0",
                                        "momentum=0.5",
                                        "optimiser=adamw | weight_decay=0.01",
                                        "batch_size=33",
                                        "corruption_level=0.4",
                                        "emphasis=0.9 | sparsity=1"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        fixture_configure(s.m, kinds[i]);
        assert_ok(ae_step(s.m, s.v, NULL));
        assert_true(fixture_number(s.m, AE_REPORT_STEPS) == 8 + (double)i);
        const fixture_bytes b = fixture_checkpoint(s.m);
        ae_model *const m = fixture_model(NULL);
        assert_ok(ae_load(m, b.n, b.p, NULL));
        assert_ok(ae_step(m, s.v, NULL));
        assert_ok(ae_step(s.m, s.v, NULL));
        const fixture_bytes next = fixture_checkpoint(s.m);
        assert_true(fixture_checkpoints(m, next));
        assert_ok(ae_load(s.m, b.n, b.p, NULL));
        free(b.p);
        free(next.p);
        ae_free(m);
    }
    close_scene(&s);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "resume") == 0)
        return resume_once();
    self = argv[0];

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_is_start_and_steps),
        cmocka_unit_test(checkpoints_go_on_bit_for_bit),
        cmocka_unit_test(checkpoints_go_on_in_a_new_process),
        cmocka_unit_test(a_completed_fit_is_followed_by_more_passes),
        cmocka_unit_test(a_saved_model_goes_on_with_new_moments),
        cmocka_unit_test(other_kernels_are_reported),
        cmocka_unit_test(another_optimiser_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
