/* gmm_choose(): the criteria of a grid of fits, and the best of them. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "gmm/grid.h"
#include "gmm/hold.h"
#include "gmm/noise.h"
#include "gmm/ranks.h"

/* ---- the table ----------------------------------------------------------- */

/* Sums over some rows of each cell's mixture, GMM_MOST_LANES at a time. */
static int32_t sum_cells(gmm_grid *c, const genmod_data *x, int32_t classify)
{
    int32_t status = GENMOD_OK;

    for (size_t first = 0; first < c->n_cells && !status;) {
        gmm_pass pass = {.x = x,
                         .lanes = c->lanes,
                         .noise = gmm_noise_wanted(c->m->config),
                         .classify = classify,
                         .shared = 1,
                         .total = classify ? c->rows : c->held_rows,
                         .source = GMM_POSTERIOR};
        const base_mark mark = base_scratch_mark(c->w);
        size_t n = 0, end = first;

        for (; end < c->n_cells && n < GMM_MOST_LANES; end++)
            if (c->cells[end].best)
                c->lanes[n++] = (gmm_lane){.params = c->cells[end].best};
        pass.n_lanes = n;
        if (n)
            status = gmm_pass_open(&pass, c->w);
        if (n && !status)
            status = gmm_pass_run(&pass, c->w);
        if (n && classify)
            c->weight = pass.weight; /* a survey of gaps does not know it */
        n = 0;
        for (; first < end && !status; first++) {
            gmm_cell *const one = &c->cells[first];
            const double sum =
                one->best ? c->lanes[n++].log_likelihood : (double)NAN;

            if (classify)
                one->classified = sum;
            else
                one->held = sum / pass.weight;
        }
        base_scratch_release(c->w, mark);
    }
    return status;
}

/* A cell's row; smaller is better but for held-out rows. */
typedef struct row {
    double parameters, log_likelihood, bic, aic, icl, held;
} row;

static row row_of(const gmm_grid *c, const gmm_cell *one)
{
    const size_t d = base_data_columns(c->x);
    const double p =
        (double)gmm_count_parameters(c->m->config, one->type, one->k, d);
    double ln = c->weight;
    row r = {.parameters = p,
             .log_likelihood = NAN,
             .bic = NAN,
             .aic = NAN,
             .icl = NAN,
             .held = NAN};

    if (!one->best)
        return r;
    one->best->f64.ops->log(1, &ln, &ln);
    r.log_likelihood = one->track.mean * c->weight;
    r.bic = p * ln - 2 * r.log_likelihood;
    r.aic = 2 * p - 2 * r.log_likelihood;
    r.icl = p * ln - 2 * one->classified;
    if (c->held_out)
        r.held = one->held;
    return r;
}

static int32_t choose_cell(gmm_grid *c)
{
    double best = INFINITY;

    c->chosen = c->n_cells;
    for (size_t i = 0; i < c->n_cells; i++) {
        const row r = row_of(c, &c->cells[i]);
        const double v = c->criterion == GMM_CHOOSE_BIC   ? r.bic
                         : c->criterion == GMM_CHOOSE_AIC ? r.aic
                         : c->criterion == GMM_CHOOSE_ICL ? r.icl
                                                          : -r.held;

        if (v < best) {
            best = v;
            c->chosen = i;
        }
    }
    if (c->chosen == c->n_cells)
        return base_fail(c->w, GENMOD_BREAKDOWN,
                         "every fit of the grid broke down");
    return GENMOD_OK;
}

static const char *const columns[] = {
    GMM_REPORT_CHOICE_COMPONENTS, GMM_REPORT_CHOICE_COVARIANCE,
    GMM_REPORT_CHOICE_PARAMETERS, GMM_REPORT_CHOICE_LOG_LIKELIHOOD,
    GMM_REPORT_CHOICE_BIC,        GMM_REPORT_CHOICE_AIC,
    GMM_REPORT_CHOICE_ICL,        GMM_REPORT_CHOICE_HELD_OUT};
#define COLUMNS (sizeof columns / sizeof *columns)

void gmm_choice_forget(genmod_report *r)
{
    for (size_t i = 0; i < COLUMNS; i++)
        base_report_put(r, columns[i], 0, NULL);
    base_report_set(r, GMM_REPORT_CHOSEN, NAN);
}

