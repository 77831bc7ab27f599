#include "gmm/scene.h"

#include <stdio.h>

static double cells[N * D], weights[N];
static float narrow[N * D];
static int32_t labels[N];

/* Three clusters far enough apart that none has to be guessed. */
void scene_draw(void)
{
    uint64_t s = 12345;

    for (size_t i = 0; i < N; i++) {
        const double x = (double)(i % 3);

        for (size_t c = 0; c < D; c++) {
            double sum = 0;

            for (int u = 0; u < 4; u++) {
                s = s * UINT64_C(6364136223846793005) + 1442695040888963407;
                sum += (double)(s >> 11) / 9007199254740992.0 - 0.5;
            }
            cells[i * D + c] = 2.7 * x * (c == 1 ? -1 : 1) +
                               sum * (1 + 0.3 * x + 0.2 * (double)c);
            narrow[i * D + c] = (float)cells[i * D + c];
        }
        weights[i] = 0.25 + (double)(s >> 60) / 8;
        labels[i] = (int32_t)(i % 3);
    }
}

static int32_t read_rows(size_t n, const int64_t *rows, void *x, double *w,
                         int32_t *l, void *user)
{
    const size_t first = *(const size_t *)user;

    (void)w, (void)l;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * D, cells + (first + (size_t)rows[i]) * D,
               D * sizeof(double));
    return 0;
}

/* ---- one rank ------------------------------------------------------------ */

typedef struct rank {
    scene *s;
    ranks_seat *seat;
    int odd;
    size_t first, count;
    genmod_context *context;
    genmod_workspace *w;
    genmod_config *config;
    genmod_data *x;
    gmm_model *m;
    double *own; /* a copy of its rows, where a cell is to be another */
    host host;
} rank;

static int32_t configure(rank *r, const char *options)
{
    char key[64], value[64];
    int taken;

    for (;
         options && sscanf(options, " %63[^=]=%63s%n", key, value, &taken) == 2;
         options += taken) {
        const int32_t status =
            genmod_config_set_str(r->config, key, value, NULL);

        if (status)
            return status;
    }
    return 0;
}

static int32_t make_context(rank *r)
{
    const scene *const s = r->s;

    if (!r->odd || !s->odd_allocation) {
        r->context = ranks_context(r->seat);
        return r->context ? 0 : GENMOD_NO_MEMORY;
    }
    host_init(&r->host);
    r->context = host_context(&r->host);
    return genmod_context_set_communicator(
        r->context, r->seat->rank, r->seat->size, ranks_allreduce,
        ranks_broadcast, ranks_allgather, r->seat);
}

static int32_t make_view(rank *r)
{
    const scene *const s = r->s;
    const size_t d = r->odd && s->odd_columns ? D - 1 : D;
    const int f32 = s->f32 || (r->odd && s->odd_type);
    int32_t status = genmod_data_new(&r->x, NULL);

    if (status)
        return status;
    if (s->source)
        return genmod_data_set_source(r->x, GENMOD_F64, r->count, d, read_rows,
                                      &r->first, NULL);
    r->own = malloc((r->count + 1) * D * sizeof *r->own);
    memcpy(r->own, cells + r->first * D, r->count * D * sizeof *r->own);
    for (size_t i = 0; s->missing && i < r->count; i++)
        if ((r->first + i) % 7 == 2)
            r->own[i * D + (r->first + i) % D] = NAN;
    if (r->odd && s->odd_cell != 0)
        r->own[(r->count - 1) * D + 1] = s->odd_cell;
    status = genmod_data_set_rows(
        r->x, f32 ? GENMOD_F32 : GENMOD_F64, r->count, d,
        f32 ? (const void *)(narrow + r->first * D) : r->own, D, 1, NULL);
    if (!status && s->missing)
        status = genmod_data_set_missing(r->x, 1, NULL);
    if (!status && s->weighted)
        status =
            genmod_data_set_weights(r->x, r->count, weights + r->first, NULL);
    if (!status && s->labelled)
        status =
            genmod_data_set_labels(r->x, r->count, labels + r->first, NULL);
    return status;
}

