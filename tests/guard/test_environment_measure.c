/* The host's floating-point environment and locale, before and after every
 * public call that measures distributions. */
#include "guard/environment.h"

#include <genmod/genmod.h>

#define OUTCOMES 4

static const double first_table[OUTCOMES] = {0.5, 0.25, 0.1875, 0.0625};
static const double second_table[OUTCOMES] = {0.125, 0.25, 0.5, 0.125};

/* What the calls gave, to be compared bit by bit. */
typedef struct result {
    double discrete[5];
} result;

static void play_discrete(const environment *e, result *r)
{
    const double *const p = first_table, *const q = second_table;

    environment_good(
        e, "genmod_discrete_entropy",
        genmod_discrete_entropy(OUTCOMES, p, GENMOD_NATS, r->discrete, NULL),
        NULL);
    environment_good(e, "genmod_discrete_cross_entropy",
                     genmod_discrete_cross_entropy(OUTCOMES, p, q, GENMOD_NATS,
                                                   r->discrete + 1, NULL),
                     NULL);
    environment_good(
        e, "genmod_discrete_kl",
        genmod_discrete_kl(OUTCOMES, p, q, GENMOD_NATS, r->discrete + 2, NULL),
        NULL);
    environment_good(
        e, "genmod_discrete_js",
        genmod_discrete_js(OUTCOMES, p, q, GENMOD_NATS, r->discrete + 3, NULL),
        NULL);
    environment_good(e, "genmod_discrete_js_distance",
                     genmod_discrete_js_distance(OUTCOMES, p, q, GENMOD_BITS,
                                                 r->discrete + 4, NULL),
                     NULL);
}

static void play(const environment *e, void *out)
{
    play_discrete(e, out);
}

static void every_call_leaves_the_environment_as_it_was(void **state)
{
    (void)state;
    environment_check_settings(play, sizeof(result));
}

static void every_call_leaves_the_locale_as_it_was(void **state)
{
    (void)state;
    environment_check_locale(play, sizeof(result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_leaves_the_environment_as_it_was),
        cmocka_unit_test(every_call_leaves_the_locale_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
