/* Prints what the ABI has beside its functions: each option with its type,
 * default and bounds, and each report entry. */
#include <genmod/genmod.h>

#include <stdio.h>

typedef int32_t (*describe)(const void *from, const char *key,
                            const char *property, char *out);

static int32_t of_config(const void *from, const char *key,
                         const char *property, char *out)
{
    return genmod_config_describe(from, key, property, 1024, out, NULL, NULL);
}

static int32_t of_report(const void *from, const char *key,
                         const char *property, char *out)
{
    return genmod_report_describe(from, key, property, 1024, out, NULL, NULL);
}

static int print(const char *what, const char *key, const void *from,
                 describe ask, const char *const *properties)
{
    printf("%s %s", what, key);
    for (; *properties; properties++) {
        char text[1024];
        if (ask(from, key, *properties, text) != GENMOD_OK)
            return 0;
        printf(" %s=%s", *properties, text);
    }
    printf("\n");
    return 1;
}

/* With family "gmm" lines begin with "gmm option" and "gmm report". */
static int print_all(const char *family, const genmod_config *c,
                     const genmod_report *r)
{
    static const char *const option[] = {"type",    "default", "minimum",
                                         "maximum", "choices", "unit",
                                         "when",    NULL};
    static const char *const entry[] = {"type", "unit", NULL};
    char what[64];
    int good = 1;
    const char *key;
    snprintf(what, sizeof what, "%s option", family);
    for (size_t i = 0; (key = genmod_config_key(c, i)); i++)
        good &= print(what, key, c, of_config, option);
    snprintf(what, sizeof what, "%s report", family);
    for (size_t i = 0; (key = genmod_report_key(r, i)); i++)
        good &= print(what, key, r, of_report, entry);
    return good;
}

static int print_ae(void)
{
    genmod_config *config = NULL;
    ae_model *model = NULL;
    int good = 0;
    if (ae_config_new(&config, NULL) == GENMOD_OK &&
        ae_new(config, &model, NULL) == GENMOD_OK)
        good = print_all("ae", config, ae_report(model));
    ae_free(model);
    genmod_config_free(config);
    return good;
}

static int print_gmm(void)
{
    genmod_config *config = NULL;
    gmm_model *model = NULL;
    int good = 0;
    if (gmm_config_new(&config, NULL) == GENMOD_OK &&
        gmm_new(config, &model, NULL) == GENMOD_OK)
        good = print_all("gmm", config, gmm_report(model));
    gmm_free(model);
    genmod_config_free(config);
    return good;
}

static int print_vae(void)
{
    genmod_config *config = NULL;
    vae_model *model = NULL;
    int good = 0;
    if (vae_config_new(&config, NULL) == GENMOD_OK &&
        vae_new(config, &model, NULL) == GENMOD_OK)
        good = print_all("vae", config, vae_report(model));
    vae_free(model);
    genmod_config_free(config);
    return good;
}

static int print_gan(void)
{
    genmod_config *config = NULL;
    gan_model *model = NULL;
    int good = 0;
    if (gan_config_new(&config, NULL) == GENMOD_OK &&
        gan_new(config, &model, NULL) == GENMOD_OK)
        good = print_all("gan", config, gan_report(model));
    gan_free(model);
    genmod_config_free(config);
    return good;
}

int main(void)
{
    return print_ae() && print_gmm() && print_vae() && print_gan() ? 0 : 1;
}
