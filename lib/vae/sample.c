/* New rows, and rows between rows. */
#include <math.h>
#include <string.h>

#include "vae/internal.h"

#define MOST_STEPS 65536
#define HALF_PI 1.5707963267948966
/* Codes are floats: what their directions are apart by less is rounding. */
#define LEAST_SINE 0x1p-20

/* ---- sampling ------------------------------------------------------------ */

/* Temperature is the program's only option that a call reads. */
static void give_prior(const model_panels *o, const model_panel *p, void *to)
{
    const size_t n = p->m * o->body->z;
    const float *const centre = model_panel_output(p, 0);
    const float *const deviate = model_panel_output(p, 1);

    memcpy(to, centre, n * sizeof *centre);
    for (size_t i = 0; i < n; i++)
        ((float *)to)[i] += o->scale * deviate[i];
}

static int32_t check_labels(const vae_body *b, size_t n, const int32_t *labels,
                            genmod_workspace *w)
{
    if (labels && !b->classes)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "labels are given; the model has \"classes\" 0");
    for (size_t i = 0; labels && i < n; i++)
        if (labels[i] < 0 || labels[i] >= b->classes)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "labels[%u] is %i; with \"classes\" %i it must be "
                             "from 0 to %i",
                             (uint64_t)i, (int64_t)labels[i], b->classes,
                             b->classes - 1);
    return GENMOD_OK;
}

/* A class in its share of the training rows. */
static float draw_label(const vae_body *b, const double *rows, double all,
                        uint64_t seed, uint64_t number)
{
    uint32_t bits[4];
    double left;
    int64_t k = 0;

    base_random(seed, number, VAE_SITE_LABEL, 0, bits);
    left = base_uniform(bits[0], bits[1]) * all;
    while (k < b->classes - 1 && left >= rows[k])
        left -= rows[k++];
    return (float)k;
}

static int32_t labels_of(const vae_body *b, uint64_t seed, uint64_t first,
                         size_t n, const int32_t *labels, float **out,
                         genmod_workspace *w)
{
    const double *const rows = model_body_find(&b->base, VAE_SHARES);
    double all = 0;

    *out = NULL;
    if (!b->classes)
        return GENMOD_OK;
    *out = base_scratch(w, n, sizeof **out);
    if (!*out)
        return base_status(w);
    for (int64_t k = 0; k < b->classes; k++)
        all += rows[k];
    for (size_t i = 0; i < n; i++)
        (*out)[i] = labels ? (float)labels[i]
                           : draw_label(b, rows, all, seed, first + i);
    return GENMOD_OK;
}

static int32_t check_sample(const model *m, uint64_t first, size_t n,
                            int32_t what, const int32_t *labels, int32_t type,
                            size_t bytes, const void *out, genmod_workspace *w)
{
    int32_t status;

    if (!m)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "m is NULL");
    status = model_check_fitted(m, w);
    if (status)
        return status;
    if (n < 1)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is 0; it must be at least 1");
    if (n - 1 > UINT64_MAX - first)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "first is %u; first + n must be at most 2^64", first);
    status = vae_check_out(m, n, what, type, bytes, out, w);
    return status ? status
                  : check_labels((const vae_body *)m->body, n, labels, w);
}

static int32_t sample(const model *m, uint64_t seed, uint64_t first, size_t n,
                      int32_t what, const int32_t *labels, int32_t type,
                      void *out, genmod_workspace *w)
{
    model_panels o = {.body = m->body,
                      .program = VAE_PRIOR_DRAW,
                      .n = n,
                      .row = m->z * sizeof(float),
                      .scale =
                          (float)base_config_f64(m->config, VAE_TEMPERATURE),
                      .seed = seed,
                      .first_row = first,
                      .give = give_prior};
    float *given;
    void *z;
    int32_t status =
        labels_of((const vae_body *)m->body, seed, first, n, labels, &given, w);

    if (!status)
        status = model_panels_run(&o, &z, w);
    return status ? status
                  : vae_decode_rows(m, n, z, given, what, seed, first, type,
                                    out, w);
}

