/* Which parameters are held: "none", "all", or "0,2,5"; weights may be "equal".
 */
#include <string.h>

#include "gmm/factor.h"
#include "gmm/hold.h"
#include "gmm/noise.h"

/* The number that begins at *s, which is moved behind it; k where there is none
 * below k. */
static size_t number(const char **s, size_t k)
{
    size_t v = 0;

    if (**s < '0' || **s > '9')
        return k;
    for (; **s >= '0' && **s <= '9'; ++*s)
        v = v < k ? 10 * v + (size_t)(**s - '0') : k;
    return v < k ? v : k;
}

/* Whether j is among the numbers of a text up to `end`. */
static int is_before(const char *s, const char *end, size_t k, size_t j)
{
    while (s < end) {
        if (number(&s, k) == j)
            return 1;
        s++;
    }
    return 0;
}

/* Calls of `flags` NULL count alone. Returns how many are held, each once, or
 * k + 1 for a text that says nothing. */
static size_t parse(const char *s, size_t k, unsigned char *flags)
{
    const char *const text = s;
    size_t n = 0, beyond = 0; /* all before */

    if (base_same(s, "none"))
        return 0;
    if (base_same(s, "all")) {
        if (flags)
            memset(flags, 1, k);
        return k;
    }
    for (;; s++) {
        const char *const at = s;
        const size_t j = number(&s, k);

        if (j == k || (*s && *s != ','))
            return k + 1;
        n += j >= beyond || !is_before(text, at, k, j);
        beyond = j >= beyond ? j + 1 : beyond;
        if (flags)
            flags[j] = 1;
        if (!*s)
            return n;
    }
}

static int32_t read(const genmod_config *c, const char *key, size_t k,
                    unsigned char **flags, size_t *n, genmod_workspace *w)
{
    const char *const text = base_config_str(c, key);

    *flags = base_scratch(w, k, 1);
    if (!*flags)
        return base_status(w);
    memset(*flags, 0, k);
    *n = parse(text, k, *flags);
    if (*n > k)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s is \"%s\"; it must be none, all, or numbers of "
                         "components, 0 to %u, with commas between",
                         key, text, (uint64_t)k - 1);
    return GENMOD_OK;
}

int32_t gmm_hold_new(const genmod_config *c, const gmm_covariance *t, size_t k,
                     gmm_hold **out, genmod_workspace *w)
{
    const int equal = base_same(base_config_str(c, GMM_HOLD_WEIGHTS), "equal");
    size_t weights = 0, means = 0, covariances = 0;
    gmm_hold *const h = base_scratch(w, 1, sizeof *h);
    int32_t status = h ? GENMOD_OK : base_status(w);

    *out = NULL;
    if (!status)
        *h = (gmm_hold){.equal = equal};
    if (!status && !equal)
        status = read(c, GMM_HOLD_WEIGHTS, k, &h->weights, &weights, w);
    if (!status)
        status = read(c, GMM_HOLD_MEANS, k, &h->means, &means, w);
    if (!status)
        status =
            read(c, GMM_HOLD_COVARIANCES, k, &h->covariances, &covariances, w);
    if (status)
        return status;
    if (t->shared && covariances > 0 && covariances < k)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         GMM_HOLD_COVARIANCES " is \"%s\"; a tied covariance "
                                              "is held as a whole or not",
                         base_config_str(c, GMM_HOLD_COVARIANCES));
    h->all_weights = weights == k;
    if (equal || weights || means || covariances)
        *out = h;
    return GENMOD_OK;
}

/* How many an option holds; none by a text that no fit takes. */
static size_t count(const genmod_config *c, const char *key, size_t k)
{
    const size_t n = parse(base_config_str(c, key), k, NULL);

    return n <= k ? n : 0;
}

size_t gmm_count_parameters(const genmod_config *c, const gmm_covariance *t,
                            size_t k, size_t d)
{
    const size_t units = gmm_units(t, k);
    const int equal = base_same(base_config_str(c, GMM_HOLD_WEIGHTS), "equal");
    const size_t weights = equal ? 0 : count(c, GMM_HOLD_WEIGHTS, k);
    const size_t means = count(c, GMM_HOLD_MEANS, k);
    const size_t held = count(c, GMM_HOLD_COVARIANCES, k);
    size_t unit = t->triangle ? d * (d + 1) / 2 : gmm_unit_size(t, d);

    if (t->low)
        unit = gmm_factor_parameters(d, (size_t)base_config_i64(c, GMM_RANK));
    return (!equal && weights < k ? k - 1 - weights : 0) + (k - means) * d +
           (t->shared && held == k ? 0 : units - (t->shared ? 0 : held)) *
               unit +
           gmm_noise_parameters(c, weights == k);
}

void gmm_hold_weights(const gmm_hold *h, const gmm_params *now,
                      gmm_params *next)
{
    double held = 0, others = 0;

    for (size_t j = 0; j < now->k && h->equal; j++)
        next->weights[j] = 1 / (double)now->k;
    if (h->equal)
        return;
    for (size_t j = 0; j < now->k; j++) {
        held += h->weights[j] ? now->weights[j] : 0;
        others += h->weights[j] ? 0 : next->weights[j];
    }
    for (size_t j = 0; j < now->k; j++) {
        const double rest = others > 0 ? next->weights[j] / others : 0;

        next->weights[j] = h->weights[j] ? now->weights[j] : (1 - held) * rest;
        if (!(next->weights[j] > DBL_MIN)) /* a logarithm is taken of it */
            next->weights[j] = DBL_MIN;
    }
}
