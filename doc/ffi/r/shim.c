/* What R cannot say by itself: handles that its collector frees, sizes, and a
 * progress function of R. Called by .Call(). */
#include <genmod/genmod.h>

#include <R.h>
#include <Rinternals.h>

static genmod_workspace *w; /* R computes on one thread */

/* Raises an R condition with the library's text. */
static void need(int32_t status)
{
    if (status != GENMOD_OK)
        Rf_errorcall(R_NilValue, "%s: %s", genmod_status_name(status),
                     genmod_workspace_error(w));
}

static void *address(SEXP handle)
{
    return handle == R_NilValue ? NULL : R_ExternalPtrAddr(handle);
}

static void free_config(SEXP h)
{
    genmod_config_free(R_ExternalPtrAddr(h));
}

static void free_data(SEXP h)
{
    genmod_data_free(R_ExternalPtrAddr(h));
}

static void free_gmm(SEXP h)
{
    gmm_free(R_ExternalPtrAddr(h));
}

static void free_vae(SEXP h)
{
    vae_free(R_ExternalPtrAddr(h));
}

/* `keep` lives as long as the handle: rows that it borrows. */
static SEXP owned(void *p, R_CFinalizer_t free_it, SEXP keep)
{
    SEXP handle = PROTECT(R_MakeExternalPtr(p, R_NilValue, keep));
    R_RegisterCFinalizer(handle, free_it);
    UNPROTECT(1);
    return handle;
}

SEXP shim_version(void)
{
    if (!w)
        need(genmod_workspace_new(NULL, &w));
    return Rf_ScalarInteger(genmod_version());
}

SEXP shim_gmm_config(void)
{
    genmod_config *c = NULL;
    need(gmm_config_new(&c, w));
    return owned(c, free_config, R_NilValue);
}

SEXP shim_vae_config(void)
{
    genmod_config *c = NULL;
    need(vae_config_new(&c, w));
    return owned(c, free_config, R_NilValue);
}

SEXP shim_set(SEXP config, SEXP key, SEXP value)
{
    need(genmod_config_set_str(address(config), CHAR(Rf_asChar(key)),
                               CHAR(Rf_asChar(value)), w));
    return R_NilValue;
}

/* A matrix of R lies column by column: strides of 1 and n, and no copy. */
SEXP shim_rows(SEXP x)
{
    const int n = Rf_nrows(x), d = Rf_ncols(x);
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, w));
    SEXP handle = PROTECT(owned(rows, free_data, x));
    need(genmod_data_set_rows(rows, GENMOD_F64, n, d, REAL(x), 1, n, w));
    UNPROTECT(1);
    return handle;
}

SEXP shim_gmm(SEXP config)
{
    gmm_model *m = NULL;
    need(gmm_new(address(config), &m, w));
    return owned(m, free_gmm, R_NilValue);
}

SEXP shim_vae(SEXP config)
{
    vae_model *m = NULL;
    need(vae_new(address(config), &m, w));
    return owned(m, free_vae, R_NilValue);
}

SEXP shim_gmm_fit(SEXP m, SEXP rows)
{
    need(gmm_fit(address(m), address(rows), NULL, NULL, w));
    return R_NilValue;
}

/* Calls the R function at `user` with the passes so far; TRUE stops. An error
 * of R is a jump, which R_tryEval keeps on this side of the library. */
static int32_t watch(const genmod_report *report, void *user)
{
    double passes = 0;
    int failed = 0;
    if (genmod_report_get(report, VAE_REPORT_EPOCHS, &passes) != GENMOD_OK)
        return -1;
    SEXP call = PROTECT(Rf_lang2(user, Rf_ScalarReal(passes)));
    SEXP stop = R_tryEval(call, R_GlobalEnv, &failed);
    UNPROTECT(1);
    return failed ? -1 : Rf_asLogical(stop) == TRUE;
}

SEXP shim_vae_fit(SEXP m, SEXP rows, SEXP f)
{
    double passes = 0;
    need(vae_fit(address(m), address(rows), NULL, watch, f, w));
    need(genmod_report_get(vae_report(address(m)), VAE_REPORT_EPOCHS, &passes));
    return Rf_ScalarReal(passes);
}

SEXP shim_gmm_save(SEXP m)
{
    size_t n = 0;
    if (gmm_save(address(m), 0, NULL, &n, w) != GENMOD_TOO_SMALL)
        need(GENMOD_NOT_FITTED);
    SEXP file = PROTECT(Rf_allocVector(RAWSXP, n));
    need(gmm_save(address(m), n, RAW(file), NULL, w));
    UNPROTECT(1);
    return file;
}

SEXP shim_vae_save(SEXP m)
{
    size_t n = 0;
    if (vae_save(address(m), 0, NULL, &n, w) != GENMOD_TOO_SMALL)
        need(GENMOD_NOT_FITTED);
    SEXP file = PROTECT(Rf_allocVector(RAWSXP, n));
    need(vae_save(address(m), n, RAW(file), NULL, w));
    UNPROTECT(1);
    return file;
}

SEXP shim_gmm_load(SEXP file)
{
    SEXP m = PROTECT(shim_gmm(R_NilValue));
    need(gmm_load(address(m), XLENGTH(file), RAW(file), w));
    UNPROTECT(1);
    return m;
}

SEXP shim_vae_load(SEXP file)
{
    SEXP m = PROTECT(shim_vae(R_NilValue));
    need(vae_load(address(m), XLENGTH(file), RAW(file), w));
    UNPROTECT(1);
    return m;
}

/* [d, n] of R is [n, d] of C: the caller transposes. */
SEXP shim_gmm_sample(SEXP m, SEXP n)
{
    const int rows = Rf_asInteger(n), d = (int)gmm_dimension(address(m));
    SEXP x = PROTECT(Rf_allocMatrix(REALSXP, d, rows));
    need(gmm_sample(address(m), 7, 0, rows, GENMOD_F64,
                    sizeof(double) * XLENGTH(x), REAL(x), NULL, w));
    UNPROTECT(1);
    return x;
}

SEXP shim_vae_sample(SEXP m, SEXP n)
{
    const int rows = Rf_asInteger(n), d = (int)vae_dimension(address(m));
    SEXP x = PROTECT(Rf_allocMatrix(REALSXP, d, rows));
    need(vae_sample(address(m), 7, 0, rows, GENMOD_DRAW, NULL, GENMOD_F64,
                    sizeof(double) * XLENGTH(x), REAL(x), w));
    UNPROTECT(1);
    return x;
}
