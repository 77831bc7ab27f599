/* The M-step, and what is done about covariances that are not positive
 * definite. */
#include <math.h>
#include <string.h>

#include "gmm/factor.h"
#include "gmm/hold.h"
#include "gmm/noise.h"
#include "gmm/prior.h"

/* Differences carry a rounding of epsilon times the spread of the data, some of
 * them added up: deviations below 64 of these are noise. */
#define NOISE 64
/* Mending starts at a ridge of this share of the data's variance (the default
 * of option "ridge") and ends where a tenth of its deviation is the ridge's. */
#define FIRST_RIDGE 1e-6
#define LAST_RIDGE 1e-2

typedef struct update {
    const gmm_params *now;
    const gmm_tables *tables;
    gmm_stats *s;
    const gmm_rules *rules;
    const gmm_slots *slots;
    gmm_params *next;
    int32_t *mend;
    double weight, mean_variance;
} update;

static int dead(const update *u, size_t j)
{
    return !(u->s->s0[j] > DBL_EPSILON * u->weight);
}

/* The prior's mean pulls at column c of component j, whose rows' mean lies at
 * `step` from `about`. */
static double pulled(const update *u, size_t j, size_t c, double about,
                     double step)
{
    const gmm_tables *const t = u->tables;
    const gmm_prior *const q = u->rules->prior;
    const double center =
        (q->center[c] - gmm_real(t->ops->type, t->center, c)) *
        gmm_real(t->ops->type, t->scale, c);

    return gmm_prior_mean(q, u->s->s0[j], step, center - about);
}

/* Component j's held mean, from `about`. */
static double held(const update *u, size_t j, size_t c, double about)
{
    const gmm_tables *const t = u->tables;

    return (u->now->means[j * u->now->d + c] -
            gmm_real(t->ops->type, t->center, c)) *
               gmm_real(t->ops->type, t->scale, c) -
           about;
}

static int held_mean(const update *u, size_t j)
{
    return u->rules->hold && u->rules->hold->means[j];
}

/* A covariance that stays: held, or, where something is, without rows. */
static int stays(const update *u, size_t unit)
{
    const gmm_hold *const h = u->rules->hold;

    return h &&
           (h->covariances[unit] || (!u->now->type->shared && dead(u, unit)));
}

/* mu_j = (9.24) of Bishop 2006, about the pass's mean; leaves the step in s1.
 */
static void set_mean(const update *u, size_t j)
{
    const size_t d = u->now->d;
    const gmm_tables *const t = u->tables;
    double *const step = u->s->s1 + j * d;

    u->next->weights[j] = u->s->s0[j] / u->weight;
    for (size_t c = 0; c < d; c++) {
        const double about =
            u->s->common ? 0 : gmm_real(t->ops->type, t->mu, j * d + c);
        double to;

        step[c] = dead(u, j) ? 0 : step[c] / u->s->s0[j];
        to = step[c];
        if (held_mean(u, j))
            to = held(u, j, c, about);
        else if (u->rules->prior)
            to = pulled(u, j, c, about, to);
        if (u->rules->place)
            u->rules->place[j * d + c] = to;
        u->next->means[j * d + c] = gmm_unscaled(t, c, about + to);
    }
    if (held_mean(u, j) || (u->rules->hold && dead(u, j)))
        memcpy(u->next->means + j * d, u->now->means + j * d,
               d * sizeof(double));
}

/* Element (a, b) of component j's covariance, (9.25), times its share: the
 * second moment about the old mean less what the step explains; and, of a mean
 * that went elsewhere, what lies between. */
static double moment(const update *u, size_t j, size_t a, size_t b)
{
    const size_t d = u->now->d;
    const gmm_tables *const t = u->tables;
    const double *const step = u->s->s1 + j * d;
    const double *const place = u->rules->place;
    const double *const s2 =
        u->s->s2 + (u->now->type->triangle ? (j * d + a) * d + b : j * d + a);
    const double scale = gmm_real(t->ops->type, t->scale, a) *
                         gmm_real(t->ops->type, t->scale, b);

    double sum = *s2 / u->s->s0[j] - step[a] * step[b];

    if (place)
        sum += (step[a] - place[j * d + a]) * (step[b] - place[j * d + b]);
    return sum / scale;
}

