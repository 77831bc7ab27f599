#include "game.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void game_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

void game_need(int32_t status, genmod_workspace *w)
{
    if (status)
        game_fail("genmod", genmod_workspace_error(w));
}

void game_options(genmod_config *c, const char *text, genmod_workspace *w)
{
    char copy[1000];
    char *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    while (rest && *rest) {
        char *const part = rest, *value = strchr(part, '=');
        rest = strchr(part, '|');
        if (rest) {
            char *end = rest;
            *end = '\0';
            while (end > part && end[-1] == ' ')
                *--end = '\0';
            rest++;
            rest += strspn(rest, " ");
        }
        if (!value)
            game_fail(part, "no value");
        *value = '\0';
        game_need(genmod_config_set_str(c, part, value + 1, w), w);
    }
}

double game_uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

double game_normal(uint64_t *s)
{
    const double r = sqrt(-2 * log(game_uniform(s)));
    return r * cos(2 * M_PI * game_uniform(s));
}

genmod_data *game_view(size_t n, size_t d, const double *x)
{
    genmod_data *v = NULL;
    game_need(genmod_data_new(&v, NULL), NULL);
    game_need(genmod_data_set_rows(v, GENMOD_F64, n, d, x, 0, 0, NULL), NULL);
    return v;
}

gan_model *game_model(const char *options)
{
    genmod_workspace *w = NULL;
    genmod_config *c = NULL;
    gan_model *m = NULL;
    game_need(genmod_workspace_new(NULL, &w), NULL);
    game_need(gan_config_new(&c, w), w);
    game_options(c, options, w);
    game_need(gan_new(c, &m, w), w);
    genmod_config_free(c);
    genmod_workspace_free(w);
    return m;
}

double game_number(const gan_model *m, const char *key)
{
    double v = NAN;
    game_need(genmod_report_get(gan_report(m), key, &v), NULL);
    return v;
}
