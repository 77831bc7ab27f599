#include "gmm/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LN_2PI 1.8378770664093454835606594728112353L

const char *const ref_names[REF_TYPES] = {"full", "tied", "diagonal",
                                          "spherical"};

static void *take(size_t n, size_t size)
{
    void *const p = calloc(n ? n : 1, size);
    if (!p)
        abort();
    return p;
}

size_t ref_cov_count(int type, size_t k, size_t d)
{
    if (type == REF_FULL)
        return k * d * d;
    if (type == REF_TIED)
        return d * d;
    return type == REF_DIAGONAL ? k * d : k;
}

size_t ref_parameters(int type, size_t k, size_t d)
{
    const size_t one = d * (d + 1) / 2;
    const size_t cov[REF_TYPES] = {k * one, one, k * d, k};
    return k - 1 + k * d + cov[type];
}

void ref_init(ref_mixture *m, int type, size_t k, size_t d)
{
    m->type = type;
    m->k = k;
    m->d = d;
    m->w = take(k, sizeof(double));
    m->mu = take(k * d, sizeof(double));
    m->cov = take(ref_cov_count(type, k, d), sizeof(double));
}

void ref_free(ref_mixture *m)
{
    free(m->w);
    free(m->mu);
    free(m->cov);
    memset(m, 0, sizeof *m);
}

void ref_covariance(const ref_mixture *m, size_t j, double *out)
{
    const size_t d = m->d;
    for (size_t a = 0; a < d; a++) {
        for (size_t b = 0; b < d; b++) {
            double v = 0;
            if (m->type == REF_FULL)
                v = m->cov[(j * d + a) * d + b];
            else if (m->type == REF_TIED)
                v = m->cov[a * d + b];
            else if (a == b)
                v = m->type == REF_DIAGONAL ? m->cov[j * d + a] : m->cov[j];
            out[a * d + b] = v;
        }
    }
}

double ref_uniform(ref_random *r)
{
    uint64_t z = r->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

double ref_normal(ref_random *r)
{
    const double u = ref_uniform(r);
    const double v = ref_uniform(r);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* s = (A A^T) / d + I / 4 for random A: condition some tens. */
static void invent_covariance(ref_random *r, size_t d, double *s)
{
    double *const a = take(d * d, sizeof *a);
    for (size_t i = 0; i < d * d; i++)
        a[i] = ref_normal(r);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
            double v = i == j ? 0.25 : 0;
            for (size_t c = 0; c < d; c++)
                v += a[i * d + c] * a[j * d + c] / (double)d;
            s[i * d + j] = s[j * d + i] = v;
        }
    }
    free(a);
}

void ref_invent(ref_mixture *m, uint64_t seed, double spread)
{
    ref_random r = {seed * 7919 + 17};
    double sum = 0;
    for (size_t j = 0; j < m->k; j++)
        sum += m->w[j] = 0.3 + ref_uniform(&r);
    for (size_t j = 0; j < m->k; j++)
        m->w[j] /= sum;
    for (size_t i = 0; i < m->k * m->d; i++)
        m->mu[i] = spread * ref_normal(&r);
    const size_t n = ref_cov_count(m->type, m->k, m->d);
    if (m->type == REF_FULL || m->type == REF_TIED) {
        for (size_t at = 0; at < n; at += m->d * m->d)
            invent_covariance(&r, m->d, m->cov + at);
    } else {
        for (size_t i = 0; i < n; i++)
            m->cov[i] = 0.3 + 2 * ref_uniform(&r);
    }
}

int ref_cholesky(size_t d, const double *s, long double *l)
{
    memset(l, 0, d * d * sizeof *l);
    for (size_t i = 0; i < d; i++) {
        for (size_t j = 0; j <= i; j++) {
            long double v = s[i * d + j];
            for (size_t c = 0; c < j; c++)
                v -= l[i * d + c] * l[j * d + c];
            if (i == j && !(v > 0))
                return 0;
            l[i * d + j] = i == j ? sqrtl(v) : v / l[j * d + j];
        }
    }
    return 1;
}

/* ln w + ln N(x | mu, L L^T). */
static long double joint(size_t d, double w, const double *mu,
                         const long double *l, const double *x, long double *y)
{
    long double sum = 0, log_det = 0;
    for (size_t i = 0; i < d; i++) {
        long double v = (long double)x[i] - mu[i];
        for (size_t c = 0; c < i; c++)
            v -= l[i * d + c] * y[c];
        y[i] = v / l[i * d + i];
        sum += y[i] * y[i];
        log_det += logl(l[i * d + i]);
    }
    return logl((long double)w) - 0.5L * ((long double)d * LN_2PI + sum) -
           log_det;
}

