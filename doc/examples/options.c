/* Print the option table of every family as markdown: doc/guide/options.md. */
#include <stdio.h>

#include "example.h"

static void print_property(const genmod_config *c, const char *key,
                           const char *property, int code)
{
    char text[512];
    need(
        genmod_config_describe(c, key, property, sizeof text, text, NULL, NULL),
        NULL);
    const char *mark = code && *text ? "`" : "";
    printf(" %s", mark);
    for (const char *p = text; *p; p++) {
        if (*p == '|') /* a bar would end the cell */
            printf("%s", code ? "` `" : "\\|");
        else
            putchar(*p);
    }
    printf("%s |", mark);
}

static void print_bounds(const genmod_config *c, const char *key)
{
    char lo[64], hi[64], choices[256];
    need(genmod_config_describe(c, key, "minimum", sizeof lo, lo, NULL, NULL),
         NULL);
    need(genmod_config_describe(c, key, "maximum", sizeof hi, hi, NULL, NULL),
         NULL);
    need(genmod_config_describe(c, key, "choices", sizeof choices, choices,
                                NULL, NULL),
         NULL);
    if (*choices)
        print_property(c, key, "choices", 1);
    else
        printf(" %s%s%s |", lo, *hi ? " … " : "", hi);
}

static void print_table(const char *family, const genmod_config *c)
{
    printf(
        "## `%s_`\n\n"
        "| option | type | default | values | unit | may change | meaning |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n",
        family);
    const char *key;
    for (size_t i = 0; (key = genmod_config_key(c, i)) != NULL; i++) {
        printf("| `%s` |", key);
        print_property(c, key, "type", 0);
        print_property(c, key, "default", 1);
        print_bounds(c, key);
        print_property(c, key, "unit", 0);
        print_property(c, key, "when", 0);
        print_property(c, key, "help", 0);
        printf("\n");
    }
}

/* A family's table; its options are let go of. */
static void print_family(const char *family, genmod_config *c)
{
    printf("\n");
    print_table(family, c);
    genmod_config_free(c);
}

int main(void)
{
    genmod_config *gmm = NULL, *ae = NULL, *vae = NULL, *gan = NULL;
    need(gmm_config_new(&gmm, NULL), NULL);
    need(ae_config_new(&ae, NULL), NULL);
    need(vae_config_new(&vae, NULL), NULL);
    need(gan_config_new(&gan, NULL), NULL);
    printf("# Options\n\n"
           "Made by `doc/examples/options.c` from what the library itself says"
           " of its\noptions. \"structure\" is fixed when a model is made;"
           " \"training\" may change\nbetween calls, through"
           " `gmm_configure()` and its like.\n");
    print_family("gmm", gmm);
    print_family("ae", ae);
    print_family("vae", vae);
    print_family("gan", gan);
    return 0;
}
