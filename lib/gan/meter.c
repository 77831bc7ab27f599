/* How the game stands: D's logits as probabilities, what they tell of the
 * distance between G's rows and the data, and signs of known failures. All that
 * is remembered from one update to the next lies in the tallies. */
#include <math.h>

#include "gan/internal.h"

#define LN2 0.6931471805599453
#define RECENT 128 /* logits of each kind that a calibration looks at */
#define HELD 512   /* and of held-out rows; as many generated ones */
#define EVERY 16   /* updates between two calibrations */
#define NOTED 8    /* and notes, at least */
#define NEWTON 8
#define DONE 1e-4 /* a step that leaves an error of its square's order */
#define CHUNK 64  /* logits at once */
#define WARM 400  /* updates before which nothing is called a failure */

enum {
    A,
    B, /* D(x) = sigmoid(A y + B) */
    FITTED,
    FIT_AGE,
    RECENT_AT,
    RECENT_N,
    HELD_AT,   /* of the look under way */
    HELD_OPEN, /* 1: one is */
    HELD_AGE,
    HELD_SEEN,
    HELD_MEAN, /* of the logits of held-out rows, and its error */
    HELD_ERROR,
    BOUND,
    UPDATES,
    NOTES, /* of logits */
    NOTE_AGE,
    /* Running means. */
    RIGHT,
    DEVIATION,
    SPREAD,
    REAL,
    FAKE,
    GAP,
    GAP_SQUARE,
    GAP_PRODUCT,
    GAP_RECENT,
    LAST_GAP,
    RECENT_REAL,
    RECENT_FAKE = RECENT_REAL + RECENT,
    HELD_REAL = RECENT_FAKE + RECENT,
    HELD_FAKE = HELD_REAL + HELD,
    ALL = HELD_FAKE + HELD
};

size_t gan_meter_size(void)
{
    return ALL;
}

static const kern_ops *plain(void)
{
    return kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
}

/* A count of the tallies, which a forged checkpoint may have made any number.
 */
static size_t count_at(const double *m, int place, size_t most)
{
    return m[place] >= 0 && m[place] < (double)most ? (size_t)m[place] : most;
}

static double softplus(double y)
{
    plain()->softplus(1, &y, &y);
    return y;
}

/* ---- logits as probabilities --------------------------------------------- */

/* Logits [n] of each kind, `step` places apart. */
typedef struct sides {
    const double *real, *fake;
    size_t n, step;
} sides;

static double logit_of(const sides *s, size_t i)
{
    return i < s->n ? s->real[i * s->step] : s->fake[(i - s->n) * s->step];
}

/* Mean and deviation of all. */
static void moments_of(const sides *s, double *mean, double *deviation)
{
    const double n = 2 * (double)s->n;
    double sum = 0, squares = 0;

    for (size_t i = 0; i < 2 * s->n; i++)
        sum += logit_of(s, i) / n;
    for (size_t i = 0; i < 2 * s->n; i++)
        squares += (logit_of(s, i) - sum) * (logit_of(s, i) - sum) / n;
    *mean = sum;
    *deviation = sqrt(squares);
}

/* The slope and the curvature of the logistic regression at (u, v). */
typedef struct bend {
    double u, v, uu, uv, vv;
} bend;

/* Of n logits from number `first` on. */
static void add_bend(const sides *s, size_t first, size_t n, double mean,
                     double deviation, double u, double v, bend *to)
{
    double x[CHUNK], p[CHUNK];

    for (size_t i = 0; i < n; i++) {
        x[i] = (logit_of(s, first + i) - mean) / deviation;
        p[i] = u * x[i] + v;
    }
    plain()->sigmoid(n, p, p);
    for (size_t i = 0; i < n; i++) {
        const double e = (first + i < s->n) - p[i], w = p[i] * (1 - p[i]);

        to->u += e * x[i];
        to->v += e;
        to->uu += w * x[i] * x[i];
        to->uv += w * x[i];
        to->vv += w;
    }
}

/* A step from (u, v); returns the larger part of it. */
static double newton(const bend *o, double *u, double *v)
{
    const double det = o->uu * o->vv - o->uv * o->uv;
    const double du = (o->vv * o->u - o->uv * o->v) / det;
    const double dv = (o->uu * o->v - o->uv * o->u) / det;

    *u += du;
    *v += dv;
    return fabs(du) > fabs(dv) ? fabs(du) : fabs(dv);
}

/* Logistic regression of the kind on the standardised logit, by Newton's steps
 * (Platt 1999). Each coefficient has the prior N(0, 1), so that sides that do
 * not overlap have a finite answer. */