static int32_t poll(const genmod_report *report, void *user)
{
    rank *const r = user;
    double iterations = 0;

    if (r->s->verb == NESTED) {
        genmod_workspace *other = NULL;
        double mean;

        if (genmod_workspace_new(r->context, &other))
            return -5;
        r->s->bytes[r->seat->rank] =
            (size_t)-gmm_log_likelihood(r->m, r->x, &mean, other);
        genmod_workspace_free(other);
        return 0;
    }
    if (genmod_report_get(report, GMM_REPORT_ITERATIONS, &iterations))
        return -6;
    if (!r->odd || !(iterations >= 2))
        return 0;
    if (r->s->odd_cancel)
        genmod_workspace_cancel(r->w);
    return r->s->odd_answer;
}

static int32_t train(rank *r)
{
    const scene *const s = r->s;
    double g[64];
    int32_t status = 0;

    if (s->verb == CHOOSE)
        return gmm_choose(r->m, r->x, r->x, 2, 4, "full diagonal",
                          GMM_CHOOSE_BIC, r->w);
    if (s->verb == PARTIAL)
        return gmm_partial_fit(r->m, r->x, r->w);
    if (s->verb == STEPS) {
        status = gmm_start(r->m, r->x, r->w);
        for (int i = 0; i < 3 && !status; i++)
            status = gmm_step(r->m, r->x, r->w);
        return status;
    }
    status = gmm_fit(r->m, r->x, poll, r, r->w);
    if (!status && s->verb == GRADIENT) {
        status = gmm_likelihood_gradient(r->m, r->x, 64, g, NULL, r->w);
        r->s->mean[r->seat->rank] = status ? 0 : g[4];
    }
    return status;
}

static void get_params(const rank *r, double *out)
{
    static const char *const names[] = {GMM_WEIGHTS, GMM_MEANS,
                                        GMM_COVARIANCES};
    size_t at = 0, n = 0;

    for (size_t i = 0; i < 3; i++, at += n)
        if (gmm_get_params(r->m, names[i], PARAMS - at, out + at, &n, NULL))
            return;
}

static void look(rank *r)
{
    scene *const s = r->s;
    const int32_t i = r->seat->rank;

    strncpy(s->text[i], genmod_workspace_error(r->w), 159);
    if (s->verb == GRADIENT || s->verb == NESTED)
        return;
    get_params(r, s->params[i]);
    if (gmm_save(r->m, ROOM, s->saved[i], &s->bytes[i], NULL))
        s->bytes[i] = 0;
    if (s->status[i])
        return;
    s->status[i] = gmm_log_likelihood(r->m, r->x, &s->mean[i], r->w);
    if (!s->status[i])
        s->status[i] = gmm_bic(r->m, r->x, &s->bic[i], r->w);
}

void scene_rank(ranks_seat *seat)
{
    scene *const s = seat->arg;
    rank r = {.s = s, .seat = seat, .odd = seat->rank == s->odd};
    int32_t status = genmod_shard((int64_t)N, seat->rank, seat->size, s->shards,
                                  &r.first, &r.count);

    if (!status)
        status = make_context(&r);
    if (!status)
        status = genmod_workspace_new(r.context, &r.w);
    if (!status)
        status = gmm_config_new(&r.config, NULL);
    if (!status)
        status = configure(&r, "components=3 seed=7");
    if (!status)
        status = configure(&r, s->options);
    if (!status && r.odd)
        status = configure(&r, s->odd_options);
    if (!status)
        status = gmm_new(r.config, &r.m, NULL);
    if (!status)
        status = make_view(&r);
    if (!status && r.odd && s->odd_allocation)
        host_arm(&r.host, s->odd_allocation - 1, HOST_ONCE);
    s->status[seat->rank] = status ? 99 : train(&r);
    if (r.odd && s->odd_allocation)
        s->allocations = atomic_load(&r.host.calls);
    look(&r);
    gmm_free(r.m);
    genmod_data_free(r.x);
    genmod_config_free(r.config);
    genmod_workspace_free(r.w);
    genmod_context_free(r.context);
    free(r.own);
}

/* ---- all of them ------------------------------------------------------------
 */

scene *scene_of(const char *options)
{
    scene *const s = fixture_take(1, sizeof *s);

    s->options = options;
    s->odd = -1;
    return s;
}

void scene_run(scene *s, int32_t size, int32_t shards)
{
    const ranks_plan plan = {size, shards, -1, RANKS_NEVER};
    ranks_count count;

    s->shards = shards;
    count = ranks_run(&plan, scene_rank, s);
    assert_int_equal(count.mismatches, 0);
}