/* Behind gmm_job_publish(), so that the series are empty. */
static void publish_table(const gmm_grid *c)
{
    genmod_report *const r = c->m->report;

    for (size_t i = 0; i < c->n_cells; i++) {
        const gmm_cell *const one = &c->cells[i];
        const row v = row_of(c, one);
        const double values[COLUMNS] = {
            (double)one->k, (double)(one->type - gmm_covariance_of("full")),
            v.parameters,   v.log_likelihood,
            v.bic,          v.aic,
            v.icl,          v.held};

        for (size_t j = 0; j < COLUMNS; j++)
            base_report_append(r, columns[j], values[j]);
    }
    base_report_set(r, GMM_REPORT_CHOSEN, (double)c->chosen);
}

/* The model becomes the chosen cell's; what can fail comes first. */
static int32_t commit(gmm_grid *c)
{
    gmm_cell *const one = &c->cells[c->chosen];
    genmod_config *options = NULL;
    gmm_job job = {.m = c->m,
                   .type = one->type,
                   .n = c->rows,
                   .d = base_data_columns(c->x),
                   .k = one->k};
    int32_t status = gmm_grid_options(c, one, &options);

    if (!status)
        status = gmm_job_reserve(c->m->report, one->k, one->track.n_history, 0,
                                 c->w);
    for (size_t i = 0; i < COLUMNS && !status; i++)
        status =
            base_report_reserve(c->m->report, columns[i], c->n_cells, c->w);
    status = base_meet(c->w, status);
    if (!status)
        status = base_config_assign(c->m->config, options, 1, c->w);
    if (!status) {
        base_report_clear(c->m->report);
        gmm_params_free(c->m->params);
        c->m->params = one->best;
        one->best = NULL;
        gmm_job_publish(&job, &one->track, 0);
        gmm_job_count(&job, one->track.steps);
        one->best = c->m->params; /* for the table's last look */
        publish_table(c);
        one->best = NULL;
    }
    genmod_config_free(options);
    return status;
}

/* ---- the call ------------------------------------------------------------ */

static int32_t cell_new(const gmm_grid *c, gmm_cell *one,
                        const gmm_covariance *type, size_t k)
{
    double *const block = base_scratch(c->w, 2 * k + c->most, sizeof *block);

    if (!block)
        return base_status(c->w);
    memset(one, 0, sizeof *one);
    one->type = type;
    one->k = k;
    one->track.mends = block;
    one->track.last_mend = block + k;
    one->track.history = block + 2 * k;
    return GENMOD_OK;
}

static int32_t reserve(gmm_grid *c, size_t least, size_t types,
                       const gmm_covariance *const *type)
{
    const size_t d = base_data_columns(c->x);
    int32_t status = GENMOD_OK;

    c->cells = base_scratch(c->w, c->n_cells, sizeof *c->cells);
    c->batches = base_scratch(c->w, GMM_MOST_LANES, sizeof *c->batches);
    c->lanes = base_scratch(c->w, GMM_MOST_LANES, sizeof *c->lanes);
    c->center = base_scratch(c->w, 2 * d, sizeof *c->center);
    if (!c->cells || !c->batches || !c->lanes || !c->center)
        return base_status(c->w);
    c->variance = c->center + d;
    memset(c->cells, 0, c->n_cells * sizeof *c->cells);
    memset(c->batches, 0, GMM_MOST_LANES * sizeof *c->batches);
    for (size_t i = 0; i < c->n_cells && !status; i++)
        status = cell_new(c, &c->cells[i], type[i % types], least + i / types);
    return status;
}

static int32_t choose(gmm_grid *c)
{
    int32_t status;

    c->m->training = 1;
    status = gmm_grid_run(c);
    gmm_grid_close(c);
    if (!status)
        status = sum_cells(c, c->x, 1);
    if (!status && c->held_out)
        status = sum_cells(c, c->held_out, 0);
    c->m->training = 0;
    if (!status)
        status = choose_cell(c);
    if (!status)
        status = commit(c);
    for (size_t i = 0; i < c->n_cells; i++)
        gmm_params_free(c->cells[i].best);
    return status;
}

static int32_t add_type(const char *name, size_t *types,
                        const gmm_covariance **type, genmod_workspace *w)
{
    const gmm_covariance *const t = gmm_covariance_of(name);

    if (!t)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "covariances: \"%s\" is none of full, tied, diagonal, "
                         "spherical, factor",
                         name);
    for (size_t i = 0; i < *types; i++)
        if (type[i] == t)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "covariances: \"%s\" came before", name);
    assert(*types < GMM_COVARIANCE_TYPES); /* since none came before */
    type[(*types)++] = t;
    return GENMOD_OK;
}

