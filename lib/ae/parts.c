/* Of what a pass's loss is made: reconstruction and penalty. */
#include <string.h>

#include "ae/internal.h"

/* Tallies: sums over the rows of the pass under way, and the shares of the last
 * update, which count once the loop has taken it. */
enum { ROWS, OWN, PENALTY, LAST_ROWS, LAST_OWN, LAST_PENALTY, TALLIES };

size_t ae_tallies(const model_body *b)
{
    (void)b;
    return TALLIES;
}

static double output(const model_trainer *t, const ad_program *p, size_t i)
{
    float v;

    memcpy(&v, ad_program_output(p, i, t->arena), sizeof v);
    return (double)v;
}

void ae_note(model_trainer *t, const ad_program *p, size_t m)
{
    const int penalised =
        t->recipe[AE_SPARSE] > 0 || t->recipe[AE_CONTRACTIVE] > 0;
    double *const sum = t->tally;
    nn_status s;

    if (p != t->update)
        return;
    nn_loop_status(t->loop, &s);
    if (s.pass <= (double)s.epoch) /* the first of a pass */
        sum[ROWS] = sum[OWN] = sum[PENALTY] = 0;
    sum[LAST_ROWS] = (double)m;
    sum[LAST_OWN] = output(t, p, AE_OUT_RECONSTRUCTION) * (double)m;
    sum[LAST_PENALTY] =
        penalised ? output(t, p, AE_OUT_PENALTY) * (double)m : 0;
}

void ae_publish(model_trainer *t, const nn_status *s)
{
    double *const sum = t->tally;

    for (size_t i = 0; i < LAST_ROWS; i++) {
        sum[i] += sum[LAST_ROWS + i];
        sum[LAST_ROWS + i] = 0;
    }
    if (!s->epoch_ended)
        return;
    base_report_set(t->report, AE_REPORT_RECONSTRUCTION, sum[OWN] / sum[ROWS]);
    base_report_set(t->report, AE_REPORT_PENALTY, sum[PENALTY] / sum[ROWS]);
}