static void fit(const sides *s, double *a, double *b)
{
    double mean, deviation, size = 1, u = 0, v = 0;

    moments_of(s, &mean, &deviation);
    *a = *b = 0;
    if (!(deviation > 0))
        return;
    for (int k = 0; k < NEWTON && !(size < DONE); k++) {
        bend o = {.u = -u, .v = -v, .uu = 1, .vv = 1};

        for (size_t i = 0; i < 2 * s->n; i += CHUNK)
            add_bend(s, i, 2 * s->n - i < CHUNK ? 2 * s->n - i : CHUNK, mean,
                     deviation, u, v, &o);
        size = newton(&o, &u, &v);
    }
    if (u - u != 0 || v - v != 0)
        return;
    *a = u / deviation;
    *b = v - u * mean / deviation;
}

static void calibrate(double *m)
{
    const sides s = {m + RECENT_REAL, m + RECENT_FAKE,
                     count_at(m, RECENT_N, RECENT), 1};

    fit(&s, &m[A], &m[B]);
    m[FITTED] = 1;
    m[FIT_AGE] = 0;
}

/* ln 2 + E ln D(x) / 2 + E ln(1 - D(G(z))) / 2 is at most the divergence of
 * Jensen and Shannon, and that for the best D (Goodfellow et al. 2014, theorem
 * 1): fitted to one half of the logits, taken over the other. */
static double bound_of(const double *m, size_t n)
{
    const sides half = {m + HELD_REAL, m + HELD_FAKE, n / 2, 2};
    double a, b, sum = LN2;

    fit(&half, &a, &b);
    for (size_t i = 1; i < 2 * (n / 2); i += 2)
        sum -= (softplus(-(a * m[HELD_REAL + i] + b)) +
                softplus(a * m[HELD_FAKE + i] + b)) /
               (double)(2 * (n / 2));
    return sum < 0 ? 0 : sum > LN2 ? LN2 : sum;
}

/* ---- after an update ----------------------------------------------------- */

/* A running mean whose decay is that of an update, after `every` of them. */
static void follow(const double *m, double *mean, double v, double decay,
                   int every)
{
    const double ramp = m[NOTES] / (m[NOTES] + 1);
    double kept = 1;

    for (int i = 0; i < every; i++)
        kept *= decay;
    *mean += (1 - (ramp < kept ? ramp : kept)) * (v - *mean);
}

static void keep_recent(double *m, const float *real, const float *fake,
                        size_t n)
{
    for (size_t i = 0; i < n && i < RECENT; i++) {
        const size_t at = count_at(m, RECENT_AT, RECENT) % RECENT;

        m[RECENT_REAL + at] = (double)real[i];
        m[RECENT_FAKE + at] = (double)fake[i];
        m[RECENT_AT] = (double)((at + 1) % RECENT);
        m[RECENT_N] += m[RECENT_N] < RECENT;
    }
}

static void follow_gap(double *m, double gap, int every)
{
    follow(m, &m[GAP], gap, 0.995, every);
    follow(m, &m[GAP_SQUARE], gap * gap, 0.995, every);
    follow(m, &m[GAP_PRODUCT], gap * m[LAST_GAP], 0.995, every);
    follow(m, &m[GAP_RECENT], gap * gap, 0.98, every);
    m[LAST_GAP] = gap;
}

int gan_meter_count(double *m, int every)
{
    const int due = m[NOTES] == 0 || m[NOTE_AGE] + 1 >= every;

    m[HELD_OPEN] = 0;
    m[UPDATES] += 1;
    m[HELD_AGE] += 1;
    m[FIT_AGE] += 1;
    m[NOTE_AGE] = due ? 0 : m[NOTE_AGE] + 1;
    return due;
}

void gan_meter_note(double *m, int every, size_t n, const float *real,
                    const float *fake, double right, double spread)
{
    double sums[2] = {0}, mean, square = 0;

    for (size_t i = 0; i < n; i++) {
        sums[0] += (double)real[i] / (double)n;
        sums[1] += (double)fake[i] / (double)n;
    }
    mean = (sums[0] + sums[1]) / 2;
    for (size_t i = 0; i < n; i++)
        square += (((double)real[i] - mean) * ((double)real[i] - mean) +
                   ((double)fake[i] - mean) * ((double)fake[i] - mean)) /
                  (2 * (double)n);
    follow(m, &m[RIGHT], right, 0.98, every);
    follow(m, &m[DEVIATION], sqrt(square), 0.98, every);
    follow(m, &m[SPREAD], spread, 0.98, every);
    follow(m, &m[REAL], sums[0], 0.98, every);
    follow(m, &m[FAKE], sums[1], 0.98, every);
    follow_gap(m, sums[0] - sums[1], every);
    keep_recent(m, real, fake, n);
    m[NOTES] += 1;
    if (m[FITTED] == 0 || (m[FIT_AGE] >= EVERY && m[FIT_AGE] >= NOTED * every))
        calibrate(m);
}

