/* Paths between codes. */
#include <math.h>

#include "model/model.h"

#define MOST_STEPS 65536
#define HALF_PI 1.5707963267948966
/* Codes are floats: what their directions are apart by less is rounding. */
#define LEAST_SINE 0x1p-20

/* Two codes: their angle (0: along the line), and their norms. */
typedef struct arc {
    double angle, p, q;
} arc;

/* The weights of both ends at t of a path: along the line, or those of the
 * great circle (Shoemake 1985) for the direction, and of the line for the norm,
 * which so is not more than that of both ends. */
static void weights_at(const kern_ops *f64, const arc *r, double t, double *a,
                       double *b)
{
    const double x[3] = {r->angle, (1 - t) * r->angle, t * r->angle};
    const double norm = (1 - t) * r->p + t * r->q;
    double s[3], c[3];

    *a = 1 - t;
    *b = t;
    if (!(r->angle > 0))
        return;
    f64->sincos(3, x, s, c);
    *a = s[1] / s[0] * (norm / r->p);
    *b = s[2] / s[0] * (norm / r->q);
}

/* The angle of a direction (cosine, sine), by steps sin(angle - guess), whose
 * error is a sixth of the last one's cube: from pi/2 four reach the last bit.
 */
static double angle_of(const kern_ops *f64, double cosine, double sine)
{
    double angle = HALF_PI, s, c;

    for (int i = 0; i < 5; i++) {
        f64->sincos(1, &angle, &s, &c);
        angle += sine * c - cosine * s;
    }
    return angle;
}

/* The angle is 0 where there is no great circle: a code is 0, or both lie on
 * one line as far as floats tell. */
static arc arc_between(const kern_ops *f64, size_t z, const float *p,
                       const float *q)
{
    arc r = {0};
    double pp = 0, qq = 0, minus = 0, plus = 0, sine;

    for (size_t j = 0; j < z; j++) {
        pp += (double)p[j] * (double)p[j];
        qq += (double)q[j] * (double)q[j];
    }
    if (pp == 0 || qq == 0)
        return r;
    r.p = sqrt(pp);
    r.q = sqrt(qq);
    for (size_t j = 0; j < z; j++) {
        const double u = (double)p[j] / r.p, v = (double)q[j] / r.q;

        minus += (u - v) * (u - v);
        plus += (u + v) * (u + v);
    }
    sine = sqrt(minus * plus) / 2;
    if (sine >= LEAST_SINE)
        r.angle = angle_of(f64, (plus - minus) / 4, sine);
    return r;
}

int32_t model_check_path(const genmod_data *from, const genmod_data *to,
                         size_t steps, int32_t path, genmod_workspace *w)
{
    if (base_data_rows(from) != base_data_rows(to))
        return base_fail(w, GENMOD_BAD_ARGUMENT, "to has %u rows; from has %u",
                         (uint64_t)base_data_rows(to),
                         (uint64_t)base_data_rows(from));
    if (steps < 2 || steps > MOST_STEPS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "steps is %u; it must be 2 to %u", (uint64_t)steps,
                         (uint64_t)MOST_STEPS);
    if (path != GENMOD_LINEAR && path != GENMOD_SPHERICAL)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "path is %i; it must be GENMOD_LINEAR or "
                         "GENMOD_SPHERICAL",
                         (int64_t)path);
    return GENMOD_OK;
}

/* Codes of pair i: [steps, z]. */
static void walk_one(const kern_ops *f64, const model_paths *s, size_t i)
{
    const float *const p = s->from + i * s->z, *const q = s->to + i * s->z;
    float *const out = s->codes + i * s->steps * s->z;
    arc r = {0};

    if (s->path == GENMOD_SPHERICAL)
        r = arc_between(f64, s->z, p, q);
    for (size_t k = 0; k < s->steps; k++) {
        const double t = (double)k / (double)(s->steps - 1);
        double a, b;

        weights_at(f64, &r, t, &a, &b);
        for (size_t j = 0; j < s->z; j++)
            out[k * s->z + j] = (float)(a * (double)p[j] + b * (double)q[j]);
    }
}

int32_t model_walk(model_paths *s, genmod_workspace *w)
{
    const kern_ops *const f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
    const size_t n = s->n * s->steps;

    s->codes = base_scratch(w, n, s->z * sizeof *s->codes);
    s->labels = s->given ? base_scratch(w, n, sizeof *s->labels) : NULL;
    if (!s->codes || (s->given && !s->labels))
        return base_status(w);
    for (size_t i = 0; i < s->n; i++)
        walk_one(f64, s, i);
    for (size_t i = 0; s->given && i < n; i++)
        s->labels[i] = s->given[i / s->steps];
    return GENMOD_OK;
}
