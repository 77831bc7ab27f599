/* Progress, cancel, and what may be done in the middle of a fit. */
#include "model/life.h"
#include "vae/internal.h"
#include "vae/rows.h"

static rows_table table;

static genmod_data *view(void)
{
    return rows_view(&table);
}

static int32_t ask(const void *m, const genmod_data *v, void *out,
                   genmod_workspace *w)
{
    return vae_reconstruct(m, v, GENMOD_DRAW, 5, GENMOD_F64, LIFE_ROOM, out, w);
}

int main(void)
{
    static const life f = {
        .family = &vae_family,
        .bytes = sizeof(vae_model),
        .options = "code=2 | encoder=dense 9; tanh | missing=1 | hide=0.2 | "
                   "classes=3 | batch_size=15 | epochs=5 | seed=11 | "
                   "average=0.8 | kl_warmup=2.5",
        .passes = 5,
        .updates = 4,
        .view = view,
        .ask = ask};
    void *const s = (void *)&f;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(
            progress_is_called_before_each_update_and_after_the_last, s),
        cmocka_unit_test_prestate(a_positive_answer_stops_and_keeps, s),
        cmocka_unit_test_prestate(
            a_negative_answer_fails_and_keeps_whole_updates, s),
        cmocka_unit_test_prestate(
            a_cancelled_fit_is_finished_by_the_next_warm_one, s),
        cmocka_unit_test_prestate(cancel_ends_at_the_next_update, s),
        cmocka_unit_test_prestate(
            in_the_middle_const_calls_work_and_others_are_busy, s),
    };
    rows_open(&table, 60, 5, 1);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rows_close(&table);
    return failed;
}
