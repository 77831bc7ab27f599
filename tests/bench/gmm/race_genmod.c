/* One contestant of the race: EM from a given start.
 *
 *     race_genmod FOLDER TYPE f32|f64 N D K THREADS LOW HIGH
 *
 * FOLDER holds x.TYPE, weights, means and start files as raw doubles or floats
 * (see race_data.py). Prints, as the other contestants do, one line: seconds of
 * LOW and of HIGH iterations, the mean log-likelihood after HIGH, the form of the moments. */
#include <genmod/gmm.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void need(int32_t status, const char *what, const genmod_workspace *w)
{
    if (!status)
        return;
    fprintf(stderr, "%s: %s: %s\n", what, genmod_status_name(status),
            genmod_workspace_error(w));
    exit(1);
}

static void *read_file(const char *folder, const char *name, size_t bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const f = fopen(path, "rb");
    void *const p = malloc(bytes);
    if (!f || !p || fread(p, 1, bytes, f) != bytes) {
        fprintf(stderr, "cannot read %zu bytes of %s\n", bytes, path);
        exit(1);
    }
    fclose(f);
    return p;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct race {
    const char *type;
    size_t d, k, n_cov;
    const double *weights, *means, *cov;
    genmod_data *x;
    genmod_workspace *w;
} race;

static gmm_model *start(const race *r, int iterations)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&c, r->w), "config", r->w);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, (int64_t)r->k, r->w), "k",
         r->w);
    need(genmod_config_set_str(c, GMM_COVARIANCE, r->type, r->w), "type", r->w);
    need(genmod_config_set_i64(c, GMM_MAX_ITERATIONS, iterations, r->w),
         "iterations", r->w);
    need(genmod_config_set_f64(c, GMM_TOLERANCE, 0, r->w), "tol", r->w);
    need(genmod_config_set_f64(c, GMM_RIDGE, 0, r->w), "ridge", r->w);
    need(genmod_config_set_i64(c, GMM_WARM_START, 1, r->w), "warm", r->w);
    need(gmm_new(c, &m, r->w), "new", r->w);
    genmod_config_free(c);
    need(gmm_set_params(m, r->k, r->d, r->weights, r->means, r->n_cov, r->cov,
                        r->w),
         "start", r->w);
    return m;
}

static double run(const race *r, int iterations, double *likelihood,
                  double *form)
{
    gmm_model *const m = start(r, iterations);
    double done = 0;
    const double before = now();
    need(gmm_fit(m, r->x, NULL, NULL, r->w), "fit", r->w);
    const double seconds = now() - before;
    need(genmod_report_get(gmm_report(m), GMM_REPORT_ITERATIONS, &done),
         "report", NULL);
    if (done != iterations) {
        fprintf(stderr, "%g iterations, not %d\n", done, iterations);
        exit(1);
    }
    need(genmod_report_get(gmm_report(m), GMM_REPORT_FORM, form), "report",
         NULL);
    need(gmm_log_likelihood(m, r->x, likelihood, r->w), "likelihood", r->w);
    gmm_free(m);
    return seconds;
}

int main(int argc, char **argv)
{
    if (argc != 10) {
        fprintf(stderr, "usage: see the top of race_genmod.c\n");
        return 2;
    }
    race r = {.type = argv[2]};
    const int narrow = strcmp(argv[3], "f32") == 0;
    const size_t n = strtoul(argv[4], NULL, 10);
    const size_t threads = strtoul(argv[7], NULL, 10);
    const int low = atoi(argv[8]), high = atoi(argv[9]);
    char name[64];
    r.d = strtoul(argv[5], NULL, 10);
    r.k = strtoul(argv[6], NULL, 10);
    const int full = strcmp(r.type, "full") == 0;
    const int tied = strcmp(r.type, "tied") == 0;
    const int diagonal = strcmp(r.type, "diagonal") == 0;
    r.n_cov = full       ? r.k * r.d * r.d
              : tied     ? r.d * r.d
              : diagonal ? r.k * r.d
                         : r.k;
    r.weights = read_file(argv[1], "weights", r.k * sizeof(double));
    r.means = read_file(argv[1], "means", r.k * r.d * sizeof(double));
    snprintf(name, sizeof name, "cov.%s", r.type);
    r.cov = read_file(argv[1], name, r.n_cov * sizeof(double));
    const size_t size = narrow ? sizeof(float) : sizeof(double);
    void *const x =
        read_file(argv[1], narrow ? "x.f32" : "x.f64", n * r.d * size);

    genmod_context *c = NULL;
    need(genmod_context_new(NULL, NULL, NULL, &c), "context", NULL);
    need(genmod_context_set_threads(c, threads), "threads", NULL);
    need(genmod_workspace_new(c, &r.w), "workspace", NULL);
    need(genmod_data_new(&r.x, r.w), "data", r.w);
    need(genmod_data_set_rows(r.x, narrow ? GENMOD_F32 : GENMOD_F64, n, r.d, x,
                              0, 0, r.w),
         "rows", r.w);
    double l = 0, form = 0;
    (void)run(&r, 1, &l, &form); /* pages and threads are there after it */
    const double short_run = run(&r, low, &l, &form);
    const double long_run = run(&r, high, &l, &form);
    printf("%.9f %.9f %.17g form %g\n", short_run, long_run, l, form);
    return 0;
}