/* The same for a unit: of its component, or pooled over all, (a) = (b) for
 * diagonals, and over the columns for scalars. */
static double unit_moment(const update *u, size_t unit, size_t a, size_t b)
{
    double sum = 0;

    if (!u->now->type->shared)
        return moment(u, unit, a, b);
    for (size_t j = 0; j < u->now->k; j++)
        if (!dead(u, j))
            sum += u->s->s0[j] / u->weight * moment(u, j, a, b);
    return sum;
}

static void set_triangle(const update *u, size_t unit)
{
    const size_t d = u->now->d;
    double *const cov = u->next->covariances + unit * d * d;

    for (size_t a = 0; a < d; a++)
        for (size_t b = a; b < d; b++)
            cov[a * d + b] = cov[b * d + a] = unit_moment(u, unit, a, b);
}

static void set_numbers(const update *u, size_t unit)
{
    const gmm_params *const p = u->next;
    double *const cov = p->covariances + unit * gmm_unit_size(p->type, p->d);
    double sum = 0;

    for (size_t c = 0; c < p->d; c++) {
        const double v = unit_moment(u, unit, c, c);

        sum += v / (double)p->d;
        if (!p->type->scalar)
            cov[c] = v;
    }
    if (p->type->scalar)
        cov[0] = sum;
}

static void shrink(const update *u, size_t unit)
{
    const size_t d = u->now->d;
    double *const cov = u->next->covariances + unit * d * d;

    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++)
            if (a != b)
                cov[a * d + b] *= 1 - u->rules->shrinkage;
}

static void add_ridge(const update *u, size_t unit, double ridge)
{
    const gmm_params *const p = u->next;
    double *const cov = p->covariances + unit * gmm_unit_size(p->type, p->d);

    if (p->type->scalar)
        cov[0] += ridge * u->mean_variance;
    else
        for (size_t c = 0; c < p->d; c++)
            cov[p->type->triangle ? c * p->d + c : c] +=
                ridge * u->now->column_variance[c];
}

/* 1 if every variance stands clear of the rounding of what it was made from, in
 * columns scaled to a spread of about 1: squares of differences from the mean,
 * or the difference of two squares about the centre. */
static int clear_of_noise(const update *u, size_t unit)
{
    const gmm_params *const p = u->next;
    const double *const cov =
        p->covariances + unit * gmm_unit_size(p->type, p->d);
    const double *const scale = p->f64.scale;
    const double noise = NOISE * gmm_epsilon(u->tables->ops->type);
    const double least = u->s->common ? noise : noise * noise;

    for (size_t c = 0; c < p->d; c++) {
        const double s = scale[c];

        if (!(gmm_unit_variance(p->type, p->d, cov, c) * s * s > least))
            return 0;
    }
    return 1;
}

static int try_unit(const update *u, size_t unit, size_t slot)
{
    return clear_of_noise(u, unit) &&
           gmm_derive_unit(u->next, unit, u->slots, slot);
}

static void copy_factors(const gmm_params *from, size_t i, gmm_params *to,
                         size_t j)
{
    const size_t size = from->d * from->rank;

    if (from->rank == 0)
        return;
    memcpy(to->loadings + j * size, from->loadings + i * size,
           size * sizeof(double));
    memcpy(to->uniquenesses + j * to->d, from->uniquenesses + i * to->d,
           to->d * sizeof(double));
}

static void keep_unit(const update *u, size_t unit)
{
    const size_t size = gmm_unit_size(u->now->type, u->now->d);

    memcpy(u->next->covariances + unit * size,
           u->now->covariances + unit * size, size * sizeof(double));
    copy_factors(u->now, unit, u->next, unit);
}