/* Names with a space or a bar between; "" is those that need no rank. */
static int32_t read_types(const char *names, size_t *types,
                          const gmm_covariance **type, genmod_workspace *w)
{
    const char *s = names && *names ? names : "full tied diagonal spherical";
    int32_t status = GENMOD_OK;

    for (*types = 0; *s && !status; s += *s != 0) {
        char name[16];
        size_t n = 0;

        for (; *s && *s != ' ' && *s != '|'; s++)
            if (n + 1 < sizeof name)
                name[n++] = *s;
        name[n] = 0;
        status = add_type(name, types, type, w);
        if (!*s)
            break;
    }
    return status;
}

static int32_t check(const gmm_grid *c, size_t least, size_t most)
{
    genmod_workspace *const w = c->w;
    int32_t status = gmm_check_training(c->m, c->x, w);

    if (status)
        return status;
    if (base_same(base_config_str(c->m->config, GMM_INFERENCE), "variational"))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "inference is \"variational\"; compare lower_bound, "
                         "or set \"em\"");
    if (least < 1 || most > 65536 || least > most)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "least is %u, most %u; they must lie in 1 … 65536, "
                         "in that order",
                         (uint64_t)least, (uint64_t)most);
    if (c->criterion < GMM_CHOOSE_BIC || c->criterion > GMM_CHOOSE_HELD_OUT)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "criterion is %i; it must be one of GMM_CHOOSE_…",
                         (int64_t)c->criterion);
    if (c->criterion == GMM_CHOOSE_HELD_OUT && !c->held_out)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "held_out is NULL, but the criterion asks for it");
    if (c->held_out &&
        (base_data_rows(c->held_out) == 0 ||
         base_data_columns(c->held_out) != base_data_columns(c->x)))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "held_out has %u rows and %u columns; x has %u",
                         (uint64_t)base_data_rows(c->held_out),
                         (uint64_t)base_data_columns(c->held_out),
                         (uint64_t)base_data_columns(c->x));
    return GENMOD_OK;
}

/* Opens the call on all ranks; what `status` says so far is this one's. */
static int32_t agree(gmm_grid *c, size_t least, size_t most,
                     const char *covariances, int32_t status)
{
    const uint64_t numbers[] = {least, most, (uint64_t)c->criterion,
                                c->held_out != NULL};
    uint64_t call = base_digest(gmm_call("choose"), numbers, sizeof numbers);
    size_t first;

    if (covariances)
        call = base_digest(call, covariances, strlen(covariances));
    status = gmm_agree(c->m, c->x, call, GMM_AFRESH, status, c->w);
    if (!status)
        status = base_all_rows(c->w, GENMOD_OK, base_data_rows(c->x), &first,
                               &c->rows);
    if (!status && c->held_out)
        status = base_all_rows(c->w, GENMOD_OK, base_data_rows(c->held_out),
                               &first, &c->held_rows);
    if (!status && c->rows < most)
        return base_fail(c->w, GENMOD_BAD_ARGUMENT,
                         "x has %u rows; %u components need as many",
                         (uint64_t)c->rows, (uint64_t)most);
    return status;
}

int32_t gmm_choose(gmm_model *m, const genmod_data *x,
                   const genmod_data *held_out, size_t least, size_t most,
                   const char *covariances, int32_t criterion,
                   genmod_workspace *w)
{
    gmm_grid c = {.m = m, .x = x, .held_out = held_out, .criterion = criterion};
    const gmm_covariance *type[GMM_COVARIANCE_TYPES];
    base_call call;
    size_t types = 0;
    int32_t status;

    c.w = base_enter(&call, w, &status);
    if (!c.w)
        return status;
    status = check(&c, least, most);
    if (!status)
        status = read_types(covariances, &types, type, c.w);
    status = agree(&c, least, most, covariances, status);
    if (!status) {
        const int assigned =
            base_same(base_config_str(m->config, GMM_INIT), "labels");

        c.starts =
            assigned ? 1 : (size_t)base_config_i64(m->config, GMM_STARTS);
        c.most = (size_t)base_config_i64(m->config, GMM_MAX_ITERATIONS);
        c.n_cells = (most - least + 1) * types;
        status = reserve(&c, least, types, type);
    }
    return base_leave(&call, status ? status : choose(&c));
}