void ref_density(const ref_mixture *m, size_t n, const double *x, double *lp,
                 double *resp)
{
    const size_t d = m->d, k = m->k;
    double *const s = take(d * d, sizeof *s);
    long double *const l = take(k * d * d, sizeof *l);
    long double *const y = take(d, sizeof *y);
    long double *const t = take(k, sizeof *t);
    for (size_t j = 0; j < k; j++) {
        ref_covariance(m, j, s);
        if (!ref_cholesky(d, s, l + j * d * d))
            abort();
    }
    for (size_t i = 0; i < n; i++) {
        long double top = -INFINITY, sum = 0;
        for (size_t j = 0; j < k; j++) {
            t[j] =
                joint(d, m->w[j], m->mu + j * d, l + j * d * d, x + i * d, y);
            top = t[j] > top ? t[j] : top;
        }
        for (size_t j = 0; j < k; j++)
            sum += expl(t[j] - top);
        const long double total = top + logl(sum);
        if (lp)
            lp[i] = (double)total;
        for (size_t j = 0; resp && j < k; j++)
            resp[i * k + j] = (double)expl(t[j] - total);
    }
    free(s);
    free(l);
    free(y);
    free(t);
}

double ref_likelihood(const ref_mixture *m, size_t n, const double *x,
                      const double *weights)
{
    double *const lp = take(n, sizeof *lp);
    ref_density(m, n, x, lp, NULL);
    long double sum = 0, mass = 0;
    for (size_t i = 0; i < n; i++) {
        const long double a = weights ? weights[i] : 1;
        sum += a * lp[i];
        mass += a;
    }
    free(lp);
    return (double)(sum / mass);
}

/* s [d, d] += sum_i r_i (x_i - mu) (x_i - mu)^T */
static void scatter(const ref_mixture *m, size_t j, size_t n, const double *x,
                    const double *weights, const double *resp, long double *s)
{
    const size_t d = m->d;
    const double *const mu = m->mu + j * d;
    for (size_t i = 0; i < n; i++) {
        const long double r =
            (long double)resp[i * m->k + j] * (weights ? weights[i] : 1);
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++)
                s[a * d + b] += r * ((long double)x[i * d + a] - mu[a]) *
                                ((long double)x[i * d + b] - mu[b]);
    }
}

/* Weight and mean of component j; returns its mass. */
static long double centre(ref_mixture *to, size_t j, size_t n, const double *x,
                          const double *weights, const double *resp)
{
    const size_t d = to->d;
    long double mass = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        const long double a = weights ? weights[i] : 1;
        all += a;
        mass += a * resp[i * to->k + j];
    }
    for (size_t c = 0; c < d; c++) {
        long double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (long double)resp[i * to->k + j] *
                   (weights ? weights[i] : 1) * x[i * d + c];
        to->mu[j * d + c] = (double)(sum / mass);
    }
    to->w[j] = (double)(mass / all);
    return mass;
}

static void spread(ref_mixture *to, size_t j, const long double *s,
                   long double mass)
{
    const size_t d = to->d;
    long double trace = 0;
    for (size_t a = 0; a < d; a++) {
        trace += s[a * d + a];
        if (to->type == REF_DIAGONAL)
            to->cov[j * d + a] = (double)(s[a * d + a] / mass);
        for (size_t b = 0; to->type == REF_FULL && b < d; b++)
            to->cov[(j * d + a) * d + b] = (double)(s[a * d + b] / mass);
    }
    if (to->type == REF_SPHERICAL)
        to->cov[j] = (double)(trace / mass / (long double)d);
}

void ref_maximise(ref_mixture *to, size_t n, const double *x,
                  const double *weights, const double *resp)
{
    const size_t dd = to->d * to->d;
    long double *const s = take(dd, sizeof *s);
    long double *const sum = take(dd, sizeof *sum);
    long double all = 0;
    for (size_t j = 0; j < to->k; j++) {
        const long double mass = centre(to, j, n, x, weights, resp);
        all += mass;
        memset(s, 0, dd * sizeof *s);
        scatter(to, j, n, x, weights, resp, s);
        spread(to, j, s, mass);
        for (size_t i = 0; i < dd; i++)
            sum[i] += s[i];
    }
    for (size_t i = 0; to->type == REF_TIED && i < dd; i++)
        to->cov[i] = (double)(sum[i] / all);
    free(s);
    free(sum);
}

void ref_step(const ref_mixture *from, ref_mixture *to, size_t n,
              const double *x, const double *weights)
{
    double *const resp = take(n * from->k, sizeof *resp);
    ref_density(from, n, x, NULL, resp);
    ref_maximise(to, n, x, weights, resp);
    free(resp);
}

void ref_draw(const ref_mixture *m, uint64_t seed, size_t n, double *x,
              int32_t *component)
{
    const size_t d = m->d;
    ref_random r = {seed * 104729 + 5};
    double *const s = take(d * d, sizeof *s);
    double *const z = take(d, sizeof *z);
    long double *const l = take(m->k * d * d, sizeof *l);
    for (size_t j = 0; j < m->k; j++) {
        ref_covariance(m, j, s);
        if (!ref_cholesky(d, s, l + j * d * d))
            abort();
    }
    for (size_t i = 0; i < n; i++) {
        double u = ref_uniform(&r);
        size_t j = 0;
        for (; j + 1 < m->k && u > m->w[j]; j++)
            u -= m->w[j];
        for (size_t c = 0; c < d; c++)
            z[c] = ref_normal(&r);
        for (size_t a = 0; a < d; a++) {
            long double v = m->mu[j * d + a];
            for (size_t b = 0; b <= a; b++)
                v += l[(j * d + a) * d + b] * z[b];
            x[i * d + a] = (double)v;
        }
        if (component)
            component[i] = (int32_t)j;
    }
    free(s);
    free(z);
    free(l);
}