/* A look at held-out rows, minibatch by minibatch, begins behind an update. */
void gan_meter_look(double *m, size_t n, const float *real, const float *fake)
{
    size_t at = m[HELD_OPEN] != 0 ? count_at(m, HELD_AT, HELD) : 0;

    m[HELD_OPEN] = 1;
    for (size_t i = 0; i < n && at < HELD; i++, at++) {
        m[HELD_REAL + at] = (double)real[i];
        m[HELD_FAKE + at] = (double)fake[i];
    }
    m[HELD_AT] = (double)at;
}

static void close_look(double *m)
{
    const size_t n = count_at(m, HELD_AT, HELD);
    double mean = 0, square = 0;

    for (size_t i = 0; i < n; i++)
        mean += m[HELD_REAL + i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square +=
            (m[HELD_REAL + i] - mean) * (m[HELD_REAL + i] - mean) / (double)n;
    m[HELD_MEAN] = mean;
    m[HELD_ERROR] = sqrt(square / (double)n);
    m[BOUND] = bound_of(m, n);
    m[HELD_AGE] = 0;
    m[HELD_SEEN] = 1;
    m[HELD_OPEN] = 0;
}

/* ---- the report ---------------------------------------------------------- */

void gan_meter_probabilities(const double *m, size_t n, double *logit)
{
    for (size_t i = 0; i < n; i++)
        logit[i] = m[A] * logit[i] + m[B];
    plain()->sigmoid(n, logit, logit);
}

/* Both sides are told apart without fail. */
static int is_saturated(const double *m)
{
    return m[RIGHT] >= 0.98;
}

/* D gives the same whatever it sees. */
static int is_dead(const double *m)
{
    return m[DEVIATION] < 1e-4;
}

static int is_collapsing(const double *m)
{
    return m[SPREAD] >= 0 && m[SPREAD] < 0.2;
}

/* D is on the wrong side as often as on the right one, smoothly, and of late by
 * no less than before: it follows where G was. The means reach back some 200
 * updates, so slower waves are not seen. */
static int is_orbiting(const double *m)
{
    return m[GAP_SQUARE] > 0 && m[GAP] * m[GAP] < 0.1 * m[GAP_SQUARE] &&
           m[GAP_PRODUCT] > 0.5 * m[GAP_SQUARE] &&
           m[GAP_RECENT] > 0.3 * m[GAP_SQUARE];
}

/* Held-out rows look to D more like generated ones than like those that it is
 * trained on: Karras et al. 2020, equation (1). */
static int is_over_fitting(const double *m)
{
    const double lead = m[REAL] - m[FAKE], lost = m[REAL] - m[HELD_MEAN];

    return m[HELD_SEEN] != 0 && lead > 0 && lost > lead / 2 &&
           lost > 3 * m[HELD_ERROR];
}

void gan_meter_publish(model_trainer *t, double *m)
{
    genmod_report *const r = t->report;
    const int warm = m[UPDATES] >= WARM;

    if (m[HELD_OPEN] != 0 && m[HELD_AT] >= 2) {
        close_look(m);
        model_trainer_append(t, GAN_REPORT_JS_BOUND_HISTORY, m[BOUND]);
    }
    base_report_set(r, GAN_REPORT_LOGITS_AGE, m[NOTE_AGE]);
    base_report_set(r, GAN_REPORT_CALIBRATION_AGE, m[FIT_AGE]);
    if (m[HELD_SEEN] != 0) {
        base_report_set(r, GAN_REPORT_JS_BOUND, m[BOUND]);
        base_report_set(r, GAN_REPORT_JS_BOUND_AGE, m[HELD_AGE]);
    }
    base_report_set(r, GAN_REPORT_SATURATED, warm && is_saturated(m));
    base_report_set(r, GAN_REPORT_DEAD, warm && is_dead(m));
    base_report_set(r, GAN_REPORT_COLLAPSING, warm && is_collapsing(m));
    base_report_set(r, GAN_REPORT_ORBITING, warm && is_orbiting(m));
    base_report_set(r, GAN_REPORT_OVER_FITTING, warm && is_over_fitting(m));
}
