/* The same bits for any number of threads. */
#include "model/life.h"

fixture_bytes life_trained(const life *f, size_t steps, size_t threads,
                           const char *kernels)
{
    genmod_workspace *const w = fixture_workspace(threads, kernels);
    genmod_data *const v = f->view();
    model *const m = life_model(f);
    assert_status(model_start(m, v, w), GENMOD_OK, w);
    for (size_t i = 0; i < steps; i++)
        assert_status(model_step(m, v, w), GENMOD_OK, w);
    assert_true(fixture_number(m, "steps") == (double)steps);
    const fixture_bytes b = fixture_checkpoint(m);
    model_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
    return b;
}

void life_check_threads(const life *f, size_t steps, const char *kernels)
{
    static const size_t threads[] = {2, 3, 7};
    const fixture_bytes one = life_trained(f, steps, 1, kernels);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        const fixture_bytes b = life_trained(f, steps, threads[i], kernels);
        if (!fixture_same(one, b))
            fail_msg("%zu threads train to other bits than one: %s", threads[i],
                     f->options);
        free(b.p);
    }
    free(one.p);
}