static int32_t mend_unit(const update *u, size_t unit, size_t slot)
{
    double ridge = 10 * u->rules->ridge, added = 0;

    if (ridge < FIRST_RIDGE)
        ridge = FIRST_RIDGE;
    for (; ridge < LAST_RIDGE * 1.5; ridge *= 10) {
        if (u->next->rank)
            gmm_factor_widen(u->next, unit, ridge - added);
        else
            add_ridge(u, unit, ridge - added);
        added = ridge;
        if (try_unit(u, unit, slot))
            return GMM_MEND_RIDGE;
    }
    if (!u->rules->hold)
        return GMM_MEND_SEED;
    keep_unit(u, unit);
    return gmm_derive_unit(u->next, unit, u->slots, slot) ? GMM_MEND_RIDGE
                                                          : GMM_MEND_SEED;
}

static int32_t move_item(size_t j, size_t slot, void *arg)
{
    (void)slot;
    set_mean(arg, j);
    return GENMOD_OK;
}

static int32_t spread_item(size_t unit, size_t slot, void *arg)
{
    const update *const u = arg;

    if (stays(u, unit)) {
        keep_unit(u, unit);
        return GENMOD_OK;
    }
    if (!u->now->type->shared && dead(u, unit)) /* until it is re-seeded */
        memset(u->next->covariances +
                   unit * gmm_unit_size(u->now->type, u->now->d),
               0, gmm_unit_size(u->now->type, u->now->d) * sizeof(double));
    else if (u->now->type->triangle)
        set_triangle(u, unit);
    else
        set_numbers(u, unit);
    if (u->rules->prior && (u->now->type->shared || !dead(u, unit)))
        gmm_prior_spread(u->rules->prior, u->next, unit, u->s->s0);
    if (u->now->type->triangle && u->rules->shrinkage > 0)
        shrink(u, unit);
    add_ridge(u, unit, u->rules->ridge);
    if (u->next->rank && !dead(u, unit))
        gmm_factor_step(u->now, u->next, unit, u->rules->ridge,
                        u->slots->at + slot * u->slots->bytes + u->slots->work,
                        u->slots->at + slot * u->slots->bytes + u->slots->pack);
    return GENMOD_OK;
}

static int32_t derive_item(size_t unit, size_t slot, void *arg)
{
    const update *const u = arg;
    const int shared = u->now->type->shared;
    int32_t mend = GMM_MEND_NONE;

    if (stays(u, unit))
        mend = gmm_derive_unit(u->next, unit, u->slots, slot) ? GMM_MEND_NONE
                                                              : GMM_MEND_SEED;
    else if (!shared && dead(u, unit))
        mend = GMM_MEND_SEED;
    else if (!try_unit(u, unit, slot))
        mend = u->rules->repair ? mend_unit(u, unit, slot) : GMM_MEND_RIDGE;
    u->mend[unit] = mend;
    return GENMOD_OK;
}

static size_t heaviest(const update *u)
{
    size_t best = u->now->k;

    for (size_t j = 0; j < u->now->k; j++)
        if (u->mend[j] != GMM_MEND_SEED &&
            (best == u->now->k || u->next->weights[j] > u->next->weights[best]))
            best = j;
    return best;
}

/* Component j takes half of the heaviest one: its covariance, and a mean drawn
 * a deviation about its mean, column by column. */
static void reseed(const update *u, size_t j, size_t from)
{
    const gmm_params *const p = u->next;
    const size_t size = gmm_unit_size(p->type, p->d);
    const double *const unit =
        p->covariances + (p->type->shared ? 0 : from) * size;
    double *const mean = p->means + j * p->d;

    kern_normals(p->f64.ops, u->rules->seed, u->rules->step * p->k + j,
                 GMM_SITE_SEED, p->d, mean);
    for (size_t c = 0; c < p->d; c++)
        mean[c] = p->means[from * p->d + c] +
                  mean[c] * sqrt(gmm_unit_variance(p->type, p->d, unit, c));
    p->weights[from] /= 2;
    p->weights[j] = p->weights[from];
    if (!p->type->shared)
        memcpy(p->covariances + j * size, unit, size * sizeof(double));
    copy_factors(p, from, u->next, j);
}

