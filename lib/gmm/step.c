/* gmm_start() and gmm_step(). */
#include <math.h>

#include "gmm/ranks.h"

static int32_t start(gmm_model *m, const genmod_data *x, const double *r,
                     genmod_workspace *w)
{
    gmm_job job;
    int32_t status = gmm_job_open(&job, m, x, 1, 1, w);

    if (!status)
        status = gmm_job_reserve(m->report, job.k, 0, 0, w);
    if (!status)
        status = gmm_job_columns(&job);
    if (!status)
        status = gmm_job_start(&job, r, 0, 1);
    status = base_meet(w, status);
    if (!status) {
        base_report_clear(m->report);
        gmm_job_note_mends(&job.tracks[0], job.k);
        gmm_job_commit(&job, &job.tracks[0]);
        gmm_job_publish(&job, &job.tracks[0], 0);
        gmm_job_count(&job, 0);
    }
    gmm_job_close(&job);
    return status;
}

int32_t gmm_start(gmm_model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_training(m, x, w);
    status = gmm_agree(m, x, gmm_call("start"), GMM_AFRESH, status, w);
    return base_leave(&call, status ? status : start(m, x, NULL, w));
}

static int32_t check_responsibilities(size_t n, size_t k, size_t bytes,
                                      const double *r, genmod_workspace *w)
{
    size_t need;

    if (!r)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "r is NULL");
    if (!base_mul(n, k, &need) || !base_mul(need, sizeof *r, &need) ||
        bytes != need)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "bytes is %u; r takes n * k doubles, %u bytes",
                         (uint64_t)bytes, (uint64_t)need);
    for (size_t i = 0; i < n * k; i++)
        if (!(r[i] >= 0) || !isfinite(r[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "r: row %u, component %u is %g; it must be "
                             "finite and >= 0",
                             (uint64_t)(i / k), (uint64_t)(i % k), r[i]);
    return GENMOD_OK;
}

int32_t gmm_start_responsibilities(gmm_model *m, const genmod_data *x,
                                   size_t bytes, const double *r,
                                   genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_training(m, x, w);
    if (!status)
        status = check_responsibilities(base_data_rows(x), gmm_components(m),
                                        bytes, r, w);
    status =
        gmm_agree(m, x, gmm_call("responsibilities"), GMM_AFRESH, status, w);
    return base_leave(&call, status ? status : start(m, x, r, w));
}

static int32_t step(gmm_model *m, const genmod_data *x, genmod_workspace *w)
{
    gmm_job job;
    gmm_past p = {0, 0};
    int32_t status = gmm_job_open(&job, m, x, 1, 1, w);

    if (!status) {
        p = gmm_job_recall(&job);
        status = gmm_job_reserve(m->report, job.k, p.values + 1, 0, w);
    }
    if (!status)
        status = gmm_job_resume(&job);
    if (!status)
        status = gmm_job_pass(&job);
    if (!status)
        status = gmm_job_finish(&job, p, 1);
    gmm_job_close(&job);
    return status;
}

int32_t gmm_step(gmm_model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_training(m, x, w);
    if (!status)
        status = gmm_check_fitted(m, w);
    if (!status)
        status = gmm_check_columns(m, x, w);
    status = gmm_agree(m, x, gmm_call("step"), GMM_REPORT, status, w);
    return base_leave(&call, status ? status : step(m, x, w));
}