int32_t vae_sample(const vae_model *m, uint64_t seed, uint64_t first, size_t n,
                   int32_t what, const int32_t *labels, int32_t type,
                   size_t bytes, void *out, genmod_workspace *w)
{
    const model *const model_of = (const model *)m;
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status =
        check_sample(model_of, first, n, what, labels, type, bytes, out, w);
    if (!status)
        status = sample(model_of, seed, first, n, what, labels, type, out, w);
    return base_leave(&call, status);
}

/* ---- interpolation ------------------------------------------------------- */

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

typedef struct walk {
    const kern_ops *f64;
    size_t z, steps;
    int32_t path;
} walk;

static void walk_between(const walk *k, const float *p, const float *q,
                         float *out)
{
    arc r = {0};

    if (k->path == GENMOD_SPHERICAL)
        r = arc_between(k->f64, k->z, p, q);

    for (size_t i = 0; i < k->steps; i++) {
        const double t = (double)i / (double)(k->steps - 1);
        double a, b;

        weights_at(k->f64, &r, t, &a, &b);
        for (size_t j = 0; j < k->z; j++)
            out[i * k->z + j] = (float)(a * (double)p[j] + b * (double)q[j]);
    }
}

static int32_t check_path(const model *m, const genmod_data *from,
                          const genmod_data *to, size_t steps, int32_t path,
                          genmod_workspace *w)
{
    int32_t status = vae_check_rows(m, from, "from", w);

    if (!status)
        status = vae_check_rows(m, to, "to", w);
    if (status)
        return status;
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

/* All codes of all paths, and their labels. */
static int32_t walk_all(const model *m, const genmod_data *from,
                        const genmod_data *to, const walk *k, float **codes,
                        float **labels, genmod_workspace *w)
{
    const size_t n = base_data_rows(from), steps = k->steps;
    vae_encoded p, q;
    int32_t status = vae_encode_rows(m, from, &p, w);

    if (!status)
        status = vae_encode_rows(m, to, &q, w);
    if (status)
        return status;
    *codes = base_scratch(w, n * steps, k->z * sizeof **codes);
    *labels = p.labels ? base_scratch(w, n * steps, sizeof **labels) : NULL;
    if (!*codes || (p.labels && !*labels))
        return base_status(w);
    for (size_t i = 0; i < n; i++) {
        walk_between(k, p.mean + i * k->z, q.mean + i * k->z,
                     *codes + i * steps * k->z);
        for (size_t t = 0; p.labels && t < steps; t++)
            (*labels)[i * steps + t] = p.labels[i];
    }
    return GENMOD_OK;
}

static int32_t interpolate(const model *m, const genmod_data *from,
                           const genmod_data *to, size_t steps, int32_t path,
                           int32_t type, size_t bytes, void *out,
                           genmod_workspace *w)
{
    walk k = {.f64 = kern_ops_of(base_cpu(w), GENMOD_F64),
              .steps = steps,
              .path = path};
    float *codes, *labels;
    size_t n;
    int32_t status = check_path(m, from, to, steps, path, w);

    if (status)
        return status;
    k.z = m->z;
    if (!base_mul(base_data_rows(from), steps, &n))
        n = SIZE_MAX;
    status = vae_check_out(m, n, GENMOD_MEAN, type, bytes, out, w);
    if (!status)
        status = walk_all(m, from, to, &k, &codes, &labels, w);
    return status ? status
                  : vae_decode_rows(m, n, codes, labels, GENMOD_MEAN, 0, 0,
                                    type, out, w);
}

int32_t vae_interpolate(const vae_model *m, const genmod_data *from,
                        const genmod_data *to, size_t steps, int32_t path,
                        int32_t type, size_t bytes, void *out,
                        genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, interpolate((const model *)m, from, to, steps,
                                         path, type, bytes, out, w));
}