/* Nothing is re-seeded beside what is held. */
static int32_t refuse_seeds(const update *u, genmod_workspace *w)
{
    for (size_t j = 0; j < u->now->k; j++)
        if (u->mend[j] == GMM_MEND_SEED)
            return base_fail(w, GENMOD_BREAKDOWN,
                             "component %u: its covariance is singular and "
                             "cannot be mended beside what is held",
                             (uint64_t)j);
    return GENMOD_OK;
}

static int32_t reseed_all(update *u, genmod_workspace *w)
{
    const size_t k = u->now->k, units = gmm_units(u->now->type, k);
    double sum = 0;
    size_t seeded = 0;

    for (size_t j = 0; j < k; j++) {
        if (u->mend[j] == GMM_MEND_SEED)
            seeded++;
        else
            sum += u->next->weights[j];
    }
    if (seeded == k)
        return base_fail(w, GENMOD_BREAKDOWN,
                         "no component has a covariance that can be mended");
    for (size_t j = 0; seeded && j < k; j++)
        u->next->weights[j] =
            u->mend[j] == GMM_MEND_SEED ? 0 : u->next->weights[j] / sum;
    for (size_t j = 0; seeded && j < k; j++)
        if (u->mend[j] == GMM_MEND_SEED)
            reseed(u, j, heaviest(u));
    if (seeded && gmm_params_derive(u->next, u->slots, w) != units)
        return base_fail(w, GENMOD_BREAKDOWN,
                         "a re-seeded component has a singular covariance");
    return GENMOD_OK;
}

static int32_t refuse(const update *u, genmod_workspace *w)
{
    for (size_t j = 0; j < u->now->k; j++)
        if (u->mend[j])
            return base_fail(w, GENMOD_BREAKDOWN,
                             "component %u: its covariance is singular "
                             "(on_singular is \"error\")",
                             (uint64_t)j);
    return GENMOD_OK;
}

/* A shared unit's mending is every component's; a dead component has its own.
 */
static void share_mends(const update *u)
{
    const int32_t shared = u->mend[0];

    for (size_t j = 0; j < u->now->k; j++)
        u->mend[j] = dead(u, j) && !u->rules->hold ? GMM_MEND_SEED : shared;
}

int32_t gmm_update(const gmm_params *now, int32_t type, gmm_stats *s,
                   const gmm_rules *rules, const gmm_slots *slots,
                   gmm_params *next, int32_t *mend, genmod_workspace *w)
{
    const size_t units = gmm_units(now->type, now->k);
    update u = {.now = now,
                .tables = gmm_tables_of(now, type),
                .s = s,
                .rules = rules,
                .slots = slots,
                .next = next,
                .mend = mend};
    int32_t status;

    for (size_t j = 0; j < now->k; j++)
        u.weight += s->s0[j];
    for (size_t c = 0; c < now->d; c++)
        u.mean_variance += now->column_variance[c] / (double)now->d;
    memcpy(next->column_variance, now->column_variance,
           now->d * sizeof(double));
    memcpy(next->noise, now->noise, (1 + now->d) * sizeof(double));
    if (s->weighed && now->noise[0] > 0 &&
        !(rules->hold && rules->hold->all_weights))
        next->noise[0] = gmm_noise_step(s->noise, u.weight);
    next->pivot_floor = 16 * gmm_epsilon(type);
    status = base_parallel(w, now->k, move_item, &u);
    if (!status && rules->hold)
        gmm_hold_weights(rules->hold, now, next);
    if (!status)
        status = base_parallel(w, units, spread_item, &u);
    if (!status) {
        gmm_derive_columns(next);
        status = base_parallel(w, units, derive_item, &u);
    }
    if (status)
        return status;
    if (now->type->shared)
        share_mends(&u);
    if (!rules->repair) {
        status = refuse(&u, w);
        if (status)
            return status;
    }
    if (rules->hold) {
        status = refuse_seeds(&u, w);
        if (status)
            return status;
    }
    gmm_derive_norms(next);
    return reseed_all(&u, w);
}
