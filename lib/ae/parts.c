/* What a pass says besides its loss. */
#include <string.h>

#include "ae/internal.h"

/* Tallies: sums over the rows of the pass under way, and the shares of the last
 * update, which count once the loop has taken it; or held-out rows since the
 * last update, and those whose class was found. */
enum { ROWS, OWN, PENALTY, LAST_ROWS, LAST_OWN, LAST_PENALTY, TALLIES };
enum { HITS, HELD, COUNTS };

static int32_t target_of(const model_body *b)
{
    return ((const ae_body *)b)->target;
}

size_t ae_tallies(const model_body *b)
{
    const int32_t target = target_of(b);

    return target == AE_ROWS ? TALLIES : target == AE_LABELS ? COUNTS : 0;
}

static double output(const model_trainer *t, const ad_program *p, size_t i)
{
    float v;

    memcpy(&v, model_trainer_output(t, p, i), sizeof v);
    return (double)v;
}

static void note_rows(model_trainer *t, const ad_program *p, size_t m)
{
    const int penalised =
        t->recipe[AE_SPARSE] > 0 || t->recipe[AE_CONTRACTIVE] > 0;
    double *const sum = t->tally;
    nn_status s;

    if (p == t->evaluate)
        return;
    nn_loop_status(t->loop, &s);
    if (s.pass <= (double)s.epoch) /* the first of a pass */
        sum[ROWS] = sum[OWN] = sum[PENALTY] = 0;
    sum[LAST_ROWS] = (double)m;
    sum[LAST_OWN] = output(t, p, AE_OUT_RECONSTRUCTION) * (double)m;
    sum[LAST_PENALTY] =
        penalised ? output(t, p, AE_OUT_PENALTY) * (double)m : 0;
}

static void note_hits(model_trainer *t, const ad_program *p, size_t m)
{
    const float *hits;

    if (p != t->evaluate) {
        t->tally[HITS] = t->tally[HELD] = 0;
        return;
    }
    hits = model_trainer_output(t, p, 1);
    for (size_t i = 0; i < m; i++)
        t->tally[HITS] += (double)hits[i];
    t->tally[HELD] += (double)m;
}

void ae_note(model_trainer *t, const ad_program *p, size_t m)
{
    if (target_of(t->body) == AE_ROWS)
        note_rows(t, p, m);
    else if (target_of(t->body) == AE_LABELS)
        note_hits(t, p, m);
}

static void publish_rows(model_trainer *t, const nn_status *s)
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

static void publish_hits(model_trainer *t, const nn_status *s)
{
    const double share = t->tally[HITS] / t->tally[HELD];

    if (!s->epoch_ended || t->tally[HELD] == 0)
        return;
    base_report_set(t->report, AE_REPORT_ACCURACY, share);
    model_trainer_append(t, AE_REPORT_ACCURACY_HISTORY, share);
}

void ae_publish(model_trainer *t, const nn_status *s)
{
    if (target_of(t->body) == AE_ROWS)
        publish_rows(t, s);
    else if (target_of(t->body) == AE_LABELS)
        publish_hits(t, s);
}
